/**
 * The bench: `npm run bench`. Measures, in one run with every answer checked, what stands between a client and a server:
 * nothing, nginx, a bare hop, Sallyport with all of its controls on, and the peers. Writes docs/benchmarks/<date>.{json,md,svg}.
 *
 *   npm run bench -- --rounds 5 --seconds 3 --heat 8 --connections 1,16,64 --targets hop,sallyport --sections none --era modern --out DIR
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, release, tmpdir, totalmem } from 'node:os';
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { makeCertificate } from './certificate.ts';
import { chart } from './chart.ts';
import { summarise } from './figures.ts';
import type { Figure, Report, Row } from './figures.ts';
import type { LoadResult } from './load.ts';
import { measure } from './measure.ts';
import { markdown } from './report.ts';
import { SECTIONS } from './sections/table.ts';
import { direct, hop, hopTls, nginx, nginxTls } from './targets/floor.ts';
import { civic, mcpProxy, supergateway } from './targets/peers.ts';
import { sallyport, sallyportBlind, sallyportTls } from './targets/sallyport.ts';
import { startScript, stopAll } from './targets/target.ts';
import type { Bench, Running, Target } from './targets/target.ts';

const TARGETS: readonly Target[] = [direct, nginx, hop, sallyport, sallyportBlind, mcpProxy, supergateway, civic, nginxTls, hopTls, sallyportTls];

/** As many as the 200 policies of the Sallyport target name, five each. */
const TOOLS = 40;

const { values: flags } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '3' },
    warmup: { type: 'string', default: '1' },
    heat: { type: 'string', default: '8' },
    connections: { type: 'string', default: '1,16,64' },
    targets: { type: 'string', default: TARGETS.map((target) => target.name).join() },
    sections: { type: 'string', default: SECTIONS.map((section) => section.name).join() },
    era: { type: 'string', default: 'legacy' },
    out: { type: 'string', default: join(import.meta.dir, '../docs/benchmarks') },
  },
});
const rounds = Number(flags.rounds);
const connections = flags.connections.split(',').map(Number);
const era = flags.era === 'modern' ? 'modern' : 'legacy';
const chosen = TARGETS.filter((target) => flags.targets.split(',').includes(target.name));
const absent: { name: string; reason: string }[] = [];

function say(text: string): void {
  console.error(`bench: ${text}`);
}

function reasonOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? '';
}

/** One target that cannot start or answers wrongly costs only its own rows, and the report says why. */
async function attempt<T>(name: string, work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    absent.push({ name, reason: reasonOf(error) });
    say(`${name}: ${reasonOf(error)}`);
    return undefined;
  }
}

/** Rounds go over all targets before the next begins, so that a slow minute of the machine falls on all of them. */
async function measureCalls(running: ReadonlyMap<Target, Running>): Promise<Row[]> {
  const results = new Map<string, LoadResult[]>();
  const failed = new Set<Target>();
  const settings = { era, warmupMs: Number(flags.warmup) * 1000, measureMs: Number(flags.seconds) * 1000 } as const;
  // Compilers of hot code need seconds: without this, the first round would be about them, and slow targets would suffer most.
  for (const [target, instance] of running) {
    const heated = await attempt(target.name, () => measure(instance, { era, connections: 16, warmupMs: 0, measureMs: Number(flags.heat) * 1000 }));
    if (heated === undefined) failed.add(target);
  }
  for (let round = 1; round <= rounds; round++) {
    for (const count of connections) {
      for (const [target, instance] of running) {
        if (failed.has(target)) continue;
        const result = await attempt(`${target.name}, ${count} connections, round ${round}`, () => measure(instance, { ...settings, connections: count }));
        if (result === undefined) failed.add(target);
        else results.set(`${target.name}/${count}`, [...(results.get(`${target.name}/${count}`) ?? []), result]);
      }
      say(`round ${round} of ${rounds}, ${count} connections: done`);
    }
  }
  return [...running.keys()].flatMap(({ name, label, transport }) => connections.flatMap((count) => {
    const of = results.get(`${name}/${count}`);
    return of === undefined ? [] : [summarise({ target: name, label, transport, connections: count }, of)];
  }));
}

async function measureSections(bench: Bench, rows: readonly Row[]): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const section of SECTIONS.filter(({ name }) => flags.sections.split(',').includes(name))) {
    say(section.name);
    figures.push(...((await attempt(section.name, () => section.measure(bench, rows))) ?? []));
  }
  return figures;
}

function git(...args: string[]): string {
  return Bun.spawnSync(['git', '-C', import.meta.dir, ...args]).stdout.toString().trim();
}

function reportOf(rows: readonly Row[], figures: readonly Figure[]): Report {
  const [cpu] = cpus();
  const changed = git('status', '--porcelain', '--', '../src', '.') === '' ? '' : ' with uncommitted changes';
  return {
    date: new Date().toISOString().slice(0, 10),
    command: ['npm run bench', ...(process.argv.length > 2 ? ['--', ...process.argv.slice(2)] : [])].join(' '),
    commit: git('rev-parse', '--short', 'HEAD') + changed,
    machine: {
      CPU: cpu?.model ?? 'unknown', cores: cpus().length, 'memory MiB': Math.round(totalmem() / 1024 / 1024), Linux: release(),
      Bun: Bun.version, 'load average at the end': loadavg()[0]?.toFixed(1) ?? '',
    },
    options: { rounds, 'seconds each': flags.seconds, 'seconds of heating': flags.heat, connections, era, 'argument bytes': 1024, 'result bytes': 2048 },
    rows,
    figures,
    absent,
  };
}

// An interrupted bench leaves no process behind.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void stopAll().then(() => process.exit(130)));

const folder = mkdtempSync(join(tmpdir(), 'sallyport-bench-'));
try {
  const stub = await startScript('stub.ts', ['http', String(TOOLS)]);
  const bench: Bench = { folder, upstream: `http://127.0.0.1:${stub.port}/mcp`, tls: await makeCertificate(join(folder, 'tls')) };
  const running = new Map<Target, Running>();
  for (const target of chosen) {
    const instance = await attempt(target.name, () => target.start(bench));
    if (instance !== undefined) running.set(target, instance);
  }
  const rows = await measureCalls(running);
  for (const instance of running.values()) await instance.stop();
  const report = reportOf(rows, await measureSections(bench, rows));
  mkdirSync(flags.out, { recursive: true });
  const base = join(flags.out, report.date);
  writeFileSync(`${base}.json`, `${JSON.stringify(report, undefined, 1)}\n`);
  const caption = `1 KB of arguments, 2 KB of result; bars: ${connections.join(', ')} connections; medians of ${rounds} rounds in one run`;
  writeFileSync(`${base}.svg`, chart(rows, caption));
  const text = markdown(report, `${report.date}.svg`);
  writeFileSync(`${base}.md`, text);
  console.log(text);
  say(`written: ${relative(process.cwd(), base)}.{json,md,svg}`);
} finally {
  await stopAll();
  rmSync(folder, { recursive: true, force: true });
}
process.exit(0);
