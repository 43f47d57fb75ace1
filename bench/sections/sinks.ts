import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { isArray, isObject } from '../../src/domain/json.ts';
import type { Json } from '../../src/domain/json.ts';
import { connectLink } from '../../src/link/connect.ts';
import type { Link } from '../../src/link/connect.ts';
import { median } from '../figures.ts';
import type { Figure } from '../figures.ts';
import { costOf } from '../processes.ts';
import { benchFolder, bun, startProcess, waitFor } from '../targets/target.ts';
import type { Bench } from '../targets/target.ts';

const ROUNDS = 3;
const SECONDS = 3;
const WRITERS = 64;
const CATCH_UP_MS = 120_000;

interface Said {
  readonly records: number;
  readonly elapsedMs: number;
  readonly p50Ms: number;
}

interface Round extends Said {
  /** After the writers stopped: what the sinks had still to send, how long that took, at what CPU; the ledger's memory then. */
  readonly catchUp: { readonly records: number; readonly ms: number; readonly cpuUs: number };
  readonly rssBytes: number;
}

/** What sinks take from appending, and what they carry: the ledger role with none and with three, in turns. */
export async function measureSinks(bench: Bench): Promise<Figure[]> {
  const destinations = startProcess([bun, join(benchFolder, 'sink-destinations.ts')]);
  await waitFor('the destinations', () => destinations.output().includes('http'), destinations);
  const url = destinations.output().trim();
  const seen = { none: [] as Round[], three: [] as Round[], oneNone: [] as Round[], oneThree: [] as Round[] };
  for (let round = 0; round < ROUNDS; round += 1) {
    seen.none.push(await run(bench, WRITERS, undefined));
    seen.three.push(await run(bench, WRITERS, url));
    seen.oneNone.push(await run(bench, 1, undefined));
    seen.oneThree.push(await run(bench, 1, url));
  }
  await destinations.stop();
  const rate = (rounds: readonly Round[]): number => median(rounds.map(({ records, elapsedMs }) => (records * 1_000) / elapsedMs));
  const p50 = (rounds: readonly Round[]): number => median(rounds.map(({ p50Ms }) => p50Ms));
  const caughtUp = seen.three.map(({ catchUp }) => catchUp);
  return [
    figure(`records kept, ${WRITERS} writers, no sink`, rate(seen.none), 'records/s'),
    figure(`records kept, ${WRITERS} writers, three sinks`, rate(seen.three), 'records/s'),
    figure('of the rate stays with three sinks, on two cores', rate(seen.three) / rate(seen.none), '×'),
    figure('p50 of one record, one writer, no sink', p50(seen.oneNone), 'ms'),
    figure('p50 of one record, one writer, three sinks', p50(seen.oneThree), 'ms'),
    figure('records delivered by three sinks together, writers at rest', median(caughtUp.map(({ records, ms }) => (records * 1_000) / ms)), 'records/s'),
    figure('CPU of one record in one sink', median(caughtUp.map(({ records, cpuUs }) => cpuUs / records)), 'µs'),
    figure('memory of the ledger with three sinks', median(seen.three.map(({ rssBytes }) => rssBytes)) / 1024 ** 2, 'MiB'),
    figure('memory of the ledger with none', median(seen.none.map(({ rssBytes }) => rssBytes)) / 1024 ** 2, 'MiB'),
  ];
}

function figure(name: string, value: number, unit: string): Figure {
  return { section: 'sinks', name, value, unit };
}

async function run(bench: Bench, writers: number, url: string | undefined): Promise<Round> {
  mkdirSync(bench.folder, { recursive: true });
  const home = mkdtempSync(join(bench.folder, 's-'));
  const files = mkdtempSync(join(bench.folder, 'f-'));
  const ledger = startProcess([bun, join(benchFolder, 'ledger-role.ts'), home, 'relaxed']);
  await waitFor('the ledger', () => ledger.output().includes('up'), ledger);
  const control = connectLink({ home, self: 'control', peer: 'ledger' });
  if (url !== undefined) await configure(control, url, files);
  const writer = Bun.spawn([bun, join(benchFolder, 'ledger-writer.ts'), home, String(writers), String(SECONDS)], { stdout: 'pipe', stderr: 'inherit' });
  const said: Said = JSON.parse(await new Response(writer.stdout).text());
  const before = { left: await behind(control), at: performance.now(), cpuUs: costOf(ledger.pid).cpuUs };
  const until = Date.now() + CATCH_UP_MS;
  while ((await behind(control)) > 0) {
    if (Date.now() > until) throw new Error('the sinks do not catch up');
    await Bun.sleep(50);
  }
  const { cpuUs, rssBytes } = costOf(ledger.pid);
  const catchUp = { records: before.left, ms: performance.now() - before.at, cpuUs: cpuUs - before.cpuUs };
  control.close();
  await ledger.stop();
  for (const folder of [home, files]) rmSync(folder, { recursive: true });
  return { ...said, catchUp, rssBytes };
}

/** Records that all sinks together have still to send. */
async function behind(control: Link): Promise<number> {
  const all = await control.call('ledger.sinks', {});
  return isArray(all) ? all.reduce<number>((sum, one) => sum + lagOf(one), 0) : 0;
}

function lagOf(one: Json): number {
  return isObject(one) && typeof one['lagRecords'] === 'number' ? one['lagRecords'] : 0;
}

async function configure(control: Link, url: string, directory: string): Promise<void> {
  const spec = {
    copy: { type: 'file', directory, from: 'start' },
    search: { type: 'elastic', url, dataStream: 'logs-sallyport-default', format: 'ocsf', from: 'start' },
    splunk: { type: 'splunk', url, token: 'bench', from: 'start' },
  };
  await control.call('ledger.configure', {
    classes: [{ name: 'standard', region: 'local', recordDays: 400, bodyDays: 30, results: false }], holds: [], failClosed: [],
    pseudonyms: { on: true, key: Buffer.alloc(32, 7).toString('base64url') },
    sinks: { sinks: Object.fromEntries(Object.entries(spec).map(([name, one]) => [name, { spec: one }])) },
  });
}
