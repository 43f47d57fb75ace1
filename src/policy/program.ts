import type { Json, JsonObject } from '../domain/json.ts';
import { isArray, isObject } from '../domain/json.ts';
import type { VendorStanding } from '../domain/server.ts';
import type { RecordShape } from './shape.ts';
import type { AnyAction } from './vocabulary.ts';
import { ANY_ACTIONS } from './vocabulary.ts';

/**
 * The decision program: what control compiles policies to and what the gateway loads. Plain JSON, so that it travels in
 * a snapshot. A condition is a tuple: operator first, then operands.
 */
export interface Program {
  readonly format: 1;
  readonly policies: readonly ProgramPolicy[];
  /** By server id. */
  readonly servers: Readonly<Record<string, ServerFacts>>;
  /** By `<server>/<tool>`: the arguments of each tool whose arguments some policy reads. */
  readonly shapes: Readonly<Record<string, RecordShape>>;
}

export interface ServerFacts {
  readonly space: string;
  readonly tier: string;
  readonly hosting: string;
  readonly region?: string;
  readonly vendor?: VendorStanding;
}

export interface ProgramPolicy {
  readonly id: string;
  readonly effect: 'permit' | 'forbid';
  readonly principal: Scope;
  /** `null`: every action of messages. */
  readonly actions: readonly AnyAction[] | null;
  readonly resource: Scope;
  readonly condition: Expr;
  /** `shadow`: it decides nothing, and is told of where it would have. `transforms`: a permit that permits nothing, and adds its transforms to what does. */
  readonly only?: OnlyAs;
  /** On a forbid: gates. On a permit: transforms. */
  readonly obligations: readonly { readonly kind: string; readonly value: string }[];
}

export const ONLY = ['shadow', 'transforms'] as const;
export type OnlyAs = (typeof ONLY)[number];

/** A principal or resource scope. `in` includes equality; `exactly` is Cedar's `==`. */
export interface Scope {
  readonly is?: string;
  readonly in?: EntityName;
  readonly exactly?: EntityName;
}

/** Entity type and id. */
export type EntityName = readonly [type: string, id: string];

export type Variable = 'principal' | 'action' | 'resource';
export type UnaryOperator = 'not' | 'neg' | 'isEmpty';
export type BinaryOperator = 'and' | 'or' | 'eq' | 'lt' | 'le' | 'add' | 'sub' | 'mul' | 'contains' | 'containsAll' | 'containsAny';
export type ExtensionKind = 'decimal' | 'ip' | 'datetime' | 'duration';

export type Expr =
  | readonly ['value', boolean | number | string]
  | readonly ['entity', string, string]
  | readonly ['extension', ExtensionKind, string]
  | readonly ['set', readonly Expr[]]
  | readonly ['record', readonly (readonly [string, Expr])[]]
  | readonly ['variable', Variable]
  | readonly ['context', string]
  | readonly ['contextHas', string]
  | readonly ['get', Expr, string]
  | readonly ['has', Expr, string]
  | readonly [UnaryOperator, Expr]
  | BinaryExpr
  | readonly ['if', Expr, Expr, Expr]
  /** `null` stands for any run of characters. */
  | readonly ['like', Expr, readonly (string | null)[]]
  | readonly ['is', Variable, string]
  | readonly ['in', Variable, readonly EntityName[]]
  | readonly ['call', string, readonly Expr[]];

export type BinaryExpr = readonly [BinaryOperator, Expr, Expr];

const BINARY: readonly string[] = ['and', 'or', 'eq', 'lt', 'le', 'add', 'sub', 'mul', 'contains', 'containsAll', 'containsAny'] satisfies BinaryOperator[];

export function isBinary(expr: Expr): expr is BinaryExpr {
  return BINARY.includes(expr[0]);
}

/** What an invalid or missing policy set compiles to: nothing is permitted. */
export const DENY_ALL: Program = { format: 1, policies: [], servers: {}, shapes: {} };

/**
 * Reads a program back from a snapshot's JSON; `undefined` when it is none. Conditions and shapes are checked when
 * closures are built from them, so a malformed one makes the whole program invalid too.
 */
export function readProgram(json: Json): Program | undefined {
  return isProgram(json) ? json : undefined;
}

function isProgram(json: Json): json is Json & Program {
  if (!isObject(json) || json['format'] !== 1 || !isArray(json['policies']) || !isObject(json['servers']) || !isObject(json['shapes'])) return false;
  return json['policies'].every(isPolicy) && Object.values(json['servers']).every(isFacts);
}

function isPolicy(json: Json): boolean {
  if (!isObject(json) || typeof json['id'] !== 'string' || (json['effect'] !== 'permit' && json['effect'] !== 'forbid')) return false;
  const { actions, principal, resource, condition, obligations, only } = json;
  if (only !== undefined && !ONLY.some((one) => one === only)) return false;
  const knownActions = actions === null || (isArray(actions) && actions.every((action) => ANY_ACTIONS.some((known) => known === action)));
  return knownActions && isScope(principal) && isScope(resource) && isArray(condition) && isArray(obligations) && obligations.every(isObligation);
}

function isScope(json: Json | undefined): boolean {
  if (!isObject(json)) return false;
  const known = Object.keys(json).every((key) => key === 'is' || key === 'in' || key === 'exactly');
  return known && (json['is'] === undefined || typeof json['is'] === 'string') && isName(json['in']) && isName(json['exactly']);
}

function isName(json: Json | undefined): boolean {
  return json === undefined || (isArray(json) && json.length === 2 && json.every((part) => typeof part === 'string'));
}

function isObligation(json: Json): boolean {
  return isObject(json) && typeof json['kind'] === 'string' && typeof json['value'] === 'string';
}

function isFacts(json: Json): boolean {
  return isObject(json) && hasStrings(json, ['space', 'tier', 'hosting']) && (json['region'] === undefined || typeof json['region'] === 'string')
    && (json['vendor'] === undefined || isStanding(json['vendor']));
}

function isStanding(json: Json): boolean {
  return isObject(json) && typeof json['id'] === 'string' && Number.isInteger(json['score']) && isTime(json['disclosedUntil']) && isTime(json['attestedAt']);
}

function isTime(json: Json | undefined): boolean {
  return json === undefined || typeof json === 'number';
}

function hasStrings(json: JsonObject, keys: readonly string[]): boolean {
  return keys.every((key) => typeof json[key] === 'string');
}
