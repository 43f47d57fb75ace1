import type { KnownSecret, KnownSecrets } from '../../domain/known-secrets.ts';
import { lettersOf, roll, shingleKey, shingleOf } from './shingles.ts';

const SIZE_MAX = 12;
const SIZE_MIN = 8;
/** So many different shingles in common are no accident, and no shared beginning of a format. */
const NEEDED_MAX = 8;
/** Armour and the first bytes of keys are the same in all of them. */
const ARMOUR = /-----[A-Z0-9 ]+-----/g;
const SHARED_FRONT = 64;
const LONG = 192;
const SHINGLES_MAX = 256;

/** One secret as control knows it. */
export interface Secret {
  readonly name: string;
  readonly kind: KnownSecret['kind'];
  readonly value: string;
}

/**
 * What a gateway is given to know secrets by. `key`: 32 random bytes, base64url. Secrets of fewer than eight letters and digits
 * can't be told from other text, and are left out.
 */
export function digestSecrets(key: string, secrets: readonly Secret[]): KnownSecrets {
  const { bytes, base } = shingleKey(key);
  return {
    key,
    secrets: secrets.flatMap(({ name, kind, value }) => {
      const whole = lettersOf(value.replace(ARMOUR, ''));
      const from = whole.length > LONG ? SHARED_FRONT : 0;
      const letters = { ...whole, codes: whole.codes.subarray(from), length: whole.length - from };
      const length = Math.min(SIZE_MAX, letters.length);
      if (length < SIZE_MIN) return [];
      const shingles = new Set<string>();
      roll(letters, length, base, (hash, at) => {
        // Of a long one every fourth is enough: those with a hash of that form, wherever they stand.
        if (letters.length <= LONG || hash % 4 === 0) shingles.add(shingleOf({ bytes, base }, letters, hash, at, length));
      });
      const kept = [...shingles].slice(0, SHINGLES_MAX);
      return [{ name, kind, length, needed: Math.min(NEEDED_MAX, kept.length), shingles: kept }];
    }),
  };
}

export interface KnownMatch {
  readonly secret: KnownSecret;
  /** Where its shingles stand, in order. */
  readonly parts: readonly (readonly [number, number])[];
}

interface Sized {
  readonly size: number;
  /** By the upper half of the rolling hash: whether a lookup is worth its while. */
  readonly filter: Uint8Array;
  readonly hashes: ReadonlySet<number>;
  readonly owners: ReadonlyMap<string, readonly KnownSecret[]>;
}

/** Finds known secrets in a text, whole, split or in other cases. Linear: a digest is made only where a 32-bit hash is already the same. */
export function createKnown(known: KnownSecrets): (text: string) => readonly KnownMatch[] {
  const key = shingleKey(known.key);
  const sized = [...new Set(known.secrets.map(({ length }) => length))].map((size) => sizedOf(known, size));
  return (text) => {
    const letters = lettersOf(text);
    const met = new Map<KnownSecret, { readonly different: Set<string>; readonly parts: [number, number][] }>();
    for (const { size, filter, hashes, owners } of sized) {
      const digested = new Map<number, string>();
      roll(letters, size, key.base, (hash, at) => {
        if (filter[hash >>> 16] === 0 || !hashes.has(hash)) return;
        const shingle = digested.get(hash) ?? shingleOf(key, letters, hash, at, size);
        digested.set(hash, shingle);
        for (const secret of owners.get(shingle) ?? []) {
          const one = met.get(secret) ?? { different: new Set<string>(), parts: [] };
          met.set(secret, one);
          one.different.add(shingle);
          extend(one.parts, letters.places[at] ?? 0, (letters.places[at + size - 1] ?? 0) + 1);
        }
      });
    }
    return [...met].flatMap(([secret, { different, parts }]) => (different.size >= secret.needed ? [{ secret, parts }] : []));
  };
}

function extend(parts: [number, number][], start: number, end: number): void {
  const last = parts.at(-1);
  if (last !== undefined && start <= last[1]) last[1] = Math.max(last[1], end);
  else parts.push([start, end]);
}

function sizedOf({ secrets }: KnownSecrets, size: number): Sized {
  const owners = new Map<string, readonly KnownSecret[]>();
  const hashes = new Set<number>();
  const filter = new Uint8Array(65_536);
  for (const secret of secrets.filter(({ length }) => length === size)) {
    for (const shingle of secret.shingles) {
      const hash = Buffer.from(shingle, 'base64url').readUInt32BE(0);
      hashes.add(hash);
      filter[hash >>> 16] = 1;
      owners.set(shingle, [...(owners.get(shingle) ?? []), secret]);
    }
  }
  return { size, filter, hashes, owners };
}
