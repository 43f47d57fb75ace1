import { hostname } from 'node:os';
import { SallyportError } from '../../domain/errors.ts';
import type { JsonObject } from '../../domain/json.ts';
import { SEVERITIES } from '../../domain/finding.ts';
import type { Looked, Sensor } from '../../domain/observation.ts';
import { gather, reportsOf } from '../../discover/reports.ts';
import { usageError } from '../arguments.ts';
import { hasGate } from '../config/file-acts.ts';
import { withProgress } from '../progress.ts';
import { plain } from '../terminal.ts';
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
 * `--fail-on` says, 4 where not all could be seen, 1 where the gate refused to be told. Throws `ERR_USAGE`.
 */
export async function look(call: Call, what: string, looked: Looked, { whole = [] }: LookOptions = {}): Promise<number> {
  const { client, io, options } = call;
  const failOn = SEVERITIES.find((severity) => severity === (options.text('fail-on') ?? 'critical'));
  if (failOn === undefined) throw usageError({ usage: `discover SENSOR … ${LOOK_USAGE}` }, `--fail-on is one of ${SEVERITIES.join(', ')}`);
  const threshold = options.text('fail-on') === undefined ? undefined : failOn;
  const since = Date.now();
  const seen = await withProgress(io, what, () => gather(looked, io.signal));
  const isReported = !options.flag('no-report') && hasGate(client);
  if (!isReported) {
    if (options.flag('changes')) throw usageError({ usage: `discover SENSOR … ${LOOK_USAGE}` }, '--changes are against the inventory of a gate');
    return showSeen(call, seenHere(seen), threshold);
  }
  const before = options.flag('changes') ? await inventoryOf(client) : undefined;
  const told = await tell(call, reportsOf(seen, whole.length === 0 ? undefined : { sensors: whole, host: hostname(), since }));
  if ('refused' in told) {
    if (before !== undefined) throw told.refused;
    const { code, message } = told.refused;
    const isDown = code === 'ERR_NOT_RUNNING';
    io.note(isDown ? 'The gate does not run: nothing of this is kept.' : plain(`The inventory was not told, or tells nothing: ${code}: ${message}`));
    const shown = showSeen(call, seenHere(seen), threshold);
    return isDown || shown !== 0 ? shown : UNTOLD;
  }
  const { inventory } = told;
  if (before !== undefined) return showChanges(call, differencesBetween(before, inventory), seen.unseen);
  return showSeen(call, seenHere(seen, inventory), threshold);
}

/** A look that is over is shown, whatever becomes of it at the gate. */
const UNTOLD = 1;

type Told = { readonly inventory: readonly JsonObject[] } | { readonly refused: SallyportError };

async function tell({ client, io }: Call, reports: readonly JsonObject[]): Promise<Told> {
  try {
    return await withProgress(io, 'telling the inventory', async () => {
      for (const report of reports) await client.send('POST', '/inventory/observations', report);
      return { inventory: await inventoryOf(client) };
    });
  } catch (error) {
    if (error instanceof SallyportError) return { refused: error };
    throw error;
  }
}
