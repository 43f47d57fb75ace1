import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';
import type { LogLeave } from '../audit/log/remember.ts';
import { writeDurable } from '../audit/log/durable.ts';
import { installationOf } from '../backup/manifest.ts';
import { SallyportError } from '../domain/errors.ts';
import { toRecord, type Happening } from '../domain/happening.ts';
import { LIMITS } from '../domain/limits.ts';
import { DEFAULT_SPACE } from '../domain/principal.ts';
import type { Journal } from '../domain/record.ts';
import type { Snapshot } from '../domain/snapshot.ts';
import { readPeerKey } from '../link/keys.ts';
import { verifyOrder } from '../recovery/order.ts';
import type { RecoveryKeys, VerifiedOrder } from '../recovery/order.ts';

const IDS = z.array(z.string()).readonly();
const BACK = z.strictObject({ at: z.int(), order: z.string(), by: z.string(), reason: z.string(), from: z.int(), to: z.int() });
const FLOOR = z.strictObject({
  /** The newest snapshot that was in force: its version, when what it was made of was restored (0: never), and its SHA-256. */
  version: z.int().min(0),
  restoredAt: z.int().min(0),
  digest: z.string(),
  /** Whose orders may bridge one: as the newest snapshot said it, and nobody else says it. */
  keys: z.record(z.string(), z.string()),
  /** Orders that were used up, for snapshots and for the ledger's log. */
  used: z.strictObject({ snapshot: IDS, log: IDS }),
  /** That it went back by an order; until that is on record. */
  back: BACK.exactOptional(),
});
type Kept = z.infer<typeof FLOOR>;
type Part = keyof Kept['used'];

type Made = Pick<Snapshot, 'version' | 'restoredAt' | 'recovery'>;

/** Below what a role never goes, but by an order of two people. */
export interface Floor {
  readonly version: number;
  /**
   * Takes note of an order. `keys`: whose orders count; default: theirs whom the newest snapshot named. Throws
   * `ERR_RECOVERY_ORDER`, and then it counts for nothing.
   */
  offer(text: string, keys?: RecoveryKeys): void;
  /** Whether a snapshot may come into force: a newer one of the same store, or one of a restored store that two people ordered. */
  takes(snapshot: Made, bytes: string): boolean;
  /** It came into force. */
  reached(snapshot: Made, bytes: string): void;
  /** For the role's memory of the ledger. */
  readonly leave: LogLeave;
  /** Puts on record that it went back, if it did and that is not on record yet. Rejects as the journal does. */
  settle(journal: Journal, node: string): Promise<void>;
}

/** Throws `ERR_FILE_UNREADABLE` for a file that is damaged. */
export function openFloor(home: string, file: string): Floor {
  let kept = read(file);
  let offered: VerifiedOrder | undefined;
  const keep = (next: Kept): void => {
    kept = next;
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    writeDurable(file, `${JSON.stringify(next)}\n`, 0o600);
  };
  const standing = (part: Part): VerifiedOrder | undefined => (offered === undefined || kept.used[part].includes(offered.id) ? undefined : offered);
  /** Used or not needed: it is good for nothing any more. */
  const spent = (part: Part): Kept['used'] => {
    const order = standing(part);
    return order === undefined ? kept.used : { ...kept.used, [part]: [...kept.used[part], order.id].slice(-LIMITS.recoveryOrdersKeptMax) };
  };
  return {
    get version() {
      return kept.version;
    },
    offer(text, keys = kept.keys) {
      offered = verifyOrder(text, { keys, installation: installationOf(readPeerKey(home, 'control')), now: Date.now() });
    },
    takes({ version, restoredAt = 0 }, bytes) {
      // A new role has nothing to lose; who holds its folder could empty it.
      if (kept.version === 0) return true;
      if (restoredAt === kept.restoredAt) return version > kept.version || (version === kept.version && digestOf(bytes) === kept.digest);
      // Numbers of before and after a restore are not of one row. Where nobody could sign an order, a higher one must do.
      if (Object.keys(kept.keys).length === 0) return restoredAt > kept.restoredAt && version > kept.version;
      const order = standing('snapshot');
      if (order === undefined || Date.now() >= order.expiresAt) return false;
      return restoredAt > kept.restoredAt && order.restoredAt === restoredAt && kept.version <= order.from && version >= order.to;
    },
    reached({ version, restoredAt = 0, recovery }, bytes) {
      const order = restoredAt === kept.restoredAt ? undefined : standing('snapshot');
      const next = { ...kept, version, restoredAt, digest: digestOf(bytes), keys: recovery?.keys ?? {}, used: spent('snapshot') };
      if (order === undefined) return keep(next);
      const { id, signers, reason } = order;
      keep({ ...next, back: { at: Date.now(), order: id, by: signers.join(', '), reason, from: kept.version, to: version } });
    },
    leave: {
      current() {
        const order = standing('log');
        if (order?.ledger === undefined || Date.now() >= order.expiresAt) return undefined;
        return { order: order.id, by: order.signers.join(', '), reason: order.reason, ...order.ledger };
      },
      spend() {
        const used = spent('log');
        if (used !== kept.used) keep({ ...kept, used });
      },
    },
    async settle(journal, node) {
      const { back } = kept;
      if (back === undefined) return;
      const { at, order, by, reason, from, to } = back;
      const detail = { order, by, from, to, acceptedAt: at };
      await journal.append(ownRecord(node, { event: 'recovery.accepted', space: DEFAULT_SPACE, snapshot: to, reason, detail }));
      const { back: _, ...rest } = kept;
      keep(rest);
    },
  };
}

/** The restore of this state folder: what the role used before does not stand against it. For a folder that is being restored. */
export function rebase(file: string, restoredAt: number): void {
  writeDurable(file, `${JSON.stringify({ ...read(file), restoredAt })}\n`, 0o600);
}

function digestOf(bytes: string): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** A record of the role's own, of no exchange. */
export function ownRecord(node: string, of: Happening): Parameters<Journal['append']>[0] {
  return toRecord({ id: Bun.randomUUIDv7(), at: Date.now(), node, exchange: '', ...of });
}

/** Whose orders a role of this state folder waits for, by the file that it keeps; none where there is no such file. */
export function keysPinned(file: string): RecoveryKeys {
  return read(file).keys;
}

function read(file: string): Kept {
  if (!existsSync(file)) return { version: 0, restoredAt: 0, digest: '', keys: {}, used: { snapshot: [], log: [] } };
  try {
    return FLOOR.parse(JSON.parse(readFileSync(file, 'utf8')), { reportInput: false });
  } catch (cause) {
    // Without it nobody knows what was in force: going on with whatever is offered would be the roll-back.
    throw new SallyportError('ERR_FILE_UNREADABLE', `${file} is damaged: which snapshot was in force is not known`, {
      remedy: 'Find out who changed it; restore it from a backup.', cause,
    });
  }
}
