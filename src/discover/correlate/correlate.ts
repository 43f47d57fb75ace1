import { createHash } from 'node:crypto';
import type { AssetKey } from '../../domain/observation.ts';
import { isHint, rankOfKey } from './strength.ts';
import type { Asset, Evidence } from './asset.ts';

export interface Correlated {
  /** In order of their strongest keys. */
  readonly assets: readonly Asset[];
  /** Names that nobody vouches for, of nothing that was seen in another way: no asset. */
  readonly hints: readonly Evidence[];
}

/**
 * Puts together what is one thing: what shares a key, directly or by way of others. Of different kinds nothing is one; a name
 * (what it calls itself, a host in a log) makes nothing one thing, but says more of what was seen there by its address.
 */
export function correlate(evidence: readonly Evidence[]): Correlated {
  const groups = groupByKeys(evidence.filter((one) => !isNamedOnly(one)));
  const named = Map.groupBy(evidence.filter(isNamedOnly), (one) => one.keys.toSorted().join(' '));
  const hints: Evidence[] = [];
  for (const same of named.values()) {
    const hosts = new Set(same.flatMap(({ keys }) => keys.map(hostOf)));
    const [first] = same;
    const isThere = ({ kind, keys }: Evidence): boolean => kind === first?.kind && keys.some((key) => key.startsWith('url:') && hosts.has(hostOf(key)));
    const at = groups.filter((group) => group.some(isThere));
    if (at.length > 0) for (const group of at) group.push(...same);
    else if (same.every(isHint)) hints.push(...same);
    else groups.push([...same]);
  }
  const assets = groups.flatMap((group) => toAsset(group));
  return { assets: assets.toSorted((one, other) => compare(one.keys[0] ?? '', other.keys[0] ?? '')), hints };
}

/** Observations that share a key, each group by itself: every key leads to its group's first one. */
function groupByKeys(evidence: readonly Evidence[]): Evidence[][] {
  const parents = new Map<string, string>();
  const rootOf = (key: string): string => {
    let root = key;
    for (let next = parents.get(root); next !== undefined && next !== root; next = parents.get(root)) root = next;
    // Later walks are short.
    for (let at = key; at !== root;) {
      const next = parents.get(at) ?? root;
      parents.set(at, root);
      at = next;
    }
    return root;
  };
  const listeners = new Set(evidence.flatMap(({ keys }) => keys.filter((key) => key.startsWith('listener:'))));
  for (const { kind, keys } of evidence) {
    const meant = keys.map(listenerOf).filter((key) => key !== undefined && listeners.has(key));
    const [first = '', ...rest] = [...keys.filter((key) => !key.startsWith('host:')), ...meant].map((key) => `${kind} ${key}`);
    if (!parents.has(first)) parents.set(first, first);
    for (const key of rest) {
      if (!parents.has(key)) parents.set(key, key);
      parents.set(rootOf(key), rootOf(first));
    }
  }
  const groups = Map.groupBy(evidence, ({ kind, keys }) => rootOf(`${kind} ${keys.find((key) => !key.startsWith('host:')) ?? ''}`));
  return [...groups.values()];
}

/** What listens on a port of a machine is what an address of its loopback means, whatever the path. */
function listenerOf(key: AssetKey): AssetKey | undefined {
  const [, machine, url = ''] = /^url:([^!]*)!(.*)$/.exec(key) ?? [];
  if (machine === undefined || !URL.canParse(url)) return undefined;
  const { hostname, port, protocol } = new URL(url);
  return `listener:${machine}!${hostname}:${port === '' ? DEFAULT_PORTS[protocol] ?? '' : port}`;
}

const DEFAULT_PORTS: Readonly<Record<string, string>> = { 'http:': '80', 'ws:': '80', 'https:': '443', 'wss:': '443' };

function isNamedOnly({ keys }: Evidence): boolean {
  return keys.every((key) => key.startsWith('host:'));
}

function hostOf(key: AssetKey): string {
  if (key.startsWith('host:')) return key.slice('host:'.length);
  const url = key.slice('url:'.length);
  return URL.canParse(url) ? new URL(url).hostname : '';
}

function toAsset(group: readonly Evidence[]): readonly Asset[] {
  const newest = group.toSorted((one, other) => other.seenAt - one.seenAt);
  const surest = newest.toSorted((one, other) => other.confidence - one.confidence);
  const [first] = surest;
  if (first === undefined) return [];
  const keys = distinct(group.flatMap((one) => one.keys)).toSorted((one, other) => rankOfKey(one) - rankOfKey(other) || compare(one, other));
  const runs = surest.find((one) => one.runs !== undefined)?.runs;
  return [{
    id: createHash('sha256').update(`${first.kind} ${keys[0] ?? ''}`).digest('hex').slice(0, ID_CHARS),
    kind: first.kind, keys, name: surest.find((one) => one.name !== undefined)?.name ?? nameByKey(keys[0] ?? ''),
    ...(runs === undefined ? {} : { runs }),
    confidence: confidenceOf(group), evidence: newest,
    sensors: distinct(group.map((one) => one.sensor)),
    risks: distinct(newest.filter(({ goneAt }) => goneAt === undefined).flatMap((one) => one.risks)),
    hosts: present(group.map((one) => one.host)), persons: present(group.map((one) => one.person)), clients: present(group.map((one) => one.client)),
    firstSeenAt: Math.min(...group.map((one) => one.firstSeenAt)), lastSeenAt: newest[0]?.seenAt ?? 0,
  }];
}

const ID_CHARS = 12;

/** Sensors err independently of each other; two looks of one do not. */
function confidenceOf(group: readonly Evidence[]): number {
  const best = new Map<string, number>();
  for (const { sensor, confidence } of group) best.set(sensor, Math.max(best.get(sensor) ?? 0, confidence));
  const doubt = [...best.values()].reduce((left, confidence) => left * (1 - confidence / 100), 1);
  return Math.max(1, Math.round((1 - doubt) * 100));
}

function distinct<T>(items: readonly T[]): readonly T[] {
  return [...new Set(items)];
}

function present(items: readonly (string | undefined)[]): readonly string[] {
  return distinct(items.filter((item) => item !== undefined)).toSorted(compare);
}

function compare(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}

/** What has no name goes by its address, package or program. */
function nameByKey(key: string): string {
  return key.replace(/^url:(?:[^!/]*!)?/, '');
}
