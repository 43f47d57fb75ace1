import { DEFAULT_SPACE } from '../domain/principal.ts';
import type { Server, Tool, Toolset } from '../domain/server.ts';
import type { Problem } from './diagnostic.ts';
import { operandsOf } from './possibility.ts';
import type { EntityName, Expr, Scope } from './program.ts';
import type { RecordShape, Shape } from './shape.ts';
import { cedarType } from './shape.ts';
import type { Draft } from './translate.ts';
import { toolsetServer } from './subject.ts';
import { ACTION_GROUPS, ANY_ACTIONS, CONTEXT_ATTRIBUTES, PRINCIPAL_ATTRIBUTES, RESOURCE_ATTRIBUTES, expandAction } from './vocabulary.ts';

/** What exists: the names that a policy may mention. */
export interface Registry {
  readonly tools: ReadonlyMap<string, Tool>;
  readonly prompts: ReadonlySet<string>;
  readonly servers: ReadonlyMap<string, Server>;
  readonly toolsets: ReadonlySet<string>;
  /** The servers that toolsets look like to their clients. */
  readonly standIns: ReadonlySet<string>;
  readonly spaces: ReadonlySet<string>;
}

export function readRegistry(servers: readonly Server[], toolsets: readonly Toolset[]): Registry {
  const pins = servers.map(({ id, baseline }) => ({ id, surface: baseline?.surface }));
  return {
    tools: new Map(pins.flatMap(({ id, surface }) => (surface?.tools ?? []).map((tool) => [`${id}/${tool.name}`, tool] as const))),
    prompts: new Set(pins.flatMap(({ id, surface }) => (surface?.prompts ?? []).map((prompt) => `${id}/${prompt.name}`))),
    servers: new Map(servers.map((server) => [server.id, server])),
    standIns: new Set(toolsets.map(({ id }) => toolsetServer(id))),
    toolsets: new Set(toolsets.map(({ id }) => id)),
    spaces: new Set([DEFAULT_SPACE, ...servers.map(({ space }) => space), ...toolsets.map(({ space }) => space)]),
  };
}

/** Every entity that a policy names, in its scope and its conditions. */
export function namesIn(draft: Draft): readonly EntityName[] {
  return [...scopeNames(draft.principal), ...scopeNames(draft.resource), ...exprNames(draft.condition)];
}

function scopeNames({ in: within, exactly }: Scope): readonly EntityName[] {
  return [within, exactly].filter((name) => name !== undefined);
}

function exprNames(expr: Expr): readonly EntityName[] {
  if (expr[0] === 'entity') return [[expr[1], expr[2]]];
  if (expr[0] === 'in') return expr[2];
  return operandsOf(expr).flatMap(exprNames);
}

/** Checks the names against what exists: a policy on a tool that doesn't exist would silently never match. */
export function checkNames(names: readonly EntityName[], registry: Registry): readonly Problem[] {
  return names.map((name) => checkName(name, registry)).filter((problem) => problem !== undefined);
}

function checkName([type, id]: EntityName, registry: Registry): Problem | undefined {
  switch (type) {
    case 'Server':
      return registry.servers.has(id) || registry.standIns.has(id) ? undefined : nowhere(type, id, [...registry.servers.keys()]);
    case 'Toolset':
      return registry.toolsets.has(id) ? undefined : nowhere(type, id, [...registry.toolsets]);
    case 'Space':
      return registry.spaces.has(id) ? undefined : nowhere(type, id, [...registry.spaces]);
    case 'Tool':
      return registry.tools.has(id) ? undefined : missingItem(type, id, registry, [...registry.tools.keys()]);
    case 'Prompt':
      return registry.prompts.has(id) ? undefined : missingItem(type, id, registry, [...registry.prompts]);
    case 'Resource':
      return serverOf(id, registry) === undefined ? nowhere(type, id, [...registry.servers.keys()].map((server) => `${server}/<uri>`)) : undefined;
    case 'Action':
      return expandAction(id) === undefined ? nowhere(type, id, [...ANY_ACTIONS, ...Object.keys(ACTION_GROUPS)]) : undefined;
    default:
      return undefined;
  }
}

function serverOf(id: string, registry: Registry): Server | undefined {
  return registry.servers.get(id.slice(0, Math.max(0, id.indexOf('/'))));
}

/** A server that waits for approval has no tools yet: its policies wait with it, and nothing of it can be called. */
function missingItem(type: string, id: string, registry: Registry, known: readonly string[]): Problem {
  const server = serverOf(id, registry);
  if (server === undefined || server.baseline !== undefined) return nowhere(type, id, known);
  return {
    severity: 'warning',
    code: 'ERR_POLICY_NEVER_MATCHES',
    message: `${type}::"${id}" is not known until its server is approved`,
    remedy: `run: sallyport server approve ${server.id}`,
  };
}

function nowhere(type: string, id: string, known: readonly string[]): Problem {
  const near = known.filter((name) => distance(name, id) <= 3).slice(0, 3);
  const offer = near.length > 0 ? near : known.slice(0, 5);
  const remedy = offer.length === 0 ? `there is no ${type.toLowerCase()} yet` : `did you mean ${offer.map((name) => `${type}::"${name}"`).join(' or ')}?`;
  return { code: 'ERR_POLICY_NEVER_MATCHES', message: `there is no ${type}::"${id}", so this can never match`, remedy };
}

/** Edit distance of short names; longer ones count as far. */
function distance(left: string, right: string): number {
  if (Math.abs(left.length - right.length) > 3 || left.length > 64) return Infinity;
  let row = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let i = 1; i <= left.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= right.length; j += 1) {
      const replaced = (row[j - 1] ?? 0) + (left[i - 1] === right[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}

/** Comparisons of an attribute that has a closed list of values with a word outside it: true never, or always. */
export function checkValues(expr: Expr): readonly Problem[] {
  const here = comparisons(expr).flatMap(([attribute, literals]) => {
    const allowed = closedValues(attribute);
    if (allowed === undefined) return [];
    const strange = literals.filter((literal) => !allowed.values.includes(literal));
    return strange.map((literal): Problem => ({
      code: 'ERR_POLICY_NEVER_MATCHES',
      message: `${allowed.name} is never "${literal}"`,
      remedy: `its values are ${allowed.values.join(', ')}`,
    }));
  });
  return [...here, ...operandsOf(expr).flatMap(checkValues)];
}

function comparisons(expr: Expr): readonly (readonly [Expr, readonly string[]])[] {
  const compares = expr[0] === 'eq' || expr[0] === 'contains' || expr[0] === 'containsAll' || expr[0] === 'containsAny';
  if (!compares) return [];
  return [[expr[1], literalsOf(expr[2])], [expr[2], literalsOf(expr[1])]];
}

function literalsOf(expr: Expr): readonly string[] {
  if (expr[0] === 'value') return typeof expr[1] === 'string' ? [expr[1]] : [];
  return expr[0] === 'set' ? expr[1].flatMap(literalsOf) : [];
}

function closedValues(expr: Expr): { readonly name: string; readonly values: readonly string[] } | undefined {
  if (expr[0] === 'set') return expr[1].map(closedValues).find((found) => found !== undefined);
  const [table, owner, name] = attributeOf(expr);
  const values = table !== undefined && Object.hasOwn(table, name) ? table[name]?.values : undefined;
  return values === undefined ? undefined : { name: `${owner}.${name}`, values };
}

function attributeOf(expr: Expr): readonly [typeof CONTEXT_ATTRIBUTES | undefined, string, string] {
  if (expr[0] === 'context') return [CONTEXT_ATTRIBUTES, 'context', expr[1]];
  if (expr[0] !== 'get' || expr[1][0] !== 'variable') return [undefined, '', ''];
  const owner = expr[1][1];
  if (owner === 'principal') return [PRINCIPAL_ATTRIBUTES, owner, expr[2]];
  return owner === 'resource' ? [RESOURCE_ATTRIBUTES.Tool, owner, expr[2]] : [undefined, '', ''];
}

/**
 * Checks what a condition reads of its tool's arguments. A property that has no type is hidden from policies: a test for it
 * would be false while it is there, and a comparison of a whole object would pass over it, so both are refused.
 */
export function checkArguments(expr: Expr, shape: RecordShape): readonly Problem[] {
  if (expr[0] === 'contextHas' && expr[1] === 'arguments') return [WHOLE_ARGUMENTS];
  const chain = chainOf(expr);
  if (chain === undefined) return operandsOf(expr).flatMap((operand) => checkArguments(operand, shape));
  let current: Shape = shape;
  for (const name of chain) {
    if (typeof current === 'string' || !('fields' in current)) return [];
    const inner: Shape | undefined = current.fields.find(([known]) => known === name)?.[1];
    if (inner === undefined || cedarType(inner) === undefined) return [untyped(name, current)];
    current = inner;
  }
  return expr[0] !== 'has' && typeof current === 'object' && 'fields' in current ? [WHOLE_ARGUMENTS] : [];
}

const WHOLE_ARGUMENTS: Problem = {
  code: 'ERR_POLICY_UNSUPPORTED', message: 'arguments, and objects inside them, are no values as a whole', remedy: 'read or test their properties one by one',
};

function untyped(name: string, { fields }: RecordShape): Problem {
  const typed = fields.filter(([, inner]) => cedarType(inner) !== undefined).map(([known]) => known);
  const offer = `read only properties that the pinned inputSchema gives one type: ${typed.slice(0, 10).join(', ')}`;
  const remedy = typed.length === 0 ? 'the pinned inputSchema has none' : offer;
  return { code: 'ERR_POLICY_INVALID', message: `the argument ${name} is unknown, or has no one type`, remedy };
}

/** The names from `context.arguments` down; `undefined`: the expression does not start there. */
function chainOf(expr: Expr): readonly string[] | undefined {
  if (expr[0] === 'context') return expr[1] === 'arguments' ? [] : undefined;
  if (expr[0] !== 'get' && expr[0] !== 'has') return undefined;
  const base = chainOf(expr[1]);
  return base === undefined ? undefined : [...base, expr[2]];
}

/** The names under `context.arguments` that a condition reads; `undefined`: it reads none. `*`: all of them. */
export function argumentsRead(expr: Expr): ReadonlySet<string> | undefined {
  if ((expr[0] === 'get' || expr[0] === 'has') && expr[1][0] === 'context' && expr[1][1] === 'arguments') return new Set([expr[2]]);
  if ((expr[0] === 'context' || expr[0] === 'contextHas') && expr[1] === 'arguments') return new Set(['*']);
  const found = operandsOf(expr).map(argumentsRead).filter((names) => names !== undefined);
  return found.length === 0 ? undefined : new Set(found.flatMap((names) => [...names]));
}
