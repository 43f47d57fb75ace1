import type { KnownSecret, KnownSecrets } from '../../domain/known-secrets.ts';
import { entropyOf } from './entropy.ts';
import { lettersOf, roll, shingleKey, shingleOf, type Letters, type ShingleKey } from './shingles.ts';

const SIZE_MAX = 12;
const SIZE_MIN = 10;
/** Less could be a word of ordinary text, and its digests could be tried out. */
const BITS_MIN = 30;
/** So many different shingles in common are no accident, and no shared beginning of a format. */
const NEEDED_MAX = 8;
/** The first bytes of keys are the same in all of them. */
const SHARED_FRONT = 64;
const LONG = 192;
const SHINGLES_MAX = 256;
/** Of one value with many parts, so many. */
const PARTS_MAX = 8;

/** One secret as control knows it. */
export interface Secret {
  readonly name: string;
  readonly kind: KnownSecret['kind'];
  readonly value: string;
}

/**
 * What a gateway is given to know secrets by. `key`: 32 random bytes, base64url. Of a value that is made of parts (a private key with
 * its certificate, a JSON document, a URL with a password) the secret parts alone. What can't be told from other text (fewer than ten
 * letters and digits, or too few different ones) is left out.
 */
export function digestSecrets(key: string, secrets: readonly Secret[]): KnownSecrets {
  const used = shingleKey(key);
  return { key, secrets: secrets.flatMap(({ name, kind, value }) => partsOf(value).flatMap((part) => digestOf(used, name, kind, part))) };
}

/** Whether any part of a value can be told from other text. */
export function isRecognisable(value: string): boolean {
  return partsOf(value).some((part) => isTelling(part, lettersOf(part)));
}

function digestOf(key: ShingleKey, name: string, kind: KnownSecret['kind'], part: string): readonly KnownSecret[] {
  const whole = lettersOf(part);
  if (!isTelling(part, whole)) return [];
  const from = whole.length > LONG ? SHARED_FRONT : 0;
  const letters = { ...whole, codes: whole.codes.subarray(from), length: whole.length - from };
  const length = Math.min(SIZE_MAX, letters.length);
  const shingles = new Set<string>();
  roll(letters, length, key.base, (hash, at) => {
    // Of a long one every fourth is enough: those with a hash of that form, wherever they stand.
    if (letters.length <= LONG || hash % 4 === 0) shingles.add(shingleOf(key, letters, hash, at, length));
  });
  const kept = [...shingles].slice(0, SHINGLES_MAX);
  return [{ name, kind, length, needed: Math.min(NEEDED_MAX, kept.length), shingles: kept }];
}

const MIXED = /\d.*[A-Za-z]|[A-Za-z].*\d|[a-z].*[A-Z]|[A-Z].*[a-z]/s;
const LONG_ENOUGH = 20;

function isTelling(part: string, { length }: Letters): boolean {
  if (length < SIZE_MIN || entropyOf(part) * part.length < BITS_MIN) return false;
  return MIXED.test(part) || length >= LONG_ENOUGH;
}

const PRIVATE_KEY = /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY-----([^-]{1,65536})-----END/g;
const PASSWORD = /^[a-z][a-z0-9+.-]{0,40}:\/\/[^\s/@:]{0,256}:([^\s/@]{1,4096})@/i;
const PUBLIC = /^(?:https?:\/\/|[^\s@]{1,64}@[^\s@]{1,255}$)/i;

/** What of a value is secret. */
function partsOf(value: string): readonly string[] {
  const keys = Array.from(value.matchAll(PRIVATE_KEY), ([, body = '']) => body);
  if (keys.length > 0) return keys.slice(0, PARTS_MAX);
  const texts = textsIn(value);
  if (texts !== undefined) return texts.filter((text) => !PUBLIC.test(text)).flatMap(partsOf).slice(0, PARTS_MAX);
  const password = PASSWORD.exec(value)?.[1];
  return [password ?? value];
}

/** The strings of a JSON document, the most telling first; undefined: it is none. */
function textsIn(value: string): readonly string[] | undefined {
  if (!/^\s*[{[]/.test(value)) return undefined;
  const found: string[] = [];
  try {
    JSON.parse(value, (_, item: unknown) => {
      if (typeof item === 'string') found.push(item);
      return item;
    });
  } catch {
    return undefined;
  }
  return found.toSorted((a, b) => entropyOf(b) * b.length - entropyOf(a) * a.length);
}
