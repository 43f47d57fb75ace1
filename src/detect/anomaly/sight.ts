import type { CallAsked, CallEnded } from './event.ts';
import type { ChannelId } from './channels.ts';
import type { Moments } from './moments.ts';
import type { Table } from './table.ts';

/** What a rule works with while one call is looked at. One object, used again for every call: nothing is allocated. */
export interface Sight {
  readonly call: CallAsked;
  /** The actor's rows: of principal and agent together. */
  readonly rows: Table;
  /** Start of the actor's row. */
  readonly row: number;
  /** Whether the actor is new: then it is compared with other new ones. */
  readonly cold: boolean;
  /** Rows of actor and tool together, and of tools; -1 where there is none. */
  readonly pairs: Table;
  readonly tools: Table;
  readonly destinations: Table;
  /** Hash of the actor; two of them are different. */
  readonly actor: number;
  readonly pair: number;
  readonly tool: number;
  /** Row of the server in `tools`. */
  readonly server: number;
  /** Hash of server and tool, or of server and method. */
  readonly item: number;
  /** Hours since 1970 in UTC. */
  readonly hour: number;
  readonly minute: number;
  /** The hour of the actor's call before this one: the hour that a closing window was about. */
  readonly lastHour: number;
  /** Days on which the actor was seen before this one. */
  readonly days: number;
  /** Whether this is the actor's first call in this hour. */
  readonly entersHour: boolean;
  readonly everybody: { -readonly [Part in keyof Everybody]: Everybody[Part] };
  /** How unusual something is: a finding where it is rare enough. The highest of a channel in an actor's day is one test. */
  report(channel: ChannelId, score: number, expected: number, seen: number): void;
  /** 1, or less where what is seen was found unusual: it teaches less. */
  readonly trust: number;
}

/** What all actors have in common: the prior for each, and what makes a novelty ordinary. */
export interface Everybody {
  /** Moments over all actors, by name of the channel. */
  momentsOf(channel: ChannelId): Moments;
  learn(channel: ChannelId, value: number): void;
  /** Shared cells of numbers: how many actors were seen with something. */
  readonly cells: Float32Array;
  /** Actors seen so far, forgetting. */
  readonly actors: number;
}

/** One rule: its part of an actor's row, and what it does as a call is asked and ends, and as hours and days of an actor end. */
export interface Rule {
  /** Numbers in an actor's row. `at` is where they start. */
  readonly width: number;
  ask?(sight: Sight, at: number): void;
  settle?(sight: Sight, ended: CallEnded, at: number): void;
  closeHour?(sight: Sight, at: number): void;
  closeDay?(sight: Sight, at: number): void;
}


