import type { Leaf } from './values.ts';
import { insideOf, tokensOf } from './values.ts';
import { looseForm, readingsOf } from './normal.ts';
import { SHINGLE, winnow, wholeOf, type Key } from './shingles.ts';

/** A fingerprint: 48 bits, as a number. 0 is none. */
export type Mark = number;

const HIGH = 2 ** 32;
const MARK_BYTES = 6;
const WHOLE_LENGTH_MIN = 3;
const WHOLE_LENGTH_MAX = 2_048;

/** Everything by which the values of a message can be told again: whole values, what they name, and texts by shingles. */
export function marksOf(leaves: readonly Leaf[], key: Key): readonly Mark[] {
  const marks = new Set<Mark>();
  for (const { text } of leaves) for (const reading of readingsOf(text)) addMarks(reading, key, marks);
  return [...marks];
}

function addMarks(text: string, key: Key, marks: Set<Mark>): void {
  const loose = looseForm(text);
  if (loose.length >= WHOLE_LENGTH_MIN && loose.length <= WHOLE_LENGTH_MAX) marks.add(markOf(loose, key));
  if (loose.length >= SHINGLE) winnow(loose, key, (low, high) => marks.add(join(low, high)));
  for (const token of tokensOf(text)) {
    if (token !== text) marks.add(markOf(looseForm(token), key));
    for (const part of insideOf(token)) marks.add(markOf(looseForm(part), key));
    const host = hostIn(token);
    if (host !== undefined) marks.add(markOf(looseForm(host), key));
  }
}

/** The fingerprint of a whole value in its loose form. */
export function markOf(loose: string, key: Key): Mark {
  let mark = 0;
  wholeOf(loose, key, (low, high) => {
    mark = join(low, high);
  });
  return mark;
}

/** The fingerprints of a text in its loose form. */
export function shinglesOf(loose: string, key: Key): readonly Mark[] {
  const marks: Mark[] = [];
  winnow(loose, key, (low, high) => void marks.push(join(low, high)));
  return marks;
}

/** The host that a URL names, as a reader finds it; also behind userinfo. */
export function hostIn(token: string): string | undefined {
  const host = /^[a-z][a-z0-9+.-]*:\/\/(?:[^/?#]*@)?([^/?#:]+)/i.exec(token)?.[1];
  return host === undefined || host.length < WHOLE_LENGTH_MIN ? undefined : host;
}

function join(low: number, high: number): Mark {
  return Math.max(1, high * HIGH + low);
}

export function encodeMarks(marks: readonly Mark[]): string {
  const bytes = Buffer.allocUnsafe(marks.length * MARK_BYTES);
  for (const [index, mark] of marks.entries()) bytes.writeUIntLE(mark, index * MARK_BYTES, MARK_BYTES);
  return bytes.toString('base64');
}

export function decodeMarks(text: string): readonly Mark[] {
  const bytes = Buffer.from(text, 'base64');
  return Array.from({ length: Math.floor(bytes.length / MARK_BYTES) }, (_, index) => bytes.readUIntLE(index * MARK_BYTES, MARK_BYTES));
}
