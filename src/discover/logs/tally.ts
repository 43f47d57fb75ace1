import { LIMITS } from '../../domain/limits.ts';
import type { AssetKey, Observation, Risk } from '../../domain/observation.ts';
import { isLoopbackHost } from '../../domain/loopback.ts';
import { keyOfHost, keyOfUrl } from '../keys.ts';
import type { Marked, Sign } from './signs.ts';
import type { Era, Traffic } from './traffic.ts';

/** Counts what logs say of each server, in bounded memory. */
export interface Tally {
  add(marked: Marked, traffic: Traffic, place: string, format: string): void;
  /** A connection to an address at which a server was seen. */
  connected(traffic: Traffic): void;
  /** What was sure enough to be told, surest first. */
  observations(now: number): readonly Observation[];
  /** Servers of which there was no room to remember anything. */
  readonly left: number;
}

interface Row {
  readonly key: AssetKey;
  readonly url?: string;
  name?: string;
  place: string;
  requests: number;
  first: number;
  last: number;
  onlyAsked: boolean;
  connections: number;
  bytes: number;
  readonly signs: Set<Sign>;
  readonly eras: Set<Era>;
  readonly formats: Set<string>;
  readonly sources: Set<string>;
  readonly people: Set<string>;
  readonly agents: Set<string>;
}

/** `machine`: the machine whose own addresses the logs mean where they name loopback. */
export function createTally(machine?: string): Tally {
  const rows = new Map<AssetKey, Row>();
  const byAddress = new Map<string, Row>();
  let left = 0;
  return {
    add: (marked, traffic, place, format) => {
      const key = marked.url === undefined ? keyOfHost(marked.host) : keyOfUrl(marked.url, machine);
      if (key === undefined) return;
      let row = rows.get(key);
      if (row === undefined) {
        if (rows.size >= LIMITS.logServersMax && !makeRoom(rows, byAddress)) {
          left += 1;
          return;
        }
        row = newRow(key, marked, place);
        rows.set(key, row);
      }
      count(row, marked, traffic, format);
      for (const address of traffic.addresses ?? []) {
        if (byAddress.size < LIMITS.logAddressesMax) byAddress.set(traffic.by === 'dns' ? `${address}:443` : `${address}:${traffic.port ?? ''}`, row);
      }
    },
    connected: ({ addresses, port, bytes }) => {
      const row = byAddress.get(`${addresses?.[0] ?? ''}:${port ?? ''}`);
      if (row === undefined) return;
      row.connections += 1;
      row.bytes += bytes ?? 0;
    },
    observations: (now) => [...rows.values()].map((row) => observationOf(row, now)).filter(({ confidence }) => confidence >= TOLD)
      .toSorted((a, b) => b.confidence - a.confidence),
    get left() { return left; },
  };
}

/** Below it, it is as likely something else. */
const TOLD = 35;

function newRow(key: AssetKey, { url }: Marked, place: string): Row {
  return {
    key, ...(url === undefined ? {} : { url }), place, requests: 0, first: 0, last: 0, onlyAsked: true, connections: 0, bytes: 0,
    signs: new Set(), eras: new Set(), formats: new Set(), sources: new Set(), people: new Set(), agents: new Set(),
  };
}

/** Whoever makes up addresses must not crowd out what was seen: of those that say too little, the oldest go. False where all are sure. */
function makeRoom(rows: Map<AssetKey, Row>, byAddress: Map<string, Row>): boolean {
  const weak = [...rows.values()].filter((row) => confidenceOf(row) < SURE).slice(0, LIMITS.logServersMax / 4);
  for (const { key } of weak) rows.delete(key);
  const gone = new Set(weak);
  for (const [address, row] of byAddress) if (gone.has(row)) byAddress.delete(address);
  return weak.length > 0;
}

const SURE = 70;

function count(row: Row, marked: Marked, traffic: Traffic, format: string): void {
  row.requests += 1;
  if (traffic.seenAt > 0) {
    row.first = row.first === 0 ? traffic.seenAt : Math.min(row.first, traffic.seenAt);
    row.last = Math.max(row.last, traffic.seenAt);
  }
  if (traffic.by !== 'dns') row.onlyAsked = false;
  if (marked.vendor !== undefined) row.name = marked.vendor;
  for (const sign of marked.signs) row.signs.add(sign);
  // Who asks in an era that the server refuses says nothing of the server.
  if (marked.era !== undefined && (traffic.status ?? 0) < 400) row.eras.add(marked.era);
  row.formats.add(format);
  keep(row.sources, traffic.from);
  keep(row.people, traffic.person);
  if (marked.signs.includes('agent')) keep(row.agents, traffic.agent?.split(/[\s(]/, 1)[0]);
}

function keep(set: Set<string>, text: string | undefined): void {
  if (text !== undefined && set.size < LIMITS.logNamesMax) set.add(text.slice(0, NAME_CHARS));
}

const NAME_CHARS = 120;

function confidenceOf({ signs, onlyAsked }: Row): number {
  const has = (...some: readonly Sign[]): boolean => some.some((sign) => signs.has(sign));
  if (has('header', 'body', 'rule')) return 95;
  if (has('vendor')) return 90;
  const isSse = has('sse-stream') && has('sse-message');
  if (has('agent') && (has('posted', 'events') || isSse)) return 85;
  if (has('posted') && has('events')) return 85;
  if (has('events') || isSse) return 75;
  if (has('vendor-name')) return onlyAsked ? 65 : 75;
  if (has('posted')) return 70;
  if (has('unanswered')) return has('agent') ? 70 : 55;
  if (has('name')) return onlyAsked ? 35 : 45;
  return has('refused') && has('agent') ? 40 : 20;
}

function observationOf(row: Row, now: number): Observation {
  const { key, url, name, signs, people } = row;
  const [person] = people;
  return {
    sensor: 'log', kind: 'server', place: row.place, keys: [key], confidence: confidenceOf(row), risks: risksOf(row),
    ...(name === undefined ? {} : { name }), ...(url === undefined ? {} : { runs: { kind: 'remote', url } }),
    ...(person === undefined || people.size > 1 ? {} : { person }),
    facts: {
      log: [...row.formats].join(', '), requests: row.requests, signs: [...signs].join(', '),
      ...(row.first === 0 ? {} : { first: new Date(row.first).toISOString(), last: new Date(row.last).toISOString() }),
      ...(row.eras.size === 0 ? {} : { era: [...row.eras].toSorted().join(', ') }),
      ...listed('sources', row.sources), ...listed('people', people), ...listed('agents', row.agents),
      ...(row.connections === 0 ? {} : { connections: row.connections, bytes: row.bytes }),
    },
    // A clock that is ahead must not make a server look used tomorrow.
    seenAt: row.last === 0 ? now : Math.min(row.last, now),
  };
}

/** How many, and the first few by name. */
function listed(what: string, set: ReadonlySet<string>): Readonly<Record<string, string>> {
  if (set.size === 0) return {};
  const shown = [...set].slice(0, SHOWN).join(', ');
  const more = set.size - SHOWN;
  return { [what]: more <= 0 ? shown : `${shown} and ${more}${set.size >= LIMITS.logNamesMax ? ' or' : ''} more` };
}

const SHOWN = 5;

function risksOf({ url, signs }: Row): readonly Risk[] {
  return [
    ...(url?.startsWith('http:') === true && !isLoopbackHost(new URL(url).hostname) ? ['cleartext'] as const : []),
    ...(signs.has('sse-stream') && signs.has('sse-message') ? ['old-protocol'] as const : []),
  ];
}
