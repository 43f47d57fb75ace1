import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { KeyObject } from 'node:crypto';
import { z } from 'zod';
import { SallyportError } from '../../domain/errors.ts';
import { DEFAULT_SPACE } from '../../domain/principal.ts';
import { appendVersion } from './append.ts';
import { stateAt } from './history.ts';
import type { KeeperParts } from './keeper.ts';
import { changesBetween, readState, rootOf, stateOf } from './state.ts';
import { digestOf, type Version } from './version.ts';

/** Why control last refused to start, for who decides what becomes of it. */
const REFUSAL = z.strictObject({
  at: z.number(), code: z.string(), message: z.string(),
  /** Of the stored configuration as it was then, and of its newest version: an order is for this and nothing else. */
  root: z.string(), latest: z.string(),
  /** Whether the signed versions hold, so that what is stored can be made like the last of them. */
  restorable: z.boolean(),
});
export type Refusal = z.infer<typeof REFUSAL>;

/** What a person on control's machine decided about a refusal, carried out at the next start. */
const ORDER = z.strictObject({
  order: z.enum(['accept', 'restore']), root: z.string(), latest: z.string(),
  by: z.string().max(200), at: z.number(), reason: z.string().min(1).max(500),
});
export type Order = z.infer<typeof ORDER>;

function filesOf(home: string): { readonly refusal: string; readonly order: string } {
  return { refusal: join(home, 'control', 'configuration-refused.json'), order: join(home, 'control', 'configuration-order.json') };
}

/** Undefined: control of this home refused nothing. */
export function readRefusal(home: string): Refusal | undefined {
  return readJson(filesOf(home).refusal, REFUSAL);
}

export function writeOrder(home: string, order: Order): void {
  keepPrivate(filesOf(home).order, order);
}

/** An order that was not needed must not be there for another day. */
export function dropOrder(home: string): void {
  rmSync(filesOf(home).order, { force: true });
}

export interface Ordered extends KeeperParts {
  readonly publicKey: KeyObject;
  /** The highest number that was ever seen committed; 0: none. */
  readonly newest: number;
  readonly error: unknown;
  /** The newest version whose chain holds. */
  readonly head: Version | undefined;
}

/**
 * Does what was decided about exactly this refusal: the record first, then the effect. Where nobody has decided it, it is
 * recorded, kept for who does, and thrown.
 */
export async function carryOutOrder(of: Ordered): Promise<Version> {
  const { home, error, head } = of;
  if (!isRefusal(error)) throw error;
  const files = filesOf(home);
  const order = readJson(files.order, ORDER);
  const found = await foundIn(of);
  const restorable = head !== undefined && error.code === 'ERR_CONFIG_TAMPERED';
  if (order?.root !== found.root || order.latest !== found.latest || (order.order === 'restore' && !restorable)) {
    await recordRefusal(of, error.code, error.message);
    keepPrivate(files.refusal, { at: of.now(), code: error.code, message: error.message, ...found, restorable } satisfies Refusal);
    throw error;
  }
  await of.record({
    event: 'config.accepted', space: DEFAULT_SPACE, principal: `sallyport|${order.by}`, code: error.code, reason: order.reason,
    detail: { order: order.order, refused: error.message, root: found.root },
  });
  const done = order.order === 'restore' && head !== undefined ? await restore(of, head) : await accept(of, order);
  for (const one of [files.order, files.refusal]) rmSync(one, { force: true });
  const how = order.order === 'restore' ? 'made like' : 'signed as';
  of.report(`the configuration is ${how} version ${done.statement.number} by order of ${order.by}: ${order.reason}`);
  return done;
}

async function restore({ store, envelope, publicKey }: Ordered, last: Version): Promise<Version> {
  const wanted = await stateAt(store, last.statement.number, publicKey, envelope());
  await store.transaction(async (rows) => {
    for (const { kind, space, id, body } of changesBetween(await readState(rows), wanted)) {
      if (body === null) await rows.delete(kind, space, id, { by: BY });
      else await rows.put(kind, space, id, body, { by: BY });
    }
  });
  return last;
}

function keepPrivate(file: string, value: Refusal | Order): void {
  rmSync(file, { force: true });
  writeFileSync(file, `${JSON.stringify(value)}\n`, { mode: 0o600, flag: 'wx' });
}

const BY = 'sallyport|control';

/** A new beginning: signed whole as it is, above every number that was ever seen. */
async function accept({ store, envelope, key, newest, now }: Ordered, { by, reason }: Order): Promise<Version> {
  return store.transaction(async (rows) => {
    const state = await readState(rows);
    const latest = await rows.configuration.latest();
    const number = Math.max(latest?.number ?? 0, newest) + 1;
    const made = {
      by: { admin: { id: `sallyport|${by}`, may: [] }, space: DEFAULT_SPACE }, what: { resource: 'configuration', id: 'accepted', verb: 'accept', reason },
      at: now(), snapshot: (await rows.snapshots.latest())?.version ?? 0,
    };
    const of = { rows, key, envelope: envelope(), last: undefined };
    return appendVersion(of, changesBetween(stateOf([]), state), rootOf(state), made, { anchor: true, number });
  });
}

async function foundIn({ store }: Pick<KeeperParts, 'store'>): Promise<Pick<Refusal, 'root' | 'latest'>> {
  const latest = await store.configuration.latest();
  return { root: rootOf(await readState(store)), latest: latest === undefined ? '' : digestOf(latest.statement) };
}

function isRefusal(error: unknown): error is SallyportError {
  return error instanceof SallyportError && (error.code === 'ERR_CONFIG_TAMPERED' || error.code === 'ERR_CONFIG_ROLLED_BACK');
}

function readJson<T>(file: string, schema: z.ZodType<T>): T | undefined {
  if (!existsSync(file)) return undefined;
  try {
    return schema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return undefined;
  }
}

/** Says that something was refused. */
export async function recordRefusal({ record }: Pick<KeeperParts, 'record'>, code: string, reason: string): Promise<void> {
  // What cannot be recorded is refused all the same.
  await record({ event: 'config.refused', space: DEFAULT_SPACE, principal: BY, principalKind: 'workload', code, reason }).catch(() => undefined);
}
