import { createHash } from 'node:crypto';
import type { Finding } from '../../domain/finding.ts';
import { LIMITS } from '../../domain/limits.ts';
import type { Control } from '../control.ts';

const DAY_MS = 24 * 60 * 60_000;
const MEMORY_MS = 30 * DAY_MS;
/** So many answers, and each a yes: nobody can say whether they were read. */
const ALWAYS_YES = 20;

/**
 * Whether somebody still looks at what they answer: a yes faster than anybody reads, or never a no, is a finding about the
 * practice. It refuses nothing.
 */
export async function watchFatigue(control: Control, space: string, who: string, answer: 'granted' | 'denied', looked: readonly number[]): Promise<void> {
  const key = createHash('sha256').update(who).digest('base64url');
  const count = (what: string, by: number): Promise<number> => control.state.increment(`approvals/${what}/${key}`, by, MEMORY_MS);
  if (answer === 'denied') return void (await count('no', 1));
  const hasty = looked.filter((ms) => ms < LIMITS.approvalLookMs);
  if (hasty.length > 0) await raise(control, space, who, { rule: 'hasty', severity: 'low', seen: `${Math.min(...hasty)} ms` });
  const yes = await count('yes', looked.length);
  const isUnbroken = yes >= ALWAYS_YES && (await count('no', 0)) === 0;
  if (isUnbroken && await control.state.setIfAbsent(`approvals/unbroken/${key}`, '1', DAY_MS)) {
    await raise(control, space, who, { rule: 'never-refuses', severity: 'medium', seen: `${yes} approved, none refused` });
  }
}

async function raise(control: Control, space: string, who: string, finding: Pick<Finding, 'rule' | 'severity' | 'seen'>): Promise<void> {
  await control.record({ event: 'finding.raised', space, principal: who, principalKind: 'person', findings: [{ detector: 'approvals', at: [], ...finding }] });
}
