import { z } from 'zod';
import { SallyportError } from '../../domain/errors.ts';
import { JOB_KINDS, WORKER_COMMANDS } from '../../domain/job.ts';
import type { JobKind } from '../../domain/job.ts';
import { LIMITS } from '../../domain/limits.ts';
import type { Json } from '../../domain/json.ts';
import { WORDS } from '../names.ts';
import { route } from '../route.ts';
import type { Route } from '../route.ts';
import { JOBS } from './jobs.ts';
import { claim, end, isDue, keepClaim, listJobs, runNow } from './keeper.ts';
import type { ScheduledJob } from './keeper.ts';

const KINDS = z.array(z.enum(JOB_KINDS)).min(1);
const CLAIM = z.uuid();

export const scheduleRoutes: readonly Route[] = [
  route({
    method: 'GET', path: '/schedule', summary: 'What runs by itself: how often, when last and with what, when next, and who has it now', access: 'read',
    reach: 'organisation',
    act: async (_, { store, now }): Promise<Json> => ({ jobs: (await listJobs({ store, now })).map((job) => shown(job, now())) }),
  }),
  route({
    method: 'POST', path: '/schedule/:kind/run', summary: 'Run a job of control\'s own now, or let the next worker that asks have one of a worker\'s',
    access: 'change', reach: 'organisation',
    act: async ({ params }, control): Promise<Json> => {
      const job = await needJob(control, params['kind']);
      const outcome = await runNow(control, job);
      if (outcome === undefined && JOBS[job.kind].run !== undefined) throw taken(job.kind);
      return outcome === undefined ? { command: [...(WORKER_COMMANDS[job.kind] ?? [])] } : { ...outcome };
    },
  }),
  route({
    method: 'POST', path: '/schedule/claim', summary: 'A worker takes what is due of the kinds that it can do; empty when nothing is', access: 'change',
    reach: 'organisation', body: z.strictObject({ kinds: KINDS, now: z.boolean().default(false) }),
    act: async ({ admin, body: { kinds, now } }, control): Promise<Json> => {
      for (const job of await listJobs(control)) {
        const wanted = kinds.includes(job.kind) && JOBS[job.kind].run === undefined && (isDue(job, control.now()) || (now && isFree(job, control.now())));
        const id = wanted ? await claim(control, job, admin.id, LIMITS.jobClaimMs) : undefined;
        if (id !== undefined) return { claim: id, kind: job.kind };
      }
      return {};
    },
  }),
  route({
    method: 'POST', path: '/schedule/:kind/keep', summary: 'A worker says that it is still at it', access: 'change', reach: 'organisation',
    body: z.strictObject({ claim: CLAIM }),
    act: async ({ params, body }, control): Promise<Json> => {
      await keepClaim(control, (await needJob(control, params['kind'])).kind, body.claim, LIMITS.jobClaimMs);
      return {};
    },
  }),
  route({
    method: 'POST', path: '/schedule/:kind/end', summary: 'A worker says what came of it', access: 'change', reach: 'organisation',
    body: z.strictObject({ claim: CLAIM, ok: z.boolean(), says: WORDS }),
    act: async ({ params, body }, control): Promise<Json> => {
      const { ok, says } = body;
      await end(control, (await needJob(control, params['kind'])).kind, body.claim, { ok, says, ...(ok ? {} : { code: 'ERR_JOB_FAILED' }) });
      return {};
    },
  }),
];

async function needJob(control: Parameters<typeof listJobs>[0], kind: string | undefined): Promise<ScheduledJob> {
  const job = (await listJobs(control)).find((one) => one.kind === kind);
  if (job !== undefined) return job;
  throw new SallyportError('ERR_JOB_UNKNOWN', 'there is no such job', { remedy: `Jobs are: ${JOB_KINDS.join(', ')}.` });
}

function isFree({ row }: ScheduledJob, now: number): boolean {
  return row.claim === undefined || row.claim.until <= now;
}

function taken(kind: JobKind): SallyportError {
  return new SallyportError('ERR_JOB_TAKEN', `the job ${kind} is being run`, { remedy: 'Wait until it ended: see `sallyport schedule list`.' });
}

function shown({ kind, everyMs, row }: ScheduledJob, now: number): Json {
  const { title, run } = JOBS[kind];
  const idle = everyMs === undefined ? 'off' : row.nextAt <= now ? 'due' : 'waits';
  const state = row.claim !== undefined && row.claim.until > now ? 'running' : idle;
  return {
    kind, title, by: run === undefined ? 'worker' : 'control', state, everyMs: everyMs ?? null, runs: row.runs,
    nextAt: everyMs === undefined ? null : row.nextAt, claim: row.claim ?? null, last: row.last ?? null,
  };
}
