import { SallyportError } from '../../domain/errors.ts';
import type { JsonObject } from '../../domain/json.ts';
import { LIMITS } from '../../domain/limits.ts';
import { JOB_KINDS } from '../../domain/job.ts';
import type { JobKind } from '../../domain/job.ts';
import { DEFAULT_SPACE } from '../../domain/principal.ts';
import { msOfEvery } from '../../registry/schedule-shape.ts';
import { decodeJson } from '../../store/body.ts';
import type { Control } from '../control.ts';
import { every } from '../every.ts';
import { JOBS } from './jobs.ts';
import { JOB } from './schema.ts';
import type { JobRow } from './schema.ts';
import { readSchedule } from './settings.ts';

type Parts = Pick<Control, 'store' | 'record' | 'now'>;
const BY = 'sallyport|control';

/** A job as it stands, with what is kept of it. */
export interface ScheduledJob {
  readonly kind: JobKind;
  /** Absent: it runs only when somebody asks for it. */
  readonly everyMs?: number;
  readonly row: JobRow;
  /** Of the stored row; 0: there is none. */
  readonly version: number;
}

/** What a run ended with. */
export interface Outcome {
  readonly ok: boolean;
  /** One line for people, without secrets. */
  readonly says: string;
  readonly code?: string;
}

/** Every kind of job: how often, when last, when next. */
export async function listJobs({ store, now }: Pick<Parts, 'store' | 'now'>): Promise<readonly ScheduledJob[]> {
  const schedule = await readSchedule(store);
  const rows = new Map((await store.list('job', DEFAULT_SPACE)).map((row) => [row.id, row]));
  return JOB_KINDS.map((kind) => {
    const [interval, row] = [schedule[kind]?.every, rows.get(kind)];
    const everyMs = interval === undefined ? undefined : msOfEvery(interval);
    // Of what was never run the first time is due at once: whoever writes it into the manifest waits for it.
    const kept = row === undefined ? { nextAt: now(), runs: 0 } : JOB.parse(row.body);
    const isSooner = everyMs !== undefined && kept.last !== undefined && kept.nextAt > kept.last.at + everyMs;
    return {
      kind, row: isSooner && kept.last !== undefined ? { ...kept, nextAt: kept.last.at + everyMs } : kept, version: row?.version ?? 0,
      ...(everyMs === undefined ? {} : { everyMs }),
    };
  });
}

export function isDue({ everyMs, row }: ScheduledJob, now: number): boolean {
  return everyMs !== undefined && row.nextAt <= now && (row.claim === undefined || row.claim.until <= now);
}

/**
 * Takes a job for one runner: whoever else read the same row comes too late (`undefined`). Of a run that was begun and never ended it is
 * said first that it failed.
 */
export async function claim(parts: Parts, { kind, row, version }: ScheduledJob, by: string, forMs: number): Promise<string | undefined> {
  const [at, id] = [parts.now(), Bun.randomUUIDv7()];
  try {
    const next = { ...row, claim: { id, by, at, until: at + forMs } };
    await parts.store.put('job', DEFAULT_SPACE, kind, decodeJson(JSON.stringify(next)), { by: BY, expectedVersion: version });
  } catch (error) {
    if (error instanceof SallyportError && error.code === 'ERR_CONFLICT') return undefined;
    throw error;
  }
  if (row.claim !== undefined) {
    await recordRun(parts, kind, row.claim.by, { ok: false, says: 'it was begun and never ended', code: 'ERR_NOT_RUNNING' }, at - row.claim.at);
  }
  return id;
}

/** That whoever runs it is still there. Throws `ERR_JOB_TAKEN` when it is no longer theirs. */
export async function keepClaim(parts: Parts, kind: JobKind, id: string, forMs: number): Promise<void> {
  const job = await needClaimed(parts, kind, id);
  const next = { ...job.row, claim: { ...job.claim, until: parts.now() + forMs } };
  await parts.store.put('job', DEFAULT_SPACE, kind, decodeJson(JSON.stringify(next)), { by: BY, expectedVersion: job.version });
}

/** Records the run, and says when the next one is: runs that were missed meanwhile are made up for by this one. Throws `ERR_JOB_TAKEN`. */
export async function end(parts: Parts, kind: JobKind, id: string, outcome: Outcome): Promise<void> {
  const { row, version, claim: held, everyMs } = await needClaimed(parts, kind, id);
  const [at, { ok, says, code }] = [parts.now(), outcome];
  await recordRun(parts, kind, held.by, outcome, at - held.at);
  const { claim: _, ...kept } = row;
  const next: JobRow = {
    ...kept, runs: row.runs + 1, nextAt: held.at + (everyMs ?? 0),
    last: { at: held.at, ms: at - held.at, ok, by: held.by, says: says.slice(0, LIMITS.jobSaysCharsMax), ...(code === undefined ? {} : { code }) },
  };
  await parts.store.put('job', DEFAULT_SPACE, kind, decodeJson(JSON.stringify(next)), { by: BY, expectedVersion: version });
}

async function needClaimed(
  parts: Parts, kind: JobKind, id: string,
): Promise<ScheduledJob & { readonly claim: NonNullable<JobRow['claim']> }> {
  const job = (await listJobs(parts)).find((one) => one.kind === kind);
  const held = job?.row.claim;
  if (job !== undefined && held?.id === id) return { ...job, claim: held };
  throw new SallyportError('ERR_JOB_TAKEN', `the job ${kind} is not this runner's any more`, {
    remedy: 'It took longer than its claim, or ended: see `sallyport schedule list`.',
  });
}

async function recordRun({ record }: Parts, kind: JobKind, by: string, { ok, says, code }: Outcome, ms: number): Promise<void> {
  const detail: JsonObject = { kind, ms: Math.max(0, Math.round(ms)), runner: by };
  await record({
    event: ok ? 'job.ran' : 'job.failed', space: DEFAULT_SPACE, principal: BY, principalKind: 'workload', reason: says.slice(0, LIMITS.jobSaysCharsMax), detail,
    ...(code === undefined ? {} : { code }),
  });
}

/** Runs what is control's own and due, one after the other. One that fails does not keep the others. */
async function runDue(control: Control): Promise<void> {
  for (const job of await listJobs(control)) {
    if (JOBS[job.kind].run !== undefined && isDue(job, control.now())) await runNow(control, job);
  }
}

/** One job of control's own, now; gives what came of it, or nothing when somebody else has it. */
export async function runNow(control: Control, job: ScheduledJob): Promise<Outcome | undefined> {
  const { run } = JOBS[job.kind];
  if (run === undefined) return undefined;
  const id = await claim(control, job, BY, LIMITS.jobMs);
  if (id === undefined) return undefined;
  const outcome = await run(control).then(
    (says): Outcome => ({ ok: true, says }),
    (error: unknown): Outcome => ({
      ok: false, says: error instanceof SallyportError ? error.message : 'it broke', code: error instanceof SallyportError ? error.code : 'ERR_INTERNAL',
    }),
  );
  await end(control, job.kind, id, outcome);
  return outcome;
}

/** Looks every few seconds, in each replica of control: the store says who is first. */
export function keepSchedule(control: Control): () => Promise<void> {
  return every(LIMITS.jobLookMs, () => runDue(control), (why) => control.report(`what is scheduled cannot be looked after: ${why}`));
}
