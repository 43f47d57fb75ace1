import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { openBrowser } from '../../../test/fixtures/browser.ts';
import type { Browser, BrowserPage } from '../../../test/fixtures/browser.ts';
import { startCompanyIdp, type CompanyIdp } from '../../../test/fixtures/company-idp.ts';
import { freePort } from '../../../test/fixtures/free-port.ts';
import { startGate, type Gate } from '../../../test/fixtures/gate.ts';
import { objects, text } from '../../cli/json-view.ts';
import type { JsonObject } from '../../domain/json.ts';

const SECRET = 'company-client-secret-0123456789';
const GOOD = { email: 'ada@corp.example', email_verified: true, name: 'Ada L.', preferred_username: 'ada', groups: ['sales', 'admins'] };
const NO_GOOD = 'company&#39;s sign-in did not work';

const port = freePort();
const door = `http://localhost:${port}`;
const callback = `${door}/sign-in/sso/callback`;
// A password costs a quarter of a second of one core, on purpose.
setDefaultTimeout(60_000);

let gate: Gate;
let company: CompanyIdp;
beforeAll(async () => {
  process.env['SSO_TEST_SECRET'] = SECRET;
  company = await startCompanyIdp([callback], SECRET);
  const sso = `{ issuer: "${company.issuer}", clientId: sallyport, secret: "env:SSO_TEST_SECRET", allowedDomains: [corp.example], allowPrivate: true }`;
  gate = await startGate({ manifest: `control: { listen: "127.0.0.1:${port}", publicUrl: "${door}", signIn: { sso: ${sso} } }\n` });
});
afterAll(async () => {
  delete process.env['SSO_TEST_SECRET'];
  await gate.stop();
  await company.stop();
});

async function signIn(browser: Browser, user: CompanyIdp['user']): Promise<BrowserPage> {
  company.user = user;
  const page = await browser.open(`${door}/sign-in`);
  return page.follow('/sign-in/sso');
}

async function people(): Promise<readonly JsonObject[]> {
  return (await gate.records({ event: 'config.changed' })).filter(({ action }) => text(action).startsWith('person.'));
}

/** What came back from the provider, caught before it reaches us. */
async function caught(browser: Browser): Promise<URL> {
  const page = await signIn(browser, { sub: 'u-1', claims: GOOD });
  return new URL(page.url);
}

test('people of the company sign in, are admitted once, and have the groups that the provider says each time', async () => {
  const first = await signIn(openBrowser(), { sub: 'u-1', claims: GOOD });
  expect(new URL(first.url).pathname).toBe('/sign-in/account');
  expect(first.text).toContain('Ada L.');
  expect(first.text).toContain('through your company');
  await signIn(openBrowser(), { sub: 'u-1', claims: { ...GOOD, groups: ['sales'] } });
  await signIn(openBrowser(), { sub: 'u-1', claims: { ...GOOD, groups: ['sales'] } });
  expect((await people()).map(({ action }) => action)).toEqual(['person.admit', 'person.refresh']);
  const { people: all } = await gate.admin('GET', '/people');
  expect(all).toMatchObject([{ userName: 'ada', groups: ['sales'] }]);
  expect((await gate.records({ event: 'person.signed-in' })).at(-1)).toMatchObject({ detail: { method: 'sso' } });
});

test('a name or address that somebody has makes nobody that person', async () => {
  const page = await signIn(openBrowser(), { sub: 'u-2', claims: { ...GOOD, groups: [] } });
  expect(page.status).toBe(200);
  expect(page.text).toContain('ada@corp.example');
  const { people: all } = await gate.admin('GET', '/people');
  expect(JSON.stringify(all).match(/"userName":"ada"/g)).toHaveLength(1);
});

test('addresses of other domains, unverified ones and the deactivated are refused', async () => {
  for (const claims of [{ ...GOOD, email: 'eve@evil.example' }, { ...GOOD, email_verified: false }, { ...GOOD, email: 'x@corp.example.evil.example' }, {}]) {
    const page = await signIn(openBrowser(), { sub: 'u-9', claims });
    expect([page.status, page.text.includes(NO_GOOD)]).toEqual([401, true]);
  }
  await signIn(openBrowser(), { sub: 'u-3', claims: { ...GOOD, preferred_username: 'carl', email: 'carl@corp.example' } });
  const { people: all } = await gate.admin('GET', '/people');
  const carl = objects(all).find(({ userName }) => userName === 'carl');
  await gate.admin('POST', `/people/${text(carl?.['id'])}/deactivate`);
  expect((await signIn(openBrowser(), { sub: 'u-3', claims: { ...GOOD, email: 'carl@corp.example' } })).status).toBe(401);
  expect((await gate.records({ event: 'person.refused' })).map(({ reason }) => reason)).toContain('deactivated');
});

test('what comes back is good in the browser that began it, once, and only as the provider said it', async () => {
  const held = heldBrowser();
  const back = await caught(held);
  expect((await openBrowser().open(back.href)).text).toContain(NO_GOOD);
  const forgeries: readonly (readonly [string, string | undefined])[] = [
    ['state', 'x'.repeat(32)], ['state', undefined], ['iss', 'https://evil.example'], ['iss', undefined],
  ];
  for (const [name, value] of forgeries) {
    const one = heldBrowser();
    const forged = await caught(one);
    if (value === undefined) forged.searchParams.delete(name);
    else forged.searchParams.set(name, value);
    expect((await released(one).open(forged.href)).text).toContain(NO_GOOD);
  }
  expect(new URL((await released(held).open(back.href)).url).pathname).toBe('/sign-in/account');
  expect((await released(held).open(back.href)).text).toContain(NO_GOOD);
});

test('another person\'s code in one\'s own trip does not sign anybody in', async () => {
  const attacker = heldBrowser();
  const stolen = await caught(heldBrowser());
  const own = await caught(attacker);
  own.searchParams.set('code', stolen.searchParams.get('code') ?? '');
  expect((await released(attacker).open(own.href)).text).toContain(NO_GOOD);
});

test('nothing of the company\'s secret or codes is recorded', async () => {
  const all = JSON.stringify(await gate.records());
  expect(all).not.toContain(SECRET);
  expect(all).not.toMatch(/code=/);
});

/** Stops where the provider sends it back. */
function heldBrowser(): Browser {
  return openBrowser({ stops: ({ pathname }) => pathname === '/sign-in/sso/callback' });
}

/** The same browser's cookies, going on. */
function released(held: Browser): Browser {
  const browser = openBrowser();
  for (const cookie of held.cookies(door)) browser.plant(door, `${cookie}; Path=/`);
  return browser;
}
