/*
 * What a line of a ledger's segment commits to, written from docs/audit/log.md alone: `leaf` is HMAC-SHA-256 under the
 * line's own salt over everything from `,"position"` on, and the log's entry is those 32 bytes.
 */
import { createHmac } from 'node:crypto';

const WHOLE = /^\{"leaf":"([A-Za-z0-9_-]{43})","salt":"([A-Za-z0-9_-]{22})"(,"position":(0|[1-9][0-9]{0,15}),.*\})$/s;
const ERASED = /^\{"leaf":"([A-Za-z0-9_-]{43})","position":(0|[1-9][0-9]{0,15}),"erased":.*\} *$/s;

/** Its position, its entry of 32 bytes, and whether its text is proven by that entry (an erased line proves nothing any more). */
export function readLine(line) {
  const erased = ERASED.exec(line);
  if (erased !== null) return { position: Number(erased[2]), entry: Buffer.from(erased[1], 'base64url'), proven: false };
  const whole = WHOLE.exec(line);
  if (whole === null) throw new Error('the line is not of a record’s form');
  const [, leaf, salt, rest, position] = whole;
  const entry = createHmac('sha256', Buffer.from(salt, 'base64url')).update(rest).digest();
  if (entry.toString('base64url') !== leaf) throw new Error('the line is not what its leaf commits to');
  return { position: Number(position), entry, proven: true };
}
