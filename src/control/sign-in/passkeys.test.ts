import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { makeAuthenticator } from '../../../test/fixtures/authenticator.ts';
import type { Authenticator, Wishes } from '../../../test/fixtures/authenticator.ts';
import { openBrowser } from '../../../test/fixtures/browser.ts';
import type { Browser, BrowserPage } from '../../../test/fixtures/browser.ts';
import { startGate, type Gate } from '../../../test/fixtures/gate.ts';
import { part, text } from '../../cli/json-view.ts';

// A password costs a quarter of a second of one core, on purpose.
setDefaultTimeout(60_000);

let gate: Gate;
beforeAll(async () => {
  gate = await startGate({ issuer: true, manifest: 'servers: {}\n' });
});
afterAll(() => gate.stop());

async function withPasskey(userName: string, authenticator: Authenticator, browser: Browser = openBrowser()): Promise<BrowserPage> {
  const { link } = await gate.admin('POST', '/accounts', { userName });
  const page = await browser.open(gate.controlUrl + text(part(link, 'path')));
  return use(page, authenticator, { label: 'My laptop' });
}

/** Fills in the page's passkey form. */
function use(page: BrowserPage, authenticator: Authenticator, fields: Readonly<Record<string, string>> = {}, wishes: Wishes = {}): Promise<BrowserPage> {
  const form = page.forms.find(({ data }) => data['passkey'] !== undefined);
  if (form === undefined) throw new Error(`no passkeys at ${page.url}: ${page.text.slice(0, 500)}`);
  return page.submit({ ...fields, answer: authenticator.answer(form, gate.controlUrl, wishes) }, form.action);
}

async function signIn(authenticator: Authenticator, wishes: Wishes = {}, browser = openBrowser()): Promise<BrowserPage> {
  authenticator.counter += 1;
  return use(await browser.open(`${gate.controlUrl}/sign-in`), authenticator, {}, wishes);
}

test('a passkey is made by the link and signs in without a name; it is known by its own name', async () => {
  const authenticator = makeAuthenticator();
  const home = await withPasskey('ada', authenticator);
  expect([new URL(home.url).pathname, home.text.includes('My laptop')]).toEqual(['/sign-in/account', true]);
  const again = await signIn(authenticator);
  expect(again.text).toContain('signed in with a passkey');
  expect((await gate.records({ event: 'person.signed-in' })).at(-1)).toMatchObject({ detail: { method: 'hwk' } });
});

test('one that nobody unlocked, of another site, or for another challenge is refused', async () => {
  const authenticator = makeAuthenticator();
  await withPasskey('bob', authenticator);
  const wishes: readonly Wishes[] = [
    { verified: false }, { origin: 'https://evil.example', host: 'localhost' }, { host: 'evil.example' }, { origin: `${gate.controlUrl.replace(/\d+$/, '')}1` },
  ];
  for (const wish of wishes) {
    const page = await signIn(authenticator, wish);
    expect([page.status, page.text.includes('That passkey was not accepted')]).toEqual([401, true]);
  }
  expect((await signIn(authenticator, { challenge: Buffer.from('x.y.z').toString('base64url') })).status).toBe(403);
  expect((await signIn(authenticator)).status).toBe(200);
});

test('a challenge is one browser\'s, and good once', async () => {
  const authenticator = makeAuthenticator();
  await withPasskey('carol', authenticator);
  const browser = openBrowser();
  const page = await browser.open(`${gate.controlUrl}/sign-in`);
  const form = page.forms.find(({ data }) => data['passkey'] === 'get');
  authenticator.counter += 1;
  const answer = form === undefined ? '' : authenticator.answer(form, gate.controlUrl);
  const other = await openBrowser().open(`${gate.controlUrl}/sign-in`);
  expect((await other.submit({ answer }, '/sign-in/passkey')).status).toBe(403);
  expect((await page.submit({ answer }, '/sign-in/passkey')).status).toBe(200);
  expect((await page.submit({ answer }, '/sign-in/passkey')).status).toBe(403);
});

test('a counter that goes back is a copy: refused, and recorded as what it is', async () => {
  const authenticator = makeAuthenticator();
  await withPasskey('dora', authenticator);
  authenticator.counter = 40;
  await signIn(authenticator);
  authenticator.counter = 12;
  expect((await signIn(authenticator)).status).toBe(401);
  expect((await gate.records({ event: 'person.refused' })).at(-1)).toMatchObject({ reason: 'passkey counter went back', principal: expect.any(String) });
});

test('several passkeys have names; the last way in cannot be removed; each removed one is dead', async () => {
  const [first, second] = [makeAuthenticator(), makeAuthenticator()];
  const browser = openBrowser();
  const home = await withPasskey('erin', first, browser);
  const removal = home.forms.find(({ action }) => action.endsWith('/passkey/remove'));
  expect((await home.submit({}, removal?.action)).text).toContain('only way in which you can sign in');
  const two = await use(home, second, { label: '<b>Phone</b>' });
  expect(two.text).toContain('&lt;b&gt;Phone&lt;/b&gt;');
  const firstId = two.forms.find(({ action }) => action.endsWith('/passkey/remove'))?.fields['id'] ?? '';
  await home.submit({ id: firstId }, '/passkey/remove');
  expect((await signIn(first)).status).toBe(401);
  expect((await signIn(second)).status).toBe(200);
});

test('a disabled account and one that was reset have no passkeys any more', async () => {
  const authenticator = makeAuthenticator();
  await withPasskey('frank', authenticator);
  await gate.admin('POST', '/accounts/frank/disable');
  expect((await signIn(authenticator)).status).toBe(401);
  await gate.admin('POST', '/accounts/frank/reset', {});
  expect((await signIn(authenticator)).status).toBe(401);
});
