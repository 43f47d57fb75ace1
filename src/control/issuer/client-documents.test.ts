import { afterAll, beforeAll, expect, test } from 'bun:test';
import { decodeJwt, exportJWK, generateKeyPair, SignJWT } from 'jose';
import * as oauth from 'oauth4webapi';
import { makeCertificate } from '../../../test/fixtures/certificate.ts';
import { text } from '../../cli/json-view.ts';
import { isObject } from '../../domain/json.ts';
import { LIMITS } from '../../domain/limits.ts';
import { Browser, CRM, LOOPBACK, openIssuerFixture, type IssuerFixture } from './fixture-issuer.ts';
import { configure } from '../fixture-control.ts';

const REDIRECT = 'http://127.0.0.1:4321/callback';

/** Clients that are known by their own metadata document alone (CIMD), served by a real HTTPS server on loopback. */
let issuer: IssuerFixture;
let roots: string;
let site: { readonly origin: string; readonly documents: Map<string, () => Response>; readonly asked: string[]; stop(): void };

beforeAll(async () => {
  issuer = await openIssuerFixture();
  await issuer.person('ann');
  const { key, cert } = await makeCertificate(['localhost', '127.0.0.1']);
  roots = cert;
  site = startSite(key, cert);
  await allow(['127.0.0.0/8', '::1/128'], cert);
});
afterAll(async () => {
  await issuer.stop();
  site.stop();
});

function startSite(key: string, cert: string): typeof site {
  const documents = new Map<string, () => Response>();
  const asked: string[] = [];
  const server = Bun.serve({
    hostname: '127.0.0.1', port: 0, tls: { key, cert },
    fetch: (request) => {
      const { pathname } = new URL(request.url);
      asked.push(pathname);
      return documents.get(pathname)?.() ?? new Response('nothing', { status: 404 });
    },
  });
  return { origin: `https://localhost:${server.port ?? 0}`, documents, asked, stop: () => void server.stop(true) };
}

async function allow(internal: readonly string[], extraRoots: string): Promise<void> {
  const { control } = issuer.role;
  const body = { listen: '127.0.0.1:7443', publicUrl: 'https://localhost:7443', internal, origins: [], extraRoots };
  await configure(control, 'setting', 'default', 'network', body);
}

interface Document {
  readonly client_id?: string;
  readonly [name: string]: unknown;
}

function publish(path: string, more: Document = {}, headers: Readonly<Record<string, string>> = {}): string {
  const id = site.origin + path;
  const own = { client_id: id, client_name: 'Somebody\'s app', redirect_uris: [REDIRECT], token_endpoint_auth_method: 'none' };
  const document = { ...own, grant_types: ['authorization_code', 'refresh_token'], ...more };
  site.documents.set(path, () => Response.json(document, { headers }));
  return id;
}

function serve(path: string, answer: () => Response): string {
  site.documents.set(path, answer);
  return site.origin + path;
}

async function authorize(clientId: string, redirect = REDIRECT): Promise<{ readonly landed: Awaited<ReturnType<Browser['go']>>; readonly verifier: string }> {
  const verifier = oauth.generateRandomCodeVerifier();
  const url = new URL(`${issuer.origin}/oauth/authorize`);
  const asked = {
    client_id: clientId, response_type: 'code', redirect_uri: redirect, scope: 'crm.read', resource: CRM, code_challenge_method: 'S256',
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
  };
  for (const [name, value] of Object.entries(asked)) url.searchParams.set(name, value);
  return { landed: await new Browser(issuer, 'ann').go(url), verifier };
}

test('a client that nobody entered here signs a person in, once it is a registered agent', async () => {
  const id = publish('/app.json');
  expect(await authorize(id).then(() => 'signed in', String)).toContain('not registered');
  await issuer.agent('app', id);
  const client = { client_id: id };
  const back = 'http://127.0.0.1:9999/callback';
  const { landed, verifier } = await authorize(id, back);
  const parameters = oauth.validateAuthResponse(issuer.server, client, landed.url, oauth.expectNoState);
  const answer = await oauth.authorizationCodeGrantRequest(issuer.server, client, oauth.None(), parameters, back, verifier, LOOPBACK);
  const { access_token: token } = await oauth.processAuthorizationCodeResponse(issuer.server, client, answer);
  expect(decodeJwt(token)).toMatchObject({ client_id: id, sub: 'ann', aud: CRM });
});

test('its document is fetched once while it is fresh', async () => {
  const id = publish('/cached.json', {}, { 'cache-control': 'max-age=600' });
  await issuer.agent('cached', id);
  for (let time = 0; time < 3; time += 1) await authorize(id);
  expect(site.asked.filter((path) => path === '/cached.json')).toHaveLength(1);
});

test.each([
  ['another client_id in it', () => publish('/other.json', { client_id: `${site.origin}/app.json` })],
  ['the same but for a slash', () => publish('/slash.json', { client_id: `${site.origin}//slash.json` })],
  ['a secret in it', () => publish('/secret.json', { client_secret: 'hunter2' })],
  ['an authentication by secret', () => publish('/basic.json', { token_endpoint_auth_method: 'client_secret_basic' })],
  ['a redirect', () => serve('/moved.json', () => Response.redirect(`${site.origin}/app.json`, 302))],
  ['no JSON', () => serve('/text.json', () => new Response('hello'))],
  ['more than is read', () => publish('/huge.json', { padding: 'x'.repeat(LIMITS.clientDocumentBytesMax) })],
  ['no document at all', () => `${site.origin}/missing.json`],
  ['an answer over plain http', () => publish('/plain.json', { redirect_uris: ['http://app.example/callback'] })],
  ['a wildcard', () => publish('/wild.json', { redirect_uris: ['https://*.example/callback'] })],
  ['a dangerous redirect', () => publish('/script.json', { application_type: 'native', redirect_uris: ['javascript:alert(1)'] })],
])('a document is refused: %s', async (_name, make) => {
  const { landed } = await authorize(make());
  expect(landed.status).toBe(400);
  expect(landed.url.origin).toBe(issuer.origin);
});

test.each([
  ['plain http', 'http://localhost/app.json'], ['credentials in it', 'https://me:secret@localhost/app.json'],
  ['a fragment', 'https://localhost/app.json#x'], ['dots in its path', 'https://localhost/a/../app.json'],
  ['the machine\'s metadata service', 'https://169.254.169.254/latest'], ['a private network', 'https://10.0.0.1/app.json'],
  ['a private network in another form', 'https://[::ffff:10.0.0.1]/app.json'], ['a decimal address', 'https://167772161/app.json'],
])('an id is refused before anybody is asked: %s', async (_name, id) => {
  const { landed } = await authorize(id);
  expect([landed.status, landed.url.origin]).toEqual([400, issuer.origin]);
});

const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';

test.each([
  ['among others', { grant_types: ['authorization_code', 'refresh_token', 'client_credentials', EXCHANGE] }],
  ['alone', { redirect_uris: undefined, response_types: [], grant_types: ['client_credentials', EXCHANGE] }],
])('a document gives its client no right to act in its own name, or on other clients\' tokens: %s', async (_name, wishes) => {
  const { privateKey, publicKey } = await generateKeyPair('ES256');
  const keys = { token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [await exportJWK(publicKey)] } };
  const id = publish('/grasping.json', { ...keys, ...wishes });
  await issuer.agent('grasping', id);
  const prove = (): Promise<string> => new SignJWT({ jti: crypto.randomUUID() }).setProtectedHeader({ alg: 'ES256' })
    .setIssuer(id).setSubject(id).setAudience(issuer.origin).setIssuedAt().setExpirationTime('1m').sign(privateKey);
  for (const grant of ['client_credentials', EXCHANGE]) {
    const response = await fetch(`${issuer.origin}/oauth/token`, {
      method: 'POST', body: new URLSearchParams({
        grant_type: grant, resource: CRM, client_assertion: await prove(), client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
        subject_token: 'any', subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      }),
    });
    expect([response.status, await response.text()]).toEqual([expect.any(Number), expect.stringMatching(/invalid_client|not allowed for this client/)]);
  }
});

test('a document that does not come is not waited for', async () => {
  site.documents.set('/never.json', () => new Response(new ReadableStream({ start: (controller) => controller.enqueue(new TextEncoder().encode('{')) })));
  expect((await authorize(`${site.origin}/never.json`)).landed.status).toBe(400);
  // The provider asks twice, to know where it may answer; ten seconds each would be the guard's own bound.
}, 12_000);

test('this machine is asked only where network.internal names it', async () => {
  const id = publish('/internal.json');
  const before = site.asked.length;
  await allow([], '');
  expect((await authorize(id)).landed.status).toBe(400);
  expect(site.asked.length).toBe(before);
});

test('nobody makes this issuer knock at any number of doors', async () => {
  await allow(['127.0.0.0/8', '::1/128'], '');
  const before = site.asked.length;
  for (let time = 0; time < LIMITS.clientDocumentFetchesMax + 5; time += 1) {
    await fetch(`${issuer.origin}/oauth/authorize?client_id=${encodeURIComponent(`${site.origin}/n${time}.json`)}`);
  }
  expect(site.asked.length - before).toBeLessThanOrEqual(LIMITS.clientDocumentFetchesMax);
});

/** How often this issuer refused, one by one and in counts; those of now are counted when control stops. */
async function refusals(): Promise<{ readonly single: number; readonly counted: number; readonly codes: readonly string[] }> {
  await issuer.restart();
  const details = (await issuer.records('flood.refused')).map(({ detail }) => detail).filter((detail) => isObject(detail));
  return {
    single: (await issuer.records('token.refused')).length, counted: details.reduce((sum, { count }) => sum + Number(count), 0),
    codes: details.flatMap(({ codes }) => (isObject(codes) ? Object.keys(codes) : [])),
  };
}

test('who fails too often is told to wait, and fills no log: strangers are counted, a client that has shown its secret is recorded', async () => {
  const { secret } = await issuer.client('batch', { authentication: 'client_secret_basic', grantTypes: ['client_credentials'] });
  const ask = (password: string, more: Readonly<Record<string, string>> = {}): Promise<Response> => fetch(`${issuer.origin}/oauth/token`, {
    method: 'POST', headers: { authorization: `Basic ${btoa(`batch:${password}`)}`, ...more }, body: new URLSearchParams({ grant_type: 'client_credentials' }),
  });
  // A name with a header that the library stumbles over is no credential either.
  const named = (): Promise<Response> => fetch(`${issuer.origin}/oauth/token`, {
    method: 'POST', headers: { 'oauth-client-attestation': `${btoa('{}')}.${btoa('{"sub":"batch"}')}.` }, body: new URLSearchParams({ client_id: 'batch' }),
  });
  const before = await refusals();
  let attempts = 100;
  for (let time = 0; time < attempts; time += 1) await (time % 2 === 0 ? ask('guess') : named());
  for (let time = 0; time < 20; time += 1) expect((await ask(text(secret))).status).toBe(400);
  const mine = (await issuer.records('token.refused')).filter(({ code }) => code === 'invalid_target');
  expect(mine).toHaveLength(20);
  expect(mine[0]).toMatchObject({ action: 'token', detail: { client: 'batch' } });
  let last = await ask('guess');
  for (attempts += 1; attempts <= LIMITS.issuerFailuresPerWindowMax + 50; attempts += 1) last = await ask('guess');
  expect([last.status, last.headers.get('retry-after')]).toEqual([429, '60']);
  const after = await refusals();
  expect(after.single + after.counted - before.single - before.counted).toBe(attempts + 20);
  expect(after.counted - before.counted).toBeGreaterThan(attempts / 2);
  expect(after.codes.slice(before.codes.length)).toEqual(expect.arrayContaining(['invalid_client', 'invalid_request', 'temporarily_unavailable']));
});

test('one network of IPv6, of which anybody has more addresses than can be counted, is one stranger', async () => {
  const { control } = issuer.role;
  const body = { listen: '127.0.0.1:7443', publicUrl: 'https://localhost:7443', internal: ['127.0.0.0/8', '::1/128'], origins: [], extraRoots: roots };
  await configure(control, 'setting', 'default', 'network', { ...body, trustedProxy: '127.0.0.1' });
  await issuer.restart();
  const from = (address: string, path: string, init: RequestInit = {}): Promise<Response> =>
    fetch(`${issuer.origin}${path}`, { ...init, headers: { 'x-forwarded-for': address } });
  const before = site.asked.length;
  for (let time = 0; time < LIMITS.clientDocumentFetchesMax + 5; time += 1) {
    await from(`2001:db8:1:2::${time.toString(16)}`, `/oauth/authorize?client_id=${encodeURIComponent(`${site.origin}/six${time}.json`)}`);
  }
  expect(site.asked.length - before).toBeLessThanOrEqual(LIMITS.clientDocumentFetchesMax);
  // Who comes through the same proxy from elsewhere is somebody else.
  await from('198.51.100.9', `/oauth/authorize?client_id=${encodeURIComponent(`${site.origin}/elsewhere.json`)}`);
  expect(site.asked).toContain('/elsewhere.json');
  const guess = (time: number): Promise<Response> => from(`2001:db8:1:3::${time.toString(16)}`, '/oauth/token', {
    method: 'POST', body: new URLSearchParams({ grant_type: 'client_credentials', client_id: 'nobody', resource: CRM }),
  });
  let last = 0;
  for (let time = 0; time <= LIMITS.issuerFailuresPerWindowMax && last !== 429; time += 1) last = (await guess(time)).status;
  expect(last).toBe(429);
});
