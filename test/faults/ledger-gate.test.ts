import { expect, test } from 'bun:test';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { verifies } from '../e2e/requirements.ts';
import { startCountingServer } from '../fixtures/counting-server.ts';
import { sandboxed } from '../fixtures/sandbox-reads.ts';
import { startGate, type Gate } from '../fixtures/gate.ts';
import { readJournal } from '../fixtures/supervised-gate.ts';
import { findingsOf } from './kill-findings.ts';
import { callOn, untilQuiet, type Attempt } from './kills.ts';
import { setClock, startLedgerProcess, type LedgerProcess } from './ledger-process.ts';
import { seeded } from './seeded.ts';
import { fillUp, makeRoom, mountSmall } from './small-disk.ts';

/** A whole gate under load whose ledger, a process of its own, is disturbed: whoever was answered is on record, and so is every effect. */
const CALLERS = 6;

interface Disturbed {
  readonly gate: Gate;
  readonly clock: string;
  readonly attempts: readonly Attempt[];
  ledger: LedgerProcess;
  restart(): Promise<void>;
  /** Until so many more calls were answered, or were not. */
  readonly answered: (count: number) => Promise<void>;
  readonly refused: (count: number) => Promise<void>;
}

/** Runs a gate under load while `disturb` works; gives what was broken of the promises, in words. `prepare`: before the ledger starts again. */
async function disturbed(name: string, prepare: (place: string) => void, disturb: (under: Disturbed) => Promise<void>): Promise<readonly string[]> {
  const random = seeded(name);
  const folder = mkdtempSync('/tmp/sp-disturb-');
  const [remoteFile, localFile, clock] = [join(folder, 'remote'), join(folder, 'local'), join(folder, 'clock')];
  for (const file of [remoteFile, localFile]) writeFileSync(file, '');
  setClock(clock, 0);
  const upstream = startCountingServer(remoteFile);
  const local = [process.execPath, join(import.meta.dir, '../fixtures/counting-stdio.ts'), localFile];
  const gate = await startGate({
    strict: true,
    policy: `permit(principal, action == Action::"call_tool", resource) when { resource.name == "charge" };
permit(principal, action in Action::"session", resource);`,
    manifest: `servers:
  remote: { url: "${upstream.url}", allowPrivate: true, owner: tests }
  local: { command: ${JSON.stringify(local)}, owner: tests, ${sandboxed([dirname(localFile)])} }\n`,
  });
  try {
    await gate.enrol('remote', 'local');
    const token = await gate.token();
    await gate.down('ledger');
    prepare(join(gate.home, 'ledger'));
    const attempts: Attempt[] = [];
    const until = async (count: number, which: (attempt: Attempt) => boolean): Promise<void> => {
      for (const from = attempts.length; attempts.slice(from).filter(which).length < count; ) await Bun.sleep(10);
    };
    const start = (): Promise<LedgerProcess> => startLedgerProcess(gate.home, { strict: true, clock });
    const under: Disturbed = {
      gate, clock, attempts, ledger: await start(),
      restart: async () => {
        await under.ledger.kill();
        under.ledger = await start();
      },
      answered: (count) => until(count, ({ answer }) => answer?.result !== undefined),
      refused: (count) => until(count, ({ answer, tool }) => tool === 'charge' && answer !== undefined && answer.result === undefined),
    };
    const ending = new AbortController();
    const callers = Array.from({ length: CALLERS }, (_, index) => callOn(gate.url, token, `c${index}`, random, ending.signal, attempts));
    await under.answered(20);
    await disturb(under);
    await under.answered(20);
    ending.abort();
    await Promise.all(callers);
    await untilQuiet(gate);
    await under.ledger.stop();
    const effects = [remoteFile, localFile].flatMap((file) => readFileSync(file, 'utf8').split('\n').filter((line) => line !== ''));
    const journal = await readJournal(gate.home);
    console.log(`${name}: ${attempts.length} calls, ${effects.length} effects, ${journal.length} records`);
    return findingsOf({ home: gate.home, recoveries: [], attempts, effects, journal, survivors: [], remove: () => undefined });
  } finally {
    Bun.spawnSync(['umount', '-l', join(gate.home, 'ledger')], { stderr: 'ignore' });
    await gate.stop();
    await upstream.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

const nothing = (): void => undefined;

test(verifies('ledger-faults', 'the ledger’s disk fails under calls: none passes without its record, none that was answered is lost'), async () => {
  expect(await disturbed('disk', nothing, async (under) => {
    await under.ledger.breakDisk();
    await under.refused(30);
    await under.restart();
  })).toEqual([]);
}, 90_000);

test(verifies('ledger-faults', 'the ledger’s disk is full under calls: none passes without its record, none that was answered is lost'), async () => {
  let small = false;
  const prepare = (place: string): void => {
    small = mountSmall(place, 40);
  };
  expect(await disturbed('full', prepare, async ({ gate, refused, answered }) => {
    if (!small) return;
    const place = join(gate.home, 'ledger');
    const filling = setInterval(() => fillUp(place), 50);
    await refused(30).finally(() => clearInterval(filling));
    makeRoom(place);
    // What was given up meanwhile is told a little after the ledger takes records again.
    await answered(5);
    await Bun.sleep(1_500);
    await answered(5);
  })).toEqual([]);
}, 90_000);

test(verifies('ledger-faults', 'the ledger’s clock jumps under calls: they go on, and every record is in its place'), async () => {
  expect(await disturbed('clock', nothing, async ({ clock, answered }) => {
    for (const seconds of [-3600, 86_400 * 40, -86_400 * 400, 0]) {
      setClock(clock, seconds);
      await answered(20);
    }
  })).toEqual([]);
}, 90_000);
