import { hostname } from 'node:os';
import { SallyportError } from '../../domain/errors.ts';
import { SEVERITIES } from '../../domain/finding.ts';
import { LIMITS } from '../../domain/limits.ts';
import { isUnseen } from '../../domain/observation.ts';
import type { Looked, Observation, Sensor, Unseen } from '../../domain/observation.ts';
import { usageError } from '../arguments.ts';
import { hasGate } from '../config/file-acts.ts';
import { withProgress } from '../progress.ts';
import type { Call } from '../verbs.ts';
import { differencesBetween, inventoryOf, report } from './report.ts';
import { seenHere, showChanges, showSeen } from './show.ts';

/** Options of every verb that looks. */
export const LOOK_OPTIONS = {
  'fail-on': { type: 'string' }, 'no-report': { type: 'boolean' }, changes: { type: 'boolean' }, cyclonedx: { type: 'boolean' },
} as const;
export const LOOK_USAGE = '[--no-report] [--changes] [--fail-on low|medium|high|critical] [--json | --cyclonedx]';

/** What one run saw, and what it could not see. */
export interface Seen {
  readonly observations: readonly Observation[];
  readonly unseen: readonly Unseen[];
  /** False: it was stopped, or saw more than one run may. */
  readonly isWhole: boolean;
}

export interface LookOptions {
  /** Sensors that look at everything they look at on this host: what they saw before and do not see now is gone from the inventory. */
  readonly whole?: readonly Exclude<Sensor, 'gate'>[];
}

/**
 * Runs a sensor to its end, and shows what it saw; where a gate is set up, its inventory gets it, too, and says how each server
 * stands to the registry. `what` says what is being done, for who waits. The exit code is 3 where something is as bad as
 * `--fail-on` says, 4 where not all could be seen. Throws `ERR_USAGE`, and what control refuses with.
 */
export async function look(call: Call, what: string, looked: Looked, { whole = [] }: LookOptions = {}): Promise<number> {
  const { client, io, options } = call;
  const failOn = SEVERITIES.find((severity) => severity === (options.text('fail-on') ?? 'critical'));
  if (failOn === undefined) throw usageError({ usage: LOOK_USAGE }, `--fail-on is one of ${SEVERITIES.join(', ')}`);
  const threshold = options.text('fail-on') === undefined ? undefined : failOn;
  const since = Date.now();
  const seen = await withProgress(io, what, () => gather(looked, io.signal));
  const isReported = !options.flag('no-report') && hasGate(client);
  if (!isReported) {
    if (options.flag('changes')) throw usageError({ usage: LOOK_USAGE }, '--changes are against the inventory of a gate');
    return showSeen(call, seenHere(seen), threshold);
  }
  const before = options.flag('changes') ? await inventoryOf(client) : undefined;
  try {
    await withProgress(io, 'telling the inventory', () => report(client, seen, whole.length === 0 ? [] : [{ sensors: whole, host: hostname(), since }]));
  } catch (error) {
    if (!(error instanceof SallyportError) || error.code !== 'ERR_NOT_RUNNING' || before !== undefined) throw error;
    io.note('The gate does not run: nothing of this is kept.');
    return showSeen(call, seenHere(seen), threshold);
  }
  const inventory = await inventoryOf(client);
  if (before !== undefined) return showChanges(call, differencesBetween(before, inventory), seen.unseen);
  return showSeen(call, seenHere(seen, inventory), threshold);
}

/** Everything of one run; what is more than one run may give is said as unseen. */
export async function gather(looked: Looked, signal: AbortSignal): Promise<Seen> {
  const observations: Observation[] = [];
  const unseen: Unseen[] = [];
  for await (const item of looked) {
    if (signal.aborted) return { observations, unseen, isWhole: false };
    if (isUnseen(item)) {
      unseen.push(item);
      // What could not be seen at so many places could be anywhere.
      if (unseen.length > LIMITS.observationsMax) return { observations, unseen, isWhole: false };
    } else if (observations.length < LIMITS.observationsMax) observations.push(item);
    else {
      unseen.push({ place: item.place, reason: `one run sees at most ${LIMITS.observationsMax} things: look at less at a time` });
      return { observations, unseen, isWhole: false };
    }
  }
  return { observations, unseen, isWhole: !signal.aborted };
}
