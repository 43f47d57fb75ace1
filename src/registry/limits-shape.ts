import { z } from 'zod';
import { STANDING_LIMITS, type StandingLimits } from '../domain/standing.ts';

/** `limits:` of sallyport.yaml: what holds whatever policy says. */

const PERIODS_MS = { s: 1_000, min: 60_000, h: 3_600_000, day: 86_400_000 } as const;
const SPANS_MS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const RATE = z.string().regex(/^[1-9]\d{0,8}\/(?:s|min|h|day)$/, 'must be a rate: 30/min, 200/h');
const PER_MINUTE = z.string().regex(/^[1-9]\d{0,8}\/min$/, 'must be a rate per minute: 300/min');
const SPAN = z.string().regex(/^[1-9]\d{0,4}[smhd]$/, 'must be a span of time: 30s, 10m, 8h');
const COUNT = z.int().min(1).max(1_000_000);

export const LIMITS_SHAPE = z.strictObject({
  quota: RATE.exactOptional(),
  questions: RATE.exactOptional(),
  samplingTokens: COUNT.exactOptional(),
  denials: PER_MINUTE.exactOptional(),
  strangerDenials: PER_MINUTE.exactOptional(),
  breaker: z.strictObject({ failures: COUNT.exactOptional(), within: SPAN.exactOptional(), open: SPAN.exactOptional() }).exactOptional(),
  cascade: z.strictObject({ actions: RATE.exactOptional(), denials: COUNT.exactOptional() }).exactOptional(),
  contextIdle: SPAN.exactOptional(),
});
export type LimitsShape = z.infer<typeof LIMITS_SHAPE>;

/** With every default written out. */
export function limitsOf({ quota, questions, samplingTokens, denials, strangerDenials, breaker = {}, cascade = {}, contextIdle }: LimitsShape): StandingLimits {
  const usual = STANDING_LIMITS;
  return {
    ...(quota === undefined ? {} : { quota: rateOf(quota) }),
    questions: questions === undefined ? usual.questions : rateOf(questions),
    samplingTokens: samplingTokens ?? usual.samplingTokens,
    denialsPerMinute: denials === undefined ? usual.denialsPerMinute : rateOf(denials).max,
    strangerDenialsPerMinute: strangerDenials === undefined ? usual.strangerDenialsPerMinute : rateOf(strangerDenials).max,
    breaker: {
      failures: breaker.failures ?? usual.breaker.failures,
      windowMs: breaker.within === undefined ? usual.breaker.windowMs : spanMs(breaker.within),
      openMs: breaker.open === undefined ? usual.breaker.openMs : spanMs(breaker.open),
    },
    cascade: {
      ...(cascade.actions === undefined ? { max: usual.cascade.max, periodMs: usual.cascade.periodMs } : rateOf(cascade.actions)),
      denials: cascade.denials ?? usual.cascade.denials,
    },
    contextIdleMs: contextIdle === undefined ? usual.contextIdleMs : spanMs(contextIdle),
  };
}

function rateOf(text: string): { readonly max: number; readonly periodMs: number } {
  const period = text.slice(text.indexOf('/') + 1);
  return { max: Number.parseInt(text, 10), periodMs: period === 's' || period === 'h' || period === 'day' ? PERIODS_MS[period] : PERIODS_MS.min };
}

function spanMs(text: string): number {
  const unit = text.at(-1);
  return Number.parseInt(text, 10) * (unit === 'm' || unit === 'h' || unit === 'd' ? SPANS_MS[unit] : SPANS_MS.s);
}
