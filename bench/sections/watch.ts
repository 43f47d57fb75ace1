import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openControl } from '../../src/control/fixture-control.ts';
import type { Figure } from '../figures.ts';
import { peakOf } from '../processes.ts';

const CHANGES = 20;
const MS_MAX = 500;
const PROJECTS = 20;

/** From the moment in which a client's file is another to its record in the ledger: the watcher as people start it, and a real gate's control. */
export async function measureWatch(): Promise<Figure[]> {
  const fixture = await openControl();
  const home = mkdtempSync('/tmp/sp-bench-watch-');
  const projects = Array.from({ length: PROJECTS }, (_, at) => join(home, `project-${at}`));
  for (const project of projects) {
    mkdirSync(join(project, '.cursor/rules'), { recursive: true });
    writeFileSync(join(project, '.cursor/rules/style.md'), 'Write short functions.');
  }
  mkdirSync(join(home, '.cursor'));
  const file = join(home, '.cursor/mcp.json');
  const write = (words: string): void => writeFileSync(file, JSON.stringify({ mcpServers: { build: { command: 'echo', args: [words] } } }));
  write('approved');
  const start = (...verb: readonly string[]): Bun.Subprocess<'ignore', 'ignore', 'pipe'> => Bun.spawn([
    process.execPath, join(import.meta.dir, '../../src/cli/main.ts'), 'config', ...verb, '--of', home, '--home', fixture.home,
    ...projects.flatMap((project) => ['--project', project]),
  ], { env: { PATH: process.env['PATH'] ?? '', HOME: home }, stdio: ['ignore', 'ignore', 'pipe'] });
  const { ledger } = fixture.role.control;
  const recorded = async (): Promise<number> => (await ledger.query({ space: 'default', event: 'file.changed', limit: 100 })).entries.length;
  const watcher = { started: undefined as ReturnType<typeof start> | undefined };
  try {
    await start('baseline', '--reason', 'bench', '--yes').exited;
    watcher.started = start('watch');
    for await (const chunk of watcher.started.stderr) if (new TextDecoder().decode(chunk).includes('are watched')) break;
    const took: number[] = [];
    for (let at = 0; at < CHANGES; at += 1) {
      const before = await recorded();
      const begun = performance.now();
      write(`change ${at}`);
      while (await recorded() === before) await Bun.sleep(2);
      took.push(performance.now() - begun);
    }
    const sorted = took.toSorted((a, b) => a - b);
    const [median = 0, worst = 0] = [sorted[CHANGES / 2], sorted.at(-1)];
    const peakBytes = peakOf(watcher.started.pid);
    watcher.started.kill();
    await watcher.started.exited;
    return [
      { section: 'watch', name: 'change to record, median', value: median, unit: 'ms' },
      { section: 'watch', name: `change to record, worst of ${CHANGES}`, value: worst, unit: 'ms', target: `≤ ${MS_MAX} ms`, met: worst <= MS_MAX },
      { section: 'watch', name: 'memory of the watcher at most', value: peakBytes / 1_048_576, unit: 'MiB' },
    ];
  } finally {
    watcher.started?.kill('SIGKILL');
    await watcher.started?.exited;
    await fixture.close();
    rmSync(home, { recursive: true, force: true });
  }
}
