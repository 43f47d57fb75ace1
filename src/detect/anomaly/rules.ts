import { ANOMALY_RULES } from '../../domain/finding.ts';
import { argumentShape } from './argument-shape.ts';
import { argumentSize } from './argument-size.ts';
import { CHANNEL_LIST } from './channels.ts';
import { denials } from './denials.ts';
import { destinations } from './destinations.ts';
import { enumeration } from './enumeration.ts';
import { firstUse } from './first-use.ts';
import { hours } from './hours.ts';
import { labels } from './labels.ts';
import { NOTICE_WIDTH } from './notice.ts';
import { pace } from './pace.ts';
import { rate } from './rate.ts';
import { resultSize } from './result-size.ts';
import { sequence } from './sequence.ts';
import type { Rule } from './sight.ts';

const RULES: readonly Rule[] = [
  rate, pace, hours, firstUse, argumentShape, argumentSize, resultSize, denials, enumeration, sequence, destinations, labels,
];

/**
 * A row of an actor: what is known of it as a whole, what was told of it, the highest score of each channel and the rarest of each
 * rule today, then each rule's part.
 */
export const ACTOR = {
  hour: 0, days: 1, doubted: 2, notice: 3, peaks: 3 + NOTICE_WIDTH, evidence: 3 + NOTICE_WIDTH + CHANNEL_LIST.length,
  rules: 3 + NOTICE_WIDTH + CHANNEL_LIST.length + ANOMALY_RULES.length,
} as const;
const OFFSETS = RULES.reduce<readonly number[]>((offsets, { width }) => [...offsets, (offsets.at(-1) ?? 0) + width], [ACTOR.rules]);
export const ACTOR_WIDTH = OFFSETS.at(-1) ?? ACTOR.rules;

/** Lets every rule work on its part of a row. */
export function forEachRule(row: number, work: (rule: Rule, at: number) => void): void {
  for (let index = 0; index < RULES.length; index += 1) {
    const rule = RULES[index];
    if (rule !== undefined) work(rule, row + (OFFSETS[index] ?? 0));
  }
}
