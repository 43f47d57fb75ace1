import type { AnomalyRule } from '../../domain/finding.ts';

/**
 * One kind of test that a rule makes. `novelty`: made only when something happens for the first time; its scores order such
 * events and are probabilities only after calibration. The budget of a rule is shared by its channels.
 */
export interface Channel {
  readonly rule: AnomalyRule;
  readonly novelty: boolean;
  /** What its numbers mean: `{}` is the number. */
  readonly words: string;
  /** Numbers are logarithms of bytes. */
  readonly bytes: boolean;
}

const counts = (rule: AnomalyRule, words: string): Channel => ({ rule, novelty: false, words, bytes: false });
const sizes = (rule: AnomalyRule, words: string): Channel => ({ rule, novelty: false, words, bytes: true });
const novelties = (rule: AnomalyRule, words: string): Channel => ({ rule, novelty: true, words, bytes: false });

const CHANNELS = {
  callsHour: counts('rate', '{} calls an hour'),
  callsDay: counts('rate', '{} calls a day'),
  callsDrift: counts('rate', '{} deviations of calls a day, summed over days'),
  hour: counts('hours', 'calls at this hour on {} % of active hours'),
  toolFirst: novelties('first-use', '{} of peers using it'),
  shape: novelties('argument-shape', 'this property in {} of the last calls of the tool'),
  argumentCall: sizes('argument-size', '{} of arguments'),
  argumentHour: sizes('argument-size', '{} of arguments an hour'),
  argumentDay: sizes('argument-size', '{} of arguments a day'),
  argumentDrift: counts('argument-size', '{} deviations of bytes sent a day, summed over days'),
  resultCall: sizes('result-size', 'a result of {}'),
  resultHour: sizes('result-size', '{} of results an hour'),
  resultDay: sizes('result-size', '{} of results a day'),
  resultDrift: counts('result-size', '{} deviations of bytes received a day, summed over days'),
  denialsHour: counts('denials', '{} refusals an hour'),
  denialsDay: counts('denials', '{} refusals a day'),
  distinctHour: counts('enumeration', '{} different items an hour'),
  distinctDay: counts('enumeration', '{} different items a day'),
  surprise: counts('sequence', '{} deviations of surprise, summed over a session'),
  destinationsHour: counts('destinations', '{} new destinations an hour'),
  destinationsDay: counts('destinations', '{} new destinations a day'),
  labels: novelties('labels', '{} of peers in such a place'),
} as const satisfies Readonly<Record<string, Channel>>;

/** A channel by its number: rules name it by `CHANNEL`. */
export type ChannelId = number;
export const CHANNEL_LIST: readonly Channel[] = Object.values(CHANNELS);
export const CHANNEL = numbered(CHANNELS);

function numbered<Name extends string>(of: Readonly<Record<Name, Channel>>): Readonly<Record<Name, ChannelId>> {
  const numbers = {} as Record<Name, ChannelId>;
  let next = 0;
  for (const name in of) numbers[name] = next++;
  return numbers;
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
