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
  /** The newest snapshot that was in force: an older one is a roll-back. */
  version: z.int().min(0),
  /** Whose orders may bridge one: as the newest snapshot said it, and nobody else says it. */
  keys: z.record(z.string(), z.string()),
  /** Orders that were used up, for snapshots and for the ledger's log. */
  used: z.strictObject({ snapshot: IDS, log: IDS }),
  /** That it went back by an order; until that is on record. */
  back: BACK.exactOptional(),
});
type Kept = z.infer<typeof FLOOR>;
type Part = keyof Kept['used'];

/** Below what a role never goes, but by an order of two people. */
export interface Floor {
  readonly version: number;
  /**
   * Takes note of an order. `keys`: whose orders count; default: theirs whom the newest snapshot named. Throws
   * `ERR_RECOVERY_ORDER`, and then it counts for nothing.
   */
  offer(text: string, keys?: RecoveryKeys): void;
  /** Whether what is in force may be replaced by something older. */
  mayGoBack(from: number, to: number): boolean;
  /** A snapshot came into force. */
  reached(snapshot: Pick<Snapshot, 'version' | 'recovery'>): void;
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
    mayGoBack(from, to) {
      const order = standing('snapshot');
      return order !== undefined && Date.now() < order.expiresAt && from <= order.from && to >= order.to;
    },
    reached({ version, recovery }) {
      const order = version < kept.version ? standing('snapshot') : undefined;
      const next = { ...kept, version, keys: recovery?.keys ?? {}, used: spent('snapshot') };
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

/** A record of the role's own, of no exchange. */
export function ownRecord(node: string, of: Happening): Parameters<Journal['append']>[0] {
  return toRecord({ id: Bun.randomUUIDv7(), at: Date.now(), node, exchange: '', ...of });
}

/** Whose orders a role of this state folder waits for, by the file that it keeps; none where there is no such file. */
export function keysPinned(file: string): RecoveryKeys {
  return read(file).keys;
}

function read(file: string): Kept {
  if (!existsSync(file)) return { version: 0, keys: {}, used: { snapshot: [], log: [] } };
  try {
    return FLOOR.parse(JSON.parse(readFileSync(file, 'utf8')), { reportInput: false });
  } catch (cause) {
    // Without it nobody knows what was in force: going on with whatever is offered would be the roll-back.
    throw new SallyportError('ERR_FILE_UNREADABLE', `${file} is damaged: which snapshot was in force is not known`, {
      remedy: 'Find out who changed it; restore it from a backup.', cause,
    });
  }
}
