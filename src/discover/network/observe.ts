import { isLoopbackHost } from '../../domain/loopback.ts';
import type { AssetKey, Observation, Risk } from '../../domain/observation.ts';
import { redact } from '../../domain/redacted.ts';
import { keyOfHost, keyOfListener, keyOfUrl } from '../keys.ts';
import type { Origin } from './ask.ts';
import type { Exposure } from './exposure.ts';
import type { Found } from './fingerprint.ts';
import { MODERN } from './questions.ts';

/** What is known of the world, of which `knowledge/` has the tables. */
export interface NetworkKnowledge {
  readonly discovery: {
    readonly ports: readonly number[];
    readonly paths: readonly string[];
    readonly markers: readonly string[];
    /** Words of tool names, by what such a tool may do. */
    readonly dangerousTools: Readonly<Record<string, readonly string[]>>;
  };
  readonly endOfLife: { readonly revisions: readonly { readonly revision: string }[] };
  /** Ids of advisories. */
  affectedBy(ecosystem: string, name: string, version: string): readonly string[];
}

/** Where servers on the wire come from: the name that one gives itself is looked up in each. */
const ECOSYSTEMS = ['npm', 'pypi', 'go', 'cargo', 'nuget'] as const;
const NAMED_MAX = 10;

/** `exposure` absent: it answers nobody without a credential. */
export interface Looked {
  readonly origin: Origin;
  readonly found: Found;
  readonly exposure?: Exposure;
  /** This machine. */
  readonly machine: string;
  readonly seenAt: number;
}

/** One server that answered, as every sensor says it. What it says of itself is free text of a stranger's: cut and scrubbed. */
export function observe({ origin, found, exposure, machine, seenAt }: Looked, knowledge: NetworkKnowledge): Observation {
  const isHere = isLoopbackHost(origin.address);
  const url = urlOf(origin, origin.name, found.path);
  const self = found.recognised !== undefined && 'self' in found.recognised ? found.recognised.self : {};
  const danger = dangerOf(exposure?.tools ?? [], knowledge);
  const advisories = self.name === undefined || self.version === undefined ? [] : affectedBy(self.name, self.version, knowledge);
  return {
    sensor: 'network', kind: 'server', place: `${bracketed(origin.address)}:${origin.port}${found.path}`, seenAt,
    ...(isHere ? { host: machine } : {}),
    keys: keysOf(origin, found.path, machine, isHere),
    ...(self.name === undefined ? {} : { name: redact(self.name) }),
    runs: { kind: 'remote', url }, confidence: found.confidence,
    risks: risksOf(origin, found, exposure, { isHere, isDangerous: danger.length > 0, isAdvised: advisories.length > 0 }, knowledge),
    facts: {
      how: found.by, ...eraOf(found),
      ...(self.version === undefined ? {} : { 'says version': redact(self.version) }),
      ...(exposure?.tools === undefined ? {} : { tools: exposure.tools.length }),
      ...(danger.length === 0 ? {} : { 'dangerous tools': redact(danger.slice(0, NAMED_MAX).join(', ')) }),
      ...(exposure === undefined || exposure.foreign.length === 0 ? {} : { 'serves foreign': exposure.foreign.join(', ') }),
      ...(advisories.length === 0 ? {} : { advisories: advisories.slice(0, NAMED_MAX).join(', ') }),
      ...(found.issuers.length === 0 ? {} : { 'tokens of': redact(found.issuers.join(', ')) }),
    },
  };
}

function keysOf(origin: Origin, path: string, machine: string, isHere: boolean): readonly AssetKey[] {
  const urls = [origin.name, origin.address].map((host) => keyOfUrl(urlOf(origin, host, path), machine));
  const keys = urls.flatMap((key) => (key === undefined ? [] : [key]));
  if (isHere) keys.push(keyOfListener(machine, origin.address, origin.port));
  else if (origin.name !== origin.address) keys.push(keyOfHost(origin.name));
  return [...new Set(keys)];
}

function urlOf({ scheme, port }: Origin, host: string, path: string): string {
  return new URL(`${scheme}://${bracketed(host)}:${port}${path}`).href;
}

function bracketed(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

function eraOf({ recognised }: Found): Readonly<Record<string, string>> {
  if (recognised === undefined) return {};
  return recognised.era === 'http+sse' ? { era: 'http+sse' } : { era: recognised.era, revisions: recognised.revisions.join(', ') };
}

function risksOf(
  { scheme }: Origin, { recognised }: Found, exposure: Exposure | undefined,
  is: { readonly isHere: boolean; readonly isDangerous: boolean; readonly isAdvised: boolean }, knowledge: NetworkKnowledge,
): readonly Risk[] {
  const risks: readonly (readonly [Risk, boolean])[] = [
    ['no-auth', exposure?.isOpen === true],
    // Whoever reaches the network reaches it, and it asks nobody who they are.
    ['wide-bind', exposure?.isOpen === true && !is.isHere],
    ['foreign-origin', (exposure?.foreign.length ?? 0) > 0],
    ['cleartext', scheme === 'http' && !is.isHere],
    ['dangerous-tools', is.isDangerous],
    ['old-protocol', recognised !== undefined && recognised.era !== 'http+sse' && isOld(recognised.revisions, knowledge)],
    ['end-of-life', recognised?.era === 'http+sse'],
    ['advisory', is.isAdvised],
  ];
  return risks.flatMap(([risk, has]) => (has ? [risk] : []));
}

/** Neither the current revision nor the one before it. */
function isOld(revisions: readonly string[], { endOfLife }: NetworkKnowledge): boolean {
  const newest = endOfLife.revisions.map(({ revision }) => revision).toSorted().slice(-2);
  return revisions.length > 0 && !revisions.some((revision) => revision >= (newest[0] ?? MODERN));
}

/** Tools whose name has a word for executing, destroying and the like. */
function dangerOf(tools: readonly string[], { discovery: { dangerousTools } }: NetworkKnowledge): readonly string[] {
  const words = new Set(Object.values(dangerousTools).flat());
  return tools.filter((tool) => wordsOf(tool).some((word) => words.has(word)));
}

/** `deleteFile`, `delete_file` and `files.delete` have the same words. */
function wordsOf(name: string): readonly string[] {
  return name.replaceAll(/([a-z0-9])([A-Z])/g, '$1 $2').toLowerCase().split(/[^a-z0-9]+/);
}

/** Self-reported, so it says what may be wrong, never that all is well. */
function affectedBy(name: string, version: string, knowledge: NetworkKnowledge): readonly string[] {
  return [...new Set(ECOSYSTEMS.flatMap((ecosystem) => knowledge.affectedBy(ecosystem, name, version)))];
}
