import type { FindingRow } from '../../../src/control/findings/answer.ts';
import { pathOf } from '../../api/client.ts';
import type { ActProps, Values } from '../../kit/act.tsx';
import { t } from '../../texts/t.ts';

const DAY_MS = 24 * 60 * 60_000;
const SUPPRESSED_DAYS = 14;
const DATE_CHARS = 10;

export type Verb = 'acknowledge' | 'suppress' | 'resolve' | 'reopen';

/** What can be said of a finding in its state. */
export function verbsFor({ state, about }: Pick<FindingRow, 'state' | 'about'>): readonly Verb[] {
  const first: readonly Verb[] = state === 'open' ? ['acknowledge'] : ['reopen'];
  // What stands for many things is not suppressed: one suppresses exactly one.
  const second: readonly Verb[] = about.kind === 'rest' ? [] : ['suppress'];
  return [...first, ...second, ...(state === 'resolved' ? [] : ['resolve' as const])];
}

/** One of the four, as a button or a key opens it. */
export function triage(verb: Verb, id: string): ActProps<unknown> {
  const labels = {
    acknowledge: t('findings.acknowledge'), suppress: t('findings.suppress'), resolve: t('findings.resolve'), reopen: t('findings.reopen'),
  } as const;
  const says = {
    acknowledge: t('findings.acknowledgeSays'), suppress: t('findings.suppressSays'), resolve: t('findings.resolveSays'), reopen: t('findings.reopenSays'),
  } as const;
  const reason = { name: 'reason', label: t('kit.reason'), required: true } as const;
  const until = {
    name: 'until', label: t('findings.until'), kind: 'date', required: true, value: dateIn(SUPPRESSED_DAYS), hint: t('findings.untilHint'),
  } as const;
  const isSuppressing = verb === 'suppress';
  return {
    label: labels[verb], says: says[verb], needs: 'investigate', method: 'POST', path: pathOf`/findings/${id}/${verb}`,
    asks: isSuppressing ? [reason, until] : [reason],
    body: (values) => ({ reason: values['reason'], ...(isSuppressing ? { until: endOf(values) } : {}) }),
    command: (values) => [
      'finding', verb, id, ...(isSuppressing ? ['--for', `${daysTo(values)}d`] : []), '--reason', values['reason'] ?? '',
    ],
  };
}

function dateIn(days: number): string {
  return new Date(Date.now() + days * DAY_MS).toISOString().slice(0, DATE_CHARS);
}

/** The end of that day, UTC. */
function endOf({ until = '' }: Values): number {
  return Date.parse(`${until}T23:59:59Z`);
}

function daysTo(values: Values): number {
  return Math.max(1, Math.ceil((endOf(values) - Date.now()) / DAY_MS));
}
