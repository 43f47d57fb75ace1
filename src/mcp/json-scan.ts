import { SallyportError } from '../domain/errors.ts';
import type { Peer } from '../domain/message.ts';

export interface JsonScan {
  /** How many `key: value` members the text has, duplicates included. */
  readonly members: number;
  readonly depth: number;
  /** Whether a number (from a server) would not be written again as it was. */
  readonly rawNumbers: boolean;
  /** Whether a `\u` escape of a surrogate occurs: only then can a string of the text be ill-formed. */
  readonly surrogateEscapes: boolean;
}

const SURROGATE_ESCAPE = /\\u[dD][89a-fA-F]/;
// A double holds every integer of 15 digits.
const SAFE_DIGITS = 15;

/**
 * One pass over JSON text, for what `JSON.parse` does not tell. Exact for valid JSON; for anything else it merely ends,
 * and `JSON.parse` refuses the text afterwards. Throws ERR_JSON_NUMBER_PRECISION for a client's number that would change.
 */
export function scanJson(text: string, from: Peer): JsonScan {
  let members = 0;
  let level = 0;
  let depth = 0;
  let rawNumbers = false;
  const end = text.length;
  for (let index = 0; index < end; index++) {
    const char = text.charCodeAt(index);
    if (char === 0x22) {
      const close = closingQuote(text, index);
      if (close === -1) break;
      index = close;
    } else if (char === 0x3a) members++;
    else if (char === 0x7b || char === 0x5b) {
      level++;
      if (level > depth) depth = level;
    } else if (char === 0x7d || char === 0x5d) level--;
    else if (char === 0x2d || (char >= 0x30 && char <= 0x39)) {
      const stop = numberEnd(text, index);
      if (changes(text, index, stop, from)) {
        if (from === 'client') throw precision();
        rawNumbers = true;
      }
      index = stop - 1;
    }
  }
  return { members, depth, rawNumbers, surrogateEscapes: text.includes('\\u') && SURROGATE_ESCAPE.test(text) };
}

/** The quote that ends the string opened at `open`, or -1. Linear: each run of backslashes is counted once. */
function closingQuote(text: string, open: number): number {
  let quote = text.indexOf('"', open + 1);
  while (quote !== -1) {
    let start = quote;
    while (text.charCodeAt(start - 1) === 0x5c) start--;
    if ((quote - start) % 2 === 0) return quote;
    quote = text.indexOf('"', quote + 1);
  }
  return -1;
}

function numberEnd(text: string, start: number): number {
  let index = start + 1;
  for (; index < text.length; index++) {
    const char = text.charCodeAt(index);
    const digit = char >= 0x30 && char <= 0x39;
    if (!digit && char !== 0x2e && char !== 0x65 && char !== 0x45 && char !== 0x2b && char !== 0x2d) break;
  }
  return index;
}

/** Whether a number would be written differently (server) or mean another value (client) after a round through a double. */
function changes(text: string, start: number, stop: number, from: Peer): boolean {
  if (stop - start <= SAFE_DIGITS && isPlainInteger(text, start, stop)) return false;
  const lexeme = text.slice(start, stop);
  const value = Number(lexeme);
  if (JSON.stringify(value) === lexeme) return false;
  return from === 'server' || !Number.isFinite(value) || decimalOf(lexeme) !== decimalOf(String(value));
}

function isPlainInteger(text: string, start: number, stop: number): boolean {
  for (let index = start; index < stop; index++) {
    const char = text.charCodeAt(index);
    if (char < 0x30 || char > 0x39) return false;
  }
  return true;
}

const NUMBER = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/;

/** A decimal's value as canonical text: sign, digits without outer zeros, power of ten. A double's −0 is written `0`, so `-0` changes. */
function decimalOf(lexeme: string): string {
  const match = NUMBER.exec(lexeme);
  if (match === null) return lexeme;
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = match;
  const digits = (whole + fraction).replace(/^0+/, '');
  const significant = trimEnd(digits);
  if (significant === '') return `${sign}0`;
  return `${sign}${significant}e${Number(exponent) - fraction.length + digits.length - significant.length}`;
}

/** Without trailing zeros. (A regular expression `0+$` would be quadratic on an attacker's digits.) */
function trimEnd(digits: string): string {
  let end = digits.length;
  while (end > 0 && digits.charCodeAt(end - 1) === 0x30) end--;
  return digits.slice(0, end);
}

function precision(): SallyportError {
  return new SallyportError('ERR_JSON_NUMBER_PRECISION', 'A number of the message cannot be held exactly by a double', {
    remedy: 'Send large or very precise numbers as strings.',
  });
}
