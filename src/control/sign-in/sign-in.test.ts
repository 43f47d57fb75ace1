import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { openBrowser } from '../../../test/fixtures/browser.ts';
import type { Browser, BrowserPage } from '../../../test/fixtures/browser.ts';
import { startGate, type Gate } from '../../../test/fixtures/gate.ts';
import { objects, part, text } from '../../cli/json-view.ts';
import type { JsonObject } from '../../domain/json.ts';

const PASSWORD = 'quiet lemon boats at noon';

// A password costs a quarter of a second of one core, on purpose.
setDefaultTimeout(60_000);

let gate: Gate;
beforeAll(async () => {
  gate = await startGate({ issuer: true, manifest: 'servers: {}\n' });
});
afterAll(() => gate.stop());

/** An account with a link to open it. */
async function invite(userName: string): Promise<string> {
  const { link } = await gate.admin('POST', '/accounts', { userName });
  return gate.controlUrl + text(part(link, 'path'));
}

async function enrolled(userName: string, browser: Browser = openBrowser()): Promise<BrowserPage> {
  const page = await browser.open(await invite(userName));
  return page.submit({ password: PASSWORD, again: PASSWORD }, page.forms.find(({ data }) => data['passkey'] === undefined)?.action);
}

async function signIn(browser: Browser, name: string, password: string, to = ''): Promise<BrowserPage> {
  const page = await browser.open(`${gate.controlUrl}/sign-in${to}`);
  return page.submit({ name, password }, '/sign-in/password');
}

function refusals(): Promise<readonly JsonObject[]> {
  return gate.records({ event: 'person.refused' });
}

describe('enrolment', () => {
  test('a link opens its account once, and leads to the person\'s own page', async () => {
    const link = await invite('ada');
    const browser = openBrowser();
    const page = await browser.open(link);
    expect(page.text).toContain('Welcome, ada');
    const again = await browser.open(link);
    const home = await again.submit({ password: PASSWORD, again: PASSWORD }, new URL(link).pathname);
    expect([home.status, new URL(home.url).pathname]).toEqual([200, '/sign-in/account']);
    const used = await openBrowser().open(link);
    expect([used.status, used.text.includes('not good any more')]).toEqual([403, true]);
    expect((await gate.records({ event: 'person.signed-in' })).at(-1)).toMatchObject({ detail: { method: 'pwd' }, address: expect.any(String) });
  });

  test('weak passwords and ones that differ are told, and use nothing up', async () => {
    const link = await invite('bob-the-builder');
    const browser = openBrowser();
    const action = new URL(link).pathname;
    const bad = [['short', 'short'], [PASSWORD, `${PASSWORD}!`], ['password1234!', 'password1234!'], ['bob-the-builder1', 'bob-the-builder1']];
    for (const [password, again] of bad) {
      const refused = await (await browser.open(link)).submit({ password: password ?? '', again: again ?? '' }, action);
      expect(refused.status).toBe(422);
    }
    expect((await (await browser.open(link)).submit({ password: PASSWORD, again: PASSWORD }, action)).status).toBe(200);
  });

  test('a link of an earlier reset, a guessed one and one of a disabled account are all alike', async () => {
    const first = await invite('carol');
    const { link } = await gate.admin('POST', '/accounts/carol/reset', {});
    const second = gate.controlUrl + text(part(link, 'path'));
    const texts = [(await openBrowser().open(first)).text, (await openBrowser().open(`${gate.controlUrl}/sign-in/enrol/carol/${'A'.repeat(43)}`)).text];
    await gate.admin('POST', '/accounts/carol/disable');
    texts.push((await openBrowser().open(second)).text, (await openBrowser().open(`${gate.controlUrl}/sign-in/enrol/nobody/${'A'.repeat(43)}`)).text);
    expect(new Set(texts).size).toBe(1);
  });
});

describe('a password', () => {
  test('signs in under the name however it is written; the cookie is new each time and the old one is dead', async () => {
    const browser = openBrowser();
    expect(new URL((await signIn(browser, 'ADA', PASSWORD)).url).pathname).toBe('/sign-in/account');
    const before = sessionOf(browser);
    await (await browser.open(`${gate.controlUrl}/sign-in?again=yes`)).submit({ name: 'ada', password: PASSWORD }, '/sign-in/password');
    expect(sessionOf(browser)).not.toBe(before);
    const thief = openBrowser();
    thief.plant(gate.controlUrl, `sallyport-session=${before}; Path=/`);
    expect(new URL((await thief.open(`${gate.controlUrl}/sign-in/account`)).url).pathname).toBe('/sign-in');
  });

  test('wrong ones, unknown names and disabled accounts get one answer; the name that was typed is not recorded', async () => {
    await enrolled('frank');
    await gate.admin('POST', '/accounts/frank/disable');
    const answers = [];
    for (const [name, password] of [['ada', 'wrong horse battery'], ['no-such-person', PASSWORD], ['frank', PASSWORD]]) {
      const page = await signIn(openBrowser(), name ?? '', password ?? '');
      answers.push([page.status, page.text.replaceAll(/value="[^"]*"|data-options="[^"]*"/g, '')]);
    }
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
    expect(answers[0]?.[0]).toBe(401);
    expect(JSON.stringify(await refusals())).not.toContain('no-such-person');
  });

  test('guessing is slowed for one account, whatever it guesses, and its owner gets in from a browser that is known', async () => {
    const known = openBrowser();
    await enrolled('grace', known);
    await (await known.open(`${gate.controlUrl}/sign-in/out`)).submit({ all: 'no' });
    const guesses = await Promise.all(Array.from({ length: 9 }, (_, index) => signIn(openBrowser(), 'grace', `guess number ${index} of many`)));
    const statuses = guesses.map(({ status }) => status);
    expect(statuses.filter((status) => status === 401).length).toBe(6);
    expect(statuses).toContain(429);
    expect(guesses.find(({ status }) => status === 429)?.headers.get('retry-after')).toMatch(/^\d+$/);
    expect((await signIn(openBrowser(), 'grace', PASSWORD)).status).toBe(429);
    expect((await signIn(known, 'grace', PASSWORD)).status).toBe(200);
  });

  test('a deactivated person is refused, and their open session is over', async () => {
    const browser = openBrowser();
    await enrolled('heidi', browser);
    const { accounts } = await gate.admin('GET', '/accounts');
    const account = objects(accounts).find(({ id }) => id === 'heidi');
    await gate.admin('POST', `/people/${text(account?.['person'])}/deactivate`);
    expect(new URL((await browser.open(`${gate.controlUrl}/sign-in/account`)).url).pathname).toBe('/sign-in');
    expect((await signIn(openBrowser(), 'heidi', PASSWORD)).status).not.toBe(200);
  });
});

describe('forms', () => {
  test('without our token, with another browser\'s or another form\'s they do nothing', async () => {
    const mine = openBrowser();
    const page = await mine.open(`${gate.controlUrl}/sign-in`);
    const theirs = await openBrowser().open(`${gate.controlUrl}/sign-in`);
    const token = theirs.forms[0]?.fields['form'] ?? '';
    for (const form of ['', token, 'x'.repeat(43)]) {
      expect((await page.submit({ name: 'ada', password: PASSWORD, form }, '/sign-in/password')).status).toBe(403);
    }
    await page.submit({ name: 'ada', password: PASSWORD }, '/sign-in/password');
    const out = await mine.open(`${gate.controlUrl}/sign-in/out`);
    expect((await out.submit({ all: 'no', form: page.forms[0]?.fields['form'] ?? '' })).status).toBe(403);
    expect((await refusals()).filter((record) => record['code'] === 'ERR_FORM_FORGED').length).toBeGreaterThanOrEqual(4);
  });

  test('no page is framed, cached or runs what is not ours', async () => {
    for (const path of ['/sign-in', '/sign-in/nothing-there', '/sign-in/out']) {
      const { headers } = await openBrowser().open(gate.controlUrl + path);
      expect(headers.get('content-security-policy')).toMatch(/frame-ancestors 'none'/);
      expect(headers.get('content-security-policy')).not.toMatch(/unsafe|\*/);
      expect(headers.get('x-frame-options')).toBe('DENY');
      expect(headers.get('cache-control')).toBe('no-store');
    }
  });

  test('nobody is sent to another site', async () => {
    const browser = openBrowser();
    await signIn(browser, 'ada', PASSWORD);
    const dots = ['/..//evil.example/', '/.//evil.example/', '/a/..//evil.example/'];
    for (const to of ['https://evil.example/', '//evil.example/', '/\\evil.example', 'javascript:alert(1)', '/api/v1/servers', '\t/x', ...dots]) {
      const page = await browser.open(`${gate.controlUrl}/sign-in?to=${encodeURIComponent(to)}`);
      expect(new URL(page.url).pathname).toBe('/sign-in/account');
      expect(page.way.every((url) => new URL(url).origin === gate.controlUrl)).toBe(true);
    }
  });

  test('names are shown as text', async () => {
    const page = await signIn(openBrowser(), '"><script>alert(1)</script>', 'x');
    expect(page.text).not.toContain('<script>alert');
    expect(page.text).toContain('&lt;script&gt;');
  });
});

describe('signing out', () => {
  test('here, and everywhere', async () => {
    const [one, other] = [openBrowser(), openBrowser()];
    await signIn(one, 'ada', PASSWORD);
    await signIn(other, 'ada', PASSWORD);
    await (await one.open(`${gate.controlUrl}/sign-in/out`)).submit({ all: 'no' });
    expect(one.cookies(gate.controlUrl).join()).not.toContain('session');
    expect((await other.open(`${gate.controlUrl}/sign-in/account`)).text).toContain('ada');
    await signIn(one, 'ada', PASSWORD);
    await (await one.open(`${gate.controlUrl}/sign-in/out`)).submit({ all: 'yes' });
    expect(new URL((await other.open(`${gate.controlUrl}/sign-in/account`)).url).pathname).toBe('/sign-in');
  });
});

function sessionOf(browser: Browser): string {
  return browser.cookies(gate.controlUrl).find((one) => one.startsWith('sallyport-session='))?.split('=')[1] ?? '';
}
