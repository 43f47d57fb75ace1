import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { generateKeyPairSync } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runCli } from '../../test/fixtures/in-process-cli.ts';
import type { Outcome } from '../../test/fixtures/spawned-cli.ts';
import { openControl } from '../control/fixture-control.ts';
import type { ControlFixture } from '../control/fixture-control.ts';
import { publicHalf } from '../recovery/order.ts';

setDefaultTimeout(60_000);
const { privateKey } = generateKeyPairSync('ed25519');

let fixture: ControlFixture;
let folder: string;
beforeAll(async () => {
  fixture = await openControl();
  folder = mkdtempSync('/tmp/sp-kcli-');
  writeFileSync(join(folder, 'key.pem'), privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
  writeFileSync(join(folder, 'bad.pem'), 'sesame', { mode: 0o600 });
});
afterAll(async () => {
  await fixture.close();
  rmSync(folder, { recursive: true });
});

/** As people run it: at a gate, or on a machine that never had one. */
async function run(args: readonly string[], home = fixture.home): Promise<Outcome> {
  return runCli(args, { folder, home });
}

test('without any gate, what ships is asked', async () => {
  const [shown, bad, good] = await Promise.all([
    run(['knowledge', 'show'], join(folder, 'none')), run(['advisories', 'ask', 'npm', 'mcp-remote', '0.1.15'], join(folder, 'none')),
    run(['advisories', 'ask', 'npm', 'mcp-remote', '0.1.16'], join(folder, 'none')),
  ]);
  expect(shown).toMatchObject({ code: 0, out: expect.stringContaining('no gate was asked') });
  expect(bad).toMatchObject({ code: 1, out: expect.stringMatching(/CVE-2025-6514.*critical.*affected.*0\.1\.16/) });
  expect(good).toMatchObject({ code: 0, out: '(none)\n' });
});

test('each table can be read, by people and by machines', async () => {
  const names = ['advisories', 'vendor-endpoints', 'client-names', 'end-of-life', 'discovery'];
  const shown = await Promise.all(names.map((name) => run(['knowledge', 'list', name], join(folder, 'none'))));
  expect(shown.map(({ out }, at) => /mcp-remote|mcp\.linear\.app|cursor-vscode|http\+sse|37373/.test(out) ? names[at] : '')).toEqual(names);
  const { out } = await run(['knowledge', 'list', 'end-of-life', '--json'], join(folder, 'none'));
  expect(JSON.parse(out)).toHaveProperty('sdkFloors');
  expect(await run(['knowledge', 'list', 'constructor'], join(folder, 'none'))).toMatchObject({ code: 2 });
});

test('a bundle is made, compared, refused until its key is named, imported and taken back', async () => {
  const osv = join(folder, 'osv');
  mkdirSync(osv);
  const affected = [{ package: { ecosystem: 'npm', name: 'ours' }, versions: ['1.0.0'] }];
  const record = { id: 'GHSA-aaaa-bbbb-cccc', modified: '2026-11-01T00:00:00Z', affected };
  writeFileSync(join(osv, 'one.json'), JSON.stringify(record));
  writeFileSync(join(osv, 'two.json'), '{"id": "\u001b[2Jhostile", "modified": 5}');
  const imported = await run(['advisories', 'import', 'osv']);
  expect(imported.code).toBe(4);
  expect(imported.out).toContain('1 advisories were read, 1 places were not');
  expect(imported.err).toMatch(/two\.json:1 is no OSV record/);
  expect(await run(['advisories', 'ask', 'npm', 'ours', '1.0.0'])).toMatchObject({ code: 1 });

  const made = await run(['knowledge', 'bundle', '--key', 'key.pem', '--by', 'releases', '--out', 'a.bundle', '--sequence', '7']);
  expect(made).toMatchObject({ code: 0, out: expect.stringContaining(publicHalf(privateKey)) });
  expect(await run(['knowledge', 'diff', 'a.bundle'], join(folder, 'none'))).toMatchObject({ code: 1, out: expect.stringMatching(/1 → 7[\s\S]*GHSA-aaaa/) });
  expect(await run(['knowledge', 'import', 'a.bundle'])).toMatchObject({ code: 1, err: expect.stringContaining('ERR_VERIFY_FAILED') });
  const text = `apiVersion: sallyport/v1\nknowledge: { keys: { releases: "${publicHalf(privateKey)}" } }\n`;
  await fixture.api('POST', '/manifest', { file: 'sallyport.yaml', text, policies: [] });
  expect(await run(['knowledge', 'import', 'a.bundle'])).toMatchObject({ code: 0, out: expect.stringContaining('Edition 7, signed by releases') });
  expect((await run(['knowledge', 'history'])).out).toMatch(/2.*7.*bundle.*releases/);
  const back = await run(['knowledge', 'rollback', '0', '--reason', 'a try']);
  expect(back).toMatchObject({ code: 0, out: expect.stringContaining('Edition 1 is in force again') });
  expect(await run(['advisories', 'ask', 'npm', 'ours', '1.0.0'])).toMatchObject({ code: 0 });
});

test('a key that others can read, and what is no key, sign nothing; nothing is written over', async () => {
  chmodSync(join(folder, 'key.pem'), 0o644);
  const bundle = (key: string, out: string): Promise<Outcome> => run(['knowledge', 'bundle', '--key', key, '--by', 'x', '--out', out], join(folder, 'none'));
  expect(await bundle('key.pem', 'b.bundle')).toMatchObject({ code: 1, err: expect.stringContaining('ERR_FILE_UNSAFE') });
  chmodSync(join(folder, 'key.pem'), 0o600);
  const bad = await bundle('bad.pem', 'b.bundle');
  expect(bad.err).toContain('ERR_FILE_UNSAFE');
  expect(bad.err).not.toContain('sesame');
  expect(await bundle('key.pem', 'osv')).toMatchObject({ code: 1, err: expect.stringContaining('ERR_FILE_CHANGED') });
});

test('a pipe is no file of records', async () => {
  Bun.spawnSync(['mkfifo', join(folder, 'pipe')]);
  expect(await run(['advisories', 'import', 'pipe'])).toMatchObject({ code: 1, err: expect.stringContaining('ERR_FILE_UNREADABLE') });
});
