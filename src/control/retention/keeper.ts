import { join } from 'node:path';
import { createPseudonyms } from '../../audit/pseudonym.ts';
import type { Pseudonyms } from '../../audit/pseudonym.ts';
import { SallyportError } from '../../domain/errors.ts';
import { DEFAULT_SPACE } from '../../domain/principal.ts';
import type { LedgerConfiguration } from '../../domain/retention.ts';
import type { Link } from '../../link/connect.ts';
import { classesOf } from '../../registry/audit-shape.ts';
import type { By, Control } from '../control.ts';
import { openSealKey } from '../seal-key.ts';
import { deleteStored, listStored, putStored } from '../stored.ts';
import { newKey, missingKeys, pastKeys } from './keys.ts';
import { readAudit } from './settings.ts';
import { sinksToSend } from './sinks.ts';

/** What becomes of evidence: the keys that payloads are sealed for, the ledger's orders, the names that people have on screens. */
export interface RetentionKeeper {
  readonly pseudonyms: Pseudonyms;
  /** Makes the keys that are due, destroys those that are past, and tells the ledger what holds now. Never rejects: what fails is reported once. */
  tend(): Promise<void>;
  /** Tells the ledger what holds now. Throws `ERR_LINK_*`, and what reading a secret throws. */
  configure(): Promise<void>;
  close(): void;
}

export interface RetentionParts extends Pick<Control, 'store' | 'change' | 'record' | 'vault' | 'now' | 'report'> {
  readonly home: string;
  readonly ledger: Pick<Link, 'call' | 'onUp'>;
}

const TEND_MS = 60_000;
const SELF: By = { admin: { id: 'sallyport|control', may: [] }, space: DEFAULT_SPACE };

export function createRetention(parts: RetentionParts): RetentionKeeper {
  const { store, ledger, report } = parts;
  const key = openSealKey(join(parts.home, 'control', 'pseudonym.key'));
  const told = new Set<string>();
  const tell = (what: string) => (error: unknown): void => {
    const why = error instanceof SallyportError ? `${error.code}: ${error.message}` : 'something broke';
    if (told.size < 100 && !told.has(`${what} ${why}`)) report(`${what}: ${why}`);
    told.add(`${what} ${why}`);
  };
  const configure = async (): Promise<void> => {
    const configuration: LedgerConfiguration = await configurationOf(parts, Buffer.from(key).toString('base64url'));
    await ledger.call('ledger.configure', JSON.parse(JSON.stringify(configuration)));
  };
  const tend = async (): Promise<void> => {
    await makeKeys(parts).catch(tell('payloads of calls are not kept'));
    await destroyKeys(parts).catch(tell('old keys of payloads could not be destroyed'));
    await configure().catch(tell('the ledger was not told what to keep'));
  };
  const stop = ledger.onUp(() => void configure().catch(tell('the ledger was not told what to keep')));
  const timer = setInterval(() => void tend(), TEND_MS);
  timer.unref();
  return {
    pseudonyms: createPseudonyms(key), tend, configure,
    close() {
      stop();
      clearInterval(timer);
    },
  };

  async function makeKeys({ change, vault, now }: RetentionParts): Promise<void> {
    for (const missing of await missingKeys(store, now())) {
      const { id, body } = await newKey(vault.sealer, missing);
      await change(SELF, { resource: 'retention-key', id, verb: 'make', detail: { recipient: body.recipient } }, (rows) =>
        putStored(rows, 'retention-key', DEFAULT_SPACE, id, body, SELF.admin.id));
    }
  }

  /** A hold anywhere keeps them all: what it holds may have been sealed with any of them. */
  async function destroyKeys({ record, now }: RetentionParts): Promise<void> {
    if ((await listStored(store, 'hold')).length > 0) return;
    for (const id of await pastKeys(store, now())) {
      await record({ event: 'key.destroyed', space: DEFAULT_SPACE, principal: SELF.admin.id, principalKind: 'workload', detail: { key: id } });
      await deleteStored(store, 'retention-key', DEFAULT_SPACE, id, SELF.admin.id);
    }
  }
}

async function configurationOf({ store, vault }: RetentionParts, key: string): Promise<LedgerConfiguration> {
  const audit = await readAudit(store);
  const holds = await listStored(store, 'hold');
  return {
    classes: classesOf(audit),
    holds: holds.map(({ id, space, body: { reason: _reason, by: _by, at: _at, ...what } }) => ({ id, space, ...what })),
    pseudonyms: { on: audit.pseudonyms ?? true, key },
    sinks: JSON.parse(JSON.stringify(await sinksToSend(audit, { store, vault }))),
    failClosed: audit.failClosed ?? [],
  };
}
