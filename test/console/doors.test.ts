import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import type { BrowserContext } from 'playwright-core';
import { objects, part } from '../../src/cli/json-view.ts';
import { ROUTES } from '../../src/control/routes.ts';
import { makeCertificate } from '../fixtures/certificate.ts';
import { verifies } from '../e2e/requirements.ts';
import { direct, type Direct } from './direct.ts';
import { openElsewhere, openStranger, signedIn } from './harness.ts';
import { installation, type Installation } from './installation.ts';
import { untilPaymentWaits } from './payments.ts';
import { pathsOf } from './reached.ts';

// What other pages, other sessions and other people's ids can do with the console's doors: nothing.
setDefaultTimeout(300_000);

/** Another program's page on the same machine: the browser calls it the same site, and sends cookies of `SameSite=Strict` along. */
let neighbour: Bun.Server<undefined>;
let of: Installation;
let evil = '';
let html = '';

beforeAll(async () => {
  of = await installation();
  const tls = await makeCertificate(['localhost', '127.0.0.1']);
  neighbour = Bun.serve({ hostname: '127.0.0.1', port: 0, tls, fetch: () => new Response(html, { headers: { 'content-type': 'text/html' } }) });
  evil = `https://localhost:${neighbour.port}/`;
});
afterAll(() => neighbour.stop(true));

const TOKEN = { agent: 'planted', groups: ['administrators'], audience: ['*'], ttlMs: 60_000 };
const planted = async (): Promise<number> =>
  objects(part(await of.client.get('/tokens'), 'tokens')).filter(({ agent }) => agent === 'planted').length;

test(verifies('console-doors', 'a change needs a page of ours: its origin, its kind of request, and the token of this very session'), async () => {
  const [admin, other] = [await direct('admin'), await direct('analyst')];
  const refused: readonly Readonly<Record<string, string>>[] = [
    { 'x-sallyport-csrf': '' }, { 'x-sallyport-csrf': 'x'.repeat(43) }, { 'x-sallyport-csrf': other.csrf }, { origin: '' }, { origin: 'null' },
    { origin: 'https://localhost:1' }, { origin: admin.origin.replace('https:', 'http:') }, { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
  ];
  for (const headers of refused) {
    const { status, code } = await admin.ask('POST', '/tokens', { body: TOKEN, headers });
    expect([JSON.stringify(headers), status, code]).toEqual([JSON.stringify(headers), 403, expect.stringMatching(/^ERR_(ADMIN_CSRF|ORIGIN_FORBIDDEN)$/)]);
  }
  for (const site of ['cross-site', 'same-site']) expect((await admin.ask('GET', '/me', { headers: { 'sec-fetch-site': site } })).status).toBe(403);
  expect(await planted()).toBe(0);
  expect((await admin.ask('GET', '/me')).status).toBe(200);
});

test(verifies('console-doors', 'a page of another port of this machine changes nothing with an administrator\'s cookies, and reads nothing'), async () => {
  const context = await openElsewhere('admin');
  const target = `${of.control}/api/v1/tokens`;
  html = `<!doctype html><iframe name="sink"></iframe><form method="post" action="${target}" enctype="text/plain" target="sink">
<input name='${JSON.stringify(TOKEN).slice(0, -1)},"x":"' value='"}'></form>`;
  const page = await context.newPage();
  await page.goto(evil);
  const read = await page.evaluate<readonly string[]>(`(async () => {
    document.forms[0].submit();
    const body = ${JSON.stringify(JSON.stringify(TOKEN))};
    const tries = [
      fetch('${target}', { method: 'POST', mode: 'no-cors', credentials: 'include', body }),
      fetch('${target}', { method: 'POST', credentials: 'include', body, headers: { 'content-type': 'application/json' } }),
      fetch('${of.control}/api/v1/me', { credentials: 'include' }), fetch('${of.control}/sign-in/console/session', { credentials: 'include' }),
      fetch('${of.control}/console/index.html', { credentials: 'include' }),
    ];
    const said = await Promise.all(tries.map((one) => one.then((answer) => answer.text(), () => '')));
    const opened = open('${of.control}/console/');
    await new Promise((done) => setTimeout(done, 300));
    let seen = '';
    try { seen = opened?.document.title ?? ''; } catch {}
    return [...said, seen];
  })()`);
  expect(read.join('')).toBe('');
  expect(await planted()).toBe(0);
  await context.close();
});

test(verifies('console-doors', 'no page of control can be put into a frame'), async () => {
  const context = await openElsewhere('admin');
  const paths = ['console/', 'console/approvals', 'sign-in', 'sign-in/console', 'sign-in/account', 'approvals', 'api/v1/me'];
  html = `<!doctype html>${paths.map((path) => `<iframe src="${of.control}/${path}"></iframe>`).join('')}`;
  const page = await context.newPage();
  await page.goto(evil, { waitUntil: 'load' });
  const frames = page.frames().slice(1);
  expect(frames).toHaveLength(paths.length);
  expect(frames.filter((frame) => !frame.url().startsWith('chrome-error:')).map((frame) => frame.url())).toEqual([]);
  await context.close();
});

test(verifies('console-doors', 'nothing that is added to an address leads out of the console'), async () => {
  const state = await signedIn('admin');
  const { context } = await openStranger(state);
  const page = await context.newPage();
  const away = [
    'https://evil.example/', '//evil.example/', '/\\evil.example', '\\\\evil.example', '/%5cevil.example',
    'javascript:alert(1)', '/..//evil.example',
  ];
  const addresses = away.flatMap((to) => [
    `/sign-in?to=${encodeURIComponent(to)}`, `/sign-in?again=yes&to=${encodeURIComponent(to)}`, `/sign-in/console?to=${encodeURIComponent(to)}`,
    `/console/${to}`, `/${to}`,
  ]);
  for (const address of addresses) {
    await page.goto(`${of.control}${address}`);
    expect([address, new URL(page.url()).origin]).toEqual([address, of.control]);
    const links = await page.locator('a[href], form[action]').evaluateAll((all: readonly { readonly href?: string; readonly action?: string }[]) =>
      all.map(({ href, action }) => href ?? action ?? ''));
    expect(links.filter((link) => !link.startsWith(`${of.control}/`))).toEqual([]);
  }
  await context.close();
});

test(verifies('console-doors', 'a session begins with a cookie of its own, whatever the browser showed before, and ends for good'), async () => {
  const { context } = await openStranger();
  const fixed = 'A'.repeat(43);
  await context.addCookies([{ name: '__Host-sallyport', value: fixed, domain: 'localhost', path: '/', secure: true, httpOnly: true, sameSite: 'Strict' }]);
  const before = await context.cookies();
  await context.close();
  const state = await signedIn({ userName: 'fiona', groups: ['auditors'] }, before);
  const own = state.cookies.find(({ name }) => name === '__Host-sallyport');
  expect(own).toMatchObject({ httpOnly: true, secure: true, sameSite: 'Strict', path: '/' });
  expect(own?.value).not.toBe(fixed);
  const { ask } = await direct({ userName: 'fiona', groups: ['auditors'] });
  expect((await ask('GET', '/me')).status).toBe(200);
  expect((await ask('GET', '/me', { headers: { cookie: `__Host-sallyport=${fixed}` } })).status).toBe(401);
  // Two of one name: one of them somebody else may have set.
  expect((await ask('GET', '/me', { headers: { cookie: `__Host-sallyport=${fixed}; __Host-sallyport=${own?.value ?? ''}` } })).status).toBe(401);
  await signOut(state);
  expect((await ask('GET', '/me')).status).toBe(401);
});

test(verifies('console-doors', 'an id of another space opens nothing: neither under its own space nor under the asker\'s'), async () => {
  for (const role of ['analyst', 'approver']) await of.client.send('POST', '/admins', { to: { group: 'lab-team' }, role, space: 'lab' });
  const lena = await direct({ userName: 'lena', groups: ['lab-team'] });
  expect((await lena.ask('GET', '/servers?space=lab')).body).toMatchObject({ servers: [] });
  const wrong: string[] = [];
  for (const route of ROUTES.filter(({ method, path, reach }) => method === 'GET' && reach === 'space' && path.includes(':'))) {
    for (const path of await pathsOf(of, route.path)) {
      if (route.access !== 'self') wrong.push(...await got(lena, path, 'ERR_ADMIN_FORBIDDEN'));
      if (!SHARED.includes(route.path)) wrong.push(...await got(lena, `${path}?space=lab`, 'ERR_NOT_FOUND', 'ERR_SERVER_UNKNOWN'));
    }
  }
  expect(wrong).toEqual([]);
});

test(verifies('console-doors', 'a call is shown to whom its policy names, and answered by nobody else, whatever role they have'), async () => {
  void of.pay(611);
  const vera = await direct({ userName: 'vera', groups: ['approvers'] });
  const pending = await untilPaymentWaits(of, 611);
  const shown = await vera.ask('GET', `/approvals/${pending}`);
  expect([shown.status, shown.code]).toEqual([403, expect.stringMatching(/^ERR_/)]);
  expect(JSON.stringify(shown.body)).not.toContain('611');
  const answered = await vera.ask('POST', `/approvals/${pending}/deny`, { body: { reason: 'not mine' } });
  expect(answered.status).toBeGreaterThanOrEqual(400);
});

/** Servers of the default space stand in every space's inventory, so that nothing there is called rogue (docs/inventory.md). */
const SHARED: readonly string[] = ['/inventory/assets/:id'];
/** Nothing is there, said in other words than by a refusal. */
const EMPTY: readonly string[] = ['{"vkey":"","note":"","records":[]}', '{"reports":[]}'];

async function got({ ask }: Direct, path: string, ...codes: readonly string[]): Promise<readonly string[]> {
  const answer = await ask('GET', path);
  const said = JSON.stringify(answer.body);
  return codes.includes(answer.code) || EMPTY.includes(said) ? [] : [`${path}: ${answer.status} ${answer.code} ${said.slice(0, 200)}`];
}

async function signOut(state: Awaited<ReturnType<BrowserContext['storageState']>>): Promise<void> {
  const { context } = await openStranger(state);
  const page = await context.newPage();
  await page.goto(`${of.control}/sign-in/out`);
  await page.locator('form button').first().click();
  await page.waitForLoadState();
  await context.close();
}
