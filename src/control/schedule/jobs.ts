import type { JobKind } from '../../domain/job.ts';
import type { Control } from '../control.ts';
import { openScheduled } from '../reviews/tend.ts';
import { tendVendors } from '../vendors/tend.ts';
import { sendDigest } from './digest.ts';

/** One kind of job. `run` says in one line what came of it; absent: a worker does it. */
export interface Job {
  readonly title: string;
  readonly run?: (control: Control) => Promise<string>;
}

/** Every kind that there is. What is not here cannot run by itself. */
export const JOBS: Readonly<Record<JobKind, Job>> = {
  digest: { title: 'Mail what happened since the last digest', run: sendDigest },
  review: { title: 'Open a campaign of reviews in every space that has none open', run: openScheduled },
  vendors: { title: 'Look which vendors must be vouched for anew, and bring how they stand today into force', run: tendVendors },
  'vendor-probes': { title: 'Look at vendors\' endpoints from outside, where that was permitted' },
  'red-team': { title: 'Try the attacks on a copy of the gate' },
  'host-scan': { title: 'Look for servers on the worker\'s host' },
  advisories: { title: 'Import what ages from the bundle that the worker was given' },
};
