import ipaddr from 'ipaddr.js';
import type { Exchange } from '../domain/exchange.ts';

const CACHE_MAX = 10_000;
const cache = new Map<string, Exchange['zone']>();

/** Which network zone an address is in. `internal` = the ranges that no one outside can use. Unreadable = external. */
export function zoneOf(address: string): Exchange['zone'] {
  const known = cache.get(address);
  if (known !== undefined) return known;
  const zone = compute(address);
  if (cache.size >= CACHE_MAX) cache.clear();
  cache.set(address, zone);
  return zone;
}

function compute(address: string): Exchange['zone'] {
  if (!ipaddr.isValid(address)) return 'external';
  const range = ipaddr.process(address).range();
  if (range === 'loopback') return 'loopback';
  return range === 'private' || range === 'uniqueLocal' || range === 'linkLocal' ? 'internal' : 'external';
}
