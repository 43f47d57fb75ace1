import type { KeyObject } from 'node:crypto';
import type { Floods } from '../audit/floods.ts';
import { SallyportError } from '../domain/errors.ts';
import { toRecord } from '../domain/happening.ts';
import type { JsonObject } from '../domain/json.ts';
import type { Journal, JournalRecord } from '../domain/record.ts';
import type { Rows, Store } from '../store/store.ts';
import { confineRows } from './admins/confine.ts';
import type { ConfigurationKeeper } from './configuration/keeper.ts';
import type { Version } from './configuration/version.ts';
import type { By, Change, Control, What } from './control.ts';
import type { LeaseKeeper } from './lease.ts';
import type { Configuration } from './snapshot/configuration.ts';
import { readConfiguration } from './snapshot/configuration.ts';
import { signNext } from './snapshot/keeper.ts';
import type { SnapshotKeeper } from './snapshot/keeper.ts';
import { needSecondPerson } from './proposals/second-person.ts';
import { createTurn } from './turn.ts';

export interface ChangeParts {
  readonly store: Store;
  readonly record: Control['record'];
  readonly snapshots: SnapshotKeeper;
  readonly configuration: ConfigurationKeeper;
  readonly lease: LeaseKeeper;
  readonly key: KeyObject;
  /** Compiles a whole configuration into a snapshot's content, as text. Throws what is wrong with it. */
  readonly compile: (configuration: Configuration) => Promise<string>;
  readonly now: () => number;
}

/**
 * Makes the one way in which the store changes. The rehearsal runs the change in a transaction that is rolled back, so
 * that compiling (which may take seconds) holds no lock; the commit runs it again and refuses if anything else changed.
 */
export function createChange(parts: ChangeParts): Change {
  const turn = createTurn();
  return (by, what, act, options = {}) => turn(async () => {
    const now = parts.now();
    const confined: typeof act = (rows) => act(confineRows(rows, by));
    // What would be wide may be tried out; only doing it takes two.
    const rehearsed = await rehearse(parts.store, async (rows) => {
      // On top of what nobody signed, nothing is signed.
      await parts.configuration.check(rows);
      return options.dryRun === true ? confined(rows) : needSecondPerson(rows, by, confined);
    }, now);
    const content = await parts.compile(rehearsed.configuration);
    const inForce = content === parts.snapshots.current?.content;
    if (options.dryRun === true) return rehearsed.result;
    if (options.unlessInForce === true && inForce) {
      await parts.lease.renew();
      return rehearsed.result;
    }
    const { result, row, version } = await parts.store.transaction(async (rows) => {
      const before = await parts.configuration.check(rows);
      const done = await confined(rows);
      if (!Bun.deepEquals(await readConfiguration(rows, now), rehearsed.configuration)) {
        throw new SallyportError('ERR_CONFLICT', 'something else was changed at the same moment', { remedy: 'Try again.' });
      }
      const signed = inForce ? undefined : await append(parts, rows, content, now);
      const snapshot = signed?.version ?? parts.snapshots.current?.version ?? 0;
      const made = await parts.configuration.append(rows, before, { by, what, at: now, snapshot });
      await parts.record(recordOf(by, what, signed?.version, made));
      return { result: done, row: signed, version: made };
    });
    if (version !== undefined) await parts.configuration.sealed(version);
    if (row !== undefined) parts.snapshots.adopt(row);
    parts.snapshots.tell('store');
    await parts.lease.renew();
    return result;
  });
}

async function append(parts: ChangeParts, rows: Rows, content: string, now: number): Promise<Parameters<SnapshotKeeper['adopt']>[0]> {
  const version = ((await rows.snapshots.latest())?.version ?? 0) + 1;
  const signed = signNext(content, version, now, parts.key);
  await rows.snapshots.append(version, signed.bytes, signed.signature);
  return { version, createdAt: now, ...signed };
}

/** What an act comes to, and the configuration after it, in a transaction that is rolled back. */
export async function rehearse<T>(
  store: Store, act: (rows: Rows) => Promise<T>, now: number,
): Promise<{ readonly result: T; readonly configuration: Configuration }> {
  const rolledBack = new Error('rehearsal');
  let rehearsed: { readonly result: T; readonly configuration: Configuration } | undefined;
  try {
    await store.transaction(async (rows) => {
      rehearsed = { result: await act(rows), configuration: await readConfiguration(rows, now) };
      throw rolledBack;
    });
  } catch (error) {
    if (error !== rolledBack) throw error;
  }
  if (rehearsed === undefined) throw rolledBack;
  return rehearsed;
}

/** The record is durable before the change is: what cannot be recorded does not happen (invariant 5). */
function recordOf(by: By, what: What, snapshot: number | undefined, version: Version | undefined): Parameters<Control['record']>[0] {
  return {
    event: 'config.changed', space: by.space, ...whoOf(by.admin), action: `${what.resource}.${what.verb}`, ...(snapshot === undefined ? {} : { snapshot }),
    ...(what.reason === undefined ? {} : { reason: what.reason }), ...(what.exchange === undefined ? {} : { exchange: what.exchange }),
    detail: {
      resource: what.resource, id: what.id, verb: what.verb, ...what.detail, ...asWhom(by.admin),
      ...(version === undefined ? {} : { version: version.statement.number, digest: version.digest }),
    },
  };
}

/** Who did it, for the record. */
export function whoOf({ id, proof }: By['admin']): Pick<JournalRecord, 'principal' | 'principalKind'> {
  return { principal: id, principalKind: proof?.kind ?? 'workload' };
}

/** As whom it was done: by which proof, in which roles, with whose approval. */
function asWhom({ proof, roles, approvals }: By['admin']): JsonObject {
  if (proof === undefined) return {};
  return { by: { via: proof.via, roles: roles ?? [], ...(approvals === undefined ? {} : { approvals }) } };
}

/** A recorder over the journal: one record stands for itself. */
export function createRecorder(journal: Journal, now: () => number): Control['record'] {
  return async (entry) => {
    const id = Bun.randomUUIDv7();
    await journal.append(toRecord({ id, at: now(), node: 'control', exchange: id, ...entry }));
  };
}

/** Records of those who were refused before anything is known of them: a flood of them becomes counts. */
export function createRefusals(floods: Floods, now: () => number): Control['refused'] {
  return async (entry) => {
    const id = Bun.randomUUIDv7();
    // What cannot be recorded is still refused.
    await floods.refuse(toRecord({ id, at: now(), node: 'control', exchange: id, ...entry })).catch(() => undefined);
  };
}
