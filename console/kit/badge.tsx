import type { ReactNode } from 'react';
import { tWord } from '../texts/t.ts';

/** What a colour means; words say it too. */
export type Tone = 'neutral' | 'good' | 'bad' | 'held' | 'info' | 'critical';

export function Badge({ tone = 'neutral', children }: { readonly tone?: Tone; readonly children: ReactNode }): ReactNode {
  return <span className={`badge badge-${tone}`}>{children}</span>;
}

const SEVERITIES: Readonly<Record<string, Tone>> = { critical: 'critical', high: 'bad', medium: 'held', low: 'info', info: 'neutral' };

export function Severity({ value }: { readonly value: string }): ReactNode {
  return <Badge tone={SEVERITIES[value] ?? 'neutral'}>{tWord('severity', value)}</Badge>;
}

const STATES: Readonly<Record<string, Tone>> = {
  allow: 'good', allowed: 'good', approved: 'good', healthy: 'good', done: 'good', sanctioned: 'good', closed: 'neutral', ok: 'good', active: 'good',
  deny: 'bad', denied: 'bad', refused: 'bad', quarantined: 'bad', failed: 'bad', unsanctioned: 'bad', rejected: 'bad', missed: 'bad', rogue: 'bad',
  bypassing: 'bad', silent: 'bad', changed: 'held', bad: 'bad', orphaned: 'held', stopped: 'held', watching: 'good', applied: 'good',
  pending: 'held', held: 'held', drifted: 'held', candidate: 'held', proposed: 'held', waiting: 'held', detected: 'held', expired: 'held', open: 'info',
  prevented: 'good', running: 'info', new: 'info', shadow: 'info',
};

/** A state of the API as a word with its tone. */
export function State({ value }: { readonly value: string }): ReactNode {
  return <Badge tone={STATES[value] ?? 'neutral'}>{tWord('state', value)}</Badge>;
}
