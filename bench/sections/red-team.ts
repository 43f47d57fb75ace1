import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isArray, isObject, type Json } from '../../src/domain/json.ts';
import { openRange } from '../../src/roles/range/range.ts';
import type { Figure } from '../figures.ts';
import { median } from '../figures.ts';

const MINUTES_MAX = 5;
const OPEN_SECONDS_MAX = 4;
const OPENED = 5;

/** All scenarios against what ships: the command, as people run it; and how long a range takes to open. */
export async function measureRedTeam(): Promise<Figure[]> {
  const seconds: number[] = [];
  for (let at = 0; at < OPENED; at += 1) {
    const startedAt = performance.now();
    const range = await openRange();
    seconds.push((performance.now() - startedAt) / 1000);
    await range.stop();
  }
  const { minutes, played, cpuMs } = await playAll();
  const opened = median(seconds);
  const section = 'red team';
  return [
    { section, name: `${played} scenarios against what ships, with a network of their own`, value: minutes, unit: 'min', target: `≤ ${MINUTES_MAX} min`,
      met: minutes <= MINUTES_MAX && played > 0 },
    { section, name: 'CPU of the driver and toys, a scenario (the range is beside it)', value: cpuMs / Math.max(1, played), unit: 'ms' },
    { section, name: `a range opened, median of ${OPENED}`, value: opened, unit: 's', target: `≤ ${OPEN_SECONDS_MAX} s`, met: opened <= OPEN_SECONDS_MAX },
  ];
}

async function playAll(): Promise<{ readonly minutes: number; readonly played: number; readonly cpuMs: number }> {
  const home = mkdtempSync(join(tmpdir(), 'sp-bench-red-'));
  try {
    const command = [process.execPath, join(import.meta.dir, '../../src/cli/main.ts'), 'redteam', 'run', '--shipped', '--seed', 'bench', '--json'];
    const startedAt = performance.now();
    const child = Bun.spawn(command, { stdout: 'pipe', stderr: 'ignore', env: { HOME: home, SALLYPORT_HOME: home, PATH: process.env['PATH'] } });
    const report: Json = JSON.parse(await new Response(child.stdout).text());
    await child.exited;
    const results = isObject(report) && isArray(report['results']) ? report['results'] : [];
    const { user = 0n, system = 0n } = child.resourceUsage()?.cpuTime ?? {};
    return { minutes: (performance.now() - startedAt) / 60_000, played: results.length, cpuMs: Number(user + system) / 1000 };
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}
