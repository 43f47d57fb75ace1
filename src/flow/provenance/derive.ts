import { LIMITS } from '../../domain/limits.ts';
import type { Json, JsonObject } from '../../domain/json.ts';
import { DESTINATIONS, UNDERIVED, type Destinations, type FlowPlace, type Provenance } from '../../domain/provenance.ts';
import { UNLABELLED, type Labels } from '../../domain/server.ts';
import { join } from '../labels.ts';
import { covers, type Allowed } from './allow.ts';
import { aimsOf, type Aim, type AimRules } from './destinations.ts';
import { hostIn, markOf, shinglesOf } from './marks.ts';
import type { Memory, Origin } from './memory.ts';
import { looseForm, readingsOf } from './normal.ts';
import { passFor, vouchedFor, type Pass } from './passes.ts';
import { knows, placeIn } from './places.ts';
import type { Key } from './shingles.ts';
import { cleanPath, digestOf, isUrl, strictOf, type Destination } from './strict.ts';
import { insideOf, isDistinctive, leavesOf, tokensOf, type Leaf } from './values.ts';

/** Keys of fingerprints: what is suspected is compared by numbers, what is trusted by digests. */
export interface FlowKey {
  readonly marks: Key;
  readonly digests: string;
  /** Of the keys of contexts. */
  readonly contexts: string;
}

/** One call, as far as its arguments go somewhere. */
export interface Sink {
  readonly server: string;
  readonly tool: string;
  readonly arguments: JsonObject;
  /** What else is told to its server. */
  readonly beside?: JsonObject;
  readonly rules: AimRules;
  readonly allowed: Allowed;
}

/** What a context remembers, and what people decided about it. */
export interface Remembered {
  readonly memory: Memory;
  readonly labels: Labels;
  readonly passes: readonly Pass[];
}

/**
 * Where the arguments of a call come from. Trust is exact (one strict form, vouched for); suspicion is loose (any reading of
 * the value that any part of the context has). A saturated memory suspects everything: all that the context carries flows.
 */
export function provenanceOf({ memory, labels, passes }: Remembered, sink: Sink, key: FlowKey): Provenance {
  const leaves = leavesOf(sink.arguments, LIMITS.flowCharsMax, (at) => knows(sink.rules.schema, at));
  const others = leavesOf(sink.beside ?? {}, LIMITS.flowCharsMax, () => false);
  if (leaves === undefined || others === undefined) return everything(memory, labels, sink);
  const aims = Map.groupBy(aimsOf(leaves, sink.rules), ({ at }) => at);
  const all = new Set<number>();
  const follow = (leaf: Leaf, isAim: boolean): ReadonlySet<number> => {
    const found = new Set<number>();
    for (const reading of readingsOf(leaf.text)) seek(reading, isAim, memory, key, found);
    const tellsNothing = givenIn(leaf, memory, sink, key);
    for (const origin of found) if (!tellsNothing.has(origin)) all.add(origin);
    return found;
  };
  const places = leaves.flatMap((leaf): readonly FlowPlace[] => {
    const found = follow(leaf, aims.has(leaf.at));
    const destination = worst((aims.get(leaf.at) ?? []).map((aim) => judge(aim, { memory, labels, passes }, sink, key)));
    const from = sourcesOf(found, memory);
    if (destination === 'none' && from.length === 0) return [];
    return [{ at: placeIn(sink.rules.schema, leaf.at), ...(destination === 'none' ? {} : { destination }), from }];
  });
  for (const leaf of others) follow(leaf, false);
  for (const several of [others, leaves.filter(({ isKey }) => isKey !== true), leaves.filter(({ isKey }) => isKey === true)]) {
    if (several.length > 1) for (const mark of shinglesOf(several.map(({ text }) => looseForm(text)).join(''), key.marks)) memory.find(mark, all);
  }
  const named = worst(places.map(({ destination }) => destination ?? 'none'));
  // An administrator said which arguments say where it goes: without any of them it goes to nobody else.
  const destinations = named === 'none' && (sink.rules.declared?.length ?? 0) > 0 ? 'trusted' : named;
  if (memory.isSaturated) return { ...everything(memory, labels, sink), destinations, ...shown(places) };
  const origins = [...all].flatMap((place) => memory.origins[place] ?? []);
  if (origins.length === 0 && places.length === 0) return { ...UNDERIVED, destinations };
  const { confidentiality, categories } = origins.map((origin) => lowered(origin, passes, sink)).reduce(join, UNLABELLED);
  return { destinations, flowsFrom: sourcesAndServers(origins), confidentiality, categories, ...shown(places) };
}

/** What is not looked into, or can't be told any more: every destination that it has, and all that the context carries. */
function everything({ origins }: Memory, { confidentiality, categories }: Labels, { rules }: Sink): Provenance {
  return { destinations: rules.declared?.length === 0 ? 'none' : 'untrusted', flowsFrom: sourcesAndServers(origins), confidentiality, categories };
}

function shown(places: readonly FlowPlace[]): Pick<Provenance, 'places'> {
  return places.length === 0 ? {} : { places: places.slice(0, LIMITS.flowPlacesMax) };
}

/** What of the memory a text derives from: the value itself, what it names, and what it quotes. */
function seek(text: string, isAim: boolean, memory: Memory, key: FlowKey, found: Set<number>): void {
  const loose = looseForm(text);
  if (loose.length >= 3 && (isAim || isDistinctive(text, loose))) memory.find(markOf(loose, key.marks), found);
  for (const token of tokensOf(text)) {
    if (token !== text) memory.find(markOf(looseForm(token), key.marks), found);
    for (const part of insideOf(token)) memory.find(markOf(looseForm(part), key.marks), found);
    const host = isAim ? hostIn(token) : undefined;
    if (host !== undefined) memory.find(markOf(looseForm(host), key.marks), found);
  }
  for (const mark of shinglesOf(loose, key.marks)) memory.find(mark, found);
}

/**
 * Where an address was given as it is that is now only read from: whoever reads it tells its host nothing that the address did not
 * hold already. What was added to it, or comes from elsewhere, still flows.
 */
function givenIn({ text }: Leaf, memory: Memory, { rules }: Sink, key: FlowKey): ReadonlySet<number> {
  const given = new Set<number>();
  if (rules.effect === 'read' && isUrl(text.trim())) memory.find(markOf(looseForm(text), key.marks), given);
  return given;
}

function judge({ value, isPath }: Aim, { memory, labels, passes }: Remembered, sink: Sink, key: FlowKey): Exclude<Destinations, 'none'> {
  const strict = asPath(strictOf(value), isPath);
  if (strict !== undefined && covers(sink.allowed, strict)) return 'trusted';
  if (strict !== undefined) {
    const digest = digestOf(key.digests, strict.form);
    if (memory.vouches(digest) || vouchedFor(digest, passes, sink, labels)) return 'trusted';
  }
  if (memory.isSaturated) return 'untrusted';
  const found = new Set<number>();
  for (const reading of readingsOf(value)) seek(reading, true, memory, key, found);
  return found.size > 0 ? 'untrusted' : 'unknown';
}

/** A name in a place for paths is a path, also without a slash; what names a machine before it, or a share of one, is none. */
function asPath(strict: Destination | undefined, isPath: boolean): Destination | undefined {
  const isName = strict?.kind === 'other' && isPath && !/^\\\\|^[^/\\]*:/.test(strict.form);
  return isName ? { kind: 'path', form: cleanPath(strict.form) } : strict;
}

function lowered(origin: Origin, passes: readonly Pass[], sink: Sink): Labels {
  return passFor(origin, passes, sink) ?? origin.labels;
}

function worst(all: readonly Destinations[]): Destinations {
  return all.reduce<Destinations>((most, one) => (DESTINATIONS.indexOf(one) > DESTINATIONS.indexOf(most) ? one : most), 'none');
}

function sourcesOf(found: ReadonlySet<number>, { origins }: Memory): readonly string[] {
  return [...new Set([...found].map((place) => origins[place]?.source ?? ''))].filter((source) => source !== '');
}

function sourcesAndServers(origins: readonly Origin[]): readonly string[] {
  return [...new Set(origins.flatMap(({ source }) => [source.split('/')[0] ?? source, source]))];
}

/**
 * The strict forms that a message names: what may be vouched for by having been there in time. `heard`: what whoever names them was
 * just told, loosely; an address that stands in it is repeated, however it was put.
 */
export function namedIn(leaves: readonly Leaf[], key: FlowKey, heard = ''): readonly string[] {
  const digests = new Set<string>();
  const add = (text: string): void => {
    const strict = strictOf(text);
    if (strict === undefined || (strict.kind !== 'other' && heard.includes(looseForm(text)))) return;
    digests.add(digestOf(key.digests, strict.form));
  };
  for (const { text } of leaves) {
    if (text.length <= 256) add(text);
    for (const token of tokensOf(text)) if (token !== text) add(token);
    if (digests.size > LIMITS.flowVouchedMax) break;
  }
  return [...digests];
}

export function leavesOrNone(json: Json): readonly Leaf[] | undefined {
  return leavesOf(json, LIMITS.flowCharsMax);
}
