import { z } from 'zod';
import { SallyportError } from '../../domain/errors.ts';
import type { JsonObject } from '../../domain/json.ts';
import { LIMITS } from '../../domain/limits.ts';
import { DEFAULT_SPACE } from '../../domain/principal.ts';
import { readOrder, verifyOrder } from '../../recovery/order.ts';
import type { RecoveryKeys, VerifiedOrder } from '../../recovery/order.ts';
import { decodeJson } from '../../store/body.ts';
import type { Rows, Store } from '../../store/store.ts';
import { readBackup } from '../backups/settings.ts';
import { readRestored, voidCredentials, writeRestored } from '../backups/restored.ts';
import type { Restored } from '../backups/restored.ts';
import { dropOrder } from '../configuration/orders.ts';
import { whoOf } from '../change.ts';
import type { Control } from '../control.ts';
import type { Admin } from '../route.ts';
import type { LeaseKeeper } from '../lease.ts';
import type { SnapshotKeeper } from '../snapshot/keeper.ts';

const ID = 'recovery';
const SELF = 'sallyport|control';

const RECOVERY = z.strictObject({
  /** The order that was last applied, as it was signed. */
  order: z.string(),
  appliedAt: z.int(),
  expiresAt: z.int(),
  /** Ids of all that were applied here. */
  used: z.array(z.string()).readonly(),
});
type Recovery = z.infer<typeof RECOVERY>;

/** What control itself remembers of the ledger, which an order may let go back. */
export interface OwnMemory {
  /** Throws `ERR_RECOVERY_ORDER`. */
  offer(text: string, keys: RecoveryKeys): void;
  /** The checkpoint of a ledger that control refuses; root in base64. */
  refused(): { readonly origin: string; readonly size: number; readonly root: string } | undefined;
}

export interface RecoveryParts {
  readonly home: string;
  readonly store: Store;
  readonly record: Control['record'];
  readonly change: Control['change'];
  readonly snapshots: SnapshotKeeper;
  readonly lease: LeaseKeeper;
  readonly memory: OwnMemory;
  readonly installation: string;
  readonly now: () => number;
}

/** Sees to it that a restored installation goes on only when two people have ordered it. */
export interface RecoveryKeeper {
  /** The order that gateways are shown; undefined: none, or its time is over. */
  readonly order: string | undefined;
  /** Before anything is in force: if this store was restored, that is put on record, and what was issued before is void. */
  open(): Promise<void>;
  /** Throws `ERR_RECOVERY_ORDER`, which is on record then. */
  apply(text: string, admin: Admin): Promise<VerifiedOrder>;
  status(): Promise<JsonObject>;
}

export function createRecovery(parts: RecoveryParts): RecoveryKeeper {
  const { store, record, snapshots, lease, memory, installation, now } = parts;
  let last: Recovery | undefined;
  const keysOf = async (): Promise<RecoveryKeys> => (await readBackup(store)).recoveryKeys ?? {};
  const verified = async (text: string): Promise<VerifiedOrder> => {
    const keys = await keysOf();
    const order = verifyOrder(text, { keys, installation, now: now() });
    if (last?.used.includes(order.id) === true) throw refusal('it was used before');
    const version = snapshots.current?.version ?? 0;
    if (order.to > version) throw refusal(`it is for snapshot ${order.to}, and ${version} is in force here`);
    if (order.from < version) throw refusal(`it lets nobody come here who is beyond snapshot ${order.from}, and ${version} is in force`);
    const restored = await readRestored(store);
    if (order.restoredAt !== (restored?.at ?? 0)) throw refusal('it is about another restore');
    const log = memory.refused() ?? restored?.ledger;
    if (order.ledger !== undefined && !Bun.deepEquals(order.ledger, log)) throw refusal('its checkpoint is not the one that the ledger goes on from');
    return order;
  };
  return {
    get order() {
      return last !== undefined && now() < last.expiresAt ? last.order : undefined;
    },
    open: async () => {
      last = await readRecovery(store);
      const restored = await readRestored(store);
      if (restored === undefined || restored.settled) return;
      await record({ event: 'backup.restored', space: DEFAULT_SPACE, principal: SELF, snapshot: restored.snapshot, detail: detailOf(restored) });
      const what = { resource: 'restore', id: restored.backup.id, verb: 'void', reason: 'what was revoked after the backup is not known' };
      await parts.change({ admin: { id: SELF, may: [] }, space: DEFAULT_SPACE }, what, async (rows) => {
        await voidCredentials(rows, now(), SELF);
        await writeRestored(rows, { ...restored, settled: true }, SELF);
      });
      dropOrder(parts.home);
    },
    apply: async (text, admin) => {
      let order: VerifiedOrder;
      try {
        order = await verified(text);
        if (order.ledger !== undefined) memory.offer(text, await keysOf());
      } catch (error) {
        const code = error instanceof SallyportError ? error.code : 'ERR_INTERNAL';
        const reason = error instanceof Error ? error.message : '';
        await record({ event: 'recovery.refused', space: DEFAULT_SPACE, ...whoOf(admin), code, reason, detail: told(text) });
        throw error;
      }
      const { id, from, to, restoredAt, ledger, reason, signers, expiresAt } = order;
      const detail = { id, from, to, restoredAt, signers, ...(ledger === undefined ? {} : { ledger: { ...ledger } }) };
      await whenTaken(() => record({ event: 'recovery.ordered', space: DEFAULT_SPACE, ...whoOf(admin), snapshot: to, reason, detail }), now);
      const next: Recovery = { order: text, appliedAt: now(), expiresAt, used: [...(last?.used ?? []), id].slice(-LIMITS.recoveryOrdersKeptMax) };
      await store.transaction(async (rows) => void (await rows.put('setting', DEFAULT_SPACE, ID, decodeJson(JSON.stringify(next)), { by: admin.id })));
      last = next;
      await lease.renew();
      return order;
    },
    status: async () => {
      const restored = await readRestored(store);
      const log = memory.refused() ?? restored?.ledger;
      return {
        installation, snapshot: snapshots.current?.version ?? 0, awaiting: await isAwaiting(store), keys: Object.keys(await keysOf()),
        restored: restored === undefined ? null : { at: restored.at, backup: { ...restored.backup }, snapshot: restored.snapshot },
        ledger: log === undefined ? null : { ...log },
      };
    },
  };
}

/** Whether this store was restored and no order lets it go on since: then every gateway is told to deny. */
export async function isAwaiting(rows: Pick<Rows, 'get'>): Promise<boolean> {
  const restored = await readRestored(rows);
  return restored !== undefined && restored.needsOrder && ((await readRecovery(rows))?.appliedAt ?? 0) < restored.at;
}

async function readRecovery(rows: Pick<Rows, 'get'>): Promise<Recovery | undefined> {
  const row = await rows.get('setting', DEFAULT_SPACE, ID);
  return row === undefined ? undefined : RECOVERY.parse(row.body);
}

const WAIT_MS = 10_000;
const RETRY_MS = 200;

/** A ledger that was refused until now is looked at again about once a second. */
async function whenTaken(work: () => Promise<void>, now: () => number): Promise<void> {
  const until = now() + WAIT_MS;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (now() >= until || !(error instanceof SallyportError) || error.code !== 'ERR_LOG_INCONSISTENT') throw error;
      await Bun.sleep(RETRY_MS);
    }
  }
}

function detailOf({ at, backup, ledger, needsOrder }: Restored): JsonObject {
  return { at, backup: { ...backup }, needsOrder, ...(ledger === undefined ? {} : { ledger: { ...ledger } }) };
}

/** What a refused text says of itself, as far as it can be read. */
function told(text: string): JsonObject {
  try {
    const { order, signers } = readOrder(text);
    return { id: order.id, from: order.from, to: order.to, installation: order.installation, signers: [...signers] };
  } catch {
    return {};
  }
}

function refusal(why: string): SallyportError {
  return new SallyportError('ERR_RECOVERY_ORDER', `the recovery order is refused: ${why}`, { remedy: 'Draft it anew with `sallyport recovery draft`.' });
}
