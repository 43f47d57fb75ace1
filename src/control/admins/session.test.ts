import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { createHash } from 'node:crypto';
import { text } from '../../cli/json-view.ts';
import { hashPassword } from '../accounts/password.ts';
import type { Json, JsonObject } from '../../domain/json.ts';
import { isObject } from '../../domain/json.ts';
import { LIMITS } from '../../domain/limits.ts';
import { Browser, PASSWORD } from './fixture-browser.ts';
import { openIssuerFixture } from '../issuer/fixture-issuer.ts';
import type { IssuerFixture } from '../issuer/fixture-issuer.ts';

let fixture: IssuerFixture;
let person = '';
const PASSWORD_HASH = await hashPassword(PASSWORD, ['ann']);

beforeAll(async () => {
  fixture = await openIssuerFixture();
  await fixture.api('POST', '/admins', { to: { group: 'sec' }, role: 'admin', space: '*' });
  const made = await fixture.api('POST', '/accounts', { userName: 'ann', groups: ['sec'], passwordHash: PASSWORD_HASH });
  person = text(made['person']);
});
afterAll(() => fixture.stop());

const open = (): Browser => new Browser(fixture.origin, 'ann');

async function signedIn(): Promise<Browser> {
  const browser = open();
  await browser.signIn();
  return browser;
}

/** Changes what is kept of a browser's session. */
async function age(browser: Browser, change: (session: { startedAt: number; seenAt: number }) => object): Promise<void> {
  const key = `admin-session/${createHash('sha256').update(browser.cookies.get('sallyport') ?? '').digest('base64url')}`;
  const { state } = fixture.role.control;
  const kept: { startedAt: number; seenAt: number } = JSON.parse(await state.get(key) ?? '{}');
  await state.set(key, JSON.stringify({ ...kept, ...change(kept) }), 60_000);
}

describe('a session for administration', () => {
  test('begins with a form of ours after signing in, and is who signed in, with their roles', async () => {
    const browser = open();
    expect((await browser.visit('/sign-in/console')).text).toBe('');
    const cookie = (await browser.signIn()).find((line) => line.startsWith('sallyport=')) ?? '';
    for (const flag of ['HttpOnly', 'SameSite=Strict', 'Path=/']) expect(cookie).toContain(flag);
    expect(await browser.api('GET', '/me')).toMatchObject({
      status: 200, body: { id: `${fixture.origin}|${person}`, via: 'session', roles: ['admin'], organisation: true },
    });
    expect((await browser.visit('/sign-in/console', { form: 'forged' })).setCookies.some((line) => line.startsWith('sallyport='))).toBe(false);
    expect(await fixture.records('session.opened')).not.toHaveLength(0);
  });

  test('changes something only from a page of ours: its Origin and its token', async () => {
    const browser = await signedIn();
    const csrf = await browser.csrf();
    const toolset = { members: [] };
    const put = async (headers: Readonly<Record<string, string>>): Promise<number> => (await browser.api('PUT', '/toolsets/mine', headers, toolset)).status;
    expect(await put({})).toBe(403);
    expect(await put({ 'x-sallyport-csrf': csrf })).toBe(403);
    expect(await put({ origin: fixture.origin })).toBe(403);
    expect(await put({ origin: fixture.origin, 'x-sallyport-csrf': 'x'.repeat(43) })).toBe(403);
    expect(await put({ origin: fixture.origin, 'x-sallyport-csrf': await (await signedIn()).csrf() })).toBe(403);
    expect(await put({ origin: 'https://evil.example', 'x-sallyport-csrf': csrf })).toBe(403);
    expect(await put({ origin: fixture.origin, 'x-sallyport-csrf': csrf, 'sec-fetch-site': 'cross-site' })).toBe(403);
    expect(await put({ origin: fixture.origin, 'x-sallyport-csrf': csrf, 'sec-fetch-site': 'same-origin' })).toBe(200);
    expect((await browser.api('GET', '/me', { 'sec-fetch-site': 'cross-site' })).status).toBe(403);
    expect(JSON.stringify(await fixture.records('config.changed'))).toContain(`"principal":"${fixture.origin}|${person}"`);
  });

  test('cannot be planted, is new each time, and two cookies are none', async () => {
    const browser = open();
    const planted = 'p'.repeat(43);
    browser.cookies.set('sallyport', planted);
    await browser.signIn();
    const first = browser.cookies.get('sallyport');
    expect(first).not.toBe(planted);
    await browser.signIn();
    const [second, old] = [browser.cookies.get('sallyport'), open()];
    expect(second).not.toBe(first);
    for (const value of [planted, first ?? '']) {
      old.cookies.set('sallyport', value);
      expect((await old.api('GET', '/me')).status).toBe(401);
    }
    expect((await browser.api('GET', '/me', { cookie: `sallyport=${second ?? ''}; sallyport=${planted}` })).status).toBe(401);
    expect((await browser.api('GET', '/me')).status).toBe(200);
  });

  test('ends when it is idle, when it is old, and when its owner leaves', async () => {
    const idle = await signedIn();
    await age(idle, ({ seenAt }) => ({ seenAt: seenAt - LIMITS.adminSessionIdleMs }));
    expect((await idle.api('GET', '/me')).status).toBe(401);
    const old = await signedIn();
    await age(old, ({ startedAt }) => ({ startedAt: startedAt - LIMITS.adminSessionMs }));
    expect((await old.api('GET', '/me')).status).toBe(401);
    const [here, there] = [await signedIn(), await signedIn()];
    const { cookie } = here;
    await here.visit('/sign-in/out', { form: await here.formOf('/sign-in/out'), all: 'yes' });
    expect((await here.api('GET', '/me', { cookie })).status).toBe(401);
    expect((await there.api('GET', '/me')).status).toBe(401);
  });

  test('has the groups that its person is in now', async () => {
    const browser = await signedIn();
    const { store } = fixture.role.control;
    const stored = (await store.get('person', 'default', person))?.body;
    const row = isObject(stored) ? stored : {};
    const put = (groups: readonly string[]): Promise<unknown> => store.put('person', 'default', person, { ...row, groups }, { by: 'test' });
    await put([]);
    expect(await browser.api('GET', '/me')).toMatchObject({ status: 200, body: { groups: [], roles: [] } });
    expect((await browser.api('GET', '/servers')).status).toBe(403);
    await put(['sec']);
    expect((await browser.api('GET', '/servers')).status).toBe(200);
  });

  test('is dead once its person is deactivated, and stays dead when they are back', async () => {
    const browser = await signedIn();
    expect((await browser.api('GET', '/me')).status).toBe(200);
    await fixture.api('POST', `/people/${person}/deactivate`);
    expect((await browser.api('GET', '/me')).status).toBe(401);
    await fixture.api('POST', `/people/${person}/activate`);
    expect((await browser.api('GET', '/me')).status).toBe(401);
    expect((await (await signedIn()).api('GET', '/me')).status).toBe(200);
  });

  test.each([
    ['disabled', 'disable', undefined],
    ['opened anew', 'reset', { passwordHash: PASSWORD_HASH }],
  ])('is over when the account was %s: whoever had taken it is out', async (_, verb, body) => {
    await fixture.api('POST', '/accounts/ann/reset', { passwordHash: PASSWORD_HASH });
    const browser = await signedIn();
    await fixture.api('POST', `/accounts/ann/${verb}`, body);
    expect((await browser.api('GET', '/me')).status).toBe(401);
  });
});

describe('an access token for the control API', () => {
  test('is given to no program but the command line, whatever role it has', async () => {
    const made = await fixture.client('bot', { authentication: 'client_secret_basic', grantTypes: ['client_credentials'] });
    await fixture.api('POST', '/admins', { to: { principal: `${fixture.origin}|bot` }, role: 'auditor', space: '*' });
    const ask = async (resource: string): Promise<JsonObject> => {
      const response = await fetch(`${fixture.origin}/oauth/token`, {
        method: 'POST', headers: { authorization: `Basic ${btoa(`bot:${text(made['secret'])}`)}`, 'content-type': 'application/x-www-form-urlencoded' },
        body: new URLSearchParams({ grant_type: 'client_credentials', resource }).toString(),
      });
      const answer: Json = JSON.parse(await response.text());
      return isObject(answer) ? answer : {};
    };
    expect(await ask(`${fixture.origin}/api/v1`)).toMatchObject({ error: 'invalid_target' });
    const { access_token: crm } = await ask('https://localhost:7443/mcp/crm');
    for (const scheme of ['Bearer', 'DPoP']) {
      expect((await open().api('GET', '/me', { authorization: `${scheme} ${text(crm)}` })).status).toBe(401);
    }
  });
});
