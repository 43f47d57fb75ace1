import type { AssetKey } from '../../domain/observation.ts';
import { LIMITS } from '../../domain/limits.ts';
import { keyOfGateServer } from '../keys.ts';
import type { Asset, AssetStatus, Evidence } from './asset.ts';
import { correlate } from './correlate.ts';
import { partiesOf } from './parties.ts';

/** A server of the registry, as far as it is known by keys. */
export interface Registered {
  readonly id: string;
  readonly name: string;
  readonly isApproved: boolean;
  /** Where and as what it is declared to be; without its `gate:` key. */
  readonly keys: readonly AssetKey[];
  /** Epoch ms. */
  readonly declaredAt: number;
  /** When a call last went through the gate to it; absent: none is known. */
  readonly usedAt?: number;
}

export interface JudgedAsset extends Asset {
  /** Of servers alone. */
  readonly status?: AssetStatus;
  /** The servers of the registry that it is. */
  readonly servers: readonly string[];
  /** Why it stands so, for people; each a line. */
  readonly why: readonly string[];
}

export interface Inventory {
  readonly assets: readonly JudgedAsset[];
  /** Names that are no assets. */
  readonly hints: readonly Evidence[];
}

/**
 * Everything that was seen, put together and compared with the registry. What a sensor says can make a server worse, never
 * better: an asset is sanctioned by what the registry says and by evidence that it is used through the gate, and one piece of
 * evidence beside the gate undoes that.
 */
export function takeInventory(evidence: readonly Evidence[], registered: readonly Registered[], now: number): Inventory {
  const declared = registered.map((server) => evidenceOf(server));
  const { assets, hints } = correlate([...declared, ...evidence, ...partiesOf(evidence)]);
  const byKey = new Map(registered.map((server) => [keyOfGateServer(server.id), server]));
  return { assets: assets.map((asset) => judge(asset, asset.keys.flatMap((key) => byKey.get(key) ?? []), now)), hints };
}

/** That it is declared, as one more thing that is known of it. */
function evidenceOf({ id, name, keys, declaredAt, usedAt }: Registered): Evidence {
  return {
    sensor: 'gate', kind: 'server', place: 'the registry', keys: [keyOfGateServer(id), ...keys], name, confidence: 100, risks: [], facts: {},
    seenAt: usedAt ?? declaredAt, firstSeenAt: declaredAt,
  };
}

function judge(asset: Asset, servers: readonly Registered[], now: number): JudgedAsset {
  const judged = { ...asset, servers: servers.map(({ id }) => id) };
  if (asset.kind !== 'server') return { ...judged, why: [] };
  const seen = asset.evidence.filter((one) => !isOfRegistry(one));
  const present = seen.filter((one) => isPresent(one, now));
  if (servers.length === 0) {
    if (present.length === 0) return { ...judged, status: 'stale', why: ['it was seen, and is not there any more'] };
    // An entry for the gate makes nothing else of what shares a key with it.
    return present.every(isThroughGate)
      ? { ...judged, status: 'stale', why: ['a client asks the gate for it, and the registry has no such server'] }
      : { ...judged, status: 'rogue', why: ['nobody registered it'] };
  }
  const beside = [...waysBeside(present, servers), ...onlyByOthers(seen, present, servers)].slice(0, WAYS_SHOWN_MAX);
  if (beside.length > 0) return { ...judged, status: 'bypassing', why: beside };
  const usedAt = Math.max(...servers.map((server) => server.usedAt ?? server.declaredAt), ...present.filter(isThroughGate).map(({ seenAt }) => seenAt));
  if (now - usedAt > LIMITS.assetOrphanedMs) return { ...judged, status: 'orphaned', why: ['it is registered, and nobody has used it for a long time'] };
  return { ...judged, status: 'sanctioned', why: [] };
}

/** Every way in which it is used, or can be reached, without the gate seeing it. */
function waysBeside(present: readonly Evidence[], servers: readonly Registered[]): readonly string[] {
  const used = present.filter((one) => !isThroughGate(one) && isUse(one));
  const ways = used.map((one) => `${one.sensor} says that it is used beside the gate: ${placeOf(one)}`);
  const declared = new Set(servers.flatMap(({ keys }) => keys.flatMap(marksOf)));
  // What is declared by its address runs as some package, too; what is declared as a package is no other one, and has no address.
  const isPackaged = [...declared].some((mark) => mark.startsWith('package:'));
  const others = present.flatMap(({ keys }) => keys).filter((key) => marksOf(key).some((mark) => !declared.has(mark)));
  const elsewhere = others.filter((key) => isPackaged || key.startsWith('url:'));
  // What the gate starts itself speaks to the gate alone: whatever of it listens on a machine, somebody else started.
  const isStarted = servers.every(({ keys }) => keys.length > 0 && keys.every((key) => !key.startsWith('url:')));
  const listening = isStarted ? present.filter(({ sensor, keys }) => sensor === 'listener' && keys.some((key) => key.startsWith('listener:'))) : [];
  const unapproved = servers.every(({ isApproved }) => !isApproved) && present.some((one) => !isThroughGate(one));
  return [...new Set([
    ...ways, ...listening.map((one) => `it listens, and the gate did not start it so: ${placeOf(one)}`),
    ...elsewhere.map((key) => `it is also there as what it is not declared to be: ${key.replace(/^url:(?:[^!/]*!)?/, '')}`),
    ...(unapproved ? ['it is declared, and nobody approved it'] : []),
  ])];
}

/**
 * What one reporter saw and only the word of another one makes this server, be it of a thing that is gone or of one that goes through
 * the gate: whoever may report could else call anything that others see a server of the registry, by one observation with a key of each.
 */
function onlyByOthers(seen: readonly Evidence[], present: readonly Evidence[], servers: readonly Registered[]): readonly string[] {
  const reporters = Map.groupBy(seen, ({ by = '' }) => by);
  if (reporters.size < 2) return [];
  const declared = servers.map((server) => evidenceOf(server));
  const gates = new Set(servers.map(({ id }) => keyOfGateServer(id)));
  const apart = [...reporters.values()].flatMap((its) => correlate([...declared, ...its]).assets.filter(({ keys }) => !keys.some((key) => gates.has(key))));
  const alone = apart.flatMap(({ evidence }) => evidence.filter((one) => present.includes(one) && !isThroughGate(one)).slice(0, 1));
  return alone.map((one) => `only another reporter says that this is it: ${placeOf(one)}`);
}

const WAYS_SHOWN_MAX = 20;

/** A client, a person or a log that shows somebody who talks to it; that it exists (a listener, a container, code) is no use. */
function isUse({ sensor, client }: Evidence): boolean {
  return client !== undefined || sensor === 'client-file' || sensor === 'log' || sensor === 'grant' || sensor === 'connector';
}

function isThroughGate({ sensor, keys }: Evidence): boolean {
  return sensor === 'gate' || hasGateKey(keys);
}

function hasGateKey(keys: readonly AssetKey[]): boolean {
  return keys.some((key) => key.startsWith('gate:'));
}

function isOfRegistry({ sensor, place }: Evidence): boolean {
  return sensor === 'gate' && place === 'the registry';
}

function isPresent({ goneAt, seenAt }: Evidence, now: number): boolean {
  return goneAt === undefined && now - seenAt <= LIMITS.assetStaleMs;
}

function placeOf({ host, place }: Evidence): string {
  return host === undefined ? place : `${host}: ${place}`;
}

/** What an address or a package is compared by: of an address its origin, on the machine whose loopback it is of. */
function marksOf(key: AssetKey): readonly string[] {
  if (key.startsWith('package:')) return [key];
  const [, machine = '', url = ''] = /^url:(?:([^!/]*)!)?(.*)$/.exec(key) ?? [];
  return URL.canParse(url) ? [`${machine}!${new URL(url).host}`] : [];
}
