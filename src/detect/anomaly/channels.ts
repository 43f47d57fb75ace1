import type { AnomalyRule } from '../../domain/finding.ts';

/** One kind of test that a rule makes. */
export interface Channel {
  readonly rule: AnomalyRule;
  /** Its part of the budget, beside those of the others. */
  readonly weight: number;
  /** What its numbers mean: `{}` is the number. */
  readonly words: string;
  /** Numbers are logarithms of bytes. */
  readonly bytes: boolean;
}

const counts = (rule: AnomalyRule, weight: number, words: string): Channel => ({ rule, weight, words, bytes: false });
const sizes = (rule: AnomalyRule, weight: number, words: string): Channel => ({ rule, weight, words, bytes: true });

const CHANNELS = {
  callsHour: counts('rate', 0.7, '{} calls an hour'),
  callsDay: counts('rate', 1, '{} calls a day'),
  callsDrift: counts('rate', 0.4, '{} deviations of calls a day, summed over days'),
  toolDay: counts('rate', 2, '{} calls of this tool a day'),
  repeats: counts('rate', 2, '{} times the same call in a row'),
  pace: counts('rate', 2, '{} deviations of pace, summed over a session'),
  hour: counts('hours', 1, 'calls at this hour on {} % of active hours'),
  idle: counts('hours', 2, '{} hours without a call'),
  toolFirst: counts('first-use', 4, '{} of peers using it'),
  toolsNew: counts('first-use', 2, '{} of surprise at new tools in a day'),
  shape: counts('argument-shape', 1, 'this property in {} of the last calls of the tool'),
  property: sizes('argument-size', 3, '{} in one property'),
  argumentCall: sizes('argument-size', 0.2, '{} of arguments'),
  argumentHour: sizes('argument-size', 1.5, '{} of arguments an hour'),
  argumentDay: sizes('argument-size', 1, '{} of arguments a day'),
  argumentDrift: counts('argument-size', 0.3, '{} deviations of bytes sent a day, summed over days'),
  resultCall: sizes('result-size', 0.2, 'a result of {}'),
  resultHour: sizes('result-size', 0.7, '{} of results an hour'),
  resultDay: sizes('result-size', 0.7, '{} of results a day'),
  resultDrift: counts('result-size', 0.3, '{} deviations of bytes received a day, summed over days'),
  denialsHour: counts('denials', 1.5, '{} refusals an hour'),
  denialsDay: counts('denials', 2, '{} refusals a day'),
  denialsRun: counts('denials', 1.5, '{} refusals in a row'),
  distinctHour: counts('enumeration', 3, '{} different items an hour'),
  distinctDay: counts('enumeration', 2, '{} different items a day'),
  surprise: counts('sequence', 0.8, '{} deviations of surprise, summed over a session'),
  destinationsHour: counts('destinations', 0.3, '{} new destinations an hour'),
  destinationsDay: counts('destinations', 0.3, '{} new destinations a day'),
  strangers: counts('destinations', 1.5, '{} calls to one destination that nobody else uses'),
  leak: counts('labels', 2, 'sent to a stranger from such a place {} times'),
  labels: counts('labels', 0.7, '{} of peers in such a place'),
  /** Several rules at once, each unusual and none enough by itself; told as the rule that says most. */
  together: counts('unscored', 1, '{} of surprise in all'),
} as const satisfies Readonly<Record<string, Channel>>;

/** A channel by its number: rules name it by `CHANNEL`. */
export type ChannelId = number;
/** What each channel is, in their order: a saved memory is of no use to another order. */
export const CHANNEL_WORDS = Object.keys(CHANNELS).join(' ');
export const CHANNEL_LIST: readonly Channel[] = Object.values(CHANNELS);
export const CHANNEL = numbered();

function numbered(): Readonly<Record<keyof typeof CHANNELS, ChannelId>> {
  let next = -1;
  const number = (): ChannelId => (next += 1);
  return {
    callsHour: number(), callsDay: number(), callsDrift: number(), toolDay: number(), repeats: number(), pace: number(), hour: number(),
    idle: number(), toolFirst: number(), toolsNew: number(), shape: number(), property: number(), argumentCall: number(), argumentHour: number(),
    argumentDay: number(), argumentDrift: number(), resultCall: number(), resultHour: number(), resultDay: number(), resultDrift: number(),
    denialsHour: number(), denialsDay: number(), denialsRun: number(), distinctHour: number(), distinctDay: number(), surprise: number(),
    destinationsHour: number(), destinationsDay: number(), strangers: number(), leak: number(), labels: number(), together: number(),
  };
}

/** Each channel's false findings for each agent in a month. */
export function sharesOf(budget: number): readonly number[] {
  const all = CHANNEL_LIST.reduce((sum, { weight }) => sum + weight, 0);
  return CHANNEL_LIST.map(({ weight }) => (budget * weight) / all);
}

export function describe(channel: ChannelId, number: number): string {
  const { words, bytes } = channelOf(channel);
  if (bytes) return words.replace('{}', inBytes(Math.expm1(number)));
  return words.replace('{}', number >= 10 || Number.isInteger(number) ? String(Math.round(number)) : number.toPrecision(2));
}

export function channelOf(channel: ChannelId): Channel {
  const found = CHANNEL_LIST[channel];
  if (found === undefined) throw new Error(`there is no channel ${channel}`);
  return found;
}

function inBytes(count: number): string {
  if (count < 1000) return `${Math.round(count)} B`;
  return count < 1_000_000 ? `${(count / 1000).toPrecision(3)} kB` : `${(count / 1_000_000).toPrecision(3)} MB`;
}
