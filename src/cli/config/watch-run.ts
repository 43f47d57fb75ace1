import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { instructionFindings } from '../../client-files/audit/instructions.ts';
import { replaceOwn } from '../../client-files/watch/baseline.ts';
import type { Copies } from '../../client-files/watch/copies.ts';
import { isAtLeast, worstOf } from '../../client-files/watch/differences.ts';
import { lookAt } from '../../client-files/watch/look.ts';
import type { Difference, WatchedPlace } from '../../client-files/watch/watched.ts';
import { Watcher } from '../../client-files/watch/watcher.ts';
import type { Change } from '../../client-files/watch/watcher.ts';
import { whoChanged } from '../../client-files/watch/who.ts';
import { userNames } from '../../discover/host/accounts.ts';
import { SallyportError } from '../../domain/errors.ts';
import type { Severity } from '../../domain/finding.ts';
import type { JsonObject } from '../../domain/json.ts';
import { LIMITS } from '../../domain/limits.ts';
import { jsonText } from '../command.ts';
import { plain, time } from '../terminal.ts';
import type { Call } from '../verbs.ts';
import { hasGate } from './file-acts.ts';
import { seeInstructions } from './find-secrets.ts';
import { approvedBaseline, byPath, toldOf } from './watched.ts';
import type { Approved, Watched } from './watched.ts';
import type { Blocking, Killing, Reverting, WatchAction } from './watch-actions.ts';
import type { ReportPace, WatchReports } from './watch-reports.ts';

/** What a watcher does, and from which weight of a change on. */
export interface Orders {
  readonly actions: readonly WatchAction[];
  readonly from: Severity;
  readonly agent: string | undefined;
  readonly everyMs: number;
}

/** Everything that one run of the watcher has. */
export interface Watch {
  readonly call: Call;
  readonly watched: Watched;
  readonly orders: Orders;
  readonly reports: WatchReports;
  readonly pace: ReportPace;
  readonly reverting: Reverting;
  readonly killing: Killing;
  readonly blocking: Blocking;
  readonly copies: Copies;
  readonly followUps: Set<ReturnType<typeof setTimeout>>;
  readonly doing: Set<Promise<void>>;
}

const KILL_AGAIN_MS = 1_000;
const BEAT_MS = 60_000;

/** A baseline that does not hold is itself what a watcher is there to tell. */
export async function approvedOrTold({ client }: Call, watched: Watched, reports: WatchReports): Promise<Approved> {
  try {
    const approved = await approvedBaseline(client, watched);
    if (approved !== undefined) return approved;
  } catch (error) {
    if (error instanceof SallyportError && error.code === 'ERR_CONFIG_TAMPERED') {
      const file = join(watched.store.folder, 'baseline.json');
      await reports.add('/file-changes', reportOf(watched, toldOf([{ file, what: 'the baseline is not what was approved', severity: 'critical' }]), []));
      await reports.send();
    }
    throw error;
  }
  throw new SallyportError('ERR_NOT_FOUND', 'nothing was approved here, so nothing could differ from it', {
    remedy: 'Look at the files, then approve them: sallyport config baseline --reason …',
  });
}

function reportOf({ host, place }: Watched, told: JsonObject, done: readonly string[]): JsonObject {
  return { host, place, seenAt: Date.now(), ...told, done };
}

/** One look at everything: for schedules and machines of tests. The exit code is 1 where anything differs. */
export async function once(parts: Watch, { baseline }: Approved): Promise<number> {
  let differing = 0;
  const watcher = new Watcher({
    places: parts.watched.places, approved: byPath(baseline.files), salt: baseline.salt, everyMs: LIMITS.watchEveryMs,
    onChange: async (change) => {
      differing += change.differences.length;
      await handle(parts, change);
    },
    onTrouble: (words) => parts.call.io.note(plain(words)),
  });
  await watcher.scan();
  await watcher.close();
  await settle(parts);
  await tellHeld(parts);
  await parts.reports.send();
  if (differing === 0 && !parts.call.options.json) parts.call.io.out(`${baseline.files.length} files are what was approved ${time(baseline.at)}.\n`);
  return differing === 0 ? 0 : 1;
}

/** Until somebody ends it; that it ends is on record. */
export async function follow(parts: Watch, first: Approved): Promise<number> {
  const { call: { io }, watched, reports, orders } = parts;
  const running = join(watched.store.folder, 'running.json');
  const beatMs = Math.max(LIMITS.watchBeatMsMin, Math.min(orders.everyMs, BEAT_MS));
  const tell = (state: string, reason?: string): Promise<void> =>
    reports.add('/file-watches', { host: watched.host, place: watched.place, everyMs: beatMs, state, ...(reason === undefined ? {} : { reason }) });
  await takeOver(running, tell);
  await tell('watching');
  let approved = first;
  let watcher = await begin(parts, approved, renew);
  io.note(`${approved.baseline.files.length} files are watched (baseline ${approved.baseline.number}). End it with Ctrl-C: that is on record.`);
  async function renew(): Promise<void> {
    const next = await approvedOrTold(parts.call, watched, reports);
    if (!next.isConfirmed && hasGate(parts.call.client)) {
      throw new SallyportError('ERR_NOT_RUNNING', 'there is a new baseline, and control does not say that it was approved: the last one counts', {
        remedy: 'Start the watcher again once control answers.',
      });
    }
    approved = next;
    await watcher.close();
    watcher = await begin(parts, approved, renew);
    io.note(`Baseline ${approved.baseline.number} was approved and is watched from now on.`);
  }
  const beat = setInterval(() => {
    tell('watching').then(() => tellHeld(parts)).then(() => reports.send())
      .catch((error: unknown) => io.note(error instanceof Error ? error.message : 'no sign of life could be given'));
  }, beatMs);
  await reports.send();
  await new Promise<void>((resolve) => {
    if (io.signal.aborted) resolve();
    io.signal.addEventListener('abort', () => resolve(), { once: true });
  });
  clearInterval(beat);
  await watcher.close();
  await settle(parts);
  await tellHeld(parts);
  await tell('stopped', 'it was ended');
  await reports.send();
  await rm(running, { force: true });
  return 0;
}

/** Own files count as well: who changes the baseline, or the keys, changes what everything is judged by. */
async function begin(parts: Watch, { baseline }: Approved, renew: () => Promise<void>): Promise<Watcher> {
  const { watched, call: { io } } = parts;
  const own: readonly WatchedPlace[] = ['baseline.json', 'key.pem', 'copies.key'].map((name) => ({ path: join(watched.store.folder, name), role: 'programs' }));
  const seen = await Promise.all(own.map((file) => lookAt(file, baseline.salt)));
  const approved = byPath([...baseline.files, ...seen.flatMap((one) => (one === undefined ? [] : [one.state]))]);
  const watcher = new Watcher({
    places: async () => [...own, ...await watched.places()], approved, salt: baseline.salt, everyMs: parts.orders.everyMs,
    onChange: async (change) => {
      if (change.path !== own[0]?.path) return handle(parts, change);
      // Outside of the watcher's turn: it is closed by it.
      later(parts, 0, async () => {
        await renew().catch(async (error: unknown) => {
          io.note(`${error instanceof SallyportError ? error.code : 'ERR_INTERNAL'}: ${error instanceof Error ? error.message : ''}`);
          await handle(parts, change);
        });
      });
    },
    onTrouble: (words) => io.note(plain(words)),
  });
  await watcher.start();
  return watcher;
}

/** On disk first, then acted on, then told: what was done is in the report, and what became of it follows where it failed. */
async function handle(parts: Watch, change: Change): Promise<void> {
  const { call: { client, io, options }, watched, orders: { actions, from, agent }, reports, reverting, killing, blocking, copies } = parts;
  const { path, bytes } = change;
  const differences = [...steered(change), ...change.differences];
  if (differences.length === 0) {
    if (bytes !== undefined) await copies.keep(path, bytes);
    return change.isBack ? show(parts, change, 'as approved again', []) : undefined;
  }
  const worst = worstOf(differences);
  const planned = isAtLeast(worst, from) ? actions : [];
  const by = whoChanged(path, change.after?.uid, userNames('/'));
  const isTold = parts.pace.takes(differences, change.seenAt);
  if (isTold) await reports.add('/file-changes', reportOf(watched, toldOf(differences, by), planned));
  const done = planned.includes('revert') ? [await reverting.revert(change)] : [];
  if (planned.includes('kill') && killing.add(change)) killLater(parts, 0);
  // The bell of the terminal; who is not there hears of it by the sinks that carry the record.
  if (planned.includes('notify')) io.note(`\u0007${plain(path)} was changed: ${plain(differences[0]?.what ?? '')}`);
  show(parts, { ...change, differences }, by, done);
  // Control may take its time, or be away: who watches goes on watching.
  later(parts, 0, async () => {
    if (planned.includes('block') && agent !== undefined) done.push(...[await blocking.block(client, agent, path, isTold)].flatMap((words) => words ?? []));
    const failed = done.filter((words) => words.includes('not '));
    if (failed.length > 0 && isTold) await reports.add('/file-changes', reportOf(watched, toldOf(differences, by), failed));
    await reports.send();
    if (!options.json && reports.waiting > 0) io.note(`${reports.waiting} reports wait for control.`);
  });
}

/** What came too fast to be told one by one. */
async function tellHeld({ pace, reports, watched }: Watch): Promise<void> {
  const held = pace.drain();
  if (held === undefined) return;
  const { left, ...told } = toldOf(held.differences);
  await reports.add('/file-changes', reportOf(watched, { ...told, left: Number(left) + held.left }, ['told together: too many at once']));
}

/** Instructions that changed, and now say what detectors know from attacks: worse than a change. */
function steered({ path, after, bytes, differences }: Change): readonly Difference[] {
  if (after?.role !== 'instructions' || bytes === undefined || differences.length === 0) return [];
  const findings = instructionFindings(path, seeInstructions(new TextDecoder().decode(bytes)), () => undefined);
  const rules = findings.filter(({ severity }) => isAtLeast(severity, 'high')).map(({ rule }) => rule);
  return rules.length === 0 ? [] : [{ file: path, what: `instructions with signs of an attack: ${[...new Set(rules)].join(', ')}`, severity: 'critical' }];
}

/** Until nothing is looked for any more; the longest that anybody can make it is as long as they go on. */
function killLater(parts: Watch, ms: number): void {
  later(parts, ms, async () => {
    const { ended, differences, isOver } = parts.killing.look();
    if (!isOver) killLater(parts, KILL_AGAIN_MS);
    if (ended === 0) return;
    parts.call.io.note(`${ended} processes that it started were ended.`);
    await parts.reports.add('/file-changes', reportOf(parts.watched, toldOf(differences), [`${ended} processes ended`]));
    await parts.reports.send();
  });
}

function later({ followUps, doing, call: { io } }: Watch, ms: number, act: () => Promise<void>): void {
  const timer = setTimeout(() => {
    followUps.delete(timer);
    const done = act().catch((error: unknown) => io.note(error instanceof Error ? error.message : 'something failed')).finally(() => doing.delete(done));
    doing.add(done);
  }, ms);
  followUps.add(timer);
}

/** What was begun is ended; what would have been done later is not. */
async function settle({ followUps, doing }: Watch): Promise<void> {
  await Bun.sleep(0);
  for (const timer of followUps) clearTimeout(timer);
  await Promise.all(doing);
}

function show({ call: { io, options } }: Watch, { path, differences, seenAt }: Change, by: string, done: readonly string[]): void {
  if (options.json) return io.out(`${jsonText({ path, seenAt, by, done, differences: differences.map((one) => ({ ...one })) })}\n`);
  const rows = differences.map(({ severity, server = '', what }) => `  ${severity.padEnd(8)}  ${server === '' ? '' : `${plain(server)}: `}${plain(what)}`);
  const last = done.length === 0 ? [] : [`  ${done.map((one) => plain(one)).join(', ')}`];
  io.out([`${time(seenAt)}  ${plain(path)}  (${plain(by)})`, ...rows, ...last, ''].join('\n'));
}

/** A mark of a run that did not end in order: it was killed, or the machine went down; between then and now nobody watched. */
async function takeOver(running: string, tell: (state: string, reason: string) => Promise<void>): Promise<void> {
  const mark = await readFile(running, 'utf8').catch(() => undefined);
  const [, pid = '', began = ''] = /^(\d+) (\w+)$/.exec(mark ?? '') ?? [];
  if (pid !== '' && await startOf(Number(pid)) === began) {
    throw new SallyportError('ERR_ALREADY_RUNNING', `process ${pid} watches these files already`, { remedy: 'End it first, or name another --place.' });
  }
  if (mark !== undefined) await tell('interrupted', 'its last run did not end in order: between that and now nobody watched');
  await replaceOwn(running, `${process.pid} ${await startOf(process.pid)}`);
}

/** When a process began, in the kernel's words; where those can't be had, its number alone tells. */
async function startOf(pid: number): Promise<string> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  if (stat !== '') return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  try {
    process.kill(pid, 0);
    return 'alive';
  } catch {
    return 'gone';
  }
}
