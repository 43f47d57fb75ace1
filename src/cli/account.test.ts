import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { join } from 'node:path';
import { openBrowser } from '../../test/fixtures/browser.ts';
import { startGate, type Gate } from '../../test/fixtures/gate.ts';

setDefaultTimeout(60_000);
const PASSWORD = 'quiet lemon boats at noon';

let gate: Gate;
beforeAll(async () => {
  gate = await startGate({ issuer: true, manifest: 'servers: {}\n' });
});
afterAll(() => gate.stop());

/** As an administrator runs it; a password is never shown. */
async function account(args: readonly string[], stdin = ''): Promise<{ readonly code: number; readonly out: string; readonly err: string }> {
  const child = Bun.spawn([process.execPath, join(import.meta.dir, 'main.ts'), 'account', ...args], {
    env: { PATH: process.env['PATH'], HOME: gate.home, SALLYPORT_HOME: gate.home }, stdin: Buffer.from(stdin), stdout: 'pipe', stderr: 'pipe',
  });
  const [out, err, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  expect(out + err).not.toContain(PASSWORD);
  return { code, out, err };
}

test('the first account of a laptop: one command, one link, one page', async () => {
  const made = await account(['create', 'ada', '--display-name', 'Ada L.']);
  expect(made).toMatchObject({ code: 0, err: expect.stringContaining('opens it once') });
  const link = made.out.trim();
  const page = await openBrowser().open(link);
  expect(page.text).toContain('Welcome, ada');
  expect((await page.submit({ password: PASSWORD, again: PASSWORD }, new URL(link).pathname)).text).toContain('Ada L.');
  expect(await account(['create', 'ADA'])).toMatchObject({ code: 1, err: expect.stringContaining('ERR_CONFLICT') });
  expect((await account(['list'])).out).toMatch(/ada.*active.*set/);
});

test('a password is piped in, never an argument; it leaves the terminal as a hash', async () => {
  expect(await account(['create', 'bob', '--password'], 'password1234\n')).toMatchObject({ code: 1, err: expect.stringContaining('ERR_PASSWORD_WEAK') });
  expect(await account(['create', 'bob', '--password', PASSWORD.split(' ')[0] ?? '', '--bad'])).toMatchObject({ code: 2 });
  expect(await account(['create', 'bob', '--password'], `${PASSWORD}\n`)).toMatchObject({ code: 0, out: 'bob: made.\n' });
  const page = await openBrowser().open(`${gate.controlUrl}/sign-in`);
  expect((await page.submit({ name: 'bob', password: PASSWORD }, '/sign-in/password')).status).toBe(200);
});

test('reset opens an account anew, disable shuts it', async () => {
  await account(['create', 'carol', '--password'], PASSWORD);
  expect((await account(['reset', 'carol'])).out).toContain('/sign-in/enrol/carol/');
  const page = await openBrowser().open(`${gate.controlUrl}/sign-in`);
  expect((await page.submit({ name: 'carol', password: PASSWORD }, '/sign-in/password')).status).toBe(401);
  expect(await account(['disable', 'carol'])).toMatchObject({ code: 0 });
  expect((await account(['list'])).out).toMatch(/carol.*disabled/);
  expect(await account(['disable', 'nobody'])).toMatchObject({ code: 1, err: expect.stringContaining('ERR_NOT_FOUND') });
});
