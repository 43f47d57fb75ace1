import { afterAll, expect, setDefaultTimeout, test } from 'bun:test';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { objects, part, text } from '../json-view.ts';
import { startModernServer } from '../../../test/fixtures/sdk-servers.ts';

setDefaultTimeout(60_000);
const server = startModernServer();
const folder = mkdtempSync('/tmp/sp-net-');
afterAll(() => {
  server.stop();
  rmSync(folder, { recursive: true });
});

interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** With a proxy in its environment, which must be told nothing. */
async function run(network: string, expires: string): Promise<Outcome> {
  writeFileSync(join(folder, 'targets.yaml'), `apiVersion: sallyport/targets/v1
owner: lab@example.com
reason: a test
expires: ${expires}
targets:
  - { network: ${network}, ports: [${server.port}] }
`);
  const proxy = 'http://127.0.0.1:9';
  const child = Bun.spawn([process.execPath, join(import.meta.dir, '../main.ts'), 'discover', 'network', 'targets.yaml', '--json'], {
    cwd: folder, env: { PATH: process.env['PATH'], HOME: folder, http_proxy: proxy, HTTP_PROXY: proxy, ALL_PROXY: proxy }, stdout: 'pipe', stderr: 'pipe',
  });
  const [out, err, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  return { code, out, err };
}

const TOMORROW = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10);

test('what listens at a target is shown with what is wrong with it', async () => {
  const { code, out } = await run('127.0.0.1/32', TOMORROW);
  expect(code).toBe(0);
  const [asset] = objects(part(JSON.parse(out), 'assets'));
  expect(text(part(asset, 'name'))).toBe('modern');
  expect(text(part(asset, 'risks'))).toContain('no-auth');
});

test('a public network, and leave that has ended, are refused with their place, and nothing is looked at', async () => {
  const [other, ended] = [await run('8.8.8.0/24', TOMORROW), await run('127.0.0.1/32', '2020-01-01')];
  expect([other.code, other.out]).toEqual([1, '']);
  expect(other.err).toMatch(/ERR_CONFIG_INVALID.*targets\.yaml:6:5:.*a public address/);
  expect(ended.err).toMatch(/ERR_CONFIG_INVALID.*targets\.yaml:4:\d+:.*expired/);
});
