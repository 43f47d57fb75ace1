import type { AdvisoriesFor, AdvisoryMatch } from '../../knowledge/advisories.ts';
import { hasHidden } from '../../domain/hidden.ts';
import { isArray, isObject } from '../../domain/json.ts';
import type { Json } from '../../domain/json.ts';
import { isLoopbackHost } from '../../domain/loopback.ts';
import type { Pin, Surface } from '../../domain/server.ts';
import { isNear } from '../../registry/near.ts';
import { offersOf } from '../../registry/server-json/offers.ts';
import type { ServerJson } from '../../registry/server-json/shape.ts';
import type { Kit } from '../../detect/edition/kit.ts';
import { asJson } from '../as-json.ts';
import { inspectSurface } from '../servers/definitions.ts';
import type { CatalogEntryRow, Hold } from './schema.ts';

/** Each reason in a sentence, for whoever decides. */
export const WHY_HELD: Readonly<Record<Hold, string>> = {
  changed: 'the same name and version came again with another content',
  'upstream-deleted': 'its own registry has deleted it',
  'upstream-deprecated': 'its own registry says that it should not be used any more',
  'hidden-text': 'what it says of itself has characters that nobody sees',
  instructions: 'what it says of itself reads like orders to an agent',
  cleartext: 'it is reached without encryption',
  unpinned: 'it names a package without an exact version, or an image without its digest',
  'look-alike': 'its package or host is nearly called like one that is approved here',
  advisory: 'an advisory concerns the version of its package',
};

/** Names of what is approved here: packages, and hosts. */
export interface Sanctioned {
  readonly packages: readonly string[];
  readonly hosts: readonly string[];
}

/** What is found in an entry by looking at it. */
export function holdsOf({ server, status }: Pick<CatalogEntryRow, 'server' | 'status'>, sanctioned: Sanctioned, kit: Kit): readonly Hold[] {
  const said = textsOf(server).join('\n');
  const found: readonly (readonly [Hold, boolean])[] = [
    ['upstream-deleted', status === 'deleted'],
    ['upstream-deprecated', status === 'deprecated'],
    ['hidden-text', everyTextIn(asJson(server)).some((text) => hasHidden(text.replaceAll(/[\t\n]/g, ' ')))],
    ['instructions', inspectSurface(server.name, surfaceSaying(said), kit).some(({ severity }) => severity !== 'info')],
    ['cleartext', (server.remotes ?? []).some(({ url }) => isCleartext(url))],
    ['unpinned', offersOf(server).some((offer) => offer.kind === 'unsupported' && offer.reason === 'unpinned')],
    ['look-alike', looksAlike(server, sanctioned)],
  ];
  return found.filter(([, holds]) => holds).map(([hold]) => hold);
}

/** An advisory of a package, in a sentence. */
interface Concerning extends AdvisoryMatch {
  readonly package: string;
}

export function describeAdvisory({ id, severity, certainty, summary, package: of, fixedIn }: Concerning): string {
  const fixed = fixedIn === undefined ? '' : `; fixed in ${fixedIn}`;
  return `${id} (${severity}, ${certainty}) concerns ${of}: ${summary}${fixed}`;
}

/** Of every package that it offers; what knowledge is in force decides, so this is asked anew each time. */
export function advisoriesIn(server: ServerJson, advisoriesFor: AdvisoriesFor): readonly Concerning[] {
  return offersOf(server).flatMap((offer) => (offer.kind === 'package'
    ? advisoriesFor(offer.ecosystem, offer.name, offer.version).map((match) => ({ ...match, package: `${offer.ecosystem}:${offer.name}@${offer.version}` }))
      : []));
}

/** Everything that its publisher wrote for people or agents. */
function textsOf({ title = '', description, packages = [], remotes = [] }: ServerJson): readonly string[] {
  const inputs = [
    ...packages.flatMap((one) => [...(one.environmentVariables ?? []), ...(one.packageArguments ?? []), ...(one.runtimeArguments ?? [])]),
    ...remotes.flatMap((one) => [...(one.headers ?? []), ...Object.values(one.variables ?? {})]),
  ];
  return [title, description, ...inputs.flatMap((input) => [input.description ?? '', input.placeholder ?? ''])].filter((text) => text !== '');
}

/** Names and values too: a reviewer is shown what the publisher calls things. */
function everyTextIn(value: Json): readonly string[] {
  if (typeof value === 'string') return [value];
  if (isArray(value)) return value.flatMap(everyTextIn);
  return isObject(value) ? Object.entries(value).flatMap(([name, inner]) => [name, ...(inner === undefined ? [] : everyTextIn(inner))]) : [];
}

/** The same detectors that look at a server's own words; they take those of a catalogue for its instructions. */
function surfaceSaying(instructions: string): Surface {
  const pin: Pin = { kind: 'instructions', name: 'instructions', digest: '', definition: { instructions } };
  return { revision: '2025-11-25', eras: [], serverInfo: {}, capabilities: {}, instructions: pin, tools: [], prompts: [], templates: [] };
}

function isCleartext(url: string): boolean {
  return url.startsWith('http://') && !(URL.canParse(url) && isLoopbackHost(new URL(url).hostname));
}

function looksAlike(server: ServerJson, { packages, hosts }: Sanctioned): boolean {
  return offersOf(server).some((offer) => {
    if (offer.kind === 'package') return isAlmost(offer.name, packages);
    return offer.kind === 'remote' && isAlmost(new URL(offer.url).hostname, hosts);
  });
}

function isAlmost(name: string, known: readonly string[]): boolean {
  return !known.includes(name) && known.some((one) => isNear(one, name));
}
