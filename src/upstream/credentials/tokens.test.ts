import { generateKeyPairSync } from 'node:crypto';
import { afterAll, beforeEach, expect, test } from 'bun:test';
import { decodeJwt, jwtVerify } from 'jose';
import { faultOf } from '../../../test/fixtures/upstream-exchange.ts';
import { createAddressGuard } from '../address.ts';
import { createGuardedFetch, type OAuthFetch } from '../guarded-fetch.ts';
import { obtainAsClient, type TokenAsk } from './client-credentials.ts';
import { obtainByIdJag } from './id-jag.ts';
import { obtainByExchange, TOKEN_TYPES } from './token-exchange.ts';

/** A token endpoint that says what a test wants, and keeps what it was asked. */
const heard: { readonly authorization: string | null; readonly form: URLSearchParams }[] = [];
let says: (form: URLSearchParams) => Response | Promise<Response>;
const endpoint = Bun.serve({
  hostname: '127.0.0.1', port: 0,
  async fetch(request) {
    const form = new URLSearchParams(await request.text());
    heard.push({ authorization: request.headers.get('authorization'), form });
    return says(form);
  },
});
const tokenUrl = `http://127.0.0.1:${endpoint.port}/token`;
const GOOD = { access_token: 'at', token_type: 'Bearer', expires_in: 60, scope: 'a b' };
const network = { publicUrl: 'https://localhost:7443', internal: [], origins: [] };
const guarded = (privateHosts: readonly string[]): OAuthFetch =>
  createGuardedFetch({ guard: createAddressGuard(), network, privateHosts: new Set(privateHosts), server: 'crm' });
const ask: TokenAsk = { fetch: guarded(['127.0.0.1']), server: 'crm', now: 0, resource: 'https://crm.example/mcp', scopes: ['a', 'b'], secret: 's:€cret+ 1' };
const client = { tokenUrl, clientId: 'gate-1.x', secret: 'vault:x' } as const;

beforeEach(() => {
  heard.splice(0);
  says = () => Response.json(GOOD);
});
afterAll(() => endpoint.stop(true));

test('client credentials: the narrowest scopes, for this server alone, the secret in the header and nowhere else', async () => {
  expect(await obtainAsClient({ type: 'client-credentials', ...client }, ask)).toEqual({ token: 'at', expiresAt: 60_000, scopes: ['a', 'b'] });
  const [one] = heard;
  expect(Object.fromEntries(one?.form ?? [])).toEqual({ grant_type: 'client_credentials', scope: 'a b', resource: 'https://crm.example/mcp' });
  const [id, secret] = Buffer.from(one?.authorization?.slice('Basic '.length) ?? '', 'base64').toString().split(':');
  // RFC 6749, section 2.3.1: dots and dashes stay as they are, as servers that decode nothing expect them.
  expect([id, new URLSearchParams(`v=${secret ?? ''}`).get('v')]).toEqual(['gate-1.x', ask.secret]);
  await obtainAsClient({ type: 'client-credentials', ...client, authentication: 'client_secret_post' }, ask);
  expect(heard[1]).toMatchObject({ authorization: null });
  expect(heard[1]?.form.get('client_secret')).toBe(ask.secret);
});

test('private_key_jwt: a signed assertion for the issuer, good once', async () => {
  for (const [type, options] of [['ec', { namedCurve: 'P-256' }], ['ed25519', {}], ['rsa', { modulusLength: 2048 }]] as const) {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- one overload each
    const { privateKey, publicKey } = generateKeyPairSync(type as 'ec', options as { namedCurve: string });
    const secret = privateKey.export({ type: 'pkcs8', format: 'pem' });
    const spec = { type: 'client-credentials', ...client, authentication: 'private_key_jwt', issuer: 'https://as.example/t' } as const;
    await obtainAsClient(spec, { ...ask, secret });
    await obtainAsClient(spec, { ...ask, secret: JSON.stringify(privateKey.export({ format: 'jwk' })) });
    const [first, second] = heard.splice(0).map(({ form }) => form.get('client_assertion') ?? '');
    const { payload } = await jwtVerify(first ?? '', publicKey, { audience: 'https://as.example/t', issuer: 'gate-1.x', subject: 'gate-1.x' });
    expect(payload.exp).toBeLessThanOrEqual(Date.now() / 1000 + 300);
    expect(decodeJwt(second ?? '').jti).not.toBe(payload.jti);
  }
  const bad = await faultOf(obtainAsClient({ type: 'client-credentials', ...client, authentication: 'private_key_jwt' }, { ...ask, secret: 'no key at all' }));
  expect(bad.code).toBe('ERR_UPSTREAM_CREDENTIAL');
  expect(`${bad.message}${bad.internal}${bad.remedy}`).not.toContain('no key');
});

const subject = { token: 'ours', type: TOKEN_TYPES.jwt } as const;

test('token exchange: caller as subject, agent as actor, and nothing but an access token is taken', async () => {
  says = () => Response.json({ ...GOOD, issued_token_type: TOKEN_TYPES.accessToken });
  const spec = { type: 'token-exchange', audience: 'crm', ...client } as const;
  await obtainByExchange(spec, subject, { token: 'agent', type: TOKEN_TYPES.jwt }, ask);
  expect(Object.fromEntries(heard[0]?.form ?? [])).toEqual({
    grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange', subject_token: 'ours', subject_token_type: TOKEN_TYPES.jwt, actor_token: 'agent',
    actor_token_type: TOKEN_TYPES.jwt, requested_token_type: TOKEN_TYPES.accessToken, resource: 'https://crm.example/mcp', audience: 'crm', scope: 'a b',
  });
  says = () => Response.json({ ...GOOD, issued_token_type: TOKEN_TYPES.refreshToken });
  expect((await faultOf(obtainByExchange(spec, subject, undefined, ask))).internal).toBe('another type of token was issued');
});

test('ID-JAG: the assertion is asked for this issuer, and only an assertion is passed on', async () => {
  const spec = { type: 'id-jag', idpTokenUrl: tokenUrl, idpClientId: 'idp', issuer: 'https://as.example', ...client } as const;
  says = (form) => Response.json(form.has('assertion') ? GOOD : { access_token: 'jag', token_type: 'N_A', issued_token_type: TOKEN_TYPES.idJag });
  await obtainByIdJag(spec, { token: 'id', type: TOKEN_TYPES.idToken }, undefined, ask);
  expect(heard[0]?.form.get('audience')).toBe('https://as.example');
  expect(heard[0]?.form.get('client_secret')).toBeNull();
  expect(Object.fromEntries(heard[1]?.form ?? [])).toMatchObject({ grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion: 'jag' });
  says = () => Response.json(GOOD);
  const fault = await faultOf(obtainByIdJag(spec, { token: 'id', type: TOKEN_TYPES.idToken }, undefined, ask));
  expect(fault.internal).toBe('the identity provider issued no ID-JAG');
});

test.each<readonly [string, () => Response, string]>([
  ['the RFC\'s code', () => Response.json({ error: 'invalid_client', error_description: 'secret-words' }, { status: 401 }), 'refused: invalid_client'],
  ['no code of the RFC\'s', () => Response.json({ error: 'Secret-Words!' }, { status: 400 }), 'refused: another error'],
  ['a token that only a key could use', () => Response.json({ ...GOOD, token_type: 'DPoP' }), 'token type dpop'],
  ['no JSON', () => new Response('<secret-words>'), 'not a token response'],
  ['too much', () => new Response('x'.repeat(1024 * 1024)), 'ERR_UPSTREAM_TOO_LARGE'],
  ['a redirect', () => Response.redirect('http://127.0.0.1:1/', 307), 'ERR_UPSTREAM_REDIRECT'],
])('%s is no token, and no word of it is kept', async (_name, answer, why) => {
  says = answer;
  const fault = await faultOf(obtainAsClient({ type: 'client-credentials', ...client }, ask));
  expect(`${fault.code} ${fault.internal}`).toContain(why);
  expect(`${fault.message}${fault.internal}${fault.remedy}`).not.toMatch(/secret-words/i);
});

test.each([
  ['a private address that nobody allowed', tokenUrl, []], ['clear text beyond loopback', 'http://as.example/token', ['as.example']],
  ['instance metadata, whoever allowed it', 'https://169.254.169.254/token', ['169.254.169.254']], ['a user in the URL', 'https://u:p@as.example/', []],
])('%s is not asked', async (_name, url, hosts) => {
  const fault = await faultOf(obtainAsClient({ type: 'client-credentials', ...client, tokenUrl: url }, { ...ask, fetch: guarded(hosts) }));
  expect(fault).toMatchObject({ code: 'ERR_UPSTREAM_ADDRESS', dispatched: false });
  expect(heard).toEqual([]);
});

test('who is waited for in vain can be given up', async () => {
  const ending = new AbortController();
  says = async () => {
    ending.abort();
    await Bun.sleep(30_000);
    return Response.json(GOOD);
  };
  const fetch = createGuardedFetch({ guard: createAddressGuard(), network, privateHosts: new Set(['127.0.0.1']), server: 'crm', signal: ending.signal });
  expect(await faultOf(obtainAsClient({ type: 'client-credentials', ...client }, { ...ask, fetch }))).toMatchObject({ code: 'ERR_UPSTREAM_CLOSED' });
});
