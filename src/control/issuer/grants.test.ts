import { afterAll, beforeAll, expect, test } from 'bun:test';
import { decodeJwt, exportJWK, generateKeyPair, SignJWT, UnsecuredJWT } from 'jose';
import * as oauth from 'oauth4webapi';
import { isObject, type JsonObject } from '../../domain/json.ts';
import { Browser, CRM, LOOPBACK, MAIL, openIssuerFixture, type IssuerFixture } from './fixture-issuer.ts';

const REDIRECT = 'http://127.0.0.1:4321/callback';
const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';
const BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
const ACCESS = 'urn:ietf:params:oauth:token-type:access_token';
const DEVICE = 'urn:ietf:params:oauth:grant-type:device_code';
const IDP = 'http://127.0.0.1';

let issuer: IssuerFixture;
let secrets: Record<string, string>;
let keys: Awaited<ReturnType<typeof generateKeyPair>>;
let idp: { readonly issuer: string; readonly keys: Awaited<ReturnType<typeof generateKeyPair>>; stop(): void };

beforeAll(async () => {
  issuer = await openIssuerFixture();
  idp = await startProvider();
  await issuer.api('POST', '/manifest', {
    file: 'sallyport.yaml', policies: [],
    text: `apiVersion: sallyport/v1\nidentity: { issuers: [{ issuer: "${idp.issuer}", allowPrivate: true }] }\n${SERVERS}`,
  });
  keys = await generateKeyPair('ES256', { extractable: true });
  secrets = {};
  const { kty = '', crv = '', x = '', y = '' } = await exportJWK(keys.publicKey);
  const publicKey = { kty, crv, x, y, kid: 'one' };
  await register('app', { authentication: 'none', redirectUris: [REDIRECT] });
  await register('batch', { authentication: 'client_secret_basic', grantTypes: ['client_credentials'] });
  await register('signed', { authentication: 'private_key_jwt', grantTypes: ['client_credentials'], keys: [publicKey] });
  for (const id of ['desk', 'second', 'third', 'fourth']) await register(id, { authentication: 'client_secret_basic', grantTypes: [EXCHANGE, BEARER] });
  await issuer.person('ann', ['support'], { subject: `${idp.issuer}|idp-ann` });
});
afterAll(async () => {
  await issuer.stop();
  idp.stop();
});

const SERVERS = `servers:
  crm: { url: "https://crm.example/mcp", owner: tests }
  mail: { url: "https://mail.example/mcp", owner: tests }
`;

async function register(id: string, metadata: JsonObject): Promise<void> {
  const { secret } = await issuer.client(id, metadata);
  if (typeof secret === 'string') secrets[id] = secret;
}

/** The company's provider, as far as assertions need it: metadata and keys. */
async function startProvider(): Promise<typeof idp> {
  const pair = await generateKeyPair('ES256', { extractable: true });
  const jwk = { ...await exportJWK(pair.publicKey), kid: 'idp', alg: 'ES256', use: 'sig' };
  let name = '';
  const server = Bun.serve({
    hostname: '127.0.0.1', port: 0,
    fetch: (request) => Response.json(new URL(request.url).pathname === '/jwks' ? { keys: [jwk] } : { issuer: name, jwks_uri: `${name}/jwks` }),
  });
  name = `${IDP}:${server.port ?? 0}`;
  return { issuer: name, keys: pair, stop: () => void server.stop(true) };
}

function post(client: string, parameters: Readonly<Record<string, string>>, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
  return fetch(`${issuer.origin}/oauth/token`, {
    method: 'POST', headers: { authorization: `Basic ${btoa(`${client}:${secrets[client] ?? 'wrong'}`)}`, ...headers }, body: new URLSearchParams(parameters),
  });
}

interface Answer {
  readonly error?: string;
  readonly access_token?: string;
  readonly scope?: string;
  readonly expires_in?: number;
  readonly refresh_token?: string;
  readonly issued_token_type?: string;
}

async function answerOf(response: Response | Promise<Response>): Promise<Answer> {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the answer of the server under test
  return await (await response).json() as Answer;
}

async function personToken(scope = 'crm.read crm.write', DPoP?: oauth.DPoPHandle): Promise<string> {
  const verifier = oauth.generateRandomCodeVerifier();
  const url = new URL(`${issuer.origin}/oauth/authorize`);
  const asked = {
    client_id: 'app', response_type: 'code', redirect_uri: REDIRECT, scope, resource: CRM, code_challenge_method: 'S256',
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
  };
  for (const [name, value] of Object.entries(asked)) url.searchParams.set(name, value);
  const { url: landed } = await new Browser(issuer, 'ann').go(url);
  const client = { client_id: 'app' };
  const parameters = oauth.validateAuthResponse(issuer.server, client, landed, oauth.expectNoState);
  const response = await oauth.authorizationCodeGrantRequest(issuer.server, client, oauth.None(), parameters, REDIRECT, verifier, {
    ...LOOPBACK, ...(DPoP === undefined ? {} : { DPoP }),
  });
  return (await oauth.processAuthorizationCodeResponse(issuer.server, client, response)).access_token;
}

test('client credentials: a workload speaks for itself, by secret or by a signed assertion', async () => {
  const bySecret = await answerOf(post('batch', { grant_type: 'client_credentials', resource: CRM, scope: 'crm.read mail.read' }));
  expect(decodeJwt(bySecret.access_token ?? '')).toMatchObject({ sub: 'batch', client_id: 'batch', aud: CRM, scope: 'crm.read' });
  expect(bySecret.refresh_token).toBeUndefined();
  const client = { client_id: 'signed' };
  const parameters = new URLSearchParams({ resource: CRM, scope: 'crm.read' });
  const auth = oauth.PrivateKeyJwt({ key: keys.privateKey, kid: 'one' });
  const response = await oauth.clientCredentialsGrantRequest(issuer.server, client, auth, parameters, LOOPBACK);
  expect((await oauth.processClientCredentialsResponse(issuer.server, client, response)).scope).toBe('crm.read');
});

test('client credentials need a resource, a right secret and the grant', async () => {
  expect((await answerOf(post('batch', { grant_type: 'client_credentials', scope: 'crm.read' }))).error).toBe('invalid_target');
  expect((await answerOf(post('desk', { grant_type: 'client_credentials', resource: CRM }))).error).toBe('invalid_request');
  expect((await answerOf(post('nobody', { grant_type: 'client_credentials', resource: CRM }))).error).toBe('invalid_client');
  const wrong = await post('batch', { grant_type: 'client_credentials', resource: CRM }, { authorization: `Basic ${btoa('batch:guess')}` });
  expect([wrong.status, (await answerOf(wrong)).error]).toEqual([401, 'invalid_client']);
  // The stored digest is no secret: what is found in a stolen database opens nothing.
  const body = (await issuer.role.control.store.get('client', 'default', 'batch'))?.body;
  const stored = `Basic ${btoa(`batch:${isObject(body) && typeof body['secretHash'] === 'string' ? body['secretHash'] : ''}`)}`;
  expect((await answerOf(post('batch', { grant_type: 'client_credentials', resource: CRM }, { authorization: stored }))).error).toBe('invalid_client');
  const posted = await fetch(`${issuer.origin}/oauth/token`, {
    method: 'POST', body: new URLSearchParams({ grant_type: 'client_credentials', resource: CRM, client_id: 'batch', client_secret: secrets['batch'] ?? '' }),
  });
  expect(posted.status).toBeGreaterThanOrEqual(400);
});

interface Assertion {
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly key?: CryptoKey;
  readonly alg?: string;
}

function clientAssertion({ claims = {}, key = keys.privateKey, alg = 'ES256' }: Assertion = {}): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  return new SignJWT({ iss: 'signed', sub: 'signed', aud: issuer.origin, jti: crypto.randomUUID(), iat: now, exp: now + 60, ...claims })
    .setProtectedHeader({ alg, kid: 'one' }).sign(key);
}

async function withAssertion(assertion: string): Promise<Answer> {
  return answerOf(fetch(`${issuer.origin}/oauth/token`, {
    method: 'POST', body: new URLSearchParams({
      grant_type: 'client_credentials', resource: CRM, client_assertion: assertion,
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    }),
  }));
}

test('a client\'s assertion is good once, also for several at the same moment', async () => {
  const assertion = await clientAssertion();
  expect((await withAssertion(assertion)).error).toBeUndefined();
  expect((await withAssertion(assertion)).error).toBe('invalid_client');
  const another = await clientAssertion();
  const answers = await Promise.all([another, another, another].map(withAssertion));
  expect(answers.filter(({ error }) => error === undefined)).toHaveLength(1);
});

test('a client\'s assertion is refused when anything of it is not right', async () => {
  const stranger = await generateKeyPair('ES256');
  const now = Math.floor(Date.now() / 1000);
  const bad: readonly Assertion[] = [
    { key: stranger.privateKey }, { claims: { aud: 'https://other.example' } }, { claims: { exp: now - 60 } }, { claims: { iss: 'batch' } },
    { claims: { jti: undefined } },
  ];
  for (const one of bad) expect((await withAssertion(await clientAssertion(one))).error).toBe('invalid_client');
  const none = new UnsecuredJWT({ iss: 'signed', sub: 'signed', aud: issuer.origin, jti: 'x', exp: now + 60 }).encode();
  expect((await withAssertion(none)).error).toBe('invalid_client');
});

function exchange(client: string, subject: string, more: Readonly<Record<string, string>> = {}): Promise<Answer> {
  return answerOf(post(client, {
    grant_type: EXCHANGE, subject_token: subject, subject_token_type: ACCESS, resource: CRM, ...more,
  }));
}

test('token exchange: an agent calls on for the same person, in the chain, with no more than was held', async () => {
  const mine = await personToken();
  const one = await exchange('desk', mine, { scope: 'crm.read crm.destroy' });
  expect(one.issued_token_type).toBe('urn:ietf:params:oauth:token-type:access_token');
  const claims = decodeJwt(one.access_token ?? '');
  expect(claims).toMatchObject({ sub: 'ann', client_id: 'desk', aud: CRM, scope: 'crm.read', groups: ['support'], act: { sub: 'desk', act: { sub: 'app' } } });
  expect(claims['io.sallyport/grant'] === decodeJwt(mine)['io.sallyport/grant']).toBe(true);
  expect(claims.exp ?? 0).toBeLessThanOrEqual(decodeJwt(mine).exp ?? 0);
  const two = await exchange('second', one.access_token ?? '');
  expect(decodeJwt(two.access_token ?? '')['act']).toEqual({ sub: 'second', act: { sub: 'desk', act: { sub: 'app' } } });
});

test('token exchange goes neither deeper than three nor in a circle', async () => {
  const one = await exchange('desk', await personToken());
  const two = await exchange('second', one.access_token ?? '');
  expect((await exchange('third', two.access_token ?? '')).error).toBe('invalid_grant');
  expect((await exchange('desk', one.access_token ?? '')).error).toBe('invalid_grant');
  expect((await exchange('desk', two.access_token ?? '')).error).toBe('invalid_grant');
});

test('token exchange never widens: scope, route, another\'s token, a forged chain', async () => {
  const mine = await personToken('crm.read');
  expect((await exchange('desk', mine, { scope: 'crm.write' })).error).toBe('invalid_scope');
  expect((await exchange('desk', mine, { resource: MAIL })).error).toBe('invalid_scope');
  expect((await exchange('desk', mine, { resource: 'https://evil.example/mcp/crm' })).error).toBe('invalid_target');
  expect((await exchange('desk', mine, { actor_token: mine, actor_token_type: ACCESS })).error).toBe('invalid_request');
  expect((await exchange('desk', mine, { requested_token_type: 'urn:ietf:params:oauth:token-type:refresh_token' })).error).toBe('invalid_request');
  const forger = await generateKeyPair('ES256');
  const claims = { ...decodeJwt(mine), act: { sub: 'third' } };
  const forged = await new SignJWT(claims).setProtectedHeader({ alg: 'ES256', typ: 'at+jwt' }).sign(forger.privateKey);
  const unsigned = `${btoa('{"alg":"none","typ":"at+jwt"}')}.${btoa(JSON.stringify(claims))}.`.replaceAll('=', '');
  for (const token of [forged, unsigned, `${mine}x`, 'nonsense']) expect((await exchange('desk', token)).error).toBe('invalid_grant');
});

test('a revoked token, one of a person who left, and one bound to a key that is not proved are exchanged for nothing', async () => {
  const mine = await personToken();
  await fetch(`${issuer.origin}/oauth/revoke`, { method: 'POST', body: new URLSearchParams({ client_id: 'app', token: mine }) });
  expect((await exchange('desk', mine)).error).toBe('invalid_grant');
  const theirs = await personToken();
  await issuer.person('ann', ['support'], { active: false });
  expect((await exchange('desk', theirs)).error).toBe('invalid_grant');
  await issuer.person('ann', ['support'], { subject: `${idp.issuer}|idp-ann`, notBefore: Date.now() });
  expect((await exchange('desk', theirs)).error).toBe('invalid_grant');
  await issuer.person('ann', ['support'], { subject: `${idp.issuer}|idp-ann` });
  const bound = await personToken('crm.read', oauth.DPoP({}, await generateKeyPair('ES256', { extractable: true })));
  expect((await exchange('desk', bound)).error).toBe('invalid_grant');
});

test('a public client exchanges nothing', async () => {
  const body = new URLSearchParams({
    grant_type: EXCHANGE, client_id: 'app', subject_token: await personToken(), subject_token_type: ACCESS, resource: CRM,
  });
  expect((await answerOf(fetch(`${issuer.origin}/oauth/token`, { method: 'POST', body }))).error).toBe('invalid_request');
});

interface Jag extends Assertion {
  readonly typ?: string;
}

function jag({ claims = {}, key = idp.keys.privateKey, alg = 'ES256', typ = 'oauth-id-jag+jwt' }: Jag = {}): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  return new SignJWT({
    iss: idp.issuer, sub: 'idp-ann', aud: issuer.origin, client_id: 'desk', jti: crypto.randomUUID(), iat: now, exp: now + 120, resource: CRM,
    scope: 'crm.read mail.read', ...claims,
  }).setProtectedHeader({ alg, typ, kid: 'idp' }).sign(key);
}

function bring(assertion: string, client = 'desk', more: Readonly<Record<string, string>> = {}): Promise<Answer> {
  return answerOf(post(client, { grant_type: BEARER, assertion, ...more }));
}

test('an identity assertion (ID-JAG) of the company\'s provider lets its person in, for its resource and scopes', async () => {
  const answer = await bring(await jag());
  expect(decodeJwt(answer.access_token ?? '')).toMatchObject({ sub: 'ann', client_id: 'desk', aud: CRM, scope: 'crm.read', groups: ['support'] });
  expect(answer.refresh_token).toBeUndefined();
});

test('an identity assertion is good once, also for several at the same moment', async () => {
  const assertion = await jag();
  expect((await bring(assertion)).error).toBeUndefined();
  expect((await bring(assertion)).error).toBe('invalid_grant');
  const another = await jag();
  const answers = await Promise.all([bring(another), bring(another), bring(another)]);
  expect(answers.filter(({ error }) => error === undefined)).toHaveLength(1);
});

const SECOND = (): number => Math.floor(Date.now() / 1000);

test.each([
  ['another audience', () => jag({ claims: { aud: 'https://other.example' } }), 'invalid_grant'],
  ['several audiences', () => jag({ claims: { aud: [issuer.origin, 'https://other.example'] } }), 'invalid_grant'],
  ['another client', () => jag({ claims: { client_id: 'second' } }), 'invalid_grant'],
  ['a provider that nobody trusts', () => jag({ claims: { iss: 'https://evil.example' } }), 'invalid_grant'],
  ['another key', async () => jag({ key: (await generateKeyPair('ES256')).privateKey }), 'invalid_grant'],
  ['another kind of token', () => jag({ typ: 'JWT' }), 'invalid_grant'],
  ['one that has ended', () => jag({ claims: { exp: SECOND() - 60 } }), 'invalid_grant'],
  ['one that was made long ago', () => jag({ claims: { iat: SECOND() - 3600, exp: SECOND() + 3600 } }), 'invalid_grant'],
  ['no jti', () => jag({ claims: { jti: undefined } }), 'invalid_grant'],
  ['a person whom nobody knows', () => jag({ claims: { sub: 'mallory' } }), 'invalid_grant'],
  ['a resource that does not exist', () => jag({ claims: { resource: 'https://localhost:7443/mcp/nothing' } }), 'invalid_target'],
  ['scopes of elsewhere only', () => jag({ claims: { scope: 'mail.read' } }), 'invalid_scope'],
  ['a signature of none', async () => `${btoa('{"alg":"none","typ":"oauth-id-jag+jwt"}')}.${(await jag()).split('.')[1] ?? ''}.`, 'invalid_grant'],
  ['no JWT at all', async () => 'nonsense', 'invalid_grant'],
])('an identity assertion is refused: %s', async (_name, make, code) => {
  expect((await bring(await make())).error).toBe(code);
});

test('an identity assertion cannot be turned to another resource or widened by its bearer', async () => {
  expect((await bring(await jag(), 'desk', { resource: MAIL })).error).toBe('invalid_target');
  expect((await bring(await jag({ claims: { resource: [CRM], scope: undefined } }), 'desk', { resource: MAIL })).error).toBe('invalid_target');
  expect((await bring(await jag({ claims: { resource: { uri: CRM } } }), 'desk', { resource: CRM })).error).toBe('invalid_grant');
  expect((await bring(await jag({ claims: { scope: ['crm.nothing'] } }))).error).toBe('invalid_grant');
  expect((await bring(await jag({ claims: { resource: [CRM, MAIL] } }), 'desk', { resource: CRM })).scope).toBe('crm.read');
  expect((await bring(await jag(), 'desk', { scope: 'crm.destroy' })).error).toBe('invalid_scope');
  expect((await bring(await jag({ claims: { client_id: 'batch' } }), 'batch')).error).toBe('invalid_request');
});

test('an identity assertion from before a person was deactivated is worth nothing when they are back', async () => {
  const old = await jag();
  await issuer.person('ann', ['support'], { subject: `${idp.issuer}|idp-ann`, notBefore: Date.now() });
  expect((await bring(old)).error).toBe('invalid_grant');
  await issuer.person('ann', ['support'], { subject: `${idp.issuer}|idp-ann` });
  expect((await bring(old)).error).toBeUndefined();
});

test('an identity assertion that is bound to a key needs the key', async () => {
  expect((await bring(await jag({ claims: { cnf: { jkt: 'A'.repeat(43) } } }))).error).toBe('invalid_grant');
});

/** Takes the provider's assertions with these further settings. */
function bindTo(settings: string): Promise<JsonObject> {
  return issuer.api('POST', '/manifest', {
    file: 'sallyport.yaml', policies: [],
    text: `apiVersion: sallyport/v1\nidentity: { issuers: [{ issuer: "${idp.issuer}", allowPrivate: true${settings} }] }\n${SERVERS}`,
  });
}

test('a provider that is bound to one environment by its claims is so in its assertions too', async () => {
  await bindTo(', claims: { env: production }');
  for (const env of [undefined, 'staging']) expect((await bring(await jag({ claims: { env } }))).error).toBe('invalid_grant');
  expect((await bring(await jag({ claims: { env: 'production' } }))).error).toBeUndefined();
  await bindTo('');
});

test('device flow: a code is shown, a person confirms it at the issuer, and the device gets its token once', async () => {
  await issuer.client('tv', { authentication: 'none', grantTypes: [DEVICE, 'refresh_token'] });
  const client = { client_id: 'tv' };
  const parameters = new URLSearchParams({ scope: 'crm.read', resource: CRM });
  const shown = await oauth.deviceAuthorizationRequest(issuer.server, client, oauth.None(), parameters, LOOPBACK);
  const started = await oauth.processDeviceAuthorizationResponse(issuer.server, client, shown);
  const poll = (): Promise<Response> => oauth.deviceCodeGrantRequest(issuer.server, client, oauth.None(), started.device_code, LOOPBACK);
  expect((await answerOf(poll())).error).toBe('authorization_pending');
  const browser = new Browser(issuer, 'ann');
  // The address with the code in it is one form more: it sends itself.
  const form = await browser.go(started.verification_uri_complete ?? '');
  expect(form.text).toContain('user_code');
  const confirm = await submit(browser, form.text, {});
  expect(confirm.text).toContain(started.user_code);
  const done = await submit(browser, confirm.text, {});
  expect(done.text.toLowerCase()).toContain('connected');
  const token = await oauth.processDeviceCodeResponse(issuer.server, client, await poll());
  expect(decodeJwt(token.access_token)).toMatchObject({ sub: 'ann', aud: CRM, scope: 'crm.read' });
  expect((await answerOf(poll())).error).toBe('invalid_grant');
});

/** Sends a page's form with its hidden fields, and goes on to where the browser is sent. */
async function submit(browser: Browser, page: string, fields: Readonly<Record<string, string>>): ReturnType<Browser['go']> {
  const hidden = [...page.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)"/g)].map(([, name = '', value = '']) => [name, value] as const);
  const action = /action="([^"]+)"/.exec(page)?.[1] ?? '';
  const response = await browser.fetch(action, {
    method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ ...Object.fromEntries(hidden), ...fields }).toString(),
  });
  const location = response.headers.get('location');
  if (location !== null) return browser.go(new URL(location, action));
  return { url: new URL(action), status: response.status, text: await response.text() };
}

const batch = async (): Promise<string> => (await answerOf(post('batch', { grant_type: 'client_credentials', resource: CRM }))).access_token ?? '';

test('an assertion or an exchange is no sign-in, however often an agent gets a new one: what its flow context carries stays', async () => {
  const made = [await bring(await jag()), await bring(await jag()), await exchange('desk', await batch()), await exchange('desk', await batch())];
  const claims = made.map((answer) => decodeJwt(answer.access_token ?? ''));
  expect(new Set(claims.map((one) => one['io.sallyport/grant'])).size).toBe(4);
  // By this a gateway knows a person's own sign-in from them (`signIn` of a principal).
  expect(claims.map((one) => one['auth_time'])).toEqual([undefined, undefined, undefined, undefined]);
  expect(decodeJwt(await personToken())['auth_time']).toEqual(expect.any(Number));
});
