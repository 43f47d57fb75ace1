import ipaddr from 'ipaddr.js';
import type { Exchange } from '../domain/exchange.ts';
import { isWithin } from '../upstream/address-class.ts';

type Zone = Exchange['zone'];

const CACHE_MAX = 10_000;
const caches = new WeakMap<readonly string[], Map<string, Zone>>();

/** Which network zone an address is in. `internal` = declared so, or a range that no one outside can use. Unreadable = external. */
export function zoneOf(address: string, internal: readonly string[]): Zone {
  const cache = caches.get(internal) ?? new Map<string, Zone>();
  const known = cache.get(address);
  if (known !== undefined) return known;
  const zone = compute(address, internal);
  if (cache.size >= CACHE_MAX) cache.clear();
  caches.set(internal, cache.set(address, zone));
  return zone;
}

function compute(address: string, internal: readonly string[]): Zone {
  if (!ipaddr.isValid(address)) return 'external';
  const range = ipaddr.process(address).range();
  if (range === 'loopback') return 'loopback';
  const isPrivate = range === 'private' || range === 'uniqueLocal' || range === 'linkLocal';
  return isPrivate || isWithin(address, internal) ? 'internal' : 'external';
}
