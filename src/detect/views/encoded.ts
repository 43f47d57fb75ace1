import { MappedText, decodedFrom } from './mapped.ts';
import { ALPHABET, stretchesOf } from './traits.ts';
import type { Mapped } from './mapped.ts';

/** A way to hide a text: what is found undone. */
export type Undo = (text: string) => readonly Mapped[];

const BASE64 = /[A-Za-z0-9+/_-]{20,}/g;
const HEX = /(?<![0-9A-Za-z])(?:[0-9a-fA-F]{2}[ :,]?){12,}|(?:(?:\\x|0x|%)[0-9a-fA-F]{2}[ ,]?){6,}/g;
const ESCAPES = /(?:\\u[0-9a-fA-F]{4}|\\x[0-9a-fA-F]{2}){3,}/g;
const PERCENT = /(?:%[0-9a-fA-F]{2})+/g;
const ROT13 = /\b(?:vtaber|cerivbhf|vafgehpgvba|vzcbegnag|flfgrz|cnffjbeq|perqragvny|frperg|gbxra|uggcf?|rkrphgr|sbejneq)/i;

const BLOB_CHARS_MIN = 12;
/** Fewer letters than this are no message. */
const SAID_MIN = 6;

export const base64: Undo = (text) =>
  blobs(text, ALPHABET.base64, BASE64, (run) => {
    // A path or a word is no encoding: letters of one case, or words between slashes.
    if (/^[a-z/_-]+$|^[A-Z/_-]+$/.test(run)) return undefined;
    return readable(Buffer.from(run, /[-_]/.test(run) ? 'base64url' : 'base64'));
  });

export const hex: Undo = (text) =>
  blobs(text, ALPHABET.hex | ALPHABET.hexGap, HEX, (run) => readable(Buffer.from(run.replace(/\\x|0x|[^0-9a-fA-F]/g, ''), 'hex')));

export const escapes: Undo = (text) =>
  blobs(text, ALPHABET.escape, ESCAPES, (run) => run.replace(/\\u([0-9a-fA-F]{4})|\\x([0-9a-fA-F]{2})/g, (_, long?: string, short?: string) =>
    String.fromCharCode(Number.parseInt(long ?? short ?? '', 16))));

/** Percent-encoding (RFC 3986, section 2.1) inside the text that it stands in. */
export const percent: Undo = (text) => {
  const out = new MappedText();
  let from = 0;
  for (const match of text.matchAll(PERCENT)) {
    out.copy(text, from, match.index);
    out.add(Buffer.from(match[0].replaceAll('%', ''), 'hex').toString(), match.index);
    from = match.index + match[0].length;
  }
  out.copy(text, from, text.length);
  return out.ends(text.length);
};

/** Tried where words that attacks are made of stand there turned by thirteen. */
export const rot13: Undo = (text) => {
  if (!ROT13.test(text)) return [];
  // Units by their two bytes: a page of them is turned faster so than letter by letter.
  const units = Buffer.from(text, 'utf16le');
  for (let at = 0; at < units.length; at += 2) {
    const low = units[at] ?? 0;
    const letter = low | 32;
    if (units[at + 1] === 0 && letter >= 97 && letter <= 122) units[at] = (low & 32) + 65 + ((letter - 97 + 13) % 26);
  }
  const turned = units.toString('utf16le');
  return [{ text: turned, origin: (start, end) => [start, end] }];
};

const GAPS = /[ ._*-]+/g;
const GAP_CHARS_MAX = 3;
const SPACED_LETTERS_MIN = 10;

/** Words whose letters stand apart: what stands between the first two stands between letters, anything else between words. */
export const spaced: Undo = (text) => apart(text).map(([start, end]) => {
  const gap = /^.([^\p{L}]{1,3})/su.exec(text.slice(start, start + 1 + GAP_CHARS_MAX))?.[1] ?? ' ';
  return decodedFrom(text.slice(start, end).replace(GAPS, (one) => (one === gap ? '' : ' ')), start, end);
});

/** Where at least ten letters in a row stand each by itself. Each unit is looked at once. */
function apart(text: string): readonly (readonly [start: number, end: number])[] {
  const found: (readonly [number, number])[] = [];
  let [letters, start, last, was] = [0, 0, 0, false];
  let is = isLetter(text.charCodeAt(0));
  for (let at = 0; at <= text.length; at += 1) {
    const next = isLetter(text.charCodeAt(at + 1));
    const isAlone = is && !was && !next;
    if (letters > 0 && !isAlone && (is || at - last > GAP_CHARS_MAX || !isGap(text.charCodeAt(at)))) {
      if (letters >= SPACED_LETTERS_MIN) found.push([start, last + 1]);
      letters = 0;
    }
    if (isAlone) {
      if (letters === 0) start = at;
      letters += 1;
      last = at;
    }
    was = is;
    is = next;
  }
  return found;
}

/** Letters of ASCII, and whatever is beyond its neighbours: signs among those only make for fewer runs. */
function isLetter(code: number): boolean {
  const lower = code | 32;
  return (lower >= 97 && lower <= 122 && code < 128) || code >= 0xc0;
}

function isGap(code: number): boolean {
  return code === 32 || code === 46 || code === 95 || code === 42 || code === 45;
}

/** Each run that decodes to something a person could read, placed where the run stands. */
function blobs(text: string, alphabets: number, runs: RegExp, decode: (run: string) => string | undefined): readonly Mapped[] {
  const found: Mapped[] = [];
  for (const [from, to] of stretchesOf(text, alphabets, BLOB_CHARS_MIN)) {
    // What stands before and after may be part of what is looked for.
    const before = Math.max(0, from - 1);
    for (const match of text.slice(before, to).matchAll(runs)) {
      const said = decode(match[0]);
      if (said === undefined || said.length < SAID_MIN) continue;
      const start = before + match.index;
      found.push(decodedFrom(said, start, start + match[0].length + paddingAt(text, start + match[0].length)));
    }
  }
  return found;
}

/** What an encoding may end with is part of what hides. */
function paddingAt(text: string, at: number): number {
  return text.startsWith('==', at) ? 2 : text.startsWith('=', at) ? 1 : 0;
}

const UTF8 = new TextDecoder('utf-8', { fatal: true });

function readable(bytes: Uint8Array): string | undefined {
  try {
    const text = UTF8.decode(bytes);
    return isProse(text) ? text : undefined;
  } catch {
    return undefined;
  }
}

/** Whether nearly all of it is what people write: random bytes that happen to be UTF-8 are not. */
function isProse(text: string): boolean {
  if (text.length < SAID_MIN) return false;
  let odd = 0;
  for (const character of text) if (!/[\p{L}\p{M}\p{N}\p{P}\p{S}\p{Zs}\n\r\t]|\p{Cf}/u.test(character)) odd += 1;
  return odd <= text.length / 20;
}
