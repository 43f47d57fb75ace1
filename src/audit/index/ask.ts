import type { Entry } from '../entry.ts';
import type { Session } from './sessions.ts';

/** What is asked of the index, of one space. */
export interface Ask {
  readonly space: string;
  /** `<filter> [count by …]`, as it was typed. */
  readonly question: string;
  /** What spans in it count back from, epoch ms. */
  readonly now: number;
  readonly order: 'newest' | 'oldest';
  /** At most so many records; `LIMITS.queryRecordsMax` at the most. */
  readonly limit: number;
  /** The `next` of the answer before: only what lies beyond that position, in this order. */
  readonly after?: number;
}

export interface Count {
  /** The values of the fields that were counted by; null: the records do not have it. */
  readonly values: readonly (string | number | null)[];
  readonly count: number;
}

export interface Answer {
  readonly entries: readonly Entry[];
  /** Most first. Counted in the index alone, but for what it does not know yet. */
  readonly counts?: readonly Count[];
  /** How many records match, where they were counted. */
  readonly total?: number;
  /** Where to go on (`after`): there may be more. Absent: all that matches has been handed out. */
  readonly next?: number;
  /** Positions below are in the index; those up to `end` were looked at one by one. */
  readonly known: number;
  readonly end: number;
  /** Places within what was searched that are not what was written: what they held is missing from the answer. */
  readonly damaged: number;
}

export interface SessionsAsk {
  readonly space: string;
  /** Active within, epoch ms. */
  readonly since?: number;
  readonly until?: number;
  readonly agent?: string;
  readonly principal?: string;
  readonly server?: string;
  readonly context?: string;
  /** Only with a denial or finding. */
  readonly remarkable?: boolean;
  readonly limit: number;
  /** Only those whose last record is older, epoch ms. */
  readonly before?: number;
}

export interface SessionsAnswer {
  /** The latest first. */
  readonly sessions: readonly Session[];
  readonly known: number;
  readonly end: number;
}
