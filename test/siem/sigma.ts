import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { isArray, isObject, type Json, type JsonObject } from '../../src/domain/json.ts';

/*
 * What our detection rules use of Sigma (specification 2.0): selections of fields by value with the modifiers `startswith`,
 * `contains`, `endswith` and `exists`, conditions of their names with `and`, `or`, `not`, and correlations that count events
 * or different values within a time span by group. A rule that uses more is refused.
 */

const LEVELS = ['informational', 'low', 'medium', 'high', 'critical'] as const;
const Value = z.union([z.string(), z.number(), z.boolean(), z.null()]);
const Selection = z.record(z.string(), z.union([Value, z.array(Value)]));
const Head = {
  title: z.string().min(10), id: z.uuid(), status: z.literal('test'), description: z.string().min(40), author: z.literal('Sallyport'), date: z.iso.date(),
  references: z.array(z.string()).optional(), tags: z.array(z.string().regex(/^attack\.[a-z0-9.-]+$/)), falsepositives: z.array(z.string()).min(1),
  level: z.enum(LEVELS),
};
const Rule = z.strictObject({
  ...Head, name: z.string().optional(), logsource: z.strictObject({ product: z.literal('sallyport'), service: z.literal('ocsf') }),
  detection: z.object({ condition: z.string() }).catchall(Selection),
});
const Correlation = z.strictObject({
  ...Head,
  correlation: z.strictObject({
    'type': z.enum(['event_count', 'value_count']), 'rules': z.tuple([z.string()]), 'group-by': z.array(z.string()).min(1),
    'timespan': z.string().regex(/^\d+[smh]$/),
    'condition': z.strictObject({ gte: z.int(), field: z.string().optional() }),
  }),
});
type Rule = z.infer<typeof Rule>;

export type Match =
  | { readonly kind: 'and' | 'or'; readonly of: readonly Match[] }
  | { readonly kind: 'not'; readonly of: Match }
  | { readonly kind: 'field'; readonly field: string; readonly how: How | 'exists'; readonly value: string | number | boolean };
type How = 'equals' | 'startswith' | 'contains' | 'endswith';

/** A detection: which events, and how many of them, by what, within how long. */
export interface Detection {
  /** Name of its file. */
  readonly name: string;
  readonly id: string;
  readonly title: string;
  readonly description: string;
  readonly level: (typeof LEVELS)[number];
  readonly tags: readonly string[];
  readonly falsePositives: readonly string[];
  readonly match: Match;
  readonly count?: { readonly by: readonly string[]; readonly seconds: number; readonly atLeast: number; readonly different?: string };
}

export const SIGMA = join(import.meta.dir, '..', '..', 'deploy', 'siem', 'sigma');

export function readDetections(folder = SIGMA): readonly Detection[] {
  const files = readdirSync(folder).filter((file) => file.endsWith('.yml')).toSorted();
  return files.map((file) => readDetection(file.replace(/\.yml$/, ''), readFileSync(join(folder, file), 'utf8')));
}

/** One file: a rule, or a rule and the correlation over it. Throws what is wrong with it. */
export function readDetection(name: string, text: string): Detection {
  const [first, second, ...more] = text.split(/^---$/m).map((part): unknown => parse(part));
  if (more.length > 0) throw new Error(`${name}: one rule, and at most one correlation over it`);
  const rule = Rule.parse(first);
  const match = matchOf(rule);
  if (second === undefined) return { ...headOf(name, rule), match };
  const over = Correlation.parse(second);
  const { type, 'rules': [of], 'group-by': by, timespan, condition: { gte, field } } = over.correlation;
  if (of !== rule.name) throw new Error(`${name}: the correlation is over ${of}, not over ${rule.name ?? 'a rule with a name'}`);
  if ((type === 'value_count') !== (field !== undefined)) throw new Error(`${name}: value_count counts a field, event_count none`);
  const seconds = Number(timespan.slice(0, -1)) * (timespan.endsWith('h') ? 3600 : timespan.endsWith('m') ? 60 : 1);
  return { ...headOf(name, over), match, count: { by, seconds, atLeast: gte, ...(field === undefined ? {} : { different: field }) } };
}

function headOf(name: string, { id, title, description, level, tags, falsepositives }: Pick<Rule, keyof typeof Head>): Omit<Detection, 'match'> {
  return { name, id, title, description: description.trim(), level, tags, falsePositives: falsepositives };
}

function matchOf({ detection: { condition, ...selections }, title }: Rule): Match {
  const words = condition.match(/\(|\)|[\w-]+/g) ?? [];
  let at = 0;
  const named = (): Match => {
    const word = words[at++] ?? '';
    if (word === 'not') return { kind: 'not', of: named() };
    if (word === '(') {
      const inner = either();
      if (words[at++] !== ')') throw new Error(`${title}: a parenthesis is left open`);
      return inner;
    }
    const selection = selections[word];
    if (selection === undefined || typeof selection === 'string') throw new Error(`${title}: no selection ${word}`);
    return all(Object.entries(selection).map(([key, value]) => fieldMatch(title, key, value)));
  };
  const both = (): Match => {
    const parts = [named()];
    while (words[at] === 'and') {
      at += 1;
      parts.push(named());
    }
    return all(parts);
  };
  const either = (): Match => {
    const parts = [both()];
    while (words[at] === 'or') {
      at += 1;
      parts.push(both());
    }
    return any(parts);
  };
  const whole = either();
  if (at !== words.length) throw new Error(`${title}: the condition goes on after its end`);
  return whole;
}

const HOWS = ['startswith', 'contains', 'endswith', 'exists'] as const;

function fieldMatch(title: string, key: string, value: z.infer<typeof Value> | readonly z.infer<typeof Value>[]): Match {
  const [field = '', modifier] = key.split('|');
  const how = modifier === undefined ? 'equals' : HOWS.find((one) => one === modifier);
  if (how === undefined) throw new Error(`${title}: modifier ${modifier ?? ''} is none that the other forms know`);
  const values = isList(value) ? value : [value];
  return any(values.map((one) => {
    if (one === null || (typeof one === 'string' && /[*?]/.test(one))) throw new Error(`${title}: say it with a modifier, not with null or a wildcard`);
    return { kind: 'field', field, how, value: one };
  }));
}

function isList(value: z.infer<typeof Value> | readonly z.infer<typeof Value>[]): value is readonly z.infer<typeof Value>[] {
  return Array.isArray(value);
}

function all(of: readonly Match[]): Match {
  const [only] = of;
  return of.length === 1 && only !== undefined ? only : { kind: 'and', of };
}

function any(of: readonly Match[]): Match {
  const [only] = of;
  return of.length === 1 && only !== undefined ? only : { kind: 'or', of };
}

/** The events on which a detection fires: those that match, or that complete a count. */
export function firesOn(detection: Detection, events: readonly JsonObject[]): readonly JsonObject[] {
  const matching = events.filter((event) => matches(detection.match, event));
  const { count } = detection;
  if (count === undefined) return matching;
  const keyOf = (event: JsonObject): string => JSON.stringify(count.by.map((field) => valuesAt(event, field)));
  return matching.filter((event) => {
    // As SIEMs do, an event that lacks what it is grouped by is counted in no group.
    if (count.by.some((field) => valuesAt(event, field).length === 0)) return false;
    const near = matching.filter((other) => keyOf(other) === keyOf(event) && isWithin(other, event, count.seconds));
    const counted = count.different === undefined ? near.length : new Set(near.flatMap((other) => valuesAt(other, count.different ?? ''))).size;
    return counted >= count.atLeast;
  });
}

function isWithin(other: JsonObject, event: JsonObject, seconds: number): boolean {
  const apart = Number(event['time']) - Number(other['time']);
  return apart >= 0 && apart <= seconds * 1000;
}

function matches(match: Match, event: JsonObject): boolean {
  if (match.kind === 'not') return !matches(match.of, event);
  if (match.kind !== 'field') {
    return match.kind === 'and' ? match.of.every((one) => matches(one, event)) : match.of.some((one) => matches(one, event));
  }
  const { how, value: wanted } = match;
  const values = valuesAt(event, match.field);
  return how === 'exists' ? (values.length > 0) === wanted : values.some((value) => isLike(value, how, wanted));
}

/** Sigma compares text without regard to case. */
function isLike(value: Json, how: How, wanted: string | number | boolean): boolean {
  if (typeof value !== 'string' || typeof wanted !== 'string') return how === 'equals' && value === wanted;
  const [has, want] = [value.toLowerCase(), wanted.toLowerCase()];
  return { equals: has === want, startswith: has.startsWith(want), contains: has.includes(want), endswith: has.endsWith(want) }[how];
}

/** What is at a dotted path, of lists each item's. */
function valuesAt(value: Json | undefined, path: string): readonly Json[] {
  if (path === '') return value === undefined || value === null ? [] : [value];
  if (isArray(value)) return value.flatMap((item) => valuesAt(item, path));
  const [name = '', ...rest] = path.split('.');
  return isObject(value) ? valuesAt(value[name], rest.join('.')) : [];
}
