import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { checkpointFile } from '../../src/audit/log/keeper.ts';
import { readLogIdentity } from '../../src/audit/log/key.ts';
import { verifyLedger } from '../../src/audit/offline/verify.ts';
import { median } from '../figures.ts';
import type { Figure } from '../figures.ts';
import { costOf } from '../processes.ts';
import { benchFolder, bun, startProcess, waitFor } from '../targets/target.ts';
import type { Bench } from '../targets/target.ts';

const SECONDS = 5;
const LATENCY_ROUNDS = 3;
const WATCH_MS = 20;
const WRITERS = 64;

interface Said {
  readonly records: number;
  readonly elapsedMs: number;
  readonly cpuUs: number;
  readonly p50Ms: number;
}

interface Run extends Said {
  readonly ledgerCpuUs: number;
  readonly checkpointsPerSecond: number;
}

/** What keeping records costs: the ledger role and a writing process, each its own, over their socket and a real disk. */
export async function measureLedger(bench: Bench): Promise<Figure[]> {
  const figures: Figure[] = [];
  const add = (name: string, value: number, unit: string, target?: string, met?: boolean): void => {
    figures.push({ section: 'ledger', name, value, unit, ...(target === undefined ? {} : { target, met: met === true }) });
  };
  let verifyDir = '';
  for (const mode of ['relaxed', 'strict'] as const) {
    const { run, home } = await runs(bench, mode, WRITERS);
    verifyDir = join(home, 'ledger');
    const perSecond = (run.records * 1000) / run.elapsedMs;
    const writer = run.cpuUs / run.records;
    add(`${mode}: records kept, ${WRITERS} writers`, perSecond, 'records/s', '≥ 20,000', perSecond >= 20_000);
    add(`${mode}: checkpoints signed meanwhile`, run.checkpointsPerSecond, '/s', '≈ 1', run.checkpointsPerSecond > 0.7 && run.checkpointsPerSecond < 1.3);
    add(`${mode}: CPU of a record in the writing process`, writer, 'µs', '≤ 15 µs', writer <= 15);
    add(`${mode}: CPU of a record in the ledger`, run.ledgerCpuUs / run.records, 'µs');
    if (mode === 'relaxed') rmSync(home, { recursive: true });
  }
  const single = { relaxed: [] as number[], strict: [] as number[] };
  // In turns, so that what the machine does besides weighs on both.
  for (let round = 0; round < LATENCY_ROUNDS; round += 1) {
    for (const mode of ['relaxed', 'strict'] as const) {
      const { run, home } = await runs(bench, mode, 1);
      single[mode].push(run.p50Ms);
      rmSync(home, { recursive: true });
    }
  }
  const [relaxed, strict] = [median(single.relaxed), median(single.strict)];
  add('relaxed: p50 of one record, one writer', relaxed, 'ms');
  add('strict: p50 of one record, one writer', strict, 'ms');
  add('strict adds to p50', strict - relaxed, 'ms', '≤ 1.5 ms', strict - relaxed <= 1.5);
  const verified = await verifyRate(verifyDir);
  add('verify, every line, tile and root', verified.perSecond, 'records/s', '≥ 200,000', verified.perSecond >= 200_000);
  add('bytes of a record on disk, segments and log', verified.bytes, 'B');
  return figures;
}

async function runs(bench: Bench, mode: 'relaxed' | 'strict', writers: number): Promise<{ readonly run: Run; readonly home: string }> {
  mkdirSync(bench.folder, { recursive: true });
  const home = mkdtempSync(join(bench.folder, 'l-'));
  const ledger = startProcess([bun, join(benchFolder, 'ledger-role.ts'), home, mode]);
  await waitFor('the ledger', () => ledger.output().includes('up'), ledger);
  const before = costOf(ledger.pid).cpuUs;
  const file = checkpointFile(join(home, 'ledger'));
  const notes = new Set<string>();
  const watch = setInterval(() => notes.add(readFileSync(file, 'utf8')), WATCH_MS);
  const startedAt = performance.now();
  const writer = Bun.spawn([bun, join(benchFolder, 'ledger-writer.ts'), home, String(writers), String(SECONDS)], { stdout: 'pipe', stderr: 'inherit' });
  const said: Said & { readonly all?: number } = JSON.parse(await new Response(writer.stdout).text());
  const elapsedS = (performance.now() - startedAt) / 1000;
  clearInterval(watch);
  const all = totalOf(readFileSync(file, 'utf8'));
  // The ledger's cost is that of all records, those of the heating included.
  const ledgerCpuUs = ((costOf(ledger.pid).cpuUs - before) / Math.max(1, all)) * said.records;
  await ledger.stop();
  return { run: { ...said, ledgerCpuUs, checkpointsPerSecond: notes.size / elapsedS }, home };
}

function totalOf(note: string): number {
  return Number(note.split('\n')[1] ?? 0);
}

async function verifyRate(dir: string): Promise<{ readonly perSecond: number; readonly bytes: number }> {
  const records = totalOf(readFileSync(checkpointFile(dir), 'utf8'));
  const from = performance.now();
  const { flaws: [flaw] } = await verifyLedger(dir, { key: readLogIdentity(dir).noteKey });
  const seconds = (performance.now() - from) / 1000;
  if (flaw !== undefined) throw new Error(`the ledger is damaged: ${JSON.stringify(flaw)}`);
  return { perSecond: records / seconds, bytes: (bytesIn(join(dir, 'segments')) + bytesIn(join(dir, 'log'))) / records };
}

function bytesIn(folder: string): number {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return files.reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0);
}
