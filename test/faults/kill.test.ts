import { expect, test } from 'bun:test';
import { mkdtempSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { GATE_ROLES } from '../../src/domain/role.ts';
import { freePort } from '../fixtures/free-port.ts';
import { findingsOf } from './kill-findings.ts';
import { isAlive, runKills, type Recovery } from './kills.ts';
import { seeded } from './seeded.ts';
import { removeHome } from '../fixtures/record-judge.ts';

const KILLS = Number(process.env['SALLYPORT_KILL_RUNS'] ?? 20);
/** The promise. A process needs a core to start on: where others queue for the cores too, the wait grows with the queue, and that is printed. */
const BACK_MS = 2_000;
const CONTROL_MS = 3_000;
/** A local server is a program of its own, which starts anew in a sandbox of its own after the runner has in its jail. */
const LOCAL_MS = 2_000;
const QUEUE_PER_CORE = 2;

test('kill -9 of any role at random moments: no record is lost, none has effect without one, each is closed once, service is back in 2 s', async () => {
  const after = await runKills(KILLS, seeded('kill'));
  const answered = after.attempts.filter(({ answer }) => answer?.result !== undefined).length;
  const unknown = after.journal.filter(({ event }) => event === 'call.unknown').length;
  console.log(`${after.recoveries.map(describe).join('\n')}
kill: ${KILLS} kills, ${after.attempts.length} calls, ${answered} answered, ${after.effects.length} effects
kill: ${after.journal.length} records, ${unknown} calls closed as unknown
kill: back after ${slowest(after.recoveries).join(', ')} ms at the latest (remote, local, control)`);
  expect(answered).toBeGreaterThan(KILLS * 10);
  expect(findingsOf(after)).toEqual([]);
  expect(after.recoveries.filter((recovery) => isLate(recovery)).map(describe)).toEqual([]);
  after.remove();
}, 60_000 + KILLS * 10_000);

test('kill -9 of the supervisor ends the roles; nothing is orphaned, and the gate starts again over the same files', async () => {
  const home = mkdtempSync('/tmp/sp-faults-');
  for (const end of ['SIGKILL', 'SIGTERM'] as const) {
    const { supervisor, pids } = await startUp(home);
    expect(pids.filter(isAlive)).toHaveLength(GATE_ROLES.length);
    supervisor.kill(end);
    await supervisor.exited;
    while (pids.some(isAlive)) await Bun.sleep(5);
  }
  removeHome(home);
}, 60_000);

/** `sallyport up` as people start it; resolves when all four roles are ready. */
async function startUp(home: string): Promise<{ readonly supervisor: Bun.Subprocess; readonly pids: readonly number[] }> {
  const main = join(import.meta.dir, '../../src/cli/main.ts');
  const options = ['--home', home, '--listen', `127.0.0.1:${freePort()}`, '--control-listen', '127.0.0.1:0', '--insecure-loopback', '--json'];
  const supervisor = Bun.spawn([process.execPath, main, 'up', ...options], {
    cwd: home, stdin: 'ignore', stdout: 'ignore', stderr: 'pipe',
  });
  const ready: number[] = [];
  let text = '';
  for await (const chunk of supervisor.stderr) {
    text += new TextDecoder().decode(chunk);
    const lines = text.split('\n');
    text = lines.pop() ?? '';
    for (const line of lines) {
      const pid = /"event":"ready","pid":(\d+)/.exec(line)?.[1];
      if (pid !== undefined) ready.push(Number(pid));
    }
    if (ready.length === GATE_ROLES.length) return { supervisor, pids: ready };
  }
  throw new Error(`up ended with ${await supervisor.exited}`);
}

function slowest(recoveries: readonly Recovery[]): readonly number[] {
  return (['remoteMs', 'localMs', 'controlMs'] as const).map((which) => Math.max(...recoveries.map((recovery) => recovery[which])));
}

/** Service is that calls are answered; local servers have longer, and so has control, which compiles every policy anew before it answers administrators. */
function isLate(recovery: Recovery): boolean {
  const { remoteMs, localMs, controlMs } = recovery;
  return Math.max(remoteMs, localMs - LOCAL_MS, controlMs - CONTROL_MS) > BACK_MS * stretch(recovery);
}

function stretch({ load }: Recovery): number {
  return Math.max(1, load / availableParallelism() / QUEUE_PER_CORE);
}

function describe(recovery: Recovery): string {
  const { roles, remoteMs, localMs, controlMs, load } = recovery;
  const limit = stretch(recovery) > 1 ? ` (load ${load.toFixed(1)}: limit ${Math.round(BACK_MS * stretch(recovery))} ms)` : '';
  return `kill: ${roles.join('+').padEnd(16)} remote ${remoteMs} ms, local ${localMs} ms, control ${controlMs} ms${limit}`;
}
