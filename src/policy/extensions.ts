import ipaddr from 'ipaddr.js';
import type { ExtensionKind } from './program.ts';
import type { ExtensionValue, IpValue, ScalarValue } from './values.ts';
import { EvaluationError, addLongs, multiplyLongs, subtractLongs, toLong } from './values.ts';

const DAY_MS = 86_400_000n;

/** Reads the text of an extension constructor as Cedar does. Throws `EvaluationError`. */
export function readExtension(kind: ExtensionKind, text: string): ExtensionValue {
  return READERS[kind](text);
}

function readDecimal(text: string): ScalarValue {
  if (!/^-?\d+\.\d{1,4}$/.test(text)) throw new EvaluationError('not a decimal with one to four places');
  return decimalOf(text);
}

/**
 * The fixed mapping of JSON numbers: a decimal of at most four places. Throws `EvaluationError` when the number is out of
 * range or more precise, so that no rounding can ever satisfy a condition.
 */
export function decimalOfNumber(number: number): ScalarValue {
  const text = String(number);
  if (!/^-?\d+(?:\.\d{1,4})?$/.test(text)) throw new EvaluationError('a number is out of range or has more than four decimal places');
  return decimalOf(text);
}

function decimalOf(text: string): ScalarValue {
  const [whole = '0', fraction = ''] = text.split('.');
  return { kind: 'decimal', amount: toLong(BigInt(whole + fraction.padEnd(4, '0'))) };
}

const DATETIME = /^(\d{4})-(\d\d)-(\d\d)(?:T(\d\d):(\d\d):(\d\d)(?:\.(\d{3}))?(?:Z|([+-])(\d\d)(\d\d)))?$/;

function readDatetime(text: string): ScalarValue {
  const match = DATETIME.exec(text);
  if (match === null) throw new EvaluationError('not a datetime');
  const part = (index: number): number => Number(match[index] ?? 0);
  const [year, month, day, hour, minute, second] = [part(1), part(2), part(3), part(4), part(5), part(6)];
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  const offsetMinutes = (match[8] === '-' ? -1 : 1) * (part(9) * 60 + part(10));
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day || hour > 23 || minute > 59 || second > 59 || part(9) > 23 || part(10) > 59) {
    throw new EvaluationError('not a datetime');
  }
  date.setUTCHours(hour, minute, second, part(7));
  return { kind: 'datetime', amount: date.getTime() - offsetMinutes * 60_000 };
}

function readDuration(text: string): ScalarValue {
  const match = /^(-?)(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?$/.exec(text);
  if (match === null || !/\d/.test(text)) throw new EvaluationError('not a duration');
  const units = [86_400_000n, 3_600_000n, 60_000n, 1000n, 1n];
  const total = units.reduce((sum, unit, index) => sum + BigInt(match[index + 2] ?? '0') * unit, 0n);
  return { kind: 'duration', amount: toLong(match[1] === '-' ? -total : total) };
}

function readIp(text: string): IpValue {
  const [host = '', prefixText, ...rest] = text.split('/');
  const version = host.includes(':') ? 6 : 4;
  const width = version === 4 ? 32 : 128;
  const shape = version === 4 ? /^(?:(?:0|[1-9]\d{0,2})\.){3}(?:0|[1-9]\d{0,2})$/ : /^[0-9a-fA-F:]+$/;
  const wellFormed = shape.test(host) && rest.length === 0 && (prefixText === undefined || /^(?:0|[1-9]\d{0,2})$/.test(prefixText));
  const prefix = prefixText === undefined ? width : Number(prefixText);
  if (!wellFormed || prefix > width || !ipaddr.isValid(host)) throw new EvaluationError('not an IP address or range');
  const bytes = ipaddr.parse(host).toByteArray();
  return { kind: 'ip', version, address: bytes.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n), prefix };
}

const READERS = { decimal: readDecimal, ip: readIp, datetime: readDatetime, duration: readDuration } as const;

function rangeOf(value: IpValue): { readonly first: bigint; readonly last: bigint } {
  const hostBits = BigInt((value.version === 4 ? 32 : 128) - value.prefix);
  const first = (value.address >> hostBits) << hostBits;
  return { first, last: first | ((1n << hostBits) - 1n) };
}

function within(inner: IpValue, outer: IpValue): boolean {
  if (inner.version !== outer.version) return false;
  const [a, b] = [rangeOf(inner), rangeOf(outer)];
  return b.first <= a.first && a.last <= b.last;
}

const LOOPBACK = { 4: readIp('127.0.0.0/8'), 6: readIp('::1/128') } as const;
const MULTICAST = { 4: readIp('224.0.0.0/4'), 6: readIp('ff00::/8') } as const;

type ExtensionMethod = (self: ExtensionValue, other: ExtensionValue | undefined) => boolean | number | bigint | ExtensionValue;

/** Floor division: days before 1970 end at midnight too. */
function floorDay(amount: bigint): bigint {
  return (amount / DAY_MS - (amount % DAY_MS < 0n ? 1n : 0n)) * DAY_MS;
}

function scalar(kind: ScalarValue['kind'], value: ExtensionValue | undefined): ScalarValue {
  if (value?.kind !== kind) throw new EvaluationError(`expected a ${kind}`);
  return value;
}

function ipOf(value: ExtensionValue | undefined): IpValue {
  if (value?.kind !== 'ip') throw new EvaluationError('expected an IP address');
  return value;
}

const comparison = (test: (left: number | bigint, right: number | bigint) => boolean): ExtensionMethod => (self, other) =>
  test(scalar('decimal', self).amount, scalar('decimal', other).amount);

const inUnits = (unitMs: bigint): ExtensionMethod => (self) => toLong(BigInt(scalar('duration', self).amount) / unitMs);

/** Cedar's extension methods by name. Arguments of another type throw `EvaluationError`. */
export const EXTENSION_METHODS: Readonly<Record<string, { readonly takes: 1 | 2; readonly run: ExtensionMethod }>> = {
  lessThan: { takes: 2, run: comparison((left, right) => left < right) },
  lessThanOrEqual: { takes: 2, run: comparison((left, right) => left <= right) },
  greaterThan: { takes: 2, run: comparison((left, right) => left > right) },
  greaterThanOrEqual: { takes: 2, run: comparison((left, right) => left >= right) },
  isIpv4: { takes: 1, run: (self) => ipOf(self).version === 4 },
  isIpv6: { takes: 1, run: (self) => ipOf(self).version === 6 },
  isLoopback: { takes: 1, run: (self) => within(ipOf(self), LOOPBACK[ipOf(self).version]) },
  isMulticast: { takes: 1, run: (self) => within(ipOf(self), MULTICAST[ipOf(self).version]) },
  isInRange: { takes: 2, run: (self, other) => within(ipOf(self), ipOf(other)) },
  offset: { takes: 2, run: (self, other) => ({ kind: 'datetime', amount: addLongs(scalar('datetime', self).amount, scalar('duration', other).amount) }) },
  durationSince: {
    takes: 2,
    run: (self, other) => ({ kind: 'duration', amount: subtractLongs(scalar('datetime', self).amount, scalar('datetime', other).amount) }),
  },
  toDate: { takes: 1, run: (self) => ({ kind: 'datetime', amount: toLong(floorDay(BigInt(scalar('datetime', self).amount))) }) },
  toTime: {
    takes: 1,
    run: (self) => {
      const amount = BigInt(scalar('datetime', self).amount);
      return { kind: 'duration', amount: toLong(amount - floorDay(amount)) };
    },
  },
  toMilliseconds: { takes: 1, run: (self) => multiplyLongs(scalar('duration', self).amount, 1) },
  toSeconds: { takes: 1, run: inUnits(1000n) },
  toMinutes: { takes: 1, run: inUnits(60_000n) },
  toHours: { takes: 1, run: inUnits(3_600_000n) },
  toDays: { takes: 1, run: inUnits(86_400_000n) },
};
