import type { Entry } from '../entry.ts';
import type { Sums } from './outcomes.ts';
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

/** A place in the order of sessions: when one was heard last, and which it is. */
export interface SessionMark {
  readonly at: number;
  readonly context: string;
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
  /** In the name of the agent, of a server, or of the session itself, whatever its case. */
  readonly text?: string;
  /** Only with a denial or finding. */
  readonly remarkable?: boolean;
  readonly limit: number;
  /** Only those whose last record is older, epoch ms. */
  readonly before?: number;
  /** Beyond this place: `older` ones, or those that are `newer`, which are nearest to it. */
  readonly mark?: SessionMark;
  readonly direction?: 'older' | 'newer';
  /** So many are left out first. */
  readonly offset?: number;
  /** How many there are in all, too. */
  readonly count?: boolean;
}

export interface SessionsAnswer {
  /** The latest first. */
  readonly sessions: readonly Session[];
  /** Where to go on in this direction: there may be more, even where this answer has none. */
  readonly next?: SessionMark;
  readonly total?: number;
  /** There are at least so many: they were not all counted. */
  readonly totalIsLeast?: boolean;
  readonly known: number;
  readonly end: number;
}

export type ActivityUnit = 'minute' | 'hour';

/** What was done from `since` up to, not including, `until`, epoch ms, by time: in all, or by agent or server. */
export interface ActivityAsk {
  readonly space: string;
  readonly unit: ActivityUnit;
  readonly by?: 'agent' | 'server';
  readonly since: number;
  readonly until: number;
  /** At most so many agents or servers, those with most records. */
  readonly limit: number;
}

export interface ActivityAnswer {
  /** `name`: of the agent or server. Cells have the beginning of their time, epoch ms, and the sums in the order of `SUMS`; without any there is none. */
  readonly rows: readonly (Sums & { readonly name: string; readonly cells: readonly (readonly number[])[] })[];
  /** How many agents or servers are not shown. */
  readonly others: number;
  readonly known: number;
  readonly end: number;
}

/** Who called which server since then, epoch ms. */
export interface EdgesAsk {
  readonly space: string;
  readonly unit: 'hour' | 'day';
  readonly since: number;
  readonly limit: number;
}

export interface Edge extends Sums {
  readonly principal: string;
  readonly principalKind?: string;
  readonly agent: string;
  readonly server: string;
  readonly lastAt: number;
  readonly severity?: string;
  /** The highest that was seen of each. */
  readonly labels: Session['labels'];
}

export interface EdgesAnswer {
  /** Those with most calls, and those with most that went wrong. */
  readonly edges: readonly Edge[];
  /** What is not shown, in sum. */
  readonly others: Sums & { readonly edges: number };
  readonly known: number;
  readonly end: number;
}
