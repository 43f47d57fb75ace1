import type { Facet } from '../../domain/detector.ts';
import { SEVERITIES, type Finding } from '../../domain/finding.ts';
import { isArray, isObject, type Json, type JsonObject } from '../../domain/json.ts';
import { LIMITS } from '../../domain/limits.ts';
import { CATEGORIES, CONFIDENTIALITIES, type Labels } from '../../domain/server.ts';

/** What a plug-in is asked about, in its thread: plain data, and nothing by which it could reach the path. */
export interface Question {
  readonly id: number;
  readonly subject: { readonly facet: Facet; readonly server: string; readonly name: string; readonly at: string; readonly json: Json };
}

/** What its thread says: that it is there, what was found, or that this failed; and how much of the heap it holds. */
export type Said =
  | { readonly ready: true }
  | { readonly id: number; readonly found: Json; readonly heapBytes: number }
  | { readonly id: number; readonly failed: true; readonly heapBytes: number };

/** What the thread is started with. */
export interface Module {
  readonly module: string;
}

const PLACES_MAX = 32;
/** A word that says what it is. It is on record, and so holds nothing that a message says. */
const SEEN = /^[a-z0-9][a-z0-9-]{0,39}$/;

/** What a plug-in found, as findings. Undefined: it is not what a plug-in may say. */
export function readFound(found: Json, plugin: string, at: string): readonly Finding[] | undefined {
  if (!isArray(found) || found.length > LIMITS.pluginFindingsMax) return undefined;
  const findings = found.map((one) => (isObject(one) ? readOne(one, plugin, at) : undefined));
  return findings.every((one) => one !== undefined) ? findings : undefined;
}

function readOne({ severity, at, seen, labels, ...others }: JsonObject, plugin: string, below: string): Finding | undefined {
  const known = SEVERITIES.find((one) => one === severity);
  const places = at ?? [below];
  const isPlace = (place: Json): place is string => typeof place === 'string' && (place === below || place.startsWith(`${below}/`));
  if (known === undefined || !isArray(places) || places.length > PLACES_MAX || !places.every(isPlace) || Object.keys(others).length > 0) return undefined;
  if (seen !== undefined && (typeof seen !== 'string' || !SEEN.test(seen))) return undefined;
  const carried = labels === undefined ? {} : readLabels(labels);
  if (carried === undefined) return undefined;
  return {
    detector: 'plugin', rule: known, severity: known, at: places, seen: seen === undefined ? plugin : `${plugin}: ${seen}`,
    ...(Object.keys(carried).length === 0 ? {} : { labels: carried }),
  };
}

/** Labels only rise by it. */
function readLabels(labels: Json): Partial<Labels> | undefined {
  if (!isObject(labels)) return undefined;
  const { confidentiality, categories = [], integrity, ...others } = labels;
  const level = CONFIDENTIALITIES.find((one) => one === confidentiality);
  const some = isArray(categories) ? CATEGORIES.filter((one) => categories.includes(one)) : [];
  const isRight = (confidentiality === undefined || level !== undefined) && (integrity === undefined || integrity === 'untrusted')
    && isArray(categories) && some.length === categories.length && Object.keys(others).length === 0;
  if (!isRight) return undefined;
  return {
    ...(level === undefined ? {} : { confidentiality: level }), ...(some.length === 0 ? {} : { categories: some }),
    ...(integrity === undefined ? {} : { integrity: 'untrusted' }),
  };
}
