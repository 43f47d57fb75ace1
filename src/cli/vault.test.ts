import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runCli } from '../../test/fixtures/in-process-cli.ts';
import { spawnCli } from '../../test/fixtures/spawned-cli.ts';
import type { Outcome } from '../../test/fixtures/spawned-cli.ts';
import { crm, openControl } from '../control/fixture-control.ts';
import type { ControlFixture } from '../control/fixture-control.ts';

setDefaultTimeout(60_000);
const VALUE = 'sesame-e31b';

let fixture: ControlFixture;
let folder: string;
beforeAll(async () => {
  fixture = await openControl();
  folder = mkdtempSync('/tmp/sp-vcli-');
});
afterAll(async () => {
  await fixture.close();
  rmSync(folder, { recursive: true });
});

/** What is piped in is read by a process of its own; what it prints never holds a value. */
async function vault(args: readonly string[], stdin?: string): Promise<Outcome> {
  const { code, out, err } = await (stdin === undefined ? runCli(args, { folder, home: fixture.home })
    : spawnCli(args, { folder, home: fixture.home, stdin }));
  expect(out + err).not.toContain(VALUE);
  return { code, out, err };
}

test('a secret is piped in, listed, rotated, checked and removed; its value is never shown', async () => {
  expect(await vault(['vault', 'set', 'crm', '--owner', 'ann', '--expires', '2099-01-31'], `${VALUE}\n`)).toEqual({
    code: 0, out: 'Set: vault:crm, version 1.\n', err: '',
  });
  expect(await fixture.role.control.vault.read('default', 'vault:crm')).toMatchObject({ value: VALUE });
  expect((await vault(['vault', 'list'])).out).toMatch(/vault:crm.*the vault.*1.*ann.*2099-01-31/);
  expect(await vault(['vault', 'rotate', 'vault:crm', '--expires', '2099-06-30'], 'second')).toMatchObject({
    code: 0, out: expect.stringContaining('version 2'),
  });
  expect((await vault(['vault', 'show', 'crm'])).out).toMatch(/2099-06-30[\s\S]*kept[\s\S]*in use/);
  expect(await vault(['vault', 'rotate', 'crm', '--restore', '1', '--revoke-old'])).toMatchObject({ code: 0, out: expect.stringContaining('version 3') });
  expect(await vault(['vault', 'check'])).toMatchObject({
    code: 0, out: expect.stringMatching(/file, .*vault\.key, mode 0600[\s\S]*vault:crm.*yes.*version 3/),
  });
  expect(await vault(['vault', 'revoke', 'crm', '--version', '3'])).toMatchObject({ code: 0 });
  expect(await vault(['vault', 'check', 'crm'])).toMatchObject({ code: 1, out: expect.stringContaining('ERR_UPSTREAM_CREDENTIAL') });
  expect(await vault(['vault', 'remove', 'crm'])).toMatchObject({ code: 0 });
  expect(await vault(['vault', 'show', 'crm'])).toMatchObject({ code: 1, err: expect.stringContaining('ERR_NOT_FOUND') });
});

test('a value is no argument, and an empty one is none', async () => {
  const typed = Bun.spawnSync([process.execPath, join(import.meta.dir, 'main.ts'), 'vault', 'set', 'crm', VALUE], {
    env: { HOME: folder, SALLYPORT_HOME: fixture.home },
  });
  expect([typed.exitCode, typed.stderr.toString()]).toEqual([2, expect.stringContaining('a value is never an argument')]);
  expect(typed.stderr.toString()).not.toContain(VALUE);
  expect(await vault(['vault', 'set', 'crm'], '\n')).toMatchObject({ code: 2, err: expect.stringContaining('is empty') });
  expect(await vault(['vault', 'set', 'crm', '--fd', 'x'], VALUE)).toMatchObject({ code: 2 });
  expect(await vault(['vault', 'set', 'crm'], 'x'.repeat(70_000))).toMatchObject({ code: 1, err: expect.stringContaining('ERR_REQUEST_INVALID') });
});

test('a value comes from a file descriptor, too', async () => {
  writeFileSync(join(folder, 'value'), `${VALUE}\n`);
  const script = `exec 3< ${join(folder, 'value')}; exec ${process.execPath} ${join(import.meta.dir, 'main.ts')} vault set by-fd --fd 3`;
  const child = Bun.spawn(['/bin/sh', '-c', script], { env: { HOME: folder, SALLYPORT_HOME: fixture.home }, stdin: 'ignore', stdout: 'pipe', stderr: 'pipe' });
  expect([await child.exited, await child.stderr.text()]).toEqual([0, '']);
  expect(await fixture.role.control.vault.read('default', 'vault:by-fd')).toMatchObject({ value: VALUE });
});

test('doctor says which key source it is, its mode, and which credentials are overdue', async () => {
  await fixture.api('POST', '/servers', crm('late', {
    credentials: { type: 'header', header: 'X-Key', secret: 'vault:by-fd', owner: 'ann', expires: '2026-01-31' },
  }));
  const { out, code } = await vault(['doctor', '--json']);
  const { checks }: { readonly checks: readonly { readonly what: string; readonly state: string; readonly found: string }[] } = JSON.parse(out);
  expect(checks).toContainEqual(expect.objectContaining({ what: 'vault key', state: 'good', found: expect.stringMatching(/^file, .*vault\.key, mode 0600$/) }));
  expect(checks).toContainEqual(expect.objectContaining({ what: 'credential of late', state: 'bad', found: expect.stringContaining('2026-01-31') }));
  expect(checks).toContainEqual(expect.objectContaining({ what: 'secret vault:by-fd', state: 'warn' }));
  expect(code).toBe(1);
});

test('a canary is shown once, when it is made, and is listed by where it was planted', async () => {
  const { out } = await vault(['vault', 'canary', 'bait', '--planted', 'the wiki', '--like', 'github']);
  expect(out).toMatch(/^ghp_[A-Za-z0-9]{36}\nPut it there/);
  const listed = await vault(['vault', 'list']);
  expect(listed.out).toMatch(/vault:bait.*the vault, a canary/);
  expect(listed.out).not.toContain(out.slice(0, 40));
  expect(await vault(['vault', 'canary', 'other'])).toMatchObject({ code: 2 });
  expect((await vault(['vault', 'check'])).out).not.toContain('bait');
});

test('the vault is given another key, and what it holds opens as before', async () => {
  expect(await vault(['vault', 'rekey'])).toMatchObject({ code: 0, out: expect.stringMatching(/new key \(age1/) });
  expect(await vault(['vault', 'check'])).toMatchObject({ code: 0 });
});
