import type { KnownSecret, KnownSecrets } from '../../domain/known-secrets.ts';
import { lettersOf, roll, shingleKey, shingleOf } from './shingles.ts';

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
