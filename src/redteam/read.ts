import type { z } from 'zod';
import type { SallyportError } from '../domain/errors.ts';
import { isArray, isObject, type Json } from '../domain/json.ts';
import { CONTROL_IDS } from './control-table.ts';
import { SCENARIO_FILE, type Scenario } from './scenario.ts';
import { INCIDENTS } from './taxonomy/incidents.ts';
import { nameOfTechnique } from './taxonomy/techniques.ts';

/** A file that was parsed as YAML or JSON and knows where everything in it stands. */
export interface ScenarioSource {
  readonly value: unknown;
  /** An error with file, line and column of each complaint. */
  invalid(complaints: readonly ScenarioComplaint[], remedy: string): SallyportError;
}

export interface ScenarioComplaint {
  readonly path: readonly (string | number)[];
  /** An unknown key: the key itself is pointed at. */
  readonly key?: string;
  readonly message: string;
}

const REMEDY = 'correct that place; docs/red-team-scenarios.md has every key';

/** Reads a file of scenarios. Unknown keys, and names that stand for nothing, are refused with their places. */
export function readScenarios(source: ScenarioSource): readonly Scenario[] {
  const read = SCENARIO_FILE.safeParse(source.value, { reportInput: false });
  if (!read.success) throw source.invalid(read.error.issues.flatMap(complaintsOf), REMEDY);
  const { scenarios } = read.data;
  const strangers = scenarios.flatMap((scenario, index) =>
    [...unknownWords(scenario), ...unknownServers(scenario), ...unknownValues(scenario)]
      .map((complaint) => ({ ...complaint, path: ['scenarios', index, ...complaint.path] })));
  const twice = scenarios.flatMap(({ id }, index) =>
    scenarios.findIndex((one) => one.id === id) === index ? [] : [{ path: ['scenarios', index, 'id'], message: `${id} is there already` }]);
  const complaints = [...strangers, ...twice];
  if (complaints.length > 0) throw source.invalid(complaints, REMEDY);
  return scenarios;
}

function complaintsOf(issue: z.core.$ZodIssue): readonly ScenarioComplaint[] {
  const path = issue.path.map((step) => (typeof step === 'symbol' ? String(step) : step));
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => ({ path, key, message: `has a key that is not known: ${JSON.stringify(key)}` }));
  return [{ path, message: issue.message }];
}

function unknownWords({ techniques, by, incident, claim, gap }: Scenario): readonly ScenarioComplaint[] {
  return [
    ...unknownAt('techniques', techniques, (id) => nameOfTechnique(id) !== undefined),
    ...unknownAt('by', by, (id) => CONTROL_IDS.includes(id)),
    ...(incident !== undefined && INCIDENTS[incident] === undefined ? [{ path: ['incident'], message: 'is no class of incidents' }] : []),
    ...((claim === 'missed') === (by.length === 0) ? [] : [{ path: ['by'], message: claim === 'missed' ? 'nothing acts' : 'some control acts' }]),
    ...(claim === 'missed' && gap === undefined ? [{ path: ['claim'], message: 'needs a gap: why it is missed, and what helps' }] : []),
  ];
}

function unknownAt(key: string, ids: readonly string[], known: (id: string) => boolean): readonly ScenarioComplaint[] {
  return ids.flatMap((id, index) => (known(id) ? [] : [{ path: [key, index], message: `${id} is not known` }]));
}

function unknownServers({ servers, steps, harm }: Scenario): readonly ScenarioComplaint[] {
  const names = new Set(steps.flatMap((step) => ('name' in step && step.name !== undefined ? [step.name] : [])));
  return [
    ...steps.flatMap((step, index) => {
      if (!('server' in step)) return [];
      const toy = servers[step.server];
      if (toy === undefined) return [{ path: ['steps', index, 'server'], message: `${step.server} is none of the servers` }];
      return step.do === 'turn' && toy.phases[step.phase] === undefined ? [{ path: ['steps', index, 'phase'], message: 'there is no such phase' }] : [];
    }),
    ...harm.flatMap((one, index) => {
      if ('server' in one && servers[one.server] === undefined) return [{ path: ['harm', index, 'server'], message: `${one.server} is none of the servers` }];
      return one.what === 'accepted' && !names.has(one.step) ? [{ path: ['harm', index, 'step'], message: `${one.step} is no step's name` }] : [];
    }),
  ];
}

/** What stands for a value: `{{name}}`. */
export const PLACE = /\{\{([a-z0-9.-]+)\}\}/g;

/** Besides values: in raw answers, the id of the request. */
const BUILT_IN = new Set(['id']);

function unknownValues(scenario: Scenario): readonly ScenarioComplaint[] {
  const known = (name: string): boolean =>
    BUILT_IN.has(name) || scenario.data?.[name] !== undefined || (name.startsWith('servers.') && scenario.servers[name.slice('servers.'.length)] !== undefined);
  const { data = {}, ...rest } = scenario;
  const held = scenario.harm.flatMap((one, index) =>
    one.what === 'called' && one.holds !== undefined && data[one.holds] === undefined
      ? [{ path: ['harm', index, 'holds'], message: `${one.holds} is no value of data` }] : []);
  const cast = scenario.cast ?? {};
  const strangers = scenario.steps.flatMap((step, index) =>
    'as' in step && step.as !== undefined && step.as !== 'agent' && cast[step.as] === undefined
      ? [{ path: ['steps', index, 'as'], message: `${step.as} is not in the cast` }] : []);
  const plain: Json = JSON.parse(JSON.stringify(rest));
  const textless = Object.entries(data).filter(([, { kind, text }]) => (kind === 'text') !== (text !== undefined));
  return [
    ...held, ...strangers,
    ...textless.map(([name]) => ({ path: ['data', name], message: 'has a text if its kind is text, and only then' })),
    ...placesIn(plain, []).flatMap(({ path, name }) => (known(name) ? [] : [{ path, message: `{{${name}}} stands for nothing` }])),
  ];
}

interface Placed {
  readonly path: readonly (string | number)[];
  readonly name: string;
}

function placesIn(value: Json, path: readonly (string | number)[]): readonly Placed[] {
  if (typeof value === 'string') return Array.from(value.matchAll(PLACE), ([, name = '']) => ({ path, name }));
  if (isArray(value)) return value.flatMap((item, index) => placesIn(item, [...path, index]));
  if (isObject(value)) return Object.entries(value).flatMap(([key, item]) => placesIn(item, [...path, key]));
  return [];
}
