/** Cedar's values as the decision engine holds them. Longs are numbers while they are safe integers and bigints beyond, so each has one form. */
export type Value = boolean | Long | string | EntityValue | SetValue | RecordValue | ExtensionValue;
export type Long = number | bigint;

export interface EntityValue {
  readonly kind: 'entity';
  readonly type: string;
  readonly id: string;
}

export interface SetValue {
  readonly kind: 'set';
  readonly items: readonly Value[];
}

export interface RecordValue {
  readonly kind: 'record';
  readonly fields: ReadonlyMap<string, Value>;
}

/** `decimal`: ten-thousandths. `datetime` and `duration`: milliseconds. */
export interface ScalarValue {
  readonly kind: 'decimal' | 'datetime' | 'duration';
  readonly amount: Long;
}

export interface IpValue {
  readonly kind: 'ip';
  readonly version: 4 | 6;
  readonly address: bigint;
  readonly prefix: number;
}

export type ExtensionValue = ScalarValue | IpValue;

/** A condition that has no value. Any such error denies (invariant 6); Cedar itself would skip the policy. */
export class EvaluationError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'EvaluationError';
  }
}

const LONG_MIN = -(2n ** 63n);
const LONG_MAX = 2n ** 63n - 1n;

/** The one form of an exact integer. Throws `EvaluationError` beyond 64 bits. */
export function toLong(exact: bigint): Long {
  if (exact < LONG_MIN || exact > LONG_MAX) throw new EvaluationError('integer overflow');
  const number = Number(exact);
  return Number.isSafeInteger(number) ? number : exact;
}

export function addLongs(left: Long, right: Long): Long {
  return exactly(Number(left) + Number(right)) ?? toLong(BigInt(left) + BigInt(right));
}

export function subtractLongs(left: Long, right: Long): Long {
  return exactly(Number(left) - Number(right)) ?? toLong(BigInt(left) - BigInt(right));
}

export function multiplyLongs(left: Long, right: Long): Long {
  return exactly(Number(left) * Number(right)) ?? toLong(BigInt(left) * BigInt(right));
}

/** Sums, differences and products of safe integers that are safe themselves are exact; adding 0 turns -0 into 0. */
function exactly(result: number): number | undefined {
  return Number.isSafeInteger(result) ? result + 0 : undefined;
}

export function isLong(value: Value): value is Long {
  return typeof value === 'number' || typeof value === 'bigint';
}

/** Cedar's `==`: values of different types are unequal, never an error. */
export function equal(left: Value, right: Value): boolean {
  if (typeof left !== 'object' || typeof right !== 'object') return left === right;
  if (left.kind === 'entity') return right.kind === 'entity' && left.type === right.type && left.id === right.id;
  if (left.kind === 'set') return right.kind === 'set' && includesAll(left, right) && includesAll(right, left);
  if (left.kind === 'record') return right.kind === 'record' && sameFields(left, right);
  if (left.kind === 'ip') return right.kind === 'ip' && left.version === right.version && left.address === right.address && left.prefix === right.prefix;
  return right.kind === left.kind && left.amount === right.amount;
}

export function includes(set: SetValue, wanted: Value): boolean {
  return set.items.some((item) => equal(item, wanted));
}

export function includesAll(set: SetValue, wanted: SetValue): boolean {
  return wanted.items.every((item) => includes(set, item));
}

export function includesAny(set: SetValue, wanted: SetValue): boolean {
  return wanted.items.some((item) => includes(set, item));
}

function sameFields(left: RecordValue, right: RecordValue): boolean {
  if (left.fields.size !== right.fields.size) return false;
  for (const [name, value] of left.fields) {
    const other = right.fields.get(name);
    if (other === undefined || !equal(value, other)) return false;
  }
  return true;
}
