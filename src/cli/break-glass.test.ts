import { afterAll, beforeAll, expect, test } from 'bun:test';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openControl } from '../control/fixture-control.ts';
import type { ControlFixture } from '../control/fixture-control.ts';
import { runCli } from '../../test/fixtures/in-process-cli.ts';
import type { Outcome } from '../../test/fixtures/spawned-cli.ts';

let fixture: ControlFixture;
let folder = '';
beforeAll(async () => {
  fixture = await openControl();
  folder = mkdtempSync('/tmp/sp-glass-');
  for (const name of ['olga', 'piet']) writeFileSync(join(folder, name), `six random words make ${name}\n`, { mode: 0o600 });
});
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await fixture.close();
});

/** Passphrases come over descriptors 3 and 4 of a process of its own, never as arguments. */
async function sallyport(args: readonly string[], env: Readonly<Record<string, string>> = {}, descriptors: readonly string[] = []): Promise<Outcome> {
  if (descriptors.length === 0) return runCli(args, { folder, home: fixture.home, env });
  const child = Bun.spawn([process.execPath, join(import.meta.dir, 'main.ts'), ...args, '--home', fixture.home], {
    env: { PATH: process.env['PATH'] ?? '', ...env }, stdio: ['ignore', 'pipe', 'pipe', ...descriptors.map((name) => Bun.file(join(folder, name)))],
  });
  const [out, err] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
  return { code: await child.exited, out, err };
}

test('two custodians are enrolled, open, use and close the break-glass from a terminal; it stands out until it is reviewed', async () => {
  for (const name of ['olga', 'piet']) expect(await sallyport(['break-glass', 'enrol', name, '--fd', '3'], {}, [name])).toMatchObject({ code: 0, err: '' });
  const asked = ['break-glass', 'open', '--custodian', 'olga', '--custodian', 'piet', '--access', 'read', '--reason', 'no provider', '--minutes', '5'];
  const wrong = await sallyport([...asked, '--fd', '3', '--fd2', '4'], {}, ['olga', 'olga']);
  expect([wrong.code, wrong.err]).toEqual([1, expect.stringContaining('ERR_BREAK_GLASS')]);
  const opened = await sallyport([...asked, '--fd', '3', '--fd2', '4'], {}, ['olga', 'piet']);
  const token = opened.out.trim();
  expect(token).toMatch(/^spb_[\w-]{43}$/);
  const id = /break-glass close (\S+?)\.?\s/.exec(opened.err)?.[1] ?? '';
  const env = { SALLYPORT_ADMIN_TOKEN: token };
  expect((await sallyport(['admin', 'whoami'], env)).out).toContain('break-glass');
  expect((await sallyport(['server', 'list'], env)).code).toBe(0);
  expect((await sallyport(['kill', 'all', '--reason', 'x'], env)).err).toContain('ERR_ADMIN_FORBIDDEN');
  expect((await sallyport(['status'])).out).toContain('BREAK-GLASS OPEN');
  expect((await sallyport(['break-glass', 'close', id], env)).code).toBe(0);
  expect((await sallyport(['server', 'list'], env)).err).toContain('ERR_ADMIN_TOKEN');
  expect((await sallyport(['break-glass', 'list'])).out).toContain('MISSING');
  expect((await sallyport(['break-glass', 'review', id, '--note', 'looked at it'])).code).toBe(0);
  expect((await sallyport(['status'])).out).not.toContain('BREAK-GLASS');
}, 60_000);

test('administrators, the two-person rule and people are asked and told from the terminal', async () => {
  expect((await sallyport(['admin', 'add', 'auditor', '--group', 'audit', '--everywhere'])).code).toBe(0);
  expect((await sallyport(['admin', 'list'])).out).toContain('group audit');
  const made = await sallyport(['person', 'scim-token', '--note', 'okta']);
  expect(made.out.trim()).toMatch(/^spc_[\w-]{43}$/);
  expect((await sallyport(['admin', 'two-persons', 'on'])).out).toContain('two people');
  const stored = await sallyport(['admin', 'two-persons', 'off']);
  expect([stored.code, stored.err]).toEqual([1, expect.stringContaining('ERR_PROPOSAL_STORED')]);
  const id = /proposal approve (\S+?)`/.exec(stored.err)?.[1] ?? '';
  expect((await sallyport(['proposal', 'list'])).out).toContain(id);
  const { out } = await sallyport(['proposal', 'show', id]);
  expect(out).toContain('"twoPersons": false');
  expect((await sallyport(['proposal', 'approve', id])).code).toBe(1);
  const digest = /digest ([0-9a-f]{64})/.exec(out)?.[1] ?? '';
  expect((await sallyport(['proposal', 'approve', id, '--digest', digest])).err).toContain('ERR_SECOND_PERSON');
  expect((await sallyport(['proposal', 'reject', id, '--reason', 'no'])).code).toBe(0);
  // Whoever pushes people says who is in the groups that administer.
  const waits = await sallyport(['person', 'scim-token', '--note', 'entra']);
  expect(waits.err).toContain('ERR_PROPOSAL_STORED');
  // Its proposer has it, and nobody else ever does.
  expect(waits.out.trim()).toMatch(/^spc_[\w-]{43}$/);
  const shown = await sallyport(['proposal', 'show', /proposal approve (\S+?)`/.exec(waits.err)?.[1] ?? '']);
  expect(shown.out).toContain(new Bun.CryptoHasher('sha256').update(waits.out.trim()).digest('hex'));
  expect(shown.out).not.toContain(waits.out.trim());
  expect((await sallyport(['person', 'scim-token', '--list'])).out).not.toContain(made.out.trim());
  expect((await sallyport(['person', 'list'])).code).toBe(0);
  expect((await sallyport(['person', 'deactivate', 'nobody'])).err).toContain('ERR_NOT_FOUND');
}, 60_000);
