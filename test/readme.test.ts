import { afterAll, beforeAll, expect, test } from 'bun:test';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startCrm, type Crm } from '../demo/crm.ts';
import { startGate, type Gate } from './fixtures/gate.ts';

const ROOT = join(import.meta.dir, '..');
let crm: Crm;
let gate: Gate;
let folder: string;

beforeAll(async () => {
  crm = startCrm();
  gate = await startGate({ manifest: 'network: { internal: [127.0.0.0/8] }\n' });
  folder = mkdtempSync(join(tmpdir(), 'readme-'));
}, 30_000);

afterAll(async () => {
  await gate.stop();
  await crm.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** The steps as they stand there, without `up`: the gate is up. Nobody sits at the terminal, so questions are answered beforehand. */
function steps(): readonly string[] {
  const [, section = ''] = readFileSync(join(ROOT, 'README.md'), 'utf8').split('step by step\n');
  const [, block = ''] = section.split('```');
  const lines = block.trim().split('\n').map((line) => line.replace(/\s+#.*$/, '').replace('bin/', `${ROOT}/bin/`));
  return lines.filter((line) => !line.endsWith(' up')).map((line) => (/ (?:approve|connect) /.test(line) ? `${line} --yes` : line));
}

test('the steps of the README lead, as they are written, from a client\'s own server to its tools through the gate', async () => {
  writeFileSync(join(folder, '.claude.json'), JSON.stringify({ mcpServers: { crm: { type: 'http', url: crm.url } } }));
  const env = { PATH: process.env['PATH'], HOME: folder, SALLYPORT_HOME: gate.home };
  const outcomes: unknown[] = [];
  for (const step of steps()) {
    const child = Bun.spawn(['sh', '-c', step], { cwd: folder, env, stdin: 'ignore', stdout: 'pipe', stderr: 'pipe' });
    const [out, err, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
    outcomes.push({ step, code, said: out + err });
  }
  expect(outcomes.length).toBeGreaterThan(5);
  expect(outcomes).toEqual(outcomes.map(() => expect.objectContaining({ code: 0 })));
  expect(outcomes.at(-1)).toMatchObject({ said: expect.stringMatching(/crm: [1-9]\d* tools through the gate/) });
}, 60_000);
