import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { createHash, randomBytes } from 'node:crypto';
import { openBrowser } from '../../../test/fixtures/browser.ts';
import type { Browser, BrowserPage } from '../../../test/fixtures/browser.ts';
import { startGate, type Gate } from '../../../test/fixtures/gate.ts';
import { startRecordingServer, toolNamed, type RecordingServer } from '../../../test/fixtures/recording-server.ts';
import { hashPassword } from '../accounts/password.ts';
import { objects, text } from '../../cli/json-view.ts';
import { isObject } from '../../domain/json.ts';
import type { Json, JsonObject } from '../../domain/json.ts';

const PASSWORD = 'quiet lemon boats at noon';
const SITE = 'https://desk.example/callback';
const LOCAL = 'http://127.0.0.1:49152/callback';

// A password costs a quarter of a second of one core, on purpose.
setDefaultTimeout(60_000);

let gate: Gate;
let crm: RecordingServer;
beforeAll(async () => {
  crm = startRecordingServer({ says: { tools: ['find_contact', 'add_note', 'wipe_contact', 'mail_out', 'pay_bill'].map((name) => toolNamed(name)) } });
  const effects = { find_contact: 'read', add_note: 'write', wipe_contact: 'destroy', mail_out: 'communicate', pay_bill: 'transact' };
  const tools = Object.entries(effects).map(([name, effect]) => `${name}: { effect: ${effect} }`).join(', ');
  gate = await startGate({
    issuer: true,
    manifest: `servers: { crm: { url: "${crm.url}", allowPrivate: true, owner: sales, tools: { ${tools} } } }
admins: [{ group: keepers, role: admin, space: "*" }]
`,
  });
  await gate.enrol('crm');
  for (const [id, redirect] of [['desk', SITE], ['tool', LOCAL], ['stranger', SITE]]) {
    await gate.admin('POST', '/clients', { id: id ?? '', name: `The ${id ?? ''}`, redirectUris: [redirect ?? ''], authentication: 'none' });
  }
  for (const id of ['desk', 'tool']) {
    await gate.admin('PUT', `/agents/${id}`, {
      owner: 'tests', purpose: 'tests', clients: [`${gate.controlUrl}|${id}`], allow: '*', expiresAt: Math.floor(Date.now() / 1000 + 86_400) * 1000,
    });
  }
  await account('ada', []);
  await account('kim', ['keepers']);
});
afterAll(async () => {
  await gate.stop();
  await crm.stop();
});

async function account(userName: string, groups: readonly string[]): Promise<void> {
  await gate.admin('POST', '/accounts', { userName, groups, passwordHash: await hashPassword(PASSWORD, []) });
}

function visitor(): Browser {
  return openBrowser({ stops: ({ origin }) => origin !== gate.controlUrl });
}

const verifier = randomBytes(32).toString('base64url');

async function token(parameters: Readonly<Record<string, string>>): Promise<JsonObject> {
  const resource = `${new URL(gate.url).origin.replace('127.0.0.1', 'localhost')}/mcp/crm`;
  const response = await fetch(`${gate.controlUrl}/oauth/token`, { method: 'POST', body: new URLSearchParams({ client_id: 'tool', resource, ...parameters }) });
  const answer: Json = JSON.parse(await response.text());
  return isObject(answer) ? answer : {};
}

async function statusOfCall(accessToken: string): Promise<number> {
  const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 't', version: '1' } };
  const response = await fetch(`${gate.url}/mcp/crm`, {
    method: 'POST', body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'initialize', params }),
    headers: { authorization: `Bearer ${accessToken}`, 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
  });
  return response.status;
}

/** The address to which a client sends a person. */
function request(client: string, redirect: string, scope: string, more: Readonly<Record<string, string>> = {}): string {
  const url = new URL('/oauth/authorize', gate.controlUrl);
  url.search = new URLSearchParams({
    client_id: client, redirect_uri: redirect, response_type: 'code', scope, resource: `${new URL(gate.url).origin.replace('127.0.0.1', 'localhost')}/mcp/crm`,
    code_challenge: createHash('sha256').update(verifier).digest('base64url'), code_challenge_method: 'S256', state: 'abc', ...more,
  }).toString();
  return url.href;
}

async function signedIn(page: BrowserPage, name = 'ada'): Promise<BrowserPage> {
  return page.submit({ name, password: PASSWORD }, '/sign-in/password');
}

function answerOf(page: BrowserPage): Readonly<Record<string, string>> {
  expect(page.status).toBe(0);
  return Object.fromEntries(new URL(page.url).searchParams);
}

describe('consent', () => {
  test('names the client, the server, the tools by effect, the place of the answer and the person; then the client gets its code', async () => {
    const browser = visitor();
    const login = await browser.open(request('desk', SITE, 'crm.read crm.destroy crm.communicate'));
    expect(login.text).toContain('The desk');
    const page = await signedIn(login);
    const named = [
      'May <strong>The desk</strong>', 'entered by your administrator', 'registered as desk', 'desk.example', '<strong>crm</strong>', 'find_contact',
      'wipe_contact', 'mail_out', 'destroys', 'leaves the company', '<strong>ada</strong>',
    ];
    for (const part of named) expect(page.text).toContain(part);
    for (const part of ['pay_bill', 'add_note', 'transacts']) expect(page.text).not.toContain(part);
    const done = await page.submit({ answer: 'yes' });
    expect(answerOf(done)).toMatchObject({ code: expect.any(String), state: 'abc', iss: gate.controlUrl });
    const [given] = await gate.records({ event: 'consent.given' });
    const detail = { client: 'desk', scopes: ['crm.read', 'crm.destroy', 'crm.communicate'], redirect: 'desk.example' };
    expect(given).toMatchObject({ agent: 'desk', detail });
  });

  test('is remembered for a site, for no more than was agreed to, and can be taken back with all that came of it', async () => {
    const browser = visitor();
    const first = await signedIn(await browser.open(request('desk', SITE, 'crm.read crm.write')));
    await first.submit({ answer: 'yes' });
    const other = visitor();
    const again = await signedIn(await other.open(request('desk', SITE, 'crm.write')));
    expect(answerOf(again)['code']).toBeDefined();
    const wider = await other.open(request('desk', SITE, 'crm.write crm.transact'));
    expect(wider.text).toContain('transacts');
    const home = await browser.open(`${gate.controlUrl}/sign-in/account`);
    expect(home.text).toContain('The desk');
    const after = await home.submit({}, '/sign-in/account/consent');
    expect(after.text).not.toContain('The desk');
    expect((await gate.records({ event: 'consent.revoked' })).at(-1)).toMatchObject({ detail: { client: 'desk' } });
    expect((await browser.open(request('desk', SITE, 'crm.write'))).text).toContain('May <strong>The desk</strong>');
  });

  test('is asked each time for a program of this computer, with a warning', async () => {
    const browser = visitor();
    const page = await signedIn(await browser.open(request('tool', LOCAL, 'crm.read')));
    expect(page.text).toContain('a program on this computer');
    expect(page.text).toContain('Any program on this computer can claim this name');
    await page.submit({ answer: 'yes' });
    expect((await browser.open(request('tool', LOCAL, 'crm.read'))).text).toContain('May <strong>The tool</strong>');
  });

  test('taken back, nothing that came of it lives on: no refresh, and gateways know', async () => {
    const browser = visitor();
    const done = await (await signedIn(await browser.open(request('tool', LOCAL, 'crm.read')))).submit({ answer: 'yes' });
    const given = await token({ grant_type: 'authorization_code', code: answerOf(done)['code'] ?? '', redirect_uri: LOCAL, code_verifier: verifier });
    const renewed = await token({ grant_type: 'refresh_token', refresh_token: text(given['refresh_token']) });
    // Known, and permitted nothing by this gate's policy.
    expect(await statusOfCall(text(renewed['access_token']))).toBe(404);
    const { consents } = await gate.admin('GET', '/consents');
    const mine = objects(consents).find(({ client, redirect }) => client === 'tool' && redirect === LOCAL);
    await gate.admin('DELETE', `/consents/${text(mine?.['id'])}`);
    expect(await token({ grant_type: 'refresh_token', refresh_token: text(renewed['refresh_token']) })).toMatchObject({ error: 'invalid_grant' });
    expect(await statusOfCall(text(renewed['access_token']))).toBe(401);
  });

  test('a refusal is told to the client, and recorded', async () => {
    const page = await signedIn(await visitor().open(request('tool', LOCAL, 'crm.read')));
    expect(answerOf(await page.submit({ answer: 'no' }))['error']).toBe('access_denied');
    expect((await gate.records({ event: 'consent.refused' })).at(-1)).toMatchObject({ detail: { client: 'tool' } });
  });

  test('an answer counts once, in the browser that was asked, for what was shown, from our form', async () => {
    const browser = visitor();
    const page = await signedIn(await browser.open(request('tool', LOCAL, 'crm.read')));
    const twin = await browser.open(request('tool', LOCAL, 'crm.destroy'));
    const asked = page.forms[0]?.fields['form'] ?? '';
    expect((await twin.submit({ answer: 'yes', form: asked })).status).toBe(403);
    expect((await page.submit({ answer: 'yes', form: '' })).status).toBe(403);
    const stranger = visitor();
    await signedIn(await stranger.open(`${gate.controlUrl}/sign-in`));
    expect((await stranger.open(page.url)).status).toBe(403);
    await page.submit({ answer: 'yes' });
    expect((await page.submit({ answer: 'yes' })).status).toBe(403);
  });

  test('whoever signed in since is not taken for the one who was asked', async () => {
    const browser = visitor();
    const page = await signedIn(await browser.open(request('tool', LOCAL, 'crm.read')));
    await signedIn(await browser.open(`${gate.controlUrl}/sign-in?again=yes`), 'kim');
    expect((await page.submit({ answer: 'yes' })).status).toBe(403);
    const fresh = await browser.open(request('tool', LOCAL, 'crm.read'));
    expect(fresh.text).toContain('<strong>kim</strong>');
  });
});

describe('a client that is no registered agent', () => {
  test('is refused to most people, who are told whom to ask; it is found among the unknown', async () => {
    const page = await signedIn(await visitor().open(request('stranger', SITE, 'crm.read')));
    expect([page.status, page.text.includes('not registered here')]).toEqual([403, true]);
    expect(page.forms).toEqual([]);
    const { unknown } = await gate.admin('GET', '/agents/unknown');
    expect(JSON.stringify(unknown)).toContain(`${gate.controlUrl}|stranger`);
  });

  test('is registered by who may, within what it asks for, and then asks for consent', async () => {
    const browser = visitor();
    const page = await signedIn(await browser.open(request('stranger', SITE, 'crm.read crm.write')), 'kim');
    expect(page.text).toContain('Register <strong>The stranger</strong>');
    const consent = await page.submit({ id: 'stranger', purpose: 'Notes', days: '30' }, '/agent');
    expect(consent.text).toContain('May <strong>The stranger</strong>');
    const { agents } = await gate.admin('GET', '/agents');
    const made = objects(agents).find(({ id }) => id === 'stranger');
    const allow = [{ server: 'crm', effects: ['read', 'write'] }];
    expect(made).toMatchObject({ owner: 'kim', purpose: 'Notes', clients: [`${gate.controlUrl}|stranger`], allow });
    const changed = (await gate.records({ event: 'config.changed' })).filter(({ action }) => action === 'agent.register');
    expect(changed.at(-1)?.['principal']).toBe(`${gate.controlUrl}|${await personOf('kim')}`);
  });

  test('the form of who may is of no use to who may not', async () => {
    await gate.admin('DELETE', '/agents/stranger');
    const kim = visitor();
    const offered = await signedIn(await kim.open(request('stranger', SITE, 'crm.read')), 'kim');
    await gate.admin('POST', '/accounts/kim/disable');
    expect((await offered.submit({ id: 'stranger', purpose: 'x', days: '30' }, '/agent')).status).toBe(403);
  });
});

describe('step-up', () => {
  test('prompt=login and max_age want a sign-in anew; acr_values=phr wants a passkey', async () => {
    const browser = visitor();
    await signedIn(await browser.open(`${gate.controlUrl}/sign-in`));
    for (const more of [{ prompt: 'login' }, { max_age: '0' }]) {
      const page = await browser.open(request('tool', LOCAL, 'openid crm.read', more));
      expect(page.text).toContain('Confirm that it is still you');
      expect((await signedIn(page)).text).toContain('May <strong>The tool</strong>');
    }
    const strong = await browser.open(request('tool', LOCAL, 'openid crm.read', { acr_values: 'phr' }));
    expect(strong.text).toContain('A passkey is needed');
    expect(strong.forms.map(({ action }) => action)).toEqual(['/sign-in/passkey']);
  });

  test('signed out at the door is signed out at the issuer', async () => {
    const browser = visitor();
    await (await signedIn(await browser.open(request('desk', SITE, 'crm.read')))).submit({ answer: 'yes' });
    await (await browser.open(`${gate.controlUrl}/sign-in/out`)).submit({ all: 'no' });
    expect((await browser.open(request('desk', SITE, 'crm.read'))).text).toContain('Sign in with a password');
  });
});

async function personOf(userName: string): Promise<string> {
  const { accounts } = await gate.admin('GET', '/accounts');
  return text(objects(accounts).find((one) => one['userName'] === userName)?.['person']);
}
