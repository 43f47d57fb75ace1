import { ANOMALY_RULES, type AnomalyRule, type Finding, type Severity } from '../../domain/finding.ts';
import type { Alarms, Judged } from './alarms.ts';
import { describe, type ChannelId } from './channels.ts';
import type { Table } from './table.ts';

/** One thing that a rule found, rare enough to be one. */
export interface Found extends Judged {
  readonly channel: ChannelId;
  readonly rule: AnomalyRule;
  readonly expected: number;
  readonly seen: number;
}

/** What is unusual in a call, or in what its caller is doing. */
export interface Unusual {
  /** What policy is to see: new findings, and those that stand because they were found within the last hour. */
  readonly findings: readonly Finding[];
  /** Those to be told of: each rule of an actor once a day, unless it becomes far more unusual. */
  readonly raised: readonly Finding[];
}

const NOTHING_UNUSUAL: Unusual = { findings: [], raised: [] };

/**
 * Numbers in an actor's row: tokens and their hour; for each rule until when it stands, when it was told, how rare it was, how
 * severe; the latest end of those that stand.
 */
const RULES = ANOMALY_RULES.length;
const AT = { tokens: 0, hour: 1, until: 2, told: 2 + RULES, rarity: 2 + 2 * RULES, severity: 2 + 3 * RULES, latest: 2 + 4 * RULES } as const;
export const NOTICE_WIDTH = 3 + 4 * RULES;

/** About one call; the others are about what somebody is doing, and stand. */
const OF_ONE_CALL: readonly AnomalyRule[] = ['first-use', 'argument-shape'];
const STANDING_MINUTES = 60;
const AGAIN_MINUTES = 24 * 60;
/** How much rarer than when it was told it must be to be told again, in powers of e. */
const RARER = 7;
/** Beyond that, rarer is not told again. */
const RAREST = 22;
/** Findings that one actor may raise in a row, the hours after which it may raise one more, and how much rarer they must be beyond. */
const TOKENS_MAX = 4;
const TOKEN_HOURS = 8 * 24;
const DEARER = 2;
const SEVERE: readonly (readonly [margin: number, severity: Severity])[] = [[8, 'critical'], [3, 'high'], [0, 'medium']];

/**
 * Makes findings of what was found for one actor, and says which of them are news. An actor that stands out again and again is
 * told of less and less often, so that one odd actor can't use up everybody's attention; what is far rarer still passes.
 */
export function notice(found: readonly Found[], rows: Table, at: number, minute: number, alarms: Alarms): Unusual {
  if (found.length === 0) return (rows.words[at + AT.latest] ?? 0) < minute ? NOTHING_UNUSUAL : { findings: standing(rows, at, minute, []), raised: [] };
  const hour = Math.floor(minute / 60);
  const [findings, raised]: [Finding[], Finding[]] = [[], []];
  refill(rows.floats, at, hour);
  for (const one of strongest(found)) {
    const index = ruleIndex(one.rule);
    const isPoor = (rows.floats[at + AT.tokens] ?? 0) < 1;
    if (isPoor && one.margin < DEARER) continue;
    const finding = findingOf(one);
    findings.push(finding);
    if (!OF_ONE_CALL.includes(one.rule)) rows.words[at + AT.until + index] = rows.words[at + AT.latest] = minute + STANDING_MINUTES;
    rows.floats[at + AT.severity + index] = SEVERE.findIndex(([margin]) => one.margin >= margin);
    const isKnown = minute - (rows.words[at + AT.told + index] ?? 0) < AGAIN_MINUTES;
    if (isKnown && Math.min(RAREST, one.rarity) < (rows.floats[at + AT.rarity + index] ?? 0) + RARER) continue;
    rows.words[at + AT.told + index] = minute;
    rows.floats[at + AT.rarity + index] = Math.min(RAREST, one.rarity);
    rows.floats[at + AT.tokens] = Math.max(0, (rows.floats[at + AT.tokens] ?? 0) - 1);
    alarms.raised(one.channel, hour);
    raised.push(finding);
  }
  return { findings: [...findings, ...standing(rows, at, minute, findings)], raised };
}

/** What was found lately and still counts; nothing most of the time, and then nothing is made. */
function standing(rows: Table, at: number, minute: number, besides: readonly Finding[]): readonly Finding[] {
  let findings: Finding[] | undefined;
  for (let index = 0; index < RULES; index += 1) {
    if ((rows.words[at + AT.until + index] ?? 0) < minute) continue;
    const rule = ANOMALY_RULES[index] ?? 'unscored';
    if (besides.some((one) => one.rule === rule)) continue;
    const severity = SEVERE[rows.floats[at + AT.severity + index] ?? 0]?.[1] ?? 'medium';
    (findings ??= []).push({ detector: 'anomaly', rule, severity, at: [], seen: 'found within the last hour' });
  }
  return findings ?? NOTHING_UNUSUAL.findings;
}

/** The rarest of each rule. */
function strongest(found: readonly Found[]): readonly Found[] {
  if (found.length < 2) return found;
  const best = new Map<AnomalyRule, Found>();
  for (const one of found) {
    if (one.margin > (best.get(one.rule)?.margin ?? -1)) best.set(one.rule, one);
  }
  return [...best.values()];
}

function refill(floats: Float32Array, at: number, hour: number): void {
  const since = floats[at + AT.hour] ?? 0;
  const gained = since === 0 ? TOKENS_MAX : Math.max(0, hour - since) / TOKEN_HOURS;
  floats[at + AT.tokens] = Math.min(TOKENS_MAX, (floats[at + AT.tokens] ?? 0) + gained);
  floats[at + AT.hour] = hour;
}

function findingOf({ channel, rule, expected, seen, rarity, margin }: Found): Finding {
  return {
    detector: 'anomaly', rule, severity: SEVERE.find(([least]) => margin >= least)?.[1] ?? 'medium', at: [],
    expected: describe(channel, expected), seen: describe(channel, seen), rarity: Number(Math.exp(-rarity).toPrecision(2)),
  };
}

/** The place of a rule among all of them. */
export function ruleIndex(rule: AnomalyRule): number {
  return ANOMALY_RULES.indexOf(rule);
}
