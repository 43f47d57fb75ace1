import { hostname } from 'node:os';
import { SallyportError } from '../../domain/errors.ts';
import { SEVERITIES } from '../../domain/finding.ts';
import type { Looked, Sensor } from '../../domain/observation.ts';
import { gather, reportsOf } from '../../discover/reports.ts';
import { usageError } from '../arguments.ts';
import { hasGate } from '../config/file-acts.ts';
import { withProgress } from '../progress.ts';
import type { Call } from '../verbs.ts';
import { differencesBetween, inventoryOf } from './differences.ts';
import { seenHere, showChanges, showSeen } from './show.ts';

/** Options of every verb that looks. */
export const LOOK_OPTIONS = {
  'fail-on': { type: 'string' }, 'no-report': { type: 'boolean' }, changes: { type: 'boolean' }, cyclonedx: { type: 'boolean' },
} as const;
export const LOOK_USAGE = '[--no-report] [--changes] [--fail-on low|medium|high|critical] [--json | --cyclonedx]';

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
    const reports = reportsOf(seen, whole.length === 0 ? undefined : { sensors: whole, host: hostname(), since });
    await withProgress(io, 'telling the inventory', async () => {
      for (const report of reports) await client.send('POST', '/inventory/observations', report);
    });
  } catch (error) {
    if (!(error instanceof SallyportError) || error.code !== 'ERR_NOT_RUNNING' || before !== undefined) throw error;
    io.note('The gate does not run: nothing of this is kept.');
    return showSeen(call, seenHere(seen), threshold);
  }
  const inventory = await inventoryOf(client);
  if (before !== undefined) return showChanges(call, differencesBetween(before, inventory), seen.unseen);
  return showSeen(call, seenHere(seen, inventory), threshold);
}
