import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { createInspector } from '../../src/detect/inspect.ts';
import type { Inspect } from '../../src/detect/inspect.ts';
import { UNINFORMED } from '../../src/detect/surroundings.ts';
import type { Surroundings } from '../../src/detect/surroundings.ts';
import { detectorsWith } from '../../src/detect/table.ts';
import { toxicCombinations } from '../../src/detect/toxic-combination.ts';
import { idOf } from '../../src/domain/finding.ts';
import type { Finding } from '../../src/domain/finding.ts';
import { isObject } from '../../src/domain/json.ts';
import type { Json } from '../../src/domain/json.ts';
import { CATEGORIES, CONFIDENTIALITIES, EFFECTS } from '../../src/domain/server.ts';
import { findShadows } from '../../src/registry/shadow.ts';
import type { Neighbour } from '../../src/registry/shadow.ts';
import { surfaceOf } from '../../src/registry/test-servers.ts';
import { digestSecrets } from '../../src/detect/secrets/digest.ts';
import type { Vector } from './vectors.ts';

type Seen = Pick<Finding, 'detector' | 'rule' | 'severity' | 'at' | 'spans' | 'labels'>;

/** What all detectors but one find in a case. */
function findingsOf(vector: Vector, without?: string): readonly Seen[] {
  if (vector.family === 'toxic-combination') return without === vector.family ? [] : combinationsIn(vector.message);
  if (vector.neighbours !== undefined) return shadowsOf(vector, vector.neighbours).filter(({ detector }) => detector !== without);
  const { facet, message, under, server, name, definition } = vector;
  const { findings, incomplete } = inspectorWith(vector.around, without)({
    facet, json: message, at: under, server, name, ...(definition === undefined ? {} : { definition }),
  });
  return incomplete === undefined ? findings : [...findings, incomplete];
}

/** Where what was found is not what a case says, one line each. */
export function differences(vector: Vector, without?: string): readonly string[] {
  const seen = findingsOf(vector, without);
  if (vector.expect.length > 0) return vector.expect.flatMap((one) => missing(vector, seen, one));
  return seen.filter(({ detector, severity }) => detector === vector.family || severity === 'high' || severity === 'critical')
    .map((one) => `${idOf(one)} at ${one.at.join(', ') || 'the whole'}`);
}

function missing({ message, under }: Vector, seen: readonly Seen[], { find, at, covers, labels }: Vector['expect'][number]): readonly string[] {
  const found = seen.filter((one) => idOf(one) === find && one.at.includes(at));
  if (found.length === 0) return [`no ${find} at ${at || 'the whole'}; seen: ${seen.map(idOf).join(', ') || 'nothing'}`];
  const text = textAt(message, at.slice(under.length));
  const said = found.flatMap(({ spans = [] }) => spans).filter((span) => span.at === at).map(({ start, end }) => text.slice(start, end));
  const isCovered = covers === undefined || said.some((one) => one.includes(covers));
  const isLabelled = labels === undefined || found.some((one) => isDeepStrictEqual(one.labels, labels));
  return [
    ...(isCovered ? [] : [`${find} covers ${JSON.stringify(said)}`]),
    ...(isLabelled ? [] : [`${find} carries ${JSON.stringify(found.map((one) => one.labels ?? {}))}`]),
  ];
}

function textAt(json: Json, pointer: string): string {
  const names = pointer.split('/').slice(1).map((name) => name.replaceAll('~1', '/').replaceAll('~0', '~'));
  const value = names.reduce<Json | undefined>((now, name) => (Array.isArray(now) ? now[Number(name)] : isObject(now) ? now[name] : undefined), json);
  return typeof value === 'string' ? value : JSON.stringify(value ?? null);
}

const INSPECTORS = new Map<string, Inspect>();

function inspectorWith(around: Vector['around'], without: string | undefined): Inspect {
  const key = JSON.stringify([around, without]);
  const known = INSPECTORS.get(key);
  if (known !== undefined) return known;
  const made = createInspector(detectorsWith(surroundingsOf(around)).filter(({ id }) => id !== without));
  INSPECTORS.set(key, made);
  return made;
}

/** What control would have put into the snapshot. */
function surroundingsOf({ privateTargets = [], secrets, people, ...rest }: NonNullable<Vector['around']> = {}): Surroundings {
  return {
    ...UNINFORMED, ...rest, privateTargets: new Set(privateTargets),
    ...(secrets === undefined ? {} : { secrets: digestSecrets(Buffer.alloc(32, 9).toString('base64url'), secrets) }),
    ...(people === undefined ? {} : { people: new Set(people) }),
  };
}

const SAID = z.strictObject({
  tools: z.array(z.record(z.string(), z.json())).default([]), prompts: z.array(z.record(z.string(), z.json())).default([]),
  templates: z.array(z.record(z.string(), z.json())).default([]), instructions: z.string().exactOptional(),
});

function shadowsOf({ message, server }: Vector, neighbours: NonNullable<Vector['neighbours']>): readonly Seen[] {
  const { instructions, ...lists } = SAID.parse(message);
  const said: Neighbour = { id: server, surface: surfaceOf({ ...lists, ...(instructions === undefined ? {} : { instructions }) }) };
  const placeOf = (item: string): string => {
    for (const [list, items] of Object.entries(lists)) {
      const index = items.findIndex((one) => one['name'] === item || one['uriTemplate'] === item);
      if (index >= 0) return `/${list}/${index}`;
    }
    return '/instructions';
  };
  return findShadows(said, neighbours.map((one) => ({ id: one.server, surface: surfaceOf({ tools: one.tools }) }))).map(({ rule, severity, tool }) => {
    const [detector = '', name = ''] = rule.split('/');
    return { detector, rule: name, severity, at: [placeOf(tool)] };
  });
}

const HELD = z.strictObject({
  tools: z.array(z.strictObject({
    server: z.string(), tool: z.string(), effect: z.enum(EFFECTS),
    labels: z.strictObject({
      confidentiality: z.enum(CONFIDENTIALITIES), categories: z.array(z.enum(CATEGORIES)), integrity: z.enum(['trusted', 'untrusted']),
    }),
  })),
});

function combinationsIn(message: Json): readonly Seen[] {
  const { tools } = HELD.parse(message);
  return toxicCombinations(tools).map(({ rule, cut }) => (
    { detector: 'toxic-combination', rule, severity: 'medium', at: cut.map((one) => `/tools/${tools.findIndex((tool) => tool === one)}`) }));
}
