import { SallyportError } from '../domain/errors.ts';
import type { Json } from '../domain/json.ts';
import { LIMITS } from '../domain/limits.ts';

export function encodeJson(body: Json): string {
  const text = JSON.stringify(body);
  if (Buffer.byteLength(text) > LIMITS.storeBodyBytesMax) {
    const message = `a stored resource may have ${LIMITS.storeBodyBytesMax} bytes`;
    throw new SallyportError('ERR_BODY_TOO_LARGE', message, { remedy: 'Split it, or store less in it.' });
  }
  return text;
}

/**
 * What `encodeJson` was given, digit for digit: a number that a double cannot hold comes back as `JSON.rawJSON`, because
 * digests of pinned definitions are computed over it.
 */
export function decodeJson(text: string): Json {
  const plain = parse(text);
  if (JSON.stringify(plain) === text) return plain;
  return parse(text, (_key, value, context) => {
    const lexeme = typeof value === 'number' ? context?.source : undefined;
    return lexeme === undefined || JSON.stringify(value) === lexeme ? value : JSON.rawJSON(lexeme);
  });
}

/** `JSON.parse`, typed as what it gives. */
const parse: (text: string, reviver?: Reviver) => Json = JSON.parse;
type Reviver = (key: string, value: unknown, context?: { readonly source?: string }) => unknown;
