import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { makeAuthenticator } from '../fixtures/authenticator.ts';
import { startApproving, type Approving } from '../fixtures/approving.ts';
import { openBrowser, type Browser, type BrowserPage } from '../fixtures/browser.ts';
import { part, text } from '../../src/cli/json-view.ts';
import { verifies } from './requirements.ts';

// A password costs a quarter of a second of one core, on purpose.
setDefaultTimeout(60_000);

const POLICY = `permit(principal, action, resource);
@id("mail-is-approved") @approve("owner") forbid(principal, action == Action::"call_tool", resource == Tool::"mail/send");`;
const PASSWORD = 'quiet lemon boats at noon';

/** A call that nobody could read whole in a row of a table. */
const LONG = { to: 'a@x.example', text: `${'first '.repeat(900)}<b>bold</b> \u202eevil\u200b last` };

async function openAccount(on: Approving, userName: string, signIn = true): Promise<Browser> {
  const { link } = await on.gate.admin('POST', `/accounts/${userName}/reset`, {});
  const browser = openBrowser();
  const page = await browser.open(`${on.gate.controlUrl}${text(part(link, 'path'))}`);
  if (signIn) await page.submit({ password: PASSWORD, again: PASSWORD }, page.forms.find(({ data }) => data['passkey'] === undefined)?.action);
  return browser;
}

async function ask(on: Approving, agent: string, args: Readonly<Record<string, string>>): Promise<string> {
  const token = await on.gate.token({ agent });
  expect((await on.call(token, args)).code).toBe('ERR_APPROVAL_REQUIRED');
  return token;
}

describe('the page of approvals', () => {
  let on: Approving;
  let olga: Browser;
  let eve: Browser;
  const open = async (browser: Browser, path: string): Promise<BrowserPage> => browser.open(on.gate.controlUrl + path);
  const lastId = async (): Promise<string> => (await on.approvals()).at(-1)?.id ?? '';

  beforeAll(async () => {
    on = await startApproving(POLICY, { olga: [], eve: [] }, '', true);
    olga = await openAccount(on, 'olga');
    eve = await openAccount(on, 'eve');
  });
  afterAll(() => on.stop());

  test(verifies('approval-shown-whole', 'shows every byte of the call, what cannot be seen made visible, and is approved by its owner with a form'),
    async () => {
    const token = await ask(on, 'one', LONG);
    const list = await open(olga, '/approvals');
    const page = await list.follow('/approvals/');
    const seen = page.text.replaceAll(/<\/?mark>/g, '').replaceAll('&lt;', '<').replaceAll('&gt;', '>');
    expect(seen).toContain(LONG.text.replace('\u202e', '<U+202E>').replace('\u200b', '<U+200B>'));
    expect(seen).toContain('forbid(principal, action == Action::"call_tool", resource == Tool::"mail/send")'.replaceAll('"', '&quot;'));
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
    await page.submit({}, '/grant');
    expect((await on.call(token, LONG)).result).toBeDefined();
  });

  test('shows nothing to whom it does not concern, and nothing to whoever is not signed in', async () => {
    await ask(on, 'two', { to: 'b@x.example' });
    const id = await lastId();
    expect(await open(eve, `/approvals/${id}`)).toMatchObject({ status: 403 });
    expect((await open(openBrowser(), `/approvals/${id}`)).text).toContain('Sign in');
  });

  test('takes no form of another browser, of another call, or without its token', async () => {
    await ask(on, 'three', { to: 'c@x.example' });
    const first = await lastId();
    await ask(on, 'three', { to: 'd@x.example' });
    const second = await lastId();
    const page = await open(olga, `/approvals/${first}`);
    const form = page.forms.find(({ action }) => action.includes(first));
    const send = async (path: string, token: string, cookie: string): Promise<number> => (await fetch(on.gate.controlUrl + path, {
      method: 'POST', redirect: 'manual', body: new URLSearchParams({ form: token }),
      headers: { cookie, origin: on.gate.controlUrl },
    })).status;
    const cookie = olga.cookies(`${on.gate.controlUrl}/approvals`).join('; ');
    const token = form?.fields['form'] ?? '';
    expect(await send(`/approvals/${second}/grant`, token, cookie)).toBe(403);
    expect(await send(`/approvals/${first}/grant`, '', cookie)).toBe(403);
    expect(await send(`/approvals/${first}/grant`, token, eve.cookies(`${on.gate.controlUrl}/approvals`).join('; '))).toBe(403);
    expect(await send(`/approvals/${first}/grant`, token, cookie)).toBe(303);
    expect((await on.approvals()).slice(-2).map(({ body }) => body.state)).toEqual(['granted', 'pending']);
  });

  test('a refusal says why to whoever asked', async () => {
    const token = await ask(on, 'four', { to: 'e@x.example' });
    const page = await open(olga, `/approvals/${await lastId()}`);
    await page.submit({ reason: 'not to them' }, '/deny');
    expect((await on.call(token, { to: 'e@x.example' })).code).toBe('ERR_APPROVAL_DENIED');
  });

  test('calls that are alike are answered together, each by its own digest', async () => {
    // What a call brings back may weigh more than what its caller has read by then, and ends what was approved before.
    await on.call(await on.gate.token({ agent: 'five' }), {}, 'east', 'read_inbox');
    const token = await ask(on, 'five', { to: 'f@x.example' });
    await ask(on, 'five', { to: 'g@x.example' });
    const page = await (await open(olga, '/approvals')).follow('/approvals/alike/');
    expect(page.text).toContain('g@x.example');
    expect(await page.submit({})).toMatchObject({ status: 200, url: `${on.gate.controlUrl}/approvals` });
    for (const to of ['f@x.example', 'g@x.example']) expect((await on.call(token, { to })).result).toBeDefined();
    expect((await on.call(token, { to: 'h@x.example' })).code).toBe('ERR_APPROVAL_REQUIRED');
  });
});

describe('one person alone', () => {
  let on: Approving;
  beforeAll(async () => {
    on = await startApproving(POLICY, { ada: [] }, 'approvals: { solo: true }\n', true);
  });
  afterAll(() => on.stop());

  test('approves their own agent\'s call with their passkey, for that call alone, and not with a click', async () => {
    const authenticator = makeAuthenticator();
    const browser = await openAccount(on, 'ada', false);
    const { link } = await on.gate.admin('POST', '/accounts/ada/reset', {});
    const enrol = await browser.open(`${on.gate.controlUrl}${text(part(link, 'path'))}`);
    const make = enrol.forms.find(({ data }) => data['passkey'] === 'create');
    if (make === undefined) throw new Error('no passkey can be made');
    await enrol.submit({ label: 'key', answer: authenticator.answer(make, on.gate.controlUrl) }, make.action);

    const { token: own } = await on.gate.admin('POST', '/tokens',
      { agent: 'own', kind: 'person', subject: 'ada', groups: [], audience: ['*'], ttlMs: 3_600_000 });
    const token = text(own);
    expect((await on.call(token, { to: 'me@x.example' })).code).toBe('ERR_APPROVAL_REQUIRED');
    const id = (await on.approvals()).at(-1)?.id ?? '';
    const page = await browser.open(`${on.gate.controlUrl}/approvals/${id}`);
    const form = page.forms.find(({ data }) => data['passkey'] === 'get');
    if (form === undefined) throw new Error(`no passkey is asked for: ${page.text.slice(-2_000)}`);
    const click = await fetch(`${on.gate.controlUrl}/approvals/${id}/grant`, {
      method: 'POST', redirect: 'manual', body: new URLSearchParams({ form: form.fields['form'] ?? '' }),
      headers: { cookie: browser.cookies(page.url).join('; '), origin: on.gate.controlUrl },
    });
    expect([click.status, (await click.text()).includes('ERR_PRESENCE')]).toEqual([403, true]);
    authenticator.counter += 1;
    await page.submit({ answer: authenticator.answer(form, on.gate.controlUrl) }, form.action);
    expect((await on.call(token, { to: 'me@x.example' })).result).toBeDefined();
    expect((await on.gate.records({ event: 'approval.granted' })).at(-1)).toMatchObject({ detail: { solo: true, presence: 'passkey' } });
  });
});
