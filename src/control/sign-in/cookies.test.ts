import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openBrowser } from '../../../test/fixtures/browser.ts';
import { startGate, type Gate } from '../../../test/fixtures/gate.ts';
import { part, text } from '../../cli/json-view.ts';

setDefaultTimeout(60_000);
const PASSWORD = 'quiet lemon boats at noon';

let gate: Gate;
beforeAll(async () => {
  gate = await startGate({ issuer: true, secure: true, manifest: 'servers: {}\n' });
});
afterAll(() => gate.stop());

test('over TLS every cookie of the door is bound to this host and to TLS, out of reach of scripts and other sites', async () => {
  const ca = readFileSync(join(gate.home, 'ca', 'ca.pem'), 'utf8');
  const browser = openBrowser({ ca });
  const { link } = await gate.admin('POST', '/accounts', { userName: 'ada' });
  const url = gate.controlUrl + text(part(link, 'path'));
  const page = await browser.open(url);
  const fields = new URLSearchParams({ ...page.forms[1]?.fields, password: PASSWORD, again: PASSWORD });
  const answer = await fetch(url, {
    method: 'POST', redirect: 'manual', tls: { ca }, body: fields, headers: { cookie: browser.cookies(url).join('; '), origin: gate.controlUrl },
  });
  const set = [...page.headers.getSetCookie(), ...answer.headers.getSetCookie()];
  expect(new Set(set.map((one) => one.split('=')[0]))).toEqual(new Set(['__Host-sallyport-browser', '__Host-sallyport-device', '__Host-sallyport-session']));
  for (const one of set) expect(one).toMatch(/; Path=\/; HttpOnly; SameSite=Lax; Secure(; Max-Age=\d+)?$/);
});

test('a cookie that comes twice is none: somebody else may have set one of them', async () => {
  const ca = readFileSync(join(gate.home, 'ca', 'ca.pem'), 'utf8');
  const browser = openBrowser({ ca });
  await browser.open(`${gate.controlUrl}/sign-in`);
  const own = browser.cookies(gate.controlUrl).join('; ');
  const twice = await fetch(`${gate.controlUrl}/sign-in`, { tls: { ca }, headers: { cookie: `${own}; __Host-sallyport-browser=${'A'.repeat(43)}` } });
  expect(twice.headers.getSetCookie()).toHaveLength(1);
  expect((await fetch(`${gate.controlUrl}/sign-in`, { tls: { ca }, headers: { cookie: own } })).headers.getSetCookie()).toEqual([]);
});
