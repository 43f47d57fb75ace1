import type { AccessRequest, Action, AdminRequest, Resource } from '../domain/decision.ts';
import { ACTIONS, ADMIN_ACTIONS, DRIFTS } from '../domain/decision.ts';
import { FINDING_IDS, SEVERITIES, type Finding } from '../domain/finding.ts';
import type { Json, JsonObject } from '../domain/json.ts';
import { DESTINATIONS, type Provenance } from '../domain/provenance.ts';
import { CATEGORIES, CONFIDENTIALITIES, EFFECTS } from '../domain/server.ts';
import type { Labels } from '../domain/server.ts';
import type { Facts } from './oracle.ts';
import { operandsOf } from './possibility.ts';
import type { EntityName, Expr, ProgramPolicy } from './program.ts';
import type { RecordShape, Shape } from './shape.ts';
import type { AnyRequest, ItemType } from './vocabulary.ts';
import { APPLIES, coversAction, isAdminAction, isAdministrative } from './vocabulary.ts';

/** A reproducible source of choices. */
export interface Dice {
  /** 0 … below `sides`. */
  roll(sides: number): number;
  pick<Item>(items: readonly Item[]): Item | undefined;
  chance(percent: number): boolean;
}

/** Mulberry32: small, even enough, and the same on every machine. */
export function createDice(seed: number): Dice {
  let state = seed >>> 0;
  const roll = (sides: number): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * sides);
  };
  return { roll, pick: (items) => items[roll(items.length)], chance: (percent) => roll(100) < percent };
}

/** The values that a policy compares with, and their neighbours: requests made of them reach both sides of each comparison. */
export interface Pool {
  readonly texts: readonly string[];
  readonly longs: readonly number[];
  readonly decimals: readonly number[];
  readonly times: readonly number[];
  readonly names: readonly EntityName[];
}

export function poolOf(policy: ProgramPolicy): Pool {
  const pool = { texts: ['', 'a'], longs: [0, 1], decimals: [0, 1], times: [Date.UTC(2026, 10, 23, 9)], names: scopeNames(policy) };
  collect(policy.condition, pool);
  return pool;
}

interface Collecting {
  readonly texts: string[];
  readonly longs: number[];
  readonly decimals: number[];
  readonly times: number[];
  readonly names: EntityName[];
}

function collect(expr: Expr, pool: Collecting): void {
  if (expr[0] === 'value' && typeof expr[1] === 'string') pool.texts.push(expr[1], `${expr[1]}x`);
  if (expr[0] === 'value' && typeof expr[1] === 'number') pool.longs.push(expr[1] - 1, expr[1], expr[1] + 1);
  if (expr[0] === 'like') pool.texts.push(expr[2].map((part) => part ?? '').join(''), expr[2].map((part) => part ?? '/x').join(''));
  if (expr[0] === 'entity') pool.names.push([expr[1], expr[2]]);
  if (expr[0] === 'in') pool.names.push(...expr[2]);
  if (expr[0] === 'extension' && expr[1] === 'decimal') {
    const near = Number(expr[2]);
    pool.decimals.push(near, ...[near - 0.0001, near + 0.0001, near + 1].map((value) => Number(value.toFixed(4))));
  }
  if (expr[0] === 'extension' && expr[1] === 'datetime') {
    const near = Date.parse(expr[2]);
    if (Number.isFinite(near)) pool.times.push(near - 1, near, near + 1);
  }
  for (const operand of operandsOf(expr)) collect(operand, pool);
}

function scopeNames({ principal, resource }: ProgramPolicy): EntityName[] {
  return [principal.in, principal.exactly, resource.in, resource.exactly].filter((name) => name !== undefined);
}

/** One request that usually fits the policy's scope, or misses it in one part, and plays on its condition. */
export function generateRequest(policy: ProgramPolicy, pool: Pool, facts: Facts, dice: Dice): AnyRequest {
  if (isAdministrative(policy.actions)) return generateAdminRequest(policy, pool, dice);
  const resource = generateResource(policy, pool, facts, dice, dice.chance(90));
  const type = TYPE_OF[resource.kind];
  const legal = ACTIONS.filter((action) => APPLIES[action].includes(type));
  const wanted = dice.chance(90) && policy.actions !== null ? legal.filter((action) => coversAction(policy.actions, action)) : legal;
  const action: Action = dice.pick(wanted) ?? dice.pick(legal) ?? 'call_tool';
  const shape = action === 'call_tool' ? facts.shapes[`${resource.server}/${resource.name}`] : undefined;
  return {
    principal: generatePrincipal(policy, pool, facts.servers[resource.server]?.space ?? '', dice, dice.chance(80)),
    action,
    resource,
    context: {
      arguments: shape === undefined ? undefined : generateArguments(shape, pool, dice),
      zone: dice.pick(['loopback', 'internal', 'external'] as const) ?? 'external',
      drift: dice.chance(50) ? 'none' : (dice.pick(DRIFTS) ?? 'none'),
      flow: generateLabels(dice),
      findings: generateFindings(pool, dice),
      provenance: generateProvenance(pool, dice),
      now: momentFrom(pool, dice),
    },
  };
}

function generateAdminRequest(policy: ProgramPolicy, pool: Pool, dice: Dice): AdminRequest {
  const wanted = dice.chance(90) ? ADMIN_ACTIONS.filter((action) => coversAction(policy.actions, action)) : ADMIN_ACTIONS;
  const { in: within, exactly } = policy.resource;
  const fits = dice.chance(85);
  const named = fits && exactly?.[0] === 'Control' ? exactly[1] : `${spaceFor(fits ? within : undefined, pool, dice)}/${dice.pick(pool.texts) ?? ''}`;
  const [space = '', ...rest] = named.split('/');
  return {
    principal: generatePrincipal(policy, pool, space, dice, dice.chance(80)),
    action: dice.pick(wanted) ?? 'admin_read',
    resource: { kind: 'control', space, name: rest.join('/') },
    context: { now: momentFrom(pool, dice) },
  };
}

function spaceFor(within: EntityName | undefined, pool: Pool, dice: Dice): string {
  if (within?.[0] === 'Space') return within[1];
  return dice.pick([...pool.names.filter(([type]) => type === 'Space').map(([, id]) => id), ...pool.texts, 'default', '*'])?.split('/')[0] ?? '*';
}

function momentFrom(pool: Pool, dice: Dice): number {
  return dice.chance(50) ? (dice.pick(pool.times) ?? 0) : Date.UTC(2026, dice.roll(12), 1 + dice.roll(28), dice.roll(24), dice.roll(60));
}

const TYPE_OF = { tool: 'Tool', prompt: 'Prompt', resource: 'Resource', server: 'Server' } as const;
const KIND_OF = { Tool: 'tool', Prompt: 'prompt', Resource: 'resource', Server: 'server' } as const;

function generatePrincipal({ principal: scope }: ProgramPolicy, pool: Pool, space: string, dice: Dice, fits: boolean): AccessRequest['principal'] {
  const wanted = scope.is ?? scope.exactly?.[0];
  const scopedType = fits && (wanted === 'Person' || wanted === 'Workload') ? wanted : dice.pick(['Person', 'Workload'] as const);
  const named = pool.names.filter(([type]) => type === scopedType).map(([, id]) => id);
  const known = pool.names.filter(([type]) => type === 'Group').map(([, id]) => id);
  const groups = new Set(known.filter(() => dice.chance(50)));
  if ((fits || dice.chance(70)) && scope.in?.[0] === 'Group') groups.add(scope.in[1]);
  const exact = fits ? scope.exactly?.[1] : undefined;
  return {
    id: exact ?? dice.pick([...named, 'sallyport|someone']) ?? '',
    kind: scopedType === 'Workload' ? 'workload' : 'person',
    space,
    groups: [...groups],
    agent: dice.pick(pool.texts) ?? '',
    actors: pool.texts.filter(() => dice.chance(30)),
    proof: dice.pick(['bearer', 'dpop', 'mtls'] as const) ?? 'bearer',
    tokenAgeMs: Math.max(0, dice.pick(pool.longs) ?? 0) * 1000 + dice.roll(1000),
    expiresAt: 0,
    credential: 'generated',
  };
}

function generateResource(policy: ProgramPolicy, pool: Pool, facts: Facts, dice: Dice, fits: boolean): Resource {
  const { resource: scope } = policy;
  const exact = fits ? (scope.exactly ?? (isItem(scope.in) ? scope.in : undefined)) : undefined;
  const type = exact?.[0] ?? (fits ? scope.is : undefined) ?? dice.pick(applicable(policy));
  const kind = type === 'Prompt' || type === 'Resource' || type === 'Server' ? KIND_OF[type] : 'tool';
  const [server, name] = exact === undefined ? generatePlace(policy, pool, facts, dice, fits) : split(exact, facts);
  const toolsets = pool.names.filter(([of]) => of === 'Toolset').map(([, id]) => id);
  const inToolset = fits && scope.in?.[0] === 'Toolset' ? [scope.in[1]] : [];
  return {
    kind,
    server,
    name: kind === 'server' ? '' : name,
    ...(kind === 'tool' && dice.chance(95) ? { effect: dice.pick(EFFECTS) ?? 'read' } : {}),
    labels: generateLabels(dice),
    ...(dice.chance(50) ? { clearance: dice.pick(CONFIDENTIALITIES) ?? 'public' } : {}),
    ...(dice.chance(30) ? { memory: dice.chance(80) } : {}),
    toolsets: [...new Set([...inToolset, ...toolsets.filter(() => dice.chance(40))])],
  };
}

function generateLabels(dice: Dice): Labels {
  return {
    confidentiality: dice.pick(CONFIDENTIALITIES) ?? 'restricted',
    categories: CATEGORIES.filter(() => dice.chance(40)),
    integrity: dice.pick(['trusted', 'untrusted'] as const) ?? 'untrusted',
  };
}

function generateProvenance({ texts }: Pool, dice: Dice): Provenance {
  const { confidentiality, categories } = generateLabels(dice);
  return { destinations: dice.pick(DESTINATIONS) ?? 'untrusted', flowsFrom: texts.filter(() => dice.chance(30)), confidentiality, categories };
}

/** Those that the policy names, or any; often none, and seldom more than one. */
function generateFindings({ texts }: Pool, dice: Dice): readonly Finding[] {
  const named = FINDING_IDS.filter((id) => texts.includes(id));
  return [50, 20, 20].flatMap((percent): readonly Finding[] => {
    if (!dice.chance(percent)) return [];
    const [detector = '', rule = ''] = (dice.pick(named.length > 0 && dice.chance(70) ? named : FINDING_IDS) ?? '').split('/');
    return [{ detector, rule, severity: dice.pick(SEVERITIES) ?? 'info', at: [] }];
  });
}

function applicable({ actions }: ProgramPolicy): readonly ItemType[] {
  return [...new Set((actions ?? ACTIONS).flatMap((action) => (isAdminAction(action) ? [] : APPLIES[action])))];
}

function isItem(name: EntityName | undefined): boolean {
  return name !== undefined && ['Tool', 'Prompt', 'Resource', 'Server'].includes(name[0]);
}

function split([type, id]: EntityName, facts: Facts): readonly [server: string, name: string] {
  if (type === 'Server') return [id, ''];
  const server = Object.keys(facts.servers).find((known) => id.startsWith(`${known}/`)) ?? id.split('/')[0] ?? '';
  return [server, id.slice(server.length + 1)];
}

function generatePlace({ resource: scope }: ProgramPolicy, pool: Pool, facts: Facts, dice: Dice, fits: boolean): readonly [string, string] {
  const within = fits ? scope.in : undefined;
  const named = pool.names.filter(([type]) => type === 'Tool' || type === 'Prompt' || type === 'Resource' || type === 'Server');
  const mentioned = named.map((name) => split(name, facts));
  if (within === undefined && mentioned.length > 0 && dice.chance(50)) return dice.pick(mentioned) ?? ['', ''];
  const servers = Object.keys(facts.servers).filter((id) => {
    if (within?.[0] === 'Server') return id === within[1];
    return within?.[0] !== 'Space' || facts.servers[id]?.space === within[1];
  });
  return [dice.pick(servers) ?? '', dice.pick([...pool.texts, ...mentioned.map(([, name]) => name)]) ?? ''];
}

/** Arguments of the pinned types; a required one is missing now and then. */
function generateArguments(shape: RecordShape, pool: Pool, dice: Dice): JsonObject {
  const fields = shape.fields.filter(([, , required]) => dice.chance(required ? 90 : 75));
  return Object.fromEntries(fields.map(([name, inner]) => [name, generateValue(inner, pool, dice)]));
}

function generateValue(shape: Shape, pool: Pool, dice: Dice): Json {
  if (dice.chance(4)) return null;
  if (shape === 'string') return dice.pick(pool.texts) ?? '';
  if (shape === 'boolean') return dice.chance(50);
  if (shape === 'number') return dice.pick([...pool.decimals, ...pool.longs]) ?? 0;
  if (shape === 'any') return { __entity: { type: 'Person', id: 'data' } };
  if ('set' in shape) return Array.from({ length: dice.roll(4) }, () => generateValue(shape.set, pool, dice));
  return generateArguments(shape, pool, dice);
}
