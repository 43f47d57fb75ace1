import { LIMITS } from '../../domain/limits.ts';
import { isUnseen } from '../../domain/observation.ts';
import type { Looked, Observation, Unseen } from '../../domain/observation.ts';
import { SEVERITIES } from '../../domain/finding.ts';
import { usageError } from '../arguments.ts';
import { withProgress } from '../progress.ts';
import type { Call } from '../verbs.ts';
import { showSeen } from './show.ts';

/** Options of every verb that looks. */
export const LOOK_OPTIONS = { 'fail-on': { type: 'string' }, 'no-report': { type: 'boolean' } } as const;
export const LOOK_USAGE = '[--no-report] [--fail-on low|medium|high|critical] [--json]';

/** What one run saw, and what it could not see. */
export interface Seen {
  readonly observations: readonly Observation[];
  readonly unseen: readonly Unseen[];
}

/**
 * Runs a sensor to its end, and shows what it saw; where a gate is set up, its inventory gets it, too. `what` says what is
 * being done, for who waits. The exit code is 3 where something is as bad as `--fail-on` says, 4 where not all could be seen.
 */
export async function look(call: Call, what: string, looked: Looked): Promise<number> {
  const failOn = call.options.text('fail-on');
  if (failOn !== undefined && !SEVERITIES.some((severity) => severity === failOn)) {
    throw usageError({ usage: LOOK_USAGE }, `--fail-on is one of ${SEVERITIES.join(', ')}`);
  }
  const seen = await withProgress(call.io, what, () => gather(looked, call.io.signal));
  return showSeen(call, seen);
}

/** Everything of one run; what is more than one run may give is said as unseen. */
export async function gather(looked: Looked, signal: AbortSignal): Promise<Seen> {
  const observations: Observation[] = [];
  const unseen: Unseen[] = [];
  for await (const item of looked) {
    if (signal.aborted) break;
    if (isUnseen(item)) {
      if (unseen.length < LIMITS.unseenShownMax) unseen.push(item);
    } else if (observations.length < LIMITS.observationsMax) observations.push(item);
    else {
      unseen.push({ place: item.place, reason: `one run sees at most ${LIMITS.observationsMax} things: look at less at a time` });
      break;
    }
  }
  return { observations, unseen };
}
