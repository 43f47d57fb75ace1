import { randomFillSync } from 'node:crypto';

/* W3C Trace Context (levels 1 and 2) and Baggage. All of it is untrusted input: what isn't of its form is as if it were not there. */

/** What somebody else says of the trace that a message belongs to. */
export interface Caller {
  readonly traceId: string;
  /** Their own span. */
  readonly spanId: string;
  readonly sampled: boolean;
  readonly state?: string;
}

const TRACEPARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-[!-~]{0,200})?$/;
const TRACEPARENT_CHARS_MAX = 300;
const STATE_CHARS_MAX = 512;
const STATE_MEMBERS_MAX = 32;
const STATE_MEMBER = /^(?:[a-z][a-z0-9_*/-]{0,255}|[a-z0-9][a-z0-9_*/-]{0,240}@[a-z][a-z0-9_*/-]{0,13})=[!-+\--<>-~ ]{0,255}[!-+\--<>-~]$/;
const BAGGAGE_CHARS_MAX = 8192;
const BAGGAGE_MEMBERS_MAX = 64;
const BAGGAGE_VALUE = /^[!#-+\--:<-[\]-~]{0,4096}$/;

/** Undefined for anything but a valid `traceparent`; an invalid `tracestate` is left out. */
export function readCaller(traceparent: unknown, tracestate: unknown): Caller | undefined {
  if (typeof traceparent !== 'string' || traceparent.length > TRACEPARENT_CHARS_MAX) return undefined;
  const [, version = 'ff', traceId = '', spanId = '', flags = '00', rest] = TRACEPARENT.exec(traceparent) ?? [];
  // Later versions may say more after these fields; this one may not.
  if (version === 'ff' || (version === '00' && rest !== undefined) || isZero(traceId) || isZero(spanId)) return undefined;
  const state = readState(tracestate);
  return { traceId, spanId, sampled: (Number.parseInt(flags, 16) & 1) === 1, ...(state === undefined ? {} : { state }) };
}

function isZero(hex: string): boolean {
  return /^0*$/.test(hex);
}

function readState(value: unknown): string | undefined {
  if (typeof value !== 'string' || value === '' || value.length > STATE_CHARS_MAX) return undefined;
  const members = value.split(',').map((member) => member.trim()).filter((member) => member !== '');
  const isSound = members.length > 0 && members.length <= STATE_MEMBERS_MAX && members.every((member) => STATE_MEMBER.test(member));
  return isSound ? members.join(',') : undefined;
}

export function writeParent(traceId: string, spanId: string, sampled: boolean): string {
  return `00-${traceId}-${spanId}-${sampled ? '01' : '00'}`;
}

/** The members of W3C baggage whose keys are allowed, without their properties; undefined when none is left. */
export function allowedBaggage(value: unknown, allowed: readonly string[]): string | undefined {
  if (allowed.length === 0 || typeof value !== 'string' || value.length > BAGGAGE_CHARS_MAX) return undefined;
  const members = value.split(',', BAGGAGE_MEMBERS_MAX).flatMap((member) => {
    const [pair = ''] = member.split(';', 1);
    const at = pair.indexOf('=');
    const [key, text] = [pair.slice(0, at).trim(), pair.slice(at + 1).trim()];
    return at > 0 && allowed.includes(key) && BAGGAGE_VALUE.test(text) ? [`${key}=${text}`] : [];
  });
  return members.length === 0 ? undefined : members.join(',');
}

const TRACE_BYTES = 16;
const SPAN_BYTES = 8;
/** Asking the system for each id would cost more than the rest of a span. */
const pool = Buffer.alloc(16 * 1024);
let used = pool.length;

function randomHex(bytes: number): string {
  if (used + bytes > pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += bytes;
  return pool.toString('hex', used - bytes, used);
}

export function newTraceId(): string {
  return randomHex(TRACE_BYTES);
}

export function newSpanId(): string {
  return randomHex(SPAN_BYTES);
}

const RANDOM_HEX_FROM = 18;
const RANDOM_RANGE = 2 ** 56;

/** Whether a trace is among this share of all; every party that asks the same of it comes to the same (level 2: 56 random bits). */
export function isInShare(traceId: string, ratio: number): boolean {
  return ratio >= 1 || (ratio > 0 && Number.parseInt(traceId.slice(RANDOM_HEX_FROM), 16) >= (1 - ratio) * RANDOM_RANGE);
}
