import { LIMITS } from '../../domain/limits.ts';
import type { JournalRecord } from '../../domain/record.ts';
import { CONFIDENTIALITIES, type Labels } from '../../domain/server.ts';

/** What a context that would have been given other things is known by: where values come from never, its labels perhaps. */
export interface Diverged {
  /** Whether its labels are unknown, too. */
  readonly flow: boolean;
}

/**
 * The flow contexts that would have gone another way. Labels join and never fall: a context that was given less carries between what it
 * did before and what it did then; one that was given more carries who knows what.
 */
export interface Divergence {
  /** What was given may not have been; `before`: what the context carried then. */
  lose(record: JournalRecord, before: Labels | undefined): void;
  /** Something that was refused may have been given. */
  gain(record: JournalRecord): void;
  of(record: JournalRecord): Diverged | undefined;
}

export function createDivergence(): Divergence {
  /** The least that it carries; undefined: nobody knows. */
  const least = new Map<string, Labels | undefined>();
  let isFull = false;
  const set = (context: string, labels: Labels | undefined): void => {
    // More contexts than are remembered one by one are all suspect.
    if (least.size >= LIMITS.simulatedContextsMax && !least.has(context)) isFull = true;
    else least.set(context, labels);
  };
  return {
    lose({ context = '' }, before) {
      if (!least.has(context)) set(context, before);
    },
    gain: ({ context = '' }) => set(context, undefined),
    of({ context = '', labels }) {
      if (isFull) return { flow: true };
      if (!least.has(context)) return undefined;
      const before = least.get(context);
      return { flow: before === undefined || labels === undefined || !carries(before, labels) };
    },
  };
}

/** Whether what carries the one carries the other as well. */
function carries(one: Labels, other: Labels): boolean {
  const isAsConfidential = CONFIDENTIALITIES.indexOf(one.confidentiality) >= CONFIDENTIALITIES.indexOf(other.confidentiality);
  const isAsUntrusted = one.integrity === 'untrusted' || other.integrity === 'trusted';
  return isAsConfidential && isAsUntrusted && other.categories.every((category) => one.categories.includes(category));
}
