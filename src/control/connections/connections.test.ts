import { afterAll, beforeAll, beforeEach, expect, test } from 'bun:test';
import { startAccountServer, type AccountServer } from '../../../test/fixtures/account-server.ts';
import { openBrowser, type Browser, type BrowserPage } from '../../../test/fixtures/browser.ts';
import { connectV1 } from '../../../test/fixtures/clients.ts';
import { startGate, type Gate } from '../../../test/fixtures/gate.ts';
import { modernRequest, objectIn, toolParams } from '../../../test/fixtures/modern-call.ts';
import { faultOf } from '../../../test/fixtures/upstream-exchange.ts';
import { isArray, type Json, type JsonObject } from '../../domain/json.ts';
import { openSession } from '../sign-in/session.ts';
import { needStored, putStored } from '../stored.ts';
import { TICKET } from './schema.ts';

let server: AccountServer;
let gate: Gate;
let route: string;
const KEY = 'io.sallyport/connect';

beforeAll(async () => {
  server = await startAccountServer();
  gate = await startGate({
    issuer: true,
    policy: 'permit(principal in Group::"testers", action, resource in Server::"crm");',
    manifest: `servers:\n  crm:\n    url: "${server.url}"\n    allowPrivate: true\n    owner: tests\n`
      + '    credentials: { type: authorization-code, dynamicRegistration: true }\n',
  });
  route = `${gate.url}/mcp/crm`;
  const scan = (): Promise<JsonObject> => gate.admin('POST', '/servers/crm/scan', {});
  const refused = await scan().then(() => '', (fault: unknown) => (fault instanceof Error ? fault.message : ''));
  await connect(/Open (\S+) in a browser/.exec(refused)?.[1] ?? '');
  await gate.enrol('crm');
}, 60_000);

afterAll(async () => {
  await gate.stop();
  await server.stop();
});

beforeEach(() => {
  server.says.clear();
  server.refuses = false;
});

/** Goes through it as a person does. */
async function connect(url: string, browser = openBrowser()): Promise<BrowserPage> {
  const page = await browser.open(url);
  return page.submit({ answer: 'yes' });
}

interface Called {
  readonly url: string | undefined;
  readonly code: number | undefined;
  readonly result: JsonObject;
  readonly error: JsonObject;
}

async function call(token: string, tool: string, capabilities: JsonObject = { elicitation: { url: {} } }, more: JsonObject = {}): Promise<Called> {
  const params = toolParams(tool, { id: 'a' });
  const meta = { ...objectIn(params['_meta']), 'io.modelcontextprotocol/clientCapabilities': capabilities };
  const response = await fetch(route, modernRequest(token, 'tools/call', { ...params, ...more, _meta: meta }));
  const body: Json = JSON.parse(await response.text());
  const { result, error } = objectIn(body);
  const asked = objectIn(objectIn(objectIn(objectIn(result)['inputRequests'])[KEY])['params'])['url'];
  const { elicitations } = objectIn(objectIn(error)['data']);
  const told = isArray(elicitations) ? objectIn(elicitations[0])['url'] : undefined;
  const url = asked ?? told;
  const { code } = objectIn(error);
  return {
    url: typeof url === 'string' ? url : undefined, code: typeof code === 'number' ? code : undefined, result: objectIn(result), error: objectIn(error),
  };
}

const agent = (name: string): Promise<string> => gate.token({ agent: name });

test('who has no account connected is asked, connects it once, and the same call goes on; the server hears the account alone', async () => {
  const token = await agent('first');
  const asked = await call(token, 'forbidden');
  expect(asked.result).toMatchObject({ resultType: 'input_required', inputRequests: { [KEY]: { method: 'elicitation/create', params: { mode: 'url' } } } });
  const page = await openBrowser().open(asked.url ?? '');
  for (const word of ['first', 'crm', new URL(server.url).host, new URL(server.issuer).host, 'crm.read']) expect(page.text).toContain(word);
  expect((await page.submit({ answer: 'yes' })).text).toContain('is connected');
  server.heard.splice(0);
  const retried = await call(token, 'forbidden', { elicitation: { url: {} } }, { inputResponses: { [KEY]: { action: 'accept' } } });
  expect(retried.result).toMatchObject({ content: [{ text: 'done a' }] });
  const [last] = server.heard.slice(-1);
  expect(last).toMatchObject({ method: 'tools/call', account: 'ann@crm' });
  expect(last?.body).not.toContain(KEY);
  expect(JSON.stringify(server.heard)).not.toContain(token);
  const records = JSON.stringify(await gate.records());
  expect(records).toContain('connection.create');
  expect(records).toContain('ERR_UPSTREAM_CONNECT');
  for (const secret of [asked.url?.split('/').at(-1), last?.authorization?.slice('Bearer '.length)]) expect(records).not.toContain(secret ?? 'none');
  const kept = JSON.stringify(await gate.control().store.list('connection'));
  expect(kept).not.toContain(last?.authorization?.slice('Bearer '.length) ?? 'none');
});

test('another agent of the same person has no use of the connection', async () => {
  expect((await call(await agent('second'), 'forbidden')).url).toContain('/connections/start/');
});

test('a client that can\'t be asked, or whose person said no, gets an error with the address; one of 2025-11-25 gets -32042', async () => {
  const token = await agent('third');
  expect(await call(token, 'forbidden', {})).toMatchObject({ code: 4034, error: { message: expect.stringContaining('/connections/start/') } });
  const declined = { inputResponses: { [KEY]: { action: 'decline' } } };
  expect(await call(token, 'forbidden', { elicitation: { url: {} } }, declined)).toMatchObject({ code: 4034 });
  const client = await connectV1(route, token);
  const fault = await client.callTool({ name: 'forbidden', arguments: { id: 'a' } }).catch((thrown: unknown) => thrown);
  await client.close();
  expect(fault).toMatchObject({ code: -32042, data: { elicitations: [{ mode: 'url', elicitationId: expect.any(String) }] } });
});

test('more scopes than were granted are asked for with those that were, once', async () => {
  const token = await agent('stepper');
  await connect((await call(token, 'forbidden')).url ?? '');
  const stepped = await call(token, 'charge');
  const page = await openBrowser().open(stepped.url ?? '');
  for (const scope of ['crm.read', 'crm.write']) expect(page.text).toContain(scope);
  await page.submit({ answer: 'yes' });
  expect((await call(token, 'charge')).result).toMatchObject({ content: [{ text: 'done a' }] });
});

test('a token that the server takes no more is refreshed once; a refresh token that is refused means connecting again', async () => {
  const token = await agent('refresher');
  await connect((await call(token, 'forbidden')).url ?? '');
  await call(token, 'forbidden');
  server.asked.splice(0);
  server.refuses = true;
  const refused = await Promise.all([call(token, 'forbidden'), call(token, 'forbidden')]);
  // Never the client's 401: it is our credential that was refused.
  expect(refused.map(({ code }) => code)).toEqual([5020, 5020]);
  server.refuses = false;
  const refreshes = server.asked.filter((form) => form.get('grant_type') === 'refresh_token').map((form) => form.get('refresh_token'));
  expect(new Set(refreshes).size).toBe(refreshes.length);
  expect(refreshes.length).toBeGreaterThan(0);
  expect((await call(token, 'forbidden')).result).toMatchObject({ content: [{ text: 'done a' }] });
  server.says.set('/token', () => Response.json({ error: 'invalid_grant' }, { status: 400 }));
  server.refuses = true;
  expect((await call(token, 'forbidden')).url).toContain('/connections/start/');
  server.refuses = false;
  server.says.clear();
  expect((await call(token, 'forbidden')).url).toContain('/connections/start/');
});

test('what is revoked is dropped by gateways at once, and ended at the issuer', async () => {
  const token = await agent('leaver');
  await connect((await call(token, 'forbidden')).url ?? '');
  await call(token, 'forbidden');
  const { connections } = await gate.admin('GET', '/connections?principal=sallyport%7Cleaver');
  const [own] = isArray(connections) ? connections.map(objectIn) : [];
  expect(JSON.stringify(own)).not.toMatch(/sealed|BEGIN AGE/);
  const id = own?.['id'];
  await gate.admin('DELETE', `/connections/${typeof id === 'string' ? id : ''}`);
  expect((await call(token, 'forbidden')).url).toContain('/connections/start/');
});

test('a ticket is good once, a state in its own browser alone and once, and neither when made up', async () => {
  const token = await agent('attacked');
  const ticket = (await call(token, 'forbidden')).url ?? '';
  const victim = openBrowser({ stops: ({ pathname }) => pathname === '/connections/callback' });
  const answered = await (await victim.open(ticket)).submit({ answer: 'yes' });
  expect((await openBrowser().open(ticket)).status).not.toBe(200);
  expect((await openBrowser().open(answered.url)).text).toContain('ERR_CONNECTION_INVALID');
  const own = openBrowser();
  for (const cookie of victim.cookies(answered.url)) own.plant(answered.url, `${cookie}; Path=/`);
  const mixedUp = new URL(answered.url);
  mixedUp.searchParams.set('iss', 'https://attacker.example');
  const state = mixedUp.searchParams.get('state') ?? '';
  const forged = new URL(answered.url);
  forged.searchParams.set('state', `${state.slice(1)}x`);
  expect((await own.open(forged.href)).text).toContain('ERR_CONNECTION_INVALID');
  server.asked.splice(0);
  expect((await own.open(mixedUp.href)).text).toContain('ERR_UPSTREAM_CREDENTIAL');
  // The code went nowhere, and the state is used up.
  expect(server.asked).toEqual([]);
  expect((await own.open(answered.url)).text).toContain('ERR_CONNECTION_INVALID');
  expect((await openBrowser().open(`${gate.controlUrl}/connections/start/${'a'.repeat(43)}`)).text).toContain('ERR_CONNECTION_INVALID');
});

test('a form of another site, and a person who says no, connect nothing', async () => {
  const token = await agent('decliner');
  const ticket = (await call(token, 'forbidden')).url ?? '';
  const forged = await fetch(ticket, { method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: 'answer=yes&form=x' });
  expect(forged.status).toBe(403);
  const page = await openBrowser().open(ticket);
  expect((await page.submit({ answer: 'no' })).text).toContain('Nothing was connected');
  expect((await openBrowser().open(ticket)).text).toContain('ERR_CONNECTION_INVALID');
});

test('somebody else\'s ticket is nobody\'s: who is not signed in has to, another person is refused, its own person is asked', async () => {
  const control = gate.control();
  const [known] = await control.store.list('connection');
  const { provider, endpoint, resource } = objectIn(known?.body);
  const signedIn = async (person: string): Promise<Browser> => {
    const at = control.now();
    const body = { userName: person, active: true, source: 'local', groups: [], createdAt: at, changedAt: at } as const;
    await putStored(control.store, 'person', 'default', person, { ...body, groups: [] }, 'test');
    const url = new URL(gate.controlUrl);
    const web = { request: new Request(url.href), url, params: {}, address: '127.0.0.1', secure: false };
    const browser = openBrowser();
    browser.plant(url.href, (await openSession(web, control, { person, method: 'hwk' })).cookie);
    return browser;
  };
  const wish = TICKET.omit({ id: true, createdAt: true }).parse({
    space: 'default', server: 'crm', principal: `${gate.controlUrl}|owner`, agent: 'x', actors: [], endpoint, resource, provider, scopes: [],
  });
  const { url } = await control.connections.parts.tickets.issue(wish, gate.controlUrl);
  const stranger = await openBrowser().open(url);
  expect(new URL(stranger.url).pathname).toBe('/sign-in');
  expect(stranger.text).not.toContain('Connect your account');
  expect((await (await signedIn('another')).open(url)).text).toContain('ERR_CONNECTION_INVALID');
  expect((await (await signedIn('owner')).open(url)).text).toContain('Connect your account for crm');
});

const RESOURCE = '/.well-known/oauth-protected-resource/mcp';
const ISSUER = '/.well-known/oauth-authorization-server';
const servers = (says: AccountServer['says'], issuer: string): unknown => says.set(RESOURCE, (body) => ({ ...body, authorization_servers: [issuer] }));

test.each<readonly [string, string, (says: AccountServer['says']) => unknown]>([
  ['metadata about another resource', 'about another resource', (says) => says.set(RESOURCE, (body) => ({ ...body, resource: 'https://other.example/mcp' }))],
  ['metadata of another issuer', 'IssuerMismatchError', (says) => says.set(ISSUER, () => metadata('https://other.example'))],
  ['an issuer without PKCE', 'S256', (says) => says.set(ISSUER, () => ({ ...metadata(server.issuer), code_challenge_methods_supported: ['plain'] }))],
  ['an issuer at a port of ours', 'loopback address', (says) => servers(says, 'http://127.0.0.1:1')],
  ['an issuer at the machine\'s metadata', 'never reached', (says) => servers(says, 'https://169.254.169.254')],
  ['an issuer in clear text', 'not at an https URL', (says) => servers(says, 'http://issuer.example')],
  ['an authorization endpoint that is a command', 'metadata of the issuer: authorization_endpoint',
    (says) => says.set(ISSUER, () => ({ ...metadata(server.issuer), authorization_endpoint: 'file:///c:/windows/system32/calc.exe?$(id)' }))],
  ['a flood', 'more than', (says) => says.set(RESOURCE, () => new Response('x'.repeat(1024 * 1024)))],
])('%s connects nobody; the record says why, and the client learns no more than that', async (name, why, change) => {
  const token = await agent(`bad-${Bun.hash(name).toString(36).slice(0, 8)}`);
  change(server.says);
  const { url, result, code } = await call(token, 'forbidden');
  expect({ url, result }).toEqual({ url: undefined, result: {} });
  expect([4031, 5020]).toContain(code ?? 0);
  const last = (await gate.records({ event: 'credential.refused' })).at(-1);
  expect(JSON.stringify(last)).toContain(why);
});

test('metadata that redirects is not there, and the issuer\'s other metadata is read', async () => {
  const token = await agent('moved');
  server.says.set(ISSUER, () => Response.redirect('https://other.example/', 302));
  expect((await call(token, 'forbidden')).url).toContain('/connections/start/');
});

test('an ID token goes to the provider that made it and to no other, and not after its person was deactivated', async () => {
  const { connections, now, store } = gate.control();
  process.env['IDP_TEST_SECRET'] = 'x';
  const kept = { principal: 'https://idp.example|u', issuer: 'http://127.0.0.1:1', idToken: 'an-id-token', expiresAt: now() + 60_000 };
  await connections.keepIdentity(kept);
  const entry = await needStored(store, 'server', 'default', 'crm');
  const why = async (idpTokenUrl: string): Promise<string> => {
    const credentials = { type: 'id-jag', idpTokenUrl, idpClientId: 'c', tokenUrl: server.issuer, clientId: 'c', secret: 'env:IDP_TEST_SECRET' } as const;
    const asked = { space: 'default', server: 'crm', exchange: 'e', principal: kept.principal, agent: 'a', actors: [] };
    return (await faultOf(connections.obtain({ ...entry, body: { ...entry.body, credentials } }, asked))).internal ?? '';
  };
  expect(await why('https://harvester.example/token')).toContain('another identity provider');
  // Its own provider is asked: nobody listens there.
  expect(await why('http://127.0.0.1:1/token')).not.toContain('identity provider');
  expect(JSON.stringify(await store.list('identity'))).not.toContain('an-id-token');
  await connections.endAllOf(kept.principal, 'test');
  expect(await why('http://127.0.0.1:1/token')).toContain('no sign-in of this person');
});

test('a token endpoint that redirects is not followed', async () => {
  const token = await agent('redirected');
  const { url = '' } = await call(token, 'forbidden');
  server.says.set('/token', () => Response.redirect(`${server.url}/steal`, 307));
  const heard = server.heard.length;
  expect((await connect(url)).text).toContain('ERR_UPSTREAM_REDIRECT');
  expect(server.heard).toHaveLength(heard);
});

function metadata(issuer: string): Record<string, unknown> {
  return {
    issuer, authorization_endpoint: `${issuer}/auth`, token_endpoint: `${issuer}/token`, registration_endpoint: `${issuer}/reg`,
    response_types_supported: ['code'], code_challenge_methods_supported: ['S256'],
  };
}
