import { SallyportError } from '../domain/errors.ts';
import { isObject, type Json, type JsonObject } from '../domain/json.ts';
import { LIMITS } from '../domain/limits.ts';
import { DEFAULT_SPACE } from '../domain/principal.ts';
import type { Journal } from '../domain/record.ts';
import type { SharedState } from '../domain/state.ts';
import { createInForceKeeper, type InForceKeeper } from '../gateway/in-force.ts';
import type { Link } from '../link/connect.ts';
import { readPeerKey } from '../link/keys.ts';
import { ownRecord, type Floor } from './floor.ts';

const RETRY_MS = 100;
const POLL_MS = 10;
const SETTLE_MS = 500;
/** Different ones; the same is told once. */
const REFUSALS_TOLD_MAX = 100;

/** What is in force here. The last version is remembered, so that a restart is no way to roll policy back. */
export function openInForce(home: string, floor: Floor): InForceKeeper {
  return createInForceKeeper(() => readPeerKey(home, 'control'), floor);
}

export interface Watching {
  readonly control: Link;
  readonly inForce: InForceKeeper;
  readonly floor: Floor;
  /** Told of each snapshot, lease or order that is refused. */
  readonly refused: (fault: SallyportError) => void;
  readonly signal: AbortSignal;
}

/** Follows control's snapshots, leases and orders; while control is away, the lease runs out and the gate stops deciding. */
export async function watchControl({ control, inForce, floor, refused, signal }: Watching, self: JsonObject): Promise<void> {
  while (!signal.aborted) {
    try {
      for await (const item of control.stream('control.watch', self, signal)) {
        // What comes after the end would write files that nobody expects any more.
        if (signal.aborted) return;
        if (!isObject(item) || typeof item['bytes'] !== 'string') continue;
        if (item['kind'] === 'order') offer(floor, item['bytes'], refused);
        if (typeof item['signature'] !== 'string') continue;
        const signed = { bytes: item['bytes'], signature: item['signature'] };
        if (item['kind'] === 'snapshot') inForce.acceptSnapshot(signed);
        else inForce.acceptLease(signed);
      }
    } catch (fault) {
      const quiet = fault instanceof SallyportError && fault.code === 'ERR_LINK_UNAVAILABLE';
      if (!quiet) console.error(fault instanceof SallyportError ? `${fault.code}: ${fault.message}` : fault);
      if (fault instanceof SallyportError && !quiet) refused(fault);
    }
    await Bun.sleep(RETRY_MS);
  }
}

/** An order that is refused lets nobody go back; what comes after it is judged without it. */
function offer(floor: Floor, text: string, refused: Watching['refused']): void {
  try {
    floor.offer(text);
  } catch (fault) {
    if (!(fault instanceof SallyportError)) throw fault;
    console.error(`${fault.code}: ${fault.message}`);
    refused(fault);
  }
}

const SNAPSHOT_CODES: readonly string[] = ['ERR_SNAPSHOT_ROLLBACK', 'ERR_SNAPSHOT_SIGNATURE', 'ERR_RECOVERY_ORDER'];

/** Puts each refusal on record once, and what went back by an order, when the ledger takes it. */
export function recordRecovery(
  journal: Journal, node: string, floor: Floor, signal: AbortSignal,
): { readonly refused: Watching['refused']; readonly settle: () => void } {
  const told = new Set<string>();
  let settling = false;
  const settle = (): void => {
    if (settling || signal.aborted) return;
    settling = true;
    // The ledger that it goes on with may still be refused.
    floor.settle(journal, node).catch(() => void setTimeout(settle, SETTLE_MS).unref()).finally(() => (settling = false));
  };
  // What a restart cut short.
  settle();
  return {
    refused: ({ code, message }) => {
      if (!SNAPSHOT_CODES.includes(code) || told.has(message) || told.size >= REFUSALS_TOLD_MAX) return;
      told.add(message);
      journal.append(ownRecord(node, { event: 'recovery.refused', space: DEFAULT_SPACE, code, reason: message })).catch(() => told.delete(message));
    },
    settle,
  };
}

/** One text that start-up can't go on without; asked for until control answers. */
export async function askText(control: Link, verb: string, body: Json, member: string, signal: AbortSignal): Promise<string> {
  for (;;) {
    try {
      const answer = await control.call(verb, body);
      const text = isObject(answer) ? answer[member] : undefined;
      if (typeof text === 'string') return text;
      throw new SallyportError('ERR_LINK_FRAME', `${verb} was answered with something else`);
    } catch (fault) {
      if (signal.aborted || !(fault instanceof SallyportError) || fault.code !== 'ERR_LINK_UNAVAILABLE') throw fault;
      await Bun.sleep(RETRY_MS);
    }
  }
}

/** Resolves when there is a snapshot and a lease to decide by. */
export async function untilInForce(inForce: InForceKeeper, signal: AbortSignal): Promise<void> {
  while (!signal.aborted && !isReady(inForce)) await Bun.sleep(POLL_MS);
}

/** Waits for a snapshot at least this new, for as long as a connection may take to open. */
export async function untilVersion(inForce: InForceKeeper, version: number, signal: AbortSignal): Promise<void> {
  const until = Date.now() + LIMITS.connectTimeoutMs;
  while ((inForce.snapshot?.version ?? 0) < version && Date.now() < until && !signal.aborted) await Bun.sleep(POLL_MS);
}

export function isReady(inForce: InForceKeeper): boolean {
  try {
    return inForce.current(Date.now()).snapshot.version > 0;
  } catch {
    return false;
  }
}

/** What replicas share, kept by control's store. */
export function stateOver(control: Link): SharedState {
  const op = async (body: JsonObject): Promise<JsonObject> => {
    const answer = await control.call('control.state', body);
    return isObject(answer) ? answer : {};
  };
  return {
    get: async (key) => {
      const { value } = await op({ op: 'get', key });
      return typeof value === 'string' ? value : undefined;
    },
    set: async (key, value, ttlMs) => void (await op({ op: 'set', key, value, ttlMs })),
    setIfAbsent: async (key, value, ttlMs) => (await op({ op: 'setIfAbsent', key, value, ttlMs }))['taken'] === true,
    increment: async (key, by, ttlMs) => Number((await op({ op: 'increment', key, by, ttlMs }))['sum']),
    delete: async (key) => void (await op({ op: 'delete', key })),
  };
}
