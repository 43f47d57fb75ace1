import { SallyportError } from '../domain/errors.ts';
import type { Json } from '../domain/json.ts';
import { isObject } from '../domain/json.ts';
import type { JournalRecord } from '../domain/record.ts';
import type { Role } from '../domain/role.ts';

/*
 * One line of a segment, in this order of fields:
 *   {"chain":"<43 characters>","position":7,"role":"gateway","incarnation":"…","record":{…as it was sent…}}
 * `chain` is SHA-256 (base64url) over the previous line's chain and everything of this line after its own chain: a line
 * proves itself and its place. `role` is what the link proved, never what the caller wrote. A segment's first line is
 *   {"chain":"…","segment":{"first":7,"createdAt":…,"previous":"<chain of the line before>","standing":{…}}}
 * so that each file can be checked, and the ledger started, from that file alone.
 */

const CHAIN_CHARS = 43;
const CHAIN_AT = '{"chain":"'.length;
const REST_AT = CHAIN_AT + CHAIN_CHARS + '"'.length;
const SHAPE = /^\{"chain":"[A-Za-z0-9_-]{43}",$/;

/** The chain before the first line of all. */
export const CHAIN_START = 'A'.repeat(CHAIN_CHARS);

/** Who wrote a record: the role that the link proved, and the process that said hello on that connection. */
export interface Origin {
  readonly role: Role;
  readonly node: string;
  /** New at each start of the process. */
  readonly incarnation: string;
}

/** A record in its place. */
export interface Entry {
  readonly position: number;
  readonly role: Role;
  readonly incarnation: string;
  readonly record: JournalRecord;
}

export interface SegmentHead {
  readonly first: number;
  readonly createdAt: number;
  readonly previous: string;
  readonly standing: Json;
}

export interface Sealed {
  readonly line: string;
  readonly chain: string;
}

/** What each line of one writer says of it. */
export function writerFields(origin: Origin): string {
  return `"role":"${origin.role}","incarnation":${JSON.stringify(origin.incarnation)}`;
}

/** `recordText` must be one JSON value on one line; it is stored as it is. */
export function sealEntry(previous: string, position: number, writer: string, recordText: string): Sealed {
  return seal(previous, `,"position":${position},${writer},"record":${recordText}}`);
}

export function sealHead(head: SegmentHead): Sealed {
  return seal(head.previous, `,"segment":${JSON.stringify(head)}}`);
}

/** The chain that a line claims, or undefined when it is not of a line's shape. */
export function chainOf(line: string): string | undefined {
  return SHAPE.test(line.slice(0, REST_AT + 1)) ? line.slice(CHAIN_AT, REST_AT - 1) : undefined;
}

/** Whether the line is what was written after a line with chain `previous`. */
export function isIntact(line: string, previous: string): boolean {
  return chainOf(line) === digest(previous, line.slice(REST_AT));
}

/** Reads an intact entry line. */
export function readEntry(line: string): Entry {
  const entry: Entry = JSON.parse(line);
  return { position: entry.position, role: entry.role, incarnation: entry.incarnation, record: entry.record };
}

/** Reads a segment's first line; undefined when it does not prove itself. */
export function readHead(line: string): SegmentHead | undefined {
  try {
    const parsed: Json = JSON.parse(line);
    const head = isObject(parsed) && isObject(parsed['segment']) ? parsed['segment'] : {};
    const { first, createdAt, previous, standing } = head;
    if (typeof first !== 'number' || typeof createdAt !== 'number' || typeof previous !== 'string' || standing === undefined) return undefined;
    return isIntact(line, previous) ? { first, createdAt, previous, standing } : undefined;
  } catch {
    return undefined;
  }
}

export function corrupt(at: { readonly file: string; readonly offset: number; readonly reason: string }): SallyportError {
  return new SallyportError('ERR_JOURNAL_CORRUPT', `${at.file}, byte ${at.offset}: ${at.reason}`, {
    remedy: 'Keep the file as evidence: move it out of the segments folder, restore it from a copy if there is one, and start again.',
  });
}

function seal(previous: string, rest: string): Sealed {
  const chain = digest(previous, rest);
  return { chain, line: `{"chain":"${chain}"${rest}` };
}

function digest(previous: string, rest: string): string {
  return Bun.SHA256.hash(previous + rest, 'base64url');
}
