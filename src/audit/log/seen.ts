import { existsSync, readFileSync, rmSync } from 'node:fs';
import type { Json } from '../../domain/json.ts';
import { isObject } from '../../domain/json.ts';
import { openCheckpoint } from './checkpoint.ts';
import { replaceFile, writeDurable } from './durable.ts';
import { HASH_BYTES } from './hash.ts';
import { inconsistent } from './inconsistent.ts';
import { readVkey } from './note.ts';

/** What a role has verified of its ledger's log, and holds it to. */
export interface Seen {
  readonly origin: string;
  /** Pinned at first use. */
  readonly vkey: string;
  readonly size: number;
  /** Base64. */
  readonly root: string;
  /** That an operator, or an order of two people, let the role go on with this log in place of another; until that is on record. */
  readonly accepted?: Accepted;
}

export interface Accepted {
  readonly at: number;
  readonly by: string;
  readonly reason: string;
  /** Id of the order by which two people let it; absent where an operator did. */
  readonly order?: string;
  readonly before: { readonly origin: string; readonly size: number; readonly root: string };
}

/** A log that a role refused, for an operator to look at. */
export interface RefusedLog {
  readonly why: string;
  readonly vkey: string;
  readonly note: string;
}

/** Undefined at first use. Throws `ERR_LOG_INCONSISTENT` for a file that holds something else: what was seen is not known then. */
export function readSeen(file: string): Seen | undefined {
  if (!existsSync(file)) return undefined;
  const seen = parse(file);
  const { origin, vkey, size, root, accepted } = seen;
  const key = typeof vkey === 'string' ? readVkey(vkey) : undefined;
  const isSize = typeof size === 'number' && Number.isSafeInteger(size) && size >= 0;
  const isRoot = typeof root === 'string' && Buffer.from(root, 'base64').length === HASH_BYTES;
  if (typeof vkey !== 'string' || key === undefined || key.name !== origin || !isSize || !isRoot) {
    throw inconsistent(file, 'what was seen of the log cannot be read');
  }
  return { origin, vkey, size, root, ...(isObject(accepted) ? { accepted: readAccepted(accepted) } : {}) };
}

/** Synced, but never on the time of those who wait for the process that writes it. */
export async function writeSeen(file: string, seen: Seen): Promise<void> {
  await replaceFile(file, `${JSON.stringify(seen)}\n`, true, 0o600);
}

export function refusedFile(seenFile: string): string {
  return `${seenFile}.refused`;
}

export async function writeRefused(seenFile: string, refused: RefusedLog): Promise<void> {
  await replaceFile(refusedFile(seenFile), `${JSON.stringify(refused)}\n`, true, 0o600);
}

/** Undefined when nothing is refused, or what is refused is signed by nobody. */
export function readRefused(seenFile: string): (RefusedLog & { readonly offered: Seen }) | undefined {
  if (!existsSync(refusedFile(seenFile))) return undefined;
  const { why, vkey, note } = parse(refusedFile(seenFile));
  if (typeof why !== 'string' || typeof vkey !== 'string' || typeof note !== 'string') return undefined;
  const key = readVkey(vkey);
  const read = key === undefined ? undefined : openCheckpoint(note, key);
  if (read === undefined) return undefined;
  return { why, vkey, note, offered: { origin: read.origin, vkey, size: read.size, root: Buffer.from(read.root).toString('base64') } };
}

/** An operator's word: the role goes on with the log that it refused, and says so on record as soon as it can. */
export function acceptRefused(seenFile: string, offered: Seen, accepted: Accepted): void {
  writeDurable(seenFile, `${JSON.stringify({ ...offered, accepted })}\n`, 0o600);
  rmSync(refusedFile(seenFile), { force: true });
}

function readAccepted(of: Readonly<Record<string, Json | undefined>>): Accepted {
  const before = isObject(of['before']) ? of['before'] : {};
  return {
    at: Number(of['at'] ?? 0), by: plain(of['by']), reason: plain(of['reason']), ...(typeof of['order'] === 'string' ? { order: of['order'] } : {}),
    before: { origin: plain(before['origin']), size: Number(before['size'] ?? 0), root: plain(before['root']) },
  };
}

function plain(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}

function parse(file: string): Readonly<Record<string, Json | undefined>> {
  try {
    const parsed: Json = JSON.parse(readFileSync(file, 'utf8'));
    return isObject(parsed) ? parsed : {};
  } catch (cause) {
    throw inconsistent(file, 'what was seen of the log cannot be read', { cause });
  }
}
