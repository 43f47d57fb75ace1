import { mkdtempSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';
import { join } from 'node:path';
import type { Figure } from '../figures.ts';
import { measure } from '../measure.ts';
import { policyText } from '../policies.ts';
import { prepare, start } from '../targets/sallyport.ts';
import type { Bench } from '../targets/target.ts';

/** What `sallyport size` reckons with. */
const FILE = join(import.meta.dir, '../../src/cli/size-figures.json');
const POLICIES = 200;
/** Compilers of hot code need seconds: what they cost falls on the first calls alone, and sizing is about all that follow. */
const HEAT_MS = 15_000;
const MEASURE_MS = 6_000;
/** Checkpoints, and the index, follow within seconds. */
const SETTLE_MS = 4_000;

/** Bytes that each part of a ledger's folder holds. */
function bytesOf(ledger: string): Readonly<Record<'records' | 'payloads' | 'log' | 'index', number>> {
  const of = (...names: readonly string[]): number => names.reduce((sum, name) => sum + treeBytes(join(ledger, name)), 0);
  return { records: of('segments'), payloads: of('bodies'), log: of('log'), index: of('index') };
}

function treeBytes(path: string): number {
  try {
    const found = statSync(path);
    if (!found.isDirectory()) return found.size;
    return readdirSync(path).reduce((sum, name) => sum + treeBytes(join(path, name)), 0);
  } catch {
    // Made and removed while the ledger works.
    return 0;
  }
}

function recordsIn(ledger: string): number {
  return Number(readFileSync(join(ledger, 'log', 'checkpoint'), 'utf8').split('\n')[1]);
}

/** Disk and CPU of one call through the whole gate, with its evidence; written down for `sallyport size`. */
export async function measureSize(bench: Bench): Promise<Figure[]> {
  mkdirSync(bench.folder, { recursive: true });
  const folder = mkdtempSync(join(bench.folder, 's-'));
  const prepared = await prepare(folder, { tls: false, upstream: bench.upstream, policies: policyText(POLICIES) });
  const running = await start(prepared);
  const ledger = join(prepared.home, 'ledger');
  try {
    await measure(running, { era: 'modern', connections: 16, warmupMs: 0, measureMs: HEAT_MS });
    await Bun.sleep(SETTLE_MS);
    const [before, from] = [bytesOf(ledger), recordsIn(ledger)];
    const result = await measure(running, { era: 'modern', connections: 16, warmupMs: 0, measureMs: MEASURE_MS });
    await Bun.sleep(SETTLE_MS);
    const [after, to] = [bytesOf(ledger), recordsIn(ledger)];
    const calls = (to - from) / 2;
    const each = (part: keyof typeof before): number => Math.round((after[part] - before[part]) / calls);
    const cpuOf = (name: string): number => Math.round(result.parts.find((part) => part.name === name)?.cpuUsPerCall ?? 0);
    const figures = {
      measuredAt: new Date().toISOString().slice(0, 10),
      machine: `${cpus()[0]?.model ?? 'unknown'}, ${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GiB, Linux ${release()}, Bun ${Bun.version}`,
      call: { argumentBytes: 1024, resultBytes: 2048, records: 2 },
      diskBytesPerCall: { records: each('records'), payloads: each('payloads'), log: each('log'), index: each('index') },
      cpuUsPerCall: { gateway: cpuOf('gateway'), ledger: cpuOf('ledger') },
    };
    writeFileSync(FILE, `${JSON.stringify(figures, undefined, 2)}\n`);
    return [
      ...Object.entries(figures.diskBytesPerCall).map(([name, value]) => ({ section: 'size', name: `disk a call: ${name}`, value, unit: 'B' })),
      ...Object.entries(figures.cpuUsPerCall).map(([name, value]) => ({ section: 'size', name: `CPU a call: ${name}`, value, unit: 'µs' })),
    ];
  } finally {
    await running.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}
