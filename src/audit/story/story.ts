import { isArray, isObject } from '../../domain/json.ts';
import type { Json, JsonObject } from '../../domain/json.ts';
import { carriedBy, joined, NOTHING_CARRIED, rises, sayCarried } from './carried.ts';
import type { Carried } from './carried.ts';
import { duration, shapeOf, size } from './words.ts';

/** What kind of thing happened, for its mark and colour. */
export type StepKind = 'listed' | 'called' | 'denied' | 'refused' | 'withheld' | 'failed' | 'asked' | 'labels' | 'finding' | 'stopped' | 'noted';

/** One line of a story: what happened, in words. */
export interface Step {
  readonly kind: StepKind;
  /** Epoch ms. */
  readonly at: number;
  readonly position: number;
  readonly exchange?: string;
  readonly server?: string;
  readonly tool?: string;
  readonly says: string;
  /** Why, by what, with what: one thing each. */
  readonly details: readonly string[];
}

const LISTING: ReadonlySet<string> = new Set(['list', 'connect', 'subscribe']);
const DENIED: Readonly<Record<string, StepKind>> = { 'call.denied': 'denied', 'message.denied': 'denied', 'call.refused': 'refused',
  'flood.refused': 'refused' };
const ENDS: Readonly<Record<string, StepKind>> = {
  'result.delivered': 'called', 'result.withheld': 'withheld', 'call.failed': 'failed', 'call.cancelled': 'failed', 'call.unknown': 'failed',
};
const STOPPED = /^(?:freeze|kill|call\.held|context)\b|quarantine/;

/**
 * Records of one flow context, oldest first, as what the agent did: a permit and what came of it are one step; where what it
 * carries rises, and where something looked wrong, is a step of its own. Records are as they are presented (pseudonyms).
 */
export function tellStory(records: readonly JsonObject[]): readonly Step[] {
  const steps: Step[] = [];
  const open = new Map<string, number>();
  let carried: Carried = NOTHING_CARRIED;
  for (const record of records) {
    const event = text(record['event']);
    const next = joined(carried, carriedBy(record['labels']));
    // What policy saw was there before the call; what a result carries comes with it.
    if (rises(carried, next) && event !== 'result.delivered') steps.push(labelStep(record, next));
    const exchange = text(record['exchange']);
    const begun = open.get(exchange);
    const ends = Object.hasOwn(ENDS, event) ? ENDS[event] : undefined;
    if (ends !== undefined && begun !== undefined && steps[begun] !== undefined) {
      steps[begun] = ended(steps[begun], record, ends);
      open.delete(exchange);
    } else {
      if (event === 'call.permitted') open.set(exchange, steps.length);
      steps.push(stepOf(record));
    }
    if (rises(carried, next) && event === 'result.delivered') steps.push(labelStep(record, next));
    steps.push(...findingSteps(record));
    carried = next;
  }
  return steps;
}

function stepOf(record: JsonObject): Step {
  const [event, action] = [text(record['event']), text(record['action'])];
  const name = nameOf(record);
  const denied = Object.hasOwn(DENIED, event) ? DENIED[event] : undefined;
  if (denied !== undefined) {
    const what = denied === 'denied' && event === 'message.denied' ? 'a message of' : LISTING.has(action) ? 'to list' : 'the call of';
    return step(record, denied, `was ${denied} ${what} ${name}`.trimEnd(), [...reasonOf(record), ...askedOf(record)]);
  }
  if (event === 'call.permitted') {
    if (LISTING.has(action)) return step(record, 'listed',
      `${action === 'list' ? 'listed what' : action === 'connect' ? 'connected to' : 'subscribed to'} ${name}${action === 'list' ? ' offers' : ''}`, []);
    return step(record, 'called', `called ${name}`, [...askedOf(record), ...gatesOf(record)]);
  }
  if (event === 'message.permitted') return step(record, 'asked',
    `${text(record['category']) === 'access' ? 'sent' : 'was sent'} ${text(record['method']) || 'a message'} (${name})`, []);
  const ends = Object.hasOwn(ENDS, event) ? ENDS[event] : undefined;
  if (ends !== undefined) return ended(step(record, ends, name, []), record, ends);
  return step(record, STOPPED.test(event) ? 'stopped' : 'noted', event === 'context.ended' ? 'the context began anew' : event, reasonOf(record));
}

function step(record: JsonObject, kind: StepKind, says: string, details: readonly string[]): Step {
  const [exchange, server, tool] = [text(record['exchange']), text(record['server']), text(record['tool'])];
  return {
    kind, at: number(record['at']), position: number(record['position']), says, details,
    ...(exchange === '' ? {} : { exchange }), ...(server === '' ? {} : { server }), ...(tool === '' ? {} : { tool }),
  };
}

/** What came of a call. */
function ended(begun: Step, record: JsonObject, kind: StepKind): Step {
  const took = record['latencyMs'] === undefined ? '' : ` in ${duration(number(record['latencyMs']))}`;
  const [event, reason] = [text(record['event']), reasonOf(record)];
  if (kind === 'called') {
    const got = record['sizeBytes'] === undefined ? 'an answer' : size(number(record['sizeBytes']));
    return { ...begun, kind: begun.kind === 'listed' ? 'listed' : 'called', details: [...begun.details, `received ${got}${took}`] };
  }
  const outcome = kind === 'withheld' ? 'the result was withheld' : event === 'call.cancelled' ? 'was cancelled' : event === 'call.unknown'
    ? 'outcome unknown' : 'failed';
  return { ...begun, kind, details: [...begun.details, `${outcome}${took}`, ...reason] };
}

function labelStep(record: JsonObject, carried: Carried): Step {
  const from = text(record['event']) === 'result.delivered' ? ` (from ${nameOf(record)})` : '';
  return step(record, 'labels', `now carries ${sayCarried(carried)}${from}`, []);
}

function findingSteps(record: JsonObject): readonly Step[] {
  return objects(record['findings']).map((finding) => {
    const { expected, seen, rarity } = finding;
    const odds = typeof rarity === 'number' ? [`as rare as ${rarity < 0.001 ? rarity.toExponential(0) : String(Math.round(rarity * 1000) / 1000)}`] : [];
    const where = isArray(finding['at']) && finding['at'].length > 0 ? [`at ${finding['at'].map(text).join(', ')}`] : [];
    const details = [...(expected === undefined ? [] : [`expected ${text(expected)}`]), ...(seen === undefined ? [] : [`seen ${text(seen)}`]), ...odds,
      ...where];
    return step(record, 'finding', `${text(finding['severity'])} finding ${text(finding['detector'])}/${text(finding['rule'])}`, details);
  });
}

function askedOf(record: JsonObject): readonly string[] {
  const shape = record['shape'] === undefined ? '' : shapeOf(record['shape']);
  const bytes = record['sizeBytes'] === undefined ? '' : size(number(record['sizeBytes']));
  const asked = [shape, bytes].filter((one) => one !== '').join(', ');
  const effect = text(record['effect']);
  const client = isObject(record['client']) ? text(record['client']['name']) : '';
  return [...(asked === '' ? [] : [`with ${asked}`]), ...(effect === '' ? [] : [`effect ${effect}`]), ...(client === '' ? [] : [`through ${client}`])];
}

/** Gates that a policy raised and that were met: approvals, limits. */
function gatesOf(record: JsonObject): readonly string[] {
  const gates = isObject(record['detail']) ? objects(record['detail']['gates']) : [];
  return gates.map((gate) => `met ${text(gate['kind'])} ${text(gate['value'])}`.trimEnd());
}

function reasonOf(record: JsonObject): readonly string[] {
  const policies = isArray(record['policies']) ? record['policies'].map(text) : [];
  const [reason, code] = [text(record['reason']), text(record['code'])];
  return [...(reason === '' ? [] : [reason]), ...(policies.length === 0 ? [] : [`by policy ${policies.join(', ')}`]), ...(code === '' ? [] : [code])];
}

function nameOf(record: JsonObject): string {
  const [server, tool] = [text(record['server']), text(record['tool'])];
  const through = isArray(record['dispatchers']) ? ` through ${record['dispatchers'].map(text).join(', ')}` : '';
  if (server === '') return text(record['route']) || text(record['method']);
  return tool === '' ? server : `${server} / ${tool}${through}`;
}

function text(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}

function number(value: Json | undefined): number {
  return typeof value === 'number' ? value : 0;
}

function objects(value: Json | undefined): readonly JsonObject[] {
  return isArray(value) ? value.filter(isObject) : [];
}
