import { afterEach, expect, test } from 'bun:test';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { segmentFile } from '../../src/audit/segments.ts';
import { verifies } from '../e2e/requirements.ts';
import { verified, vkeyOf } from '../fixtures/ledger-files.ts';
import { checkTree } from '../independent/tlog.mjs';
import { ledgerFindings } from './ledger-findings.ts';
import { startLoad, type LedgerLoad } from './ledger-load.ts';
import { setClock, startLedgerProcess, type LedgerProcess } from './ledger-process.ts';
import { seeded } from './seeded.ts';
import { fillUp, makeRoom, mountSmall } from './small-disk.ts';

/** The ledger role alone, as a process, under the load of several gateways; what is left is judged by the independent verifier. */
const KILLS = Number(process.env['SALLYPORT_KILL_RUNS'] ?? 8);
const HOUR = 3600;

const endings: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).toReversed()) await end();
});

function makeHome(): string {
  const home = mkdtempSync('/tmp/sp-ledger-');
  endings.push(() => rmSync(home, { recursive: true, force: true }));
  mkdirSync(join(home, 'ledger'), { mode: 0o700 });
  return home;
}

async function start(home: string, options: Parameters<typeof startLedgerProcess>[1] = {}): Promise<LedgerProcess> {
  const ledger = await startLedgerProcess(home, options);
  endings.push(() => ledger.kill());
  return ledger;
}

function load(home: string, retryMs?: number): LedgerLoad {
  const running = startLoad(home, retryMs);
  endings.push(() => running.stop());
  return running;
}

/** Stops the load and the ledger, in order, and judges what lies there. */
async function judge(home: string, ledger: LedgerProcess, running: LedgerLoad): Promise<void> {
  await running.stop();
  expect(await ledger.stop()).toBe(0);
  expect(await verified(home)).toMatchObject({ flaws: [], unsigned: 0 });
  console.log(`ledger: ${running.acknowledged.size} acknowledged, ${running.unsure.size} refused or unanswered, ${running.checkpoints.size} checkpoints seen`);
  expect(running.checkpoints.size).toBeGreaterThan(0);
  expect(ledgerFindings(home, vkeyOf(home), running)).toEqual([]);
}

for (const strict of [false, true]) {
  test(verifies('ledger-faults', `kill -9 under load at random moments: nothing acknowledged is lost, no checkpoint forks (strict: ${strict})`), async () => {
    const random = seeded(`ledger ${strict ? 'strict' : 'relaxed'}`);
    const home = makeHome();
    let ledger = await start(home, { strict });
    const running = load(home);
    for (let kill = 0; kill < KILLS; kill += 1) {
      await running.more(100 + Math.floor(random() * 2_000));
        // Long enough, most times, for a checkpoint to be made, or to be in the making.
      await Bun.sleep(random() * 1_300);
      await ledger.kill();
      ledger = await start(home, { strict });
    }
    await running.more(500);
    await judge(home, ledger, running);
  }, 30_000 + KILLS * 5_000);
}

test(verifies('ledger-faults', 'a disk that fails to sync: nothing more is acknowledged, and what was is there after the next start'), async () => {
  const home = makeHome();
  let ledger = await start(home, { strict: true });
  const running = load(home, 300);
  await running.more(2_000);
  await ledger.breakDisk();
  // Frames that were synced before may still be on their way.
  await Bun.sleep(300);
  const kept = running.acknowledged.size;
  const refused = running.unsure.size;
  while (running.unsure.size < refused + 200) await Bun.sleep(5);
  expect(running.acknowledged.size).toBe(kept);
  expect([...running.codes]).toEqual(['ERR_JOURNAL_UNAVAILABLE']);
  await ledger.kill();
  ledger = await start(home, { strict: true });
  await running.more(500);
  await judge(home, ledger, running);
}, 30_000);

test(verifies('ledger-faults', 'a full disk under load: refusals and no loss; with room again records are taken'), async () => {
  const home = makeHome();
  const place = join(home, 'ledger');
  if (!mountSmall(place, 40)) return;
  endings.push(() => Bun.spawnSync(['umount', '-l', place]));
  const ledger = await start(home);
  const running = load(home, 300);
  await running.more(1_000);
  for (let round = 0; round < 3; round += 1) {
    await Bun.sleep(600);
    fillUp(place);
    const refused = running.unsure.size;
    // The reserve goes first; then nothing more fits.
    while (running.unsure.size < refused + 100) {
      await Bun.sleep(20);
      fillUp(place);
    }
    expect([...running.codes]).toEqual(['ERR_JOURNAL_UNAVAILABLE']);
    makeRoom(place);
    await running.more(1_000);
  }
  await judge(home, ledger, running);
}, 45_000);

test(verifies('ledger-faults', 'clocks that jump back and forth: records keep their order, checkpoints go on, nothing is lost'), async () => {
  const home = makeHome();
  const clock = join(home, 'clock');
  setClock(clock, 0);
  let ledger = await start(home, { clock });
  const running = load(home);
  for (const seconds of [-HOUR, 30 * 24 * HOUR, -400 * 24 * HOUR, 0, 5]) {
    await running.more(300);
    setClock(clock, seconds);
    // Whatever the clock says, what is written from now on is signed soon.
    const { size } = running.checkpoints;
    while (running.checkpoints.size < size + 2) await running.more(20);
    if (seconds > 0) {
      await ledger.kill();
      ledger = await start(home, { clock });
    }
  }
  await judge(home, ledger, running);
}, 45_000);

test(verifies('ledger-faults', 'lines that are missing below a signed checkpoint are named for ever; their positions are not given again'), async () => {
  const home = makeHome();
  let ledger = await start(home);
  const running = load(home, 300);
  await running.more(500);
  await running.stop();
  expect(await ledger.stop()).toBe(0);
  const file = segmentFile(join(home, 'ledger'), 0);
  const lines = readFileSync(file, 'utf8').split('\n');
  writeFileSync(file, `${lines.slice(0, -101).join('\n')}\n`);
  const { size } = checkTree(join(home, 'ledger', 'log'), vkeyOf(home)).checkpoint;
  ledger = await start(home);
  const again = load(home);
  await again.more(100);
  await again.stop();
  expect(await ledger.stop()).toBe(0);
  expect(Math.min(...again.acknowledged.values())).toBeGreaterThan(size);
  const { flaws } = await verified(home);
  const place = segmentFile(join(home, 'ledger'), size);
  expect(flaws.map(({ file: name, what }) => [name, what])).toEqual([[place, `the lines of positions ${size - 100} to ${size - 1} are missing here`]]);
}, 30_000);
