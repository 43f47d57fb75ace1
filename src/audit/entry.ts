import { SallyportError } from '../domain/errors.ts';
import type { Json } from '../domain/json.ts';
import { isObject } from '../domain/json.ts';
import type { JournalRecord } from '../domain/record.ts';
import type { Role } from '../domain/role.ts';
import { REST_AT } from './line.ts';
import { sha256 } from './log/hash.ts';

/*
 * One line of a segment, in this order of fields:
 *   {"leaf":"<43>","salt":"<22>","position":7,"role":"gateway","incarnation":"…","body":{…}?,"record":{…as it was sent…}}
 * `leaf`, the commitment to the rest, is the entry of the transparency log at that position (`line.ts`, `log/`): the line
 * proves itself, the log proves its place. `role` is what the link proved, never what the caller wrote. A segment's first line is
 *   {"head":"<SHA-256 of the rest, 43>","segment":{"first":7,"createdAt":…,"root":"<of the log before it>","standing":{…}}}
 * so that the ledger can be started from that file alone. It is no entry: what it says is the ledger's own bookkeeping.
 */

const HEAD_CHARS = 43;
const HEAD_AT = '{"head":"'.length;
const HEAD_REST_AT = HEAD_AT + HEAD_CHARS + 1;

/** Who wrote a record: the role that the link proved, and the process that said hello on that connection. */
export interface Origin {
  readonly role: Role;
  readonly node: string;
  /** New at each start of the process. */
  readonly incarnation: string;
}

/** Where the sealed payload of a record lies: bytes `[at, at + bytes)` of its bodies file, and their SHA-256 (base64url). */
export interface BodyPlace {
  readonly class: string;
  readonly region: string;
  /** `YYYY-MM-DD`, by the ledger's clock. */
  readonly day: string;
  readonly at: number;
  readonly bytes: number;
  readonly sha256: string;
}

/** A record in its place. */
export interface Entry {
  readonly position: number;
  readonly role: Role;
  readonly incarnation: string;
  readonly body?: BodyPlace;
  readonly record: JournalRecord;
}

export interface SegmentHead {
  readonly first: number;
  readonly createdAt: number;
  /** Root of the log of the `first` entries before this segment, base64url. */
  readonly root: string;
  readonly standing: Json;
}

/** What each line of one writer says of it. */
export function writerFields(origin: Origin): string {
  return `"role":"${origin.role}","incarnation":${JSON.stringify(origin.incarnation)}`;
}

/** What a line's leaf commits to. `recordText` must be one JSON value on one line; it is stored as it is. */
export function restOf(position: number, writer: string, body: BodyPlace | undefined, recordText: string): string {
  return `,"position":${position},${writer}${body === undefined ? '' : `,"body":${JSON.stringify(body)}`},"record":${recordText}}`;
}

/** `bytes`: how long the line is to be without its newline, where it takes another one's place. */
export function sealHead(head: SegmentHead, bytes = 0): Buffer {
  const text = JSON.stringify(head);
  const rest = `,"segment":${text}${' '.repeat(Math.max(0, bytes - HEAD_REST_AT - Buffer.byteLength(`,"segment":${text}}`)))}}`;
  return Buffer.from(`{"head":"${sha256(Buffer.from(rest)).toString('base64url')}"${rest}\n`);
}

/** Reads a line that proves itself. */
export function readEntry(line: Buffer): Entry {
  const { position, role, incarnation, body, record }: Entry = JSON.parse(`{${line.toString('utf8', REST_AT + 1)}`);
  return { position, role, incarnation, ...(body && { body }), record };
}

/** Where an erased line stands; undefined when it is not of that form. */
export function readErased(line: Buffer): number | undefined {
  try {
    const parsed: Json = JSON.parse(line.toString());
    if (!isObject(parsed) || !isObject(parsed['erased'])) return undefined;
    return typeof parsed['position'] === 'number' ? parsed['position'] : undefined;
  } catch {
    return undefined;
  }
}

/** Reads a segment's first line; undefined when it does not prove itself. */
export function readHead(line: Buffer): SegmentHead | undefined {
  try {
    const digest = sha256(line.subarray(HEAD_REST_AT)).toString('base64url');
    if (line.toString('utf8', 0, HEAD_REST_AT) !== `{"head":"${digest}"`) return undefined;
    const parsed: Json = JSON.parse(line.toString());
    const head = isObject(parsed) && isObject(parsed['segment']) ? parsed['segment'] : {};
    const { first, createdAt, root, standing } = head;
    if (typeof first !== 'number' || typeof createdAt !== 'number' || typeof root !== 'string' || standing === undefined) return undefined;
    return { first, createdAt, root, standing };
  } catch {
    return undefined;
  }
}

export function corrupt(at: { readonly file: string; readonly offset: number; readonly reason: string }): SallyportError {
  return new SallyportError('ERR_JOURNAL_CORRUPT', `${at.file}, byte ${at.offset}: ${at.reason}`, {
    remedy: 'Keep the file as evidence: move it out of the segments folder, restore it from a copy if there is one, and start again.',
  });
}
