import { SallyportError } from '../../domain/errors.ts';
import { nameForm } from '../../detect/personal-data/people.ts';
import { LIMITS } from '../../domain/limits.ts';
import { DEFAULT_SPACE } from '../../domain/principal.ts';
import type { FlowSettings } from '../../domain/snapshot.ts';
import { addressDigest } from '../../flow/provenance/allow.ts';
import { DEFAULT_NAMES } from '../../policy/defaults/table.ts';
import { CLASSIFICATION_SHAPE, DEFAULTS_SHAPE, FLOW_SHAPE } from '../../registry/flow-shape.ts';
import type { ClassificationShape, DefaultsShape, FlowShape } from '../../registry/flow-shape.ts';
import { decodeJson } from '../../store/body.ts';
import type { Rows } from '../../store/store.ts';
import { listStored } from '../stored.ts';

/** What the manifest of a space says of flows. */
export interface FlowParts {
  readonly flow: FlowShape;
  readonly classification: ClassificationShape;
  readonly defaults: DefaultsShape;
}

const SHAPES = { flow: FLOW_SHAPE, classification: CLASSIFICATION_SHAPE, defaults: DEFAULTS_SHAPE } as const;
const PARTS = ['flow', 'classification', 'defaults'] as const;

export async function readFlowParts(rows: Rows, space: string): Promise<FlowParts> {
  const of = async (part: (typeof PARTS)[number]): Promise<unknown> => (await rows.get('setting', space, part))?.body ?? {};
  return {
    flow: SHAPES.flow.parse(await of('flow')), classification: SHAPES.classification.parse(await of('classification')),
    defaults: SHAPES.defaults.parse(await of('defaults')),
  };
}

/** The parts that changed. Throws `ERR_CONFIG_INVALID`: the policies that ship are the organisation's to switch off. */
export async function writeFlowParts(rows: Rows, space: string, wanted: FlowParts, by: string): Promise<readonly string[]> {
  checkDefaults(space, wanted.defaults);
  const before = await readFlowParts(rows, space);
  const changed = PARTS.filter((part) => !Bun.deepEquals(before[part], wanted[part]));
  for (const part of changed) {
    const body = decodeJson(JSON.stringify(wanted[part]));
    await (JSON.stringify(body) === '{}' ? rows.delete('setting', space, part, { by }) : rows.put('setting', space, part, body, { by }));
  }
  return changed;
}

function checkDefaults(space: string, defaults: DefaultsShape): void {
  const names = Object.keys(defaults);
  const strange = names.find((name) => !DEFAULT_NAMES.includes(name));
  if (strange !== undefined) {
    throw new SallyportError('ERR_CONFIG_INVALID', `defaults: there is no shipped policy "${strange}"`,
      { remedy: `Its policies are ${DEFAULT_NAMES.join(', ')}.` });
  }
  if (space !== DEFAULT_SPACE && names.length > 0) {
    throw new SallyportError('ERR_CONFIG_INVALID', `the policies that ship are the organisation's, not the space ${space}'s`,
      { remedy: 'Set them in the default space.' });
  }
}

/** All spaces', as gateways need them. People are known by their addresses' digests, and by name to what looks for names. */
export async function readFlowSettings(rows: Rows, spaces: readonly string[]): Promise<FlowSettings> {
  const all = await Promise.all(spaces.map(async (space) => [space, (await readFlowParts(rows, space)).flow] as const));
  const active = (await listStored(rows, 'person')).filter(({ body }) => body.active);
  const people = active.flatMap(({ body: { email } }) => (email === undefined ? [] : [addressDigest(email)]));
  const names = new Set(active.flatMap(({ body: { displayName } }) => (displayName === undefined ? [] : nameForm(displayName) ?? [])));
  return {
    spaces: Object.fromEntries(all.filter(([, flow]) => Object.keys(flow).length > 0)
      .map(([space, { domains = [], allow = [] }]) => [space, { domains, allow }] as const)),
    people: [...new Set(people)].toSorted(),
    ...(names.size === 0 ? {} : { names: [...names].toSorted().slice(0, LIMITS.namesMax) }),
  };
}
