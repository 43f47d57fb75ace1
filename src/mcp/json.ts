import { SallyportError } from '../domain/errors.ts';
import { isArray, type Json } from '../domain/json.ts';
import { LIMITS } from '../domain/limits.ts';
import type { Peer } from '../domain/message.ts';
import { foldKey, needsFolding } from './case-fold.ts';
import { scanJson } from './json-scan.ts';

// `ignoreBOM` keeps a BOM in the text, where it is then refused; without it the decoder would drop it silently.
const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Strict JSON (RFC 8259) from bytes or text. What passes has one meaning for every parser behind us:
 * - fatal UTF-8, no byte order mark;
 * - no two keys of one object equal under Unicode simple case folding;
 * - from a client: no number that a double cannot hold, no lone surrogate. From a server such a number keeps its digits
 *   (`JSON.rawJSON`), and a lone surrogate is kept as its `\u` escape, so a result is passed on as it was said.
 *
 * `__proto__` is an ordinary key. Throws `SallyportError`: ERR_BODY_*, ERR_JSON_*.
 */
export function parseJson(input: Uint8Array | string, from: Peer, bytesMax: number = LIMITS.bodyBytesMax): Json {
  const text = readText(input, bytesMax);
  const scan = scanJson(text, from);
  if (scan.depth > LIMITS.jsonDepthMax)
    throw new SallyportError('ERR_JSON_TOO_DEEP', `JSON is nested deeper than ${LIMITS.jsonDepthMax} levels`);
  if (scan.members > LIMITS.jsonKeysMax)
    throw new SallyportError('ERR_JSON_TOO_MANY_KEYS', `JSON has more than ${LIMITS.jsonKeysMax} object members`);
  const value = parseText(text, scan.rawNumbers);
  const loneSurrogates = from === 'client' && scan.surrogateEscapes;
  // JSON.parse keeps the last of two equal keys without a word: the text then has more members than the tree.
  if (inspect(value, loneSurrogates) !== scan.members) throw duplicateKey();
  return value;
}

/**
 * JSON that a role of ours wrote: numbers keep their digits as a server's do, for digests of pinned definitions are taken
 * of them. What was written from values that passed once is not searched again, and may be of any size. Throws ERR_JSON_INVALID.
 */
export function parseOwnJson(text: string): Json {
  return parseText(text, scanJson(text, 'server').rawNumbers);
}

function readText(input: Uint8Array | string, bytesMax: number): string {
  const sizeBytes = typeof input === 'string' ? Buffer.byteLength(input) : input.length;
  if (sizeBytes > bytesMax) throw new SallyportError('ERR_BODY_TOO_LARGE', `The message is larger than ${bytesMax} bytes`);
  const text = typeof input === 'string' ? input : decodeUtf8(input);
  if (typeof input === 'string' && !text.isWellFormed()) throw new SallyportError('ERR_BODY_ENCODING', 'The message is not valid Unicode');
  if (text.charCodeAt(0) === 0xfeff) throw new SallyportError('ERR_BODY_ENCODING', 'The message starts with a byte order mark');
  return text;
}

function decodeUtf8(bytes: Uint8Array): string {
  try {
    return UTF8.decode(bytes);
  } catch (cause) {
    throw new SallyportError('ERR_BODY_ENCODING', 'The message is not valid UTF-8', { cause });
  }
}

function parseText(text: string, rawNumbers: boolean): Json {
  try {
    return rawNumbers ? JSON.parse(text, keepLexeme) : JSON.parse(text);
  } catch {
    // The runtime's error quotes the text, which may hold a secret: it is not passed on.
    throw new SallyportError('ERR_JSON_INVALID', 'The message is not valid JSON');
  }
}

/** `context`: TC39 "JSON.parse source text access". */
function keepLexeme(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  if (typeof value !== 'number' || context?.source === undefined || JSON.stringify(value) === context.source) return value;
  return JSON.rawJSON(context.source);
}

/** Counts the members of the tree; refuses keys that fold together and, where asked, lone surrogates. Depth is limited before. */
function inspect(value: Json, loneSurrogates: boolean): number {
  if (typeof value !== 'object' || value === null) {
    if (loneSurrogates && typeof value === 'string') requireWellFormed(value);
    return 0;
  }
  let members = 0;
  if (isArray(value)) {
    for (const item of value) {
      if (typeof item === 'object' || loneSurrogates) members += inspect(item, loneSurrogates);
    }
    return members;
  }
  if (JSON.isRawJSON(value)) return 0;
  const keys = Object.keys(value);
  let folding = false;
  for (const key of keys) {
    folding ||= needsFolding(key);
    if (loneSurrogates) requireWellFormed(key);
    const item = value[key];
    if (item !== undefined && (typeof item === 'object' || loneSurrogates)) members += inspect(item, loneSurrogates);
  }
  if (folding && new Set(keys.map(foldKey)).size !== keys.length) throw duplicateKey();
  return members + keys.length;
}

function requireWellFormed(text: string): void {
  if (!text.isWellFormed()) throw new SallyportError('ERR_BODY_ENCODING', 'A string of the message holds half of a surrogate pair');
}

function duplicateKey(): SallyportError {
  return new SallyportError('ERR_JSON_DUPLICATE_KEY', 'An object of the message has two keys that are equal but for letter case', {
    remedy: 'Send each key once; keys that differ only in letter case count as the same key.',
  });
}
