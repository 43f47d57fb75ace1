import { toRecord, type Happening } from '../domain/happening.ts';
import { LIMITS } from '../domain/limits.ts';
import type { JournalRecord } from '../domain/record.ts';
import { definedOf } from './standing.ts';
import type { OpenCall } from './standing.ts';

/** What the ledger itself has to say. */
export function ownRecord(of: Omit<Happening, 'space'>, at: number): JournalRecord {
  return toRecord({ id: Bun.randomUUIDv7(), at, node: 'ledger', space: 'default', exchange: '', ...of });
}

/** Closes a call that its own process left open. */
export function unknownRecord(call: OpenCall, at: number): JournalRecord {
  const { role, incarnation, ...opened } = call;
  const reason = 'the process that made this call ended before its outcome was recorded';
  return { ...ownRecord({ event: 'call.unknown', category: 'execution', reason, detail: { role, incarnation } }, at), ...definedOf(opened) };
}

/**
 * By how much the wall clock has moved against the machine's own since this was last asked; 0 when it ran with it. Order never
 * comes from the clock, but people read times, so that one that jumped is on record.
 */
export function watchClock(now: () => number): () => number {
  let [wallMs, runMs] = [now(), performance.now()];
  return () => {
    const [wall, run] = [now(), performance.now()];
    const byMs = Math.round(wall - wallMs - (run - runMs));
    [wallMs, runMs] = [wall, run];
    return Math.abs(byMs) >= LIMITS.clockJumpMs ? byMs : 0;
  };
}
