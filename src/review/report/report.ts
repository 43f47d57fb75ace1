import type { ReviewCheck, Severity } from '../../domain/finding.ts';
import type { JsonObject } from '../../domain/json.ts';
import type { ItemState, RemedyState, ReviewDecision } from '../decision.ts';
import type { ReviewSubject } from '../item.ts';

export interface ReportedItem {
  readonly id: string;
  readonly check: ReviewCheck;
  readonly severity: Severity;
  readonly title: string;
  readonly subject: ReviewSubject;
  readonly evidence: JsonObject;
  readonly owner?: string;
  readonly outlier?: string;
  readonly lapses?: boolean;
  /** As they are to be shown. */
  readonly reviewers: readonly string[];
  readonly as: string;
  readonly state: ItemState;
  readonly words: readonly { readonly by: string; readonly at: number; readonly decision: ReviewDecision; readonly reason: string }[];
  readonly remedy: RemedyState;
  readonly note?: string;
}

/** What is left of one campaign, for comparing it with the next. */
export interface Quarter {
  readonly title: string;
  readonly openedAt: number;
  readonly checks: Readonly<Record<string, number>>;
  readonly states: Readonly<Record<string, number>>;
}

/** A whole campaign as a report tells it. */
export interface ReviewReport {
  readonly id: string;
  readonly space: string;
  readonly title: string;
  readonly openedAt: number;
  readonly openedBy: string;
  readonly dueAt: number;
  readonly closedAt?: number;
  readonly configuration?: { readonly number: number; readonly digest: string };
  readonly items: readonly ReportedItem[];
  /** Items that were more than one campaign takes. */
  readonly left: number;
  /** Campaigns before it and itself, the oldest first. */
  readonly trend: readonly Quarter[];
}

/** How many of something, most first. */
export function counted<T>(items: readonly T[], of: (item: T) => string): readonly (readonly [name: string, count: number])[] {
  return [...Map.groupBy(items, of)].map(([name, group]) => [name, group.length] as const).toSorted(([, one], [, other]) => other - one);
}
