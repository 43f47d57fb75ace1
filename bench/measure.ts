import { join } from 'node:path';
import type { LoadPlan, LoadResult } from './load.ts';
import { benchFolder, bun } from './targets/target.ts';
import type { Running } from './targets/target.ts';

export type Settings = Pick<LoadPlan, 'era' | 'connections' | 'warmupMs' | 'measureMs' | 'calls'>;

/** One run of the generator against a target. Rejects when any answer was wrong. */
export async function measure(running: Running, settings: Settings): Promise<LoadResult> {
  const { url, headers, ca, parts } = running;
  const plan: LoadPlan = { url, headers, parts, ...(ca === undefined ? {} : { ca }), ...settings };
  const child = Bun.spawn([bun, join(benchFolder, 'load.ts'), JSON.stringify(plan)], { stdout: 'pipe', stderr: 'pipe' });
  const [stdout, stderr, status] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  if (status !== 0) throw new Error(stderr.split('\n').filter((line) => line.startsWith('error:')).join(' ') || stderr.slice(-500));
  const result: LoadResult = JSON.parse(stdout);
  if (result.calls === 0) throw new Error('no call was answered while it was measured');
  return result;
}
