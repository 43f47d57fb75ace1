import { SEVERITIES } from '../../domain/finding.ts';
import type { Severity } from '../../domain/finding.ts';
import { LIMITS } from '../../domain/limits.ts';
import type { Counted } from './collect.ts';
import type { Deed, FindingGroup } from './schema.ts';

const DAY_CHARS = 10;

/** The state of a group at a moment: what was suppressed until then is open again. */
export function stateAt({ state, until }: Pick<FindingGroup, 'state' | 'until'>, now: number): FindingGroup['state'] {
  return state === 'suppressed' && (until ?? 0) <= now ? 'open' : state;
}

export function dayOf(at: number): string {
  return new Date(at).toISOString().slice(0, DAY_CHARS);
}

/** The group with what was found of it. What was mended and is found again is open, as is what somebody knew of and is graver now. */
export function withOccurrences(group: FindingGroup, those: readonly Counted[], now: number): FindingGroup {
  const before = stateAt(group, now);
  const severity = those.reduce((worst, one) => graver(worst, one.severity), group.severity);
  const days = { ...group.days };
  const outcomes = { ...group.outcomes };
  for (const { at, outcome } of those) {
    days[dayOf(at)] = (days[dayOf(at)] ?? 0) + 1;
    outcomes[outcome] += 1;
  }
  const exchanges = [...new Set([...group.exchanges, ...those.flatMap(({ exchange }) => (exchange === undefined ? [] : [exchange]))])];
  const next: FindingGroup = {
    ...group, severity, outcomes, count: group.count + those.length, silenced: group.silenced + those.filter(({ silenced }) => silenced).length,
    firstAt: Math.min(group.firstAt, ...those.map(({ at }) => at)), lastAt: Math.max(group.lastAt, ...those.map(({ at }) => at)),
    exchanges: exchanges.slice(-LIMITS.findingExchangesMax), days: Object.fromEntries(Object.entries(days).toSorted(byDay).slice(-LIMITS.findingDaysShown)),
  };
  if (before === 'resolved') return done(next, { at: now, by: 'sallyport|control', did: 'returned', reason: 'it was found again' });
  const isGraver = before === 'acknowledged' && rank(severity) > rank(group.severity);
  return isGraver ? done(next, { at: now, by: 'sallyport|control', did: 'worsened', reason: `${group.severity} → ${severity}` }) : next;
}

const STATE_AFTER: Readonly<Record<Deed['did'], FindingGroup['state']>> = {
  acknowledged: 'acknowledged', suppressed: 'suppressed', resolved: 'resolved', reopened: 'open', returned: 'open', worsened: 'open',
};

/** The group after something was done about it. */
export function done(group: FindingGroup, deed: Deed): FindingGroup {
  const { until: _, ...rest } = group;
  return {
    ...rest, state: STATE_AFTER[deed.did],
    ...(deed.until === undefined ? {} : { until: deed.until }), deeds: [...group.deeds, deed].slice(-LIMITS.findingDeedsMax),
  };
}

/** What opened a group again by itself. */
export function returned(before: FindingGroup | undefined, after: FindingGroup): 'returned' | 'worsened' | undefined {
  const last = after.deeds.at(-1);
  if (before === undefined || before.state === after.state || last === undefined) return undefined;
  return last.did === 'returned' || last.did === 'worsened' ? last.did : undefined;
}

export function rank(severity: Severity): number {
  return SEVERITIES.indexOf(severity);
}

function graver(one: Severity, other: Severity): Severity {
  return rank(other) > rank(one) ? other : one;
}

function byDay([one]: readonly [string, number], [other]: readonly [string, number]): number {
  return one < other ? -1 : 1;
}
