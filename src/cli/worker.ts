import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { isObject } from '../domain/json.ts';
import { JOB_KINDS, WORKER_COMMANDS } from '../domain/job.ts';
import type { JobKind } from '../domain/job.ts';
import { LIMITS } from '../domain/limits.ts';
import { usageError } from './arguments.ts';
import type { Client } from './client.ts';
import type { Command, Io } from './command.ts';
import { part, text } from './json-view.ts';
import { plain, readSpan } from './terminal.ts';
import { callOf } from './verbs.ts';

const OPTIONS = { jobs: { type: 'string' }, bundle: { type: 'string' }, once: { type: 'boolean' }, every: { type: 'string' } } as const;
const EVERY_MS = 30_000;
/** Of what a job printed: its end says what came of it. */
const PRINTED_CHARS = 64 * 1024;

export const command: Command = {
  name: 'worker',
  summary: 'Run what is scheduled and reaches out: probes of vendors, red team, scans of this host, imports',
  usage: `worker [--jobs JOB,JOB...] [--bundle FILE] [--every 30s] [--once]
    --bundle: where \`advisories\` finds the signed bundle that it imports; --once: what is asked for now, whether due or not, then ends`,
  async run(args, io) {
    const { options, client } = callOf(command, args, OPTIONS, io);
    const [bundle, isOnce] = [options.text('bundle'), options.flag('once')];
    const kinds = kindsOf(options.text('jobs'), bundle);
    const everyMs = options.text('every') === undefined ? EVERY_MS : readSpan(options.text('every') ?? '') ?? 0;
    if (everyMs < 1_000) throw usageError(command, '--every is a time span from 1s on');
    if (!isOnce) io.note(`worker: does ${kinds.join(', ')}`);
    const done = new Set<JobKind>();
    while (!io.signal.aborted) {
      const job = await claimed(client, kinds.filter((kind) => !done.has(kind)), isOnce);
      if (job === undefined && isOnce) return done.size === 0 ? 1 : 0;
      if (job === undefined) {
        await wait(everyMs, undefined, { signal: io.signal }).catch(() => undefined);
        continue;
      }
      if (isOnce) done.add(job.kind);
      const words = job.kind === 'advisories' && bundle !== undefined ? [...job.command, bundle] : job.command;
      await work(client, io, { ...job, command: words });
      if (isOnce && done.size === kinds.length) return 0;
    }
    return 0;
  },
};

interface Claimed {
  readonly kind: JobKind;
  readonly claim: string;
  /** This version's own: what a worker runs is not for control to say, which may have been broken into. */
  readonly command: readonly string[];
}

function kindsOf(jobs: string | undefined, bundle: string | undefined): readonly JobKind[] {
  const named = jobs?.split(',').map((word) => word.trim());
  const unknown = named?.find((word) => !JOB_KINDS.some((kind) => kind === word));
  if (unknown !== undefined) throw usageError(command, `there is no job "${unknown}": jobs are ${JOB_KINDS.join(', ')}`);
  const kinds = JOB_KINDS.filter((kind) => kind in WORKER_COMMANDS
    && (named === undefined ? kind !== 'advisories' || bundle !== undefined : named.includes(kind)));
  if (kinds.includes('advisories') && bundle === undefined) throw usageError(command, 'advisories needs --bundle FILE');
  return kinds;
}

async function claimed(client: Client, kinds: readonly JobKind[], now: boolean): Promise<Claimed | undefined> {
  if (kinds.length === 0) return undefined;
  const answer = await client.send('POST', '/schedule/claim', { kinds: [...kinds], now });
  const kind = kinds.find((one) => one === part(answer, 'kind'));
  const own = kind === undefined ? undefined : WORKER_COMMANDS[kind];
  return !isObject(answer) || kind === undefined || own === undefined ? undefined : { kind, claim: text(answer['claim']), command: own };
}

/** Runs it as a process of its own, as a person would, and says what came of it. */
async function work(client: Client, io: Io, { kind, claim, command: words }: Claimed): Promise<void> {
  io.note(`worker: ${kind}`);
  const child = Bun.spawn([process.execPath, join(import.meta.dir, 'main.ts'), ...words], {
    cwd: io.cwd, stdin: 'ignore', stdout: 'pipe', stderr: 'pipe',
    env: { ...io.env, SALLYPORT_HOME: client.home, ...(client.control === undefined ? {} : { SALLYPORT_CONTROL: client.control }) },
  });
  const stop = (): void => child.kill();
  io.signal.addEventListener('abort', stop, { once: true });
  // A claim that is lost is another worker's: what this one still does counts for nothing, and the end of it says so.
  const beat = setInterval(() => void client.send('POST', `/schedule/${kind}/keep`, { claim }).catch(() => undefined), LIMITS.jobClaimMs / 5);
  const [out, err, code] = await Promise.all([tailOf(child.stdout), tailOf(child.stderr), child.exited]).finally(() => {
    clearInterval(beat);
    io.signal.removeEventListener('abort', stop);
  });
  const lines = (code === 0 ? out : `${out}\n${err}`).trim().split('\n');
  const ended = (code === 0 ? undefined : lines.findLast((line) => line.includes('ERR_'))) ?? lines.at(-1) ?? '';
  const says = plain(`exit ${code}${ended === '' ? '' : `: ${ended}`}`).slice(0, LIMITS.jobSaysCharsMax);
  io.note(`worker: ${kind}: ${says}`);
  await client.send('POST', `/schedule/${kind}/end`, { claim, ok: code === 0, says });
}

async function tailOf(stream: ReadableStream<Uint8Array>): Promise<string> {
  let tail = '';
  const decoder = new TextDecoder();
  for await (const chunk of stream) tail = (tail + decoder.decode(chunk, { stream: true })).slice(-PRINTED_CHARS);
  return tail;
}
