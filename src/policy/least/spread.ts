import type { JsonObject } from '../../domain/json.ts';
import { quote } from '../quote.ts';

/** What all values of one argument had in common: one of a few, below one folder, at one host. */
export interface Constraint {
  readonly argument: string;
  readonly kind: 'values' | 'folder' | 'host';
  /** What it is held to. */
  readonly allowed: readonly string[];
  /** Whether some calls did without it. */
  readonly optional: boolean;
}

/** How the arguments of one tool vary, call by call; holds little, however many calls there are. */
export interface Spread {
  add(given: JsonObject): void;
  constraints(): readonly Constraint[];
}

/** Fewer calls say nothing of the next one. */
const CALLS_MIN = 20;
const VALUES_MAX = 5;
/** Each value must have come back: a name that was seen once is no enumeration. */
const SEEN_MIN = 3;
const VALUE_CHARS_MAX = 100;
const ARGUMENTS_MAX = 50;
/** A name of Cedar's, so that it is written as it is. */
const PLAIN = /^[A-Za-z_]\w{0,63}$/;

interface Kept {
  calls: number;
  /** Undefined: there were too many. */
  values: Map<string, { times: number; readonly firstAt: number }> | undefined;
  folder: string | undefined;
  host: string | undefined;
}

export function createSpread(): Spread {
  let calls = 0;
  const kept = new Map<string, Kept>();
  const spoiled = new Set<string>();
  return {
    add(given) {
      calls += 1;
      for (const [name, value] of Object.entries(given)) {
        if (spoiled.has(name)) continue;
        if (typeof value !== 'string' || !PLAIN.test(name) || (!kept.has(name) && kept.size >= ARGUMENTS_MAX)) spoiled.add(name);
        else note(kept, name, value, calls);
      }
    },
    constraints() {
      if (calls < CALLS_MIN) return [];
      return [...kept].flatMap(([argument, one]) => (spoiled.has(argument) ? [] : constraintOf(argument, one, calls)));
    },
  };
}

function note(kept: Map<string, Kept>, name: string, value: string, call: number): void {
  const known = kept.get(name);
  const [folder, host] = [folderOf(value), hostOf(value)];
  if (known === undefined) {
    kept.set(name, { calls: 1, values: new Map([[value, { times: 1, firstAt: call }]]), folder, host });
    return;
  }
  known.calls += 1;
  known.folder = known.folder === undefined || folder === undefined ? undefined : shared(known.folder, folder);
  known.host = known.host === host ? host : undefined;
  const before = known.values?.get(value);
  if (before !== undefined) before.times += 1;
  else if ((known.values?.size ?? VALUES_MAX) >= VALUES_MAX || value.length > VALUE_CHARS_MAX) known.values = undefined;
  else known.values?.set(value, { times: 1, firstAt: call });
}

/** Stable: nothing new came in the second half, and everything came back. */
function constraintOf(argument: string, { calls: given, values, folder, host }: Kept, calls: number): readonly Constraint[] {
  const optional = given < calls;
  const isStable = values !== undefined && [...values.values()].every(({ times, firstAt }) => times >= SEEN_MIN && firstAt <= calls / 2);
  if (given < CALLS_MIN) return [];
  if (isStable) return [{ argument, kind: 'values', allowed: [...values.keys()].toSorted(), optional }];
  if (host !== undefined) return [{ argument, kind: 'host', allowed: [host], optional }];
  // Below a folder of the root is hardly less than everywhere.
  return folder === undefined || folder.split('/').length < 4 ? [] : [{ argument, kind: 'folder', allowed: [folder], optional }];
}

/** `/a/b/` of `/a/b/c.txt`; undefined: it is no path, or one that leads elsewhere. */
function folderOf(value: string): string | undefined {
  if (!value.startsWith('/') || /(?:^|\/)\.{1,2}(?:\/|$)|\/\/|\*/.test(value)) return undefined;
  return value.slice(0, value.lastIndexOf('/') + 1);
}

function shared(one: string, other: string): string | undefined {
  const [left, right] = [one.split('/'), other.split('/')];
  const end = left.findIndex((part, at) => part !== right[at]);
  const same = end < 0 ? one : `${left.slice(0, end).join('/')}/`;
  return same === '/' ? undefined : same;
}

/** `https://host/` of a URL that begins so as it is written. */
function hostOf(value: string): string | undefined {
  return /^(https?:\/\/[a-z0-9.-]{1,253}(?::\d{1,5})?\/)[^\\\s*]*$/.exec(value)?.[1];
}

/** How a path leaves the folder that it begins with: on its way, or at its end. */
const UPWARDS = ['*/../*', '*/..'] as const;

/** The condition that arguments like those seen satisfy, as Cedar. */
export function conditionOf({ argument, kind, allowed, optional }: Constraint): string {
  const value = `context.arguments.${argument}`;
  if (kind === 'values') return whereGiven(argument, `[${allowed.map(quote).join(', ')}].contains(${value})`, optional);
  const begins = allowed.map((start) => `${value} like ${quote(`${start}*`)}`).join(' || ');
  const stays = kind === 'folder' ? UPWARDS.map((way) => `!(${value} like ${quote(way)})`) : [];
  return whereGiven(argument, `(${[`(${begins})`, ...stays].join(' && ')})`, optional);
}

function whereGiven(argument: string, test: string, optional: boolean): string {
  const has = `context.arguments has ${argument}`;
  return optional ? `(!(${has}) || ${test})` : `(${has} && ${test})`;
}

/** For people: why a constraint stands there. */
export function explainConstraint({ argument, kind, allowed, optional }: Constraint): string {
  const words = { values: `only ${allowed.join(', ')}`, folder: `only below ${allowed.join(', ')}`, host: `only at ${allowed.join(', ')}` }[kind];
  return `${argument}: ${words}${optional ? ', where it was given' : ''}`;
}
