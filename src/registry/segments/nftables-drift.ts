import canonicalize from 'canonicalize';
import { z } from 'zod';
import { SallyportError } from '../../domain/errors.ts';
import { isArray, isObject } from '../../domain/json.ts';
import type { Json } from '../../domain/json.ts';
import { drift } from './drift.ts';
import type { SegmentDrift } from './drift.ts';
import { NFT_PRIORITY } from './nftables.ts';
import type { NftTable } from './nftables.ts';

const TABLE = z.looseObject({ family: z.string(), name: z.string() });
const CHAIN = z.looseObject({ family: z.string(), table: z.string(), name: z.string() });
const RULE = z.looseObject({ family: z.string(), table: z.string(), chain: z.string(), expr: z.array(z.json()) });
/** `nft -j list ruleset`: one object with one key an entry. Other kinds (sets, maps, objects) are looked at only if they are in our table. */
const LISTING = z.strictObject({ nftables: z.array(z.record(z.string(), z.unknown())) });

/** Everything in which a listing differs from the table. Throws `ERR_SEGMENT_INVALID` for what is no listing of nft's. */
export function compareNftables(expected: NftTable, listing: unknown): readonly SegmentDrift[] {
  const read = LISTING.safeParse(listing, { reportInput: false });
  if (!read.success) {
    throw new SallyportError('ERR_SEGMENT_INVALID', 'this is no listing of nftables', { remedy: 'Give it what `nft -j list ruleset` prints, whole.' });
  }
  const entries = read.data.nftables;
  const at = `${expected.family} ${expected.name}`;
  const table = entries.flatMap((entry) => parsed(TABLE, entry['table'])).find(({ family, name }) => `${family} ${name}` === at);
  if (table === undefined) return [drift(at, 'missing', 'the table is not loaded')];
  return [
    // A dormant table is there, and judges nothing.
    ...Object.keys(table).filter((key) => !['family', 'name', 'handle', 'comment'].includes(key)).map((key) => drift(at, 'changed', `the table has ${key}`)),
    ...compareChains(expected, entries.flatMap((entry) => parsed(CHAIN, entry['chain'])).filter((chain) => `${chain.family} ${chain.table}` === at)),
    ...compareRules(expected, entries.flatMap((entry) => parsed(RULE, entry['rule'])).filter((rule) => `${rule.family} ${rule.table}` === at)),
    ...entries.flatMap((entry) => Object.entries(entry)).filter(([kind, value]) => isOthers(kind, value, expected.name))
      .map(([kind]) => drift(at, 'extra', `the table has a ${kind}`)),
  ];
}

function parsed<T>(schema: z.ZodType<T>, value: unknown): readonly T[] {
  const read = schema.safeParse(value);
  return read.success ? [read.data] : [];
}

function isOthers(kind: string, value: unknown, table: string): boolean {
  return !['table', 'chain', 'rule', 'metainfo'].includes(kind) && typeof value === 'object' && value !== null && 'table' in value && value.table === table;
}

function compareChains({ chains }: NftTable, found: readonly z.infer<typeof CHAIN>[]): readonly SegmentDrift[] {
  const wanted = new Map(chains.map(({ name, hook }) => [
    name, spell({ name, ...(hook === undefined ? {} : { type: 'filter', hook, prio: NFT_PRIORITY, policy: 'accept' }) }),
  ]));
  const loaded = new Map(found.map(({ family: _family, table: _table, handle: _handle, ...chain }) => [chain.name, spell(asJson(chain))]));
  return [
    ...[...wanted].flatMap(([name, text]) => {
      const now = loaded.get(name);
      if (now === undefined) return [drift(`chain ${name}`, 'missing', text)];
      return now === text ? [] : [drift(`chain ${name}`, 'changed', now)];
    }),
    ...[...loaded].filter(([name]) => !wanted.has(name)).map(([name, text]) => drift(`chain ${name}`, 'extra', text)),
  ];
}

/** Chain by chain: the same rules in the same order. A rule too many before the last is as bad as one too few. */
function compareRules({ chains, rules }: NftTable, found: readonly z.infer<typeof RULE>[]): readonly SegmentDrift[] {
  return chains.flatMap(({ name }) => {
    const wanted = rules.filter(({ chain }) => chain === name);
    const loaded = found.filter(({ chain }) => chain === name).map(({ expr }) => spell(expr));
    const keys = wanted.map(({ expr }) => spell(expr));
    const [isLoaded, isWanted] = [new Set(loaded), new Set(keys)];
    const missing = wanted.filter((_, index) => !isLoaded.has(keys[index] ?? '')).map(({ text }) => drift(`chain ${name}`, 'missing', text));
    const extra = loaded.filter((key) => !isWanted.has(key)).map((key) => drift(`chain ${name}`, 'extra', key));
    if (missing.length + extra.length > 0) return [...missing, ...extra];
    return loaded.join('\n') === keys.join('\n') ? [] : [drift(`chain ${name}`, 'changed', 'its rules are in another order, or more than once')];
  });
}

/** In one spelling; what counts packets is not what was declared. */
function spell(value: Json): string {
  return canonicalize(withoutCounts(value)) ?? '';
}

function withoutCounts(value: Json): Json {
  if (isArray(value)) return value.map(withoutCounts);
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, key === 'counter' ? null : withoutCounts(inner)]));
}

function asJson(value: object): Json {
  return z.json().parse(value);
}
