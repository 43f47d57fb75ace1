import { CATEGORIES, type Category } from '../domain/server.ts';
import type { ObligationKind } from './annotations.ts';

/**
 * The gates that gateways can meet: one table for what policies may say (compiled in control) and what is met
 * (`gateway/obligations`). A gate stands on a forbid and lifts it when met.
 */
const GATES = ['limit', 'budget', 'bulk', 'approve', 'stage', 'quarantine'] as const;
export type GateKind = (typeof GATES)[number];

const PERIODS_MS = { s: 1_000, min: 60_000, h: 3_600_000, day: 86_400_000 } as const;
const PARTS = ['caller', 'agent', 'server', 'tool', 'vendor'] as const;
/** Whose calls are counted together. Without a vendor a server is its own. */
export type Part = (typeof PARTS)[number];

const EACH: readonly Part[] = ['caller', 'agent', 'server', 'tool'];

/** So many in any stretch of time that long. */
export interface Rate {
  readonly max: number;
  readonly periodMs: number;
}

const RATE = String.raw`([1-9]\d{0,8})/(s|min|h|day)`;
const LIMIT = new RegExp(`^${RATE}((?:/(?:${PARTS.join('|')})){0,5})$`);
const BUDGET = new RegExp(`^${RATE}$`);
const BULK = /^\d{1,9}$/;
/** How many different people, and of whom; a name that itself starts like a number is written after one (`1:2:ops`). */
const APPROVE = /^(?:([1-9]):)?([^\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s](?:[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]{0,198}[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s])?)$/u;

/**
 * What permits may have changed before a message is sent or given out: arguments where they permit a call, results where they
 * permit its answer (`respond`).
 */
const TRANSFORMS = ['redact', 'tokenise', 'restore', 'spotlight', 'notify'] as const;
export type TransformKind = (typeof TRANSFORMS)[number];

const KINDS_OF_DATA = new RegExp(`^(?:${CATEGORIES.join('|')})(?:,(?:${CATEGORIES.join('|')})){0,4}$`);
const CHANNEL = /^[\w.@-]{1,64}$/;

export const OBLIGATION_KINDS: readonly (ObligationKind & { readonly kind: GateKind | TransformKind })[] = [
  { kind: 'limit', on: 'forbid', value: LIMIT, example: '@limit("30/min")' },
  { kind: 'budget', on: 'forbid', value: BUDGET, example: '@budget("20/day")' },
  { kind: 'bulk', on: 'forbid', value: BULK, example: '@bulk("100")' },
  { kind: 'approve', on: 'forbid', value: APPROVE, example: '@approve("owner") or @approve("2:secops")' },
  { kind: 'stage', on: 'forbid', value: APPROVE, example: '@stage("owner")' },
  { kind: 'quarantine', on: 'forbid', example: '@quarantine' },
  { kind: 'redact', on: 'permit', value: KINDS_OF_DATA, example: '@redact("pii,secret")' },
  { kind: 'tokenise', on: 'permit', value: KINDS_OF_DATA, example: '@tokenise("pii")' },
  { kind: 'restore', on: 'permit', value: KINDS_OF_DATA, example: '@restore("pii")' },
  { kind: 'spotlight', on: 'permit', example: '@spotlight' },
  { kind: 'notify', on: 'permit', value: CHANNEL, example: '@notify("secops")' },
];

export function isTransform(kind: string): kind is TransformKind {
  return TRANSFORMS.some((transform) => transform === kind);
}

/** `pii,secret`. */
export function readCategories(value: string): readonly Category[] | undefined {
  return KINDS_OF_DATA.test(value) ? CATEGORIES.filter((category) => value.split(',').includes(category)) : undefined;
}

export function isGate(kind: string): kind is GateKind {
  return GATES.some((gate) => gate === kind);
}

/** `30/min`, and by what it is counted: without parts each caller with each agent has each tool of each server for itself. */
export function readLimit(value: string): (Rate & { readonly by: readonly Part[] }) | undefined {
  const [, max, period, parts = ''] = LIMIT.exec(value) ?? [];
  const named = PARTS.filter((part) => parts.split('/').includes(part));
  return rateOf(max, period, { by: named.length === 0 ? EACH : named });
}

/** `20/day`. */
export function readBudget(value: string): Rate | undefined {
  const [, max, period] = BUDGET.exec(value) ?? [];
  return rateOf(max, period, {});
}

export function readBulk(value: string): number | undefined {
  return BULK.test(value) ? Number(value) : undefined;
}

/** Whose word a call waits for: `owner` (of its server), `role:<role>` (who administers so), or a group by its name. */
export interface Approvers {
  /** So many different people. */
  readonly count: number;
  readonly of: string;
}

/** `owner`, `secops`, `2:secops`, `role:approver`; of `approve`, and of `stage`, whose approvers see what the call would do. */
export function readApprove(value: string): Approvers | undefined {
  const [, count, of] = APPROVE.exec(value) ?? [];
  return of === undefined ? undefined : { count: Number(count ?? 1), of };
}

function rateOf<More>(max: string | undefined, period: string | undefined, more: More): (Rate & More) | undefined {
  if (max === undefined || (period !== 's' && period !== 'min' && period !== 'h' && period !== 'day')) return undefined;
  return { max: Number(max), periodMs: PERIODS_MS[period], ...more };
}
