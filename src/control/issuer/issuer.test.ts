import { afterAll, beforeAll, expect, test } from 'bun:test';
import { calculateJwkThumbprint, decodeJwt, decodeProtectedHeader, exportJWK, generateKeyPair } from 'jose';
import * as oauth from 'oauth4webapi';
import { isArray, isObject } from '../../domain/json.ts';
import { LIMITS } from '../../domain/limits.ts';
import { Browser, CRM, DESK, LOOPBACK, MAIL, openIssuerFixture, type IssuerFixture, type Landed } from './fixture-issuer.ts';

const REDIRECT = 'http://127.0.0.1:4321/callback';
const APP: oauth.Client = { client_id: 'app' };
const NONE = oauth.None();

let issuer: IssuerFixture;
beforeAll(async () => {
  issuer = await openIssuerFixture();
  await issuer.client('app', { authentication: 'none', redirectUris: [REDIRECT] });
  await issuer.person('ann', ['support']);
});
afterAll(() => issuer.stop());

interface Flow {
  readonly client?: oauth.Client;
  readonly auth?: oauth.ClientAuth;
  readonly resource?: string;
  readonly scope?: string;
  readonly person?: string;
  readonly more?: Readonly<Record<string, string>>;
  readonly DPoP?: oauth.DPoPHandle;
}

interface Code {
  readonly parameters: URLSearchParams;
  readonly verifier: string;
}

function authorizeUrl(challenge: string, { client = APP, resource = CRM, scope = 'crm.read', more = {} }: Flow): URL {
  const url = new URL(`${issuer.origin}/oauth/authorize`);
  const asked = {
    client_id: client.client_id, response_type: 'code', redirect_uri: REDIRECT, scope, resource, state: 'state', code_challenge: challenge,
    code_challenge_method: 'S256', ...more,
  };
  for (const [name, value] of Object.entries(asked)) if (value !== '') url.searchParams.set(name, value);
  return url;
}

async function getCode(flow: Flow = {}): Promise<Code> {
  const verifier = oauth.generateRandomCodeVerifier();
  const url = authorizeUrl(await oauth.calculatePKCECodeChallenge(verifier), flow);
  const landed = await new Browser(issuer, flow.person ?? 'ann').go(url);
  return { parameters: oauth.validateAuthResponse(issuer.server, flow.client ?? APP, landed.url, 'state'), verifier };
}

function redeem({ parameters, verifier }: Code, { client = APP, auth = NONE, resource = CRM, DPoP }: Flow = {}): Promise<Response> {
  return oauth.authorizationCodeGrantRequest(issuer.server, client, auth, parameters, REDIRECT, verifier, {
    ...LOOPBACK, additionalParameters: { resource }, ...(DPoP === undefined ? {} : { DPoP }),
  });
}

async function signIn(flow: Flow = {}): Promise<oauth.TokenEndpointResponse> {
  const client = flow.client ?? APP;
  return oauth.processAuthorizationCodeResponse(issuer.server, client, await redeem(await getCode(flow), flow));
}

async function errorOf(response: Response | Promise<Response>): Promise<string> {
  const body: unknown = await (await response).json();
  return typeof body === 'object' && body !== null && 'error' in body ? String(body.error) : 'accepted';
}

test('metadata is the same at both places and names this issuer and what it can', async () => {
  const [one, other] = await Promise.all(['oauth-authorization-server', 'openid-configuration'].map(async (name) =>
    (await fetch(`${issuer.origin}/.well-known/${name}`)).json()));
  expect(one).toEqual(other);
  expect(one).toMatchObject({
    issuer: issuer.origin, code_challenge_methods_supported: ['S256'], authorization_response_iss_parameter_supported: true,
    client_id_metadata_document_supported: true, authorization_grant_profiles_supported: ['urn:ietf:params:oauth:grant-profile:id-jag'],
    response_types_supported: ['code'],
  });
  expect(one).not.toHaveProperty('registration_endpoint');
  expect(one).not.toHaveProperty('introspection_endpoint');
});

test('a person signs in with code and PKCE; the token is for one route, ten minutes, and says whose it is', async () => {
  const { access_token: token, expires_in: seconds, refresh_token: refresh, scope } = await signIn({ scope: 'crm.read crm.write' });
  expect([seconds, scope, typeof refresh]).toEqual([600, 'crm.read crm.write', 'string']);
  expect(decodeProtectedHeader(token)).toMatchObject({ alg: 'ES256', typ: 'at+jwt' });
  expect(decodeJwt(token)).toMatchObject({
    iss: issuer.origin, sub: 'ann', aud: CRM, client_id: 'app', scope: 'crm.read crm.write', groups: ['support'], 'io.sallyport/space': 'default',
  });
});

test('what a person did not agree to is not in the token, and can be asked for again', async () => {
  const browser = new Browser(issuer, 'ann');
  const verifier = oauth.generateRandomCodeVerifier();
  const url = authorizeUrl(await oauth.calculatePKCECodeChallenge(verifier), { scope: 'crm.read crm.write' });
  const scopeOf = async ({ url: landed }: Landed): Promise<string | undefined> => {
    const answer = await redeem({ parameters: oauth.validateAuthResponse(issuer.server, APP, landed, 'state'), verifier });
    return (await oauth.processAuthorizationCodeResponse(issuer.server, APP, answer)).scope;
  };
  expect(await scopeOf(await browser.go(url, 'agree', ['crm.read']))).toBe('crm.read');
  expect((await scopeOf(await browser.go(url)))?.split(' ').toSorted()).toEqual(['crm.read', 'crm.write']);
});

test('a client that names no scope gets the least of use; scopes of other servers and unknown ones are never in a token', async () => {
  expect((await signIn({ scope: '' })).scope).toBe('crm.read');
  expect((await signIn({ scope: 'crm.read mail.read crm.fly admin' })).scope).toBe('crm.read');
  expect((await signIn({ scope: 'crm.read mail.communicate', resource: DESK })).scope).toBe('crm.read mail.communicate');
});

test('a person who refuses sends the client away with access_denied and the issuer\'s name', async () => {
  const url = authorizeUrl(await oauth.calculatePKCECodeChallenge(oauth.generateRandomCodeVerifier()), {});
  const { url: landed } = await new Browser(issuer, 'ann').go(url, 'refuse');
  expect([landed.searchParams.get('error'), landed.searchParams.get('iss')]).toEqual(['access_denied', issuer.origin]);
});

test.each([
  ['no PKCE', { code_challenge: '', code_challenge_method: '' }, 'invalid_request'],
  ['plain PKCE', { code_challenge_method: 'plain' }, 'invalid_request'],
  ['PKCE without its method', { code_challenge_method: '' }, 'invalid_request'],
  ['a route that does not exist', { resource: 'https://localhost:7443/mcp/nothing' }, 'invalid_target'],
  ['another origin', { resource: 'https://evil.example/mcp/crm' }, 'invalid_target'],
  ['a route written in another way', { resource: 'https://LOCALHOST:7443/mcp/crm' }, 'invalid_target'],
  ['a route with a slash behind', { resource: `${CRM}/` }, 'invalid_target'],
  ['the default space by name', { resource: 'https://localhost:7443/s/default/mcp/crm' }, 'invalid_target'],
  ['no resource', { resource: '' }, 'invalid_target'],
  ['an implicit token', { response_type: 'token' }, 'unsupported_response_type'],
  ['a request object', { request: 'e30.e30.' }, 'request_not_supported'],
])('authorization is refused: %s', async (_name, more, code) => {
  const url = authorizeUrl(await oauth.calculatePKCECodeChallenge(oauth.generateRandomCodeVerifier()), { more });
  const { url: landed } = await new Browser(issuer, 'ann').go(url);
  expect(landed.searchParams.get('error') ?? new URLSearchParams(landed.hash.slice(1)).get('error')).toBe(code);
});

test.each([
  ['an unknown client', { client_id: 'nobody' }],
  ['another port\'s path', { redirect_uri: 'http://127.0.0.1:4321/callback/other' }],
  ['another host', { redirect_uri: 'https://evil.example/callback' }],
  ['no redirect at all', { redirect_uri: '' }],
  ['an open redirector\'s trick', { redirect_uri: 'http://127.0.0.1:4321/callback@evil.example' }],
])('nobody is sent anywhere: %s', async (_name, more) => {
  const url = authorizeUrl(await oauth.calculatePKCECodeChallenge(oauth.generateRandomCodeVerifier()), { more });
  const { status, text } = await new Browser(issuer, 'ann').go(url);
  expect(status).toBe(400);
  expect(text).not.toContain('evil.example');
  expect(text).toContain('<!doctype html>');
});

test('a native client may come back at another loopback port, and nowhere else (RFC 8252)', async () => {
  const more = { redirect_uri: 'http://127.0.0.1:5999/callback' };
  const url = authorizeUrl(await oauth.calculatePKCECodeChallenge(oauth.generateRandomCodeVerifier()), { more });
  expect((await new Browser(issuer, 'ann').go(url)).url.port).toBe('5999');
});

test('a code is good once: used again, everything that came from it is dead, and that is on record', async () => {
  const code = await getCode();
  const { access_token: token, refresh_token: refresh = '' } = await oauth.processAuthorizationCodeResponse(issuer.server, APP, await redeem(code));
  expect(await errorOf(redeem(code))).toBe('invalid_grant');
  expect(await errorOf(refreshWith(refresh))).toBe('invalid_grant');
  expect(issuer.role.control.lease.current?.lease.revokedCredentials).toContain(`${issuer.origin}|${String(decodeJwt(token)['io.sallyport/grant'])}`);
  expect((await issuer.records('token.revoked')).at(-1)?.['reason']).toContain('used twice');
});

test('what a person was issued before they were deactivated is not revived with them', async () => {
  await issuer.person('eve', ['support']);
  const { refresh_token: refresh = '' } = await signIn({ person: 'eve' });
  const browser = new Browser(issuer, 'eve');
  const verifier = oauth.generateRandomCodeVerifier();
  const landed = await browser.go(authorizeUrl(await oauth.calculatePKCECodeChallenge(verifier), {}));
  const code = { parameters: oauth.validateAuthResponse(issuer.server, APP, landed.url, 'state'), verifier };
  await issuer.api('POST', '/people/eve/deactivate');
  expect(await errorOf(refreshWith(refresh))).toBe('invalid_grant');
  await issuer.api('POST', '/people/eve/activate');
  expect(await errorOf(refreshWith(refresh))).toBe('invalid_grant');
  expect(await errorOf(redeem(code))).toBe('invalid_grant');
});

test('two who redeem one code at the same moment: one at most gets a token', async () => {
  const code = await getCode();
  const answers = await Promise.all([redeem(code), redeem(code), redeem(code)]);
  const won = answers.filter(({ status }) => status === 200);
  expect(won.length).toBeLessThanOrEqual(1);
  // Nobody knows which of them was the thief: what the first got is dead at the gateways too.
  const { revokedCredentials = [] } = issuer.role.control.lease.current?.lease ?? {};
  for (const one of won) {
    const { access_token: token } = await oauth.processAuthorizationCodeResponse(issuer.server, APP, one);
    expect(revokedCredentials).toContain(`${issuer.origin}|${String(decodeJwt(token)['io.sallyport/grant'])}`);
  }
});

test.each([
  ['another verifier', (code: Code): Promise<Response> => redeem({ ...code, verifier: oauth.generateRandomCodeVerifier() })],
  ['another resource', (code: Code): Promise<Response> => redeem(code, { resource: MAIL })],
])('a code is refused with %s', async (_name, attempt) => {
  expect(['invalid_grant', 'invalid_target']).toContain(await errorOf(attempt(await getCode())));
});

test('a code of one client is no code of another', async () => {
  await issuer.client('other', { authentication: 'none', redirectUris: [REDIRECT] });
  const code = await getCode();
  const body = new URLSearchParams({
    grant_type: 'authorization_code', client_id: 'other', code: code.parameters.get('code') ?? '', redirect_uri: REDIRECT, code_verifier: code.verifier,
  });
  expect(await errorOf(fetch(`${issuer.origin}/oauth/token`, { method: 'POST', body }))).toBe('invalid_grant');
});

function refreshWith(refresh: string, more: Readonly<Record<string, string>> = {}, client = APP, DPoP?: oauth.DPoPHandle): Promise<Response> {
  const options = { ...LOOPBACK, additionalParameters: more, ...(DPoP === undefined ? {} : { DPoP }) };
  return oauth.refreshTokenGrantRequest(issuer.server, client, NONE, refresh, options);
}

test('refresh tokens rotate; one that comes back ends the whole sign-in', async () => {
  const first = await signIn();
  const second = await oauth.processRefreshTokenResponse(issuer.server, APP, await refreshWith(first.refresh_token ?? ''));
  expect(second.refresh_token).not.toBe(first.refresh_token);
  expect(decodeJwt(second.access_token).aud).toBe(CRM);
  expect(await errorOf(refreshWith(first.refresh_token ?? ''))).toBe('invalid_grant');
  expect(await errorOf(refreshWith(second.refresh_token ?? ''))).toBe('invalid_grant');
  const grant = String(decodeJwt(second.access_token)['io.sallyport/grant']);
  expect(issuer.role.control.lease.current?.lease.revokedCredentials).toContain(`${issuer.origin}|${grant}`);
});

test('a refresh cannot widen: neither scope nor resource', async () => {
  const { refresh_token: refresh = '' } = await signIn();
  expect(await errorOf(refreshWith(refresh, { scope: 'crm.read crm.destroy' }))).toBe('invalid_scope');
  expect(await errorOf(refreshWith(refresh, { resource: MAIL }))).toBe('invalid_target');
});

test('a person who was deactivated refreshes nothing', async () => {
  await issuer.person('leaver');
  const { refresh_token: refresh = '' } = await signIn({ person: 'leaver' });
  await issuer.person('leaver', [], { active: false });
  expect(await errorOf(refreshWith(refresh))).toBe('invalid_grant');
});

test('bound to a key (DPoP), a refresh token of a public client is nothing without it', async () => {
  const DPoP = oauth.DPoP(APP, await generateKeyPair('ES256', { extractable: true }));
  const code = await getCode();
  const bound = await oauth.processAuthorizationCodeResponse(issuer.server, APP, await redeem(code, { DPoP }));
  expect([bound.token_type, typeof decodeJwt(bound.access_token)['cnf']]).toEqual(['dpop', 'object']);
  expect(await errorOf(refreshWith(bound.refresh_token ?? ''))).toBe('invalid_grant');
  const thief = oauth.DPoP(APP, await generateKeyPair('ES256'));
  expect(await errorOf(refreshWith(bound.refresh_token ?? '', {}, APP, thief))).toBe('invalid_grant');
  expect((await refreshWith(bound.refresh_token ?? '', {}, APP, DPoP)).status).toBe(200);
});

test('a client that is no registered agent gets no consent and no token', async () => {
  await issuer.api('POST', '/clients', { id: 'stray', name: 'stray', authentication: 'none', redirectUris: [REDIRECT] });
  expect(await getCode({ client: { client_id: 'stray' } }).then(() => 'a code', (fault: unknown) => String(fault))).toContain('not registered');
});

test('an agent that was removed meanwhile gets no token for its code', async () => {
  await issuer.client('brief', { authentication: 'none', redirectUris: [REDIRECT] });
  const client = { client_id: 'brief' };
  const code = await getCode({ client });
  await issuer.api('DELETE', '/agents/brief');
  expect(await errorOf(redeem(code, { client }))).toBe('unauthorized_client');
});

test('revocation (RFC 7009): a refresh token takes its sign-in along, an access token itself; strangers end nothing', async () => {
  const mine = await signIn();
  const jti = String(decodeJwt(mine.access_token).jti);
  const revoke = (client: string, token: string): Promise<Response> =>
    fetch(`${issuer.origin}/oauth/revoke`, { method: 'POST', body: new URLSearchParams({ client_id: client, token }) });
  await issuer.client('stranger', { authentication: 'none', redirectUris: [REDIRECT] });
  expect((await revoke('stranger', mine.access_token)).status).toBe(200);
  const revoked = (): readonly string[] => issuer.role.control.lease.current?.lease.revokedCredentials ?? [];
  expect(revoked()).not.toContain(`${issuer.origin}|${jti}`);
  expect((await revoke('app', mine.access_token)).status).toBe(200);
  expect(revoked()).toContain(`${issuer.origin}|${jti}`);
  expect((await revoke('app', mine.refresh_token ?? '')).status).toBe(200);
  expect(revoked()).toContain(`${issuer.origin}|${String(decodeJwt(mine.access_token)['io.sallyport/grant'])}`);
  expect(await errorOf(refreshWith(mine.refresh_token ?? ''))).toBe('invalid_grant');
  expect((await revoke('nobody', 'x')).status).toBe(401);
  const { revocations } = await issuer.api('GET', '/revocations');
  expect(isArray(revocations) && revocations.length >= 2).toBe(true);
});

const kidOf = (token: string): string => String(decodeProtectedHeader(token).kid);

test('keys rotate without a gap: the next key was published before it signs, the old one stays while its tokens live', async () => {
  const published = async (): Promise<readonly string[]> => {
    const { jwks } = await issuer.api('GET', '/issuer');
    return isObject(jwks) && isArray(jwks['keys']) ? jwks['keys'].filter(isObject).map(({ kid }) => (typeof kid === 'string' ? kid : '')) : [];
  };
  const before = await published();
  const old = await signIn();
  await issuer.api('POST', '/issuer/keys/rotate');
  const fresh = await signIn();
  expect(before).toContain(kidOf(fresh.access_token));
  expect(kidOf(fresh.access_token)).not.toBe(kidOf(old.access_token));
  expect(await published()).toEqual(expect.arrayContaining([kidOf(old.access_token), kidOf(fresh.access_token)]));
  const served: unknown = await (await fetch(`${issuer.origin}/oauth/jwks`)).json();
  expect(JSON.stringify(served)).not.toContain('"d"');
  // A refresh token of before goes on, and so does a revocation of a token that the old key signed.
  expect((await refreshWith(old.refresh_token ?? '')).status).toBe(200);
  expect(issuer.role.control.snapshots.current?.content).toContain(kidOf(fresh.access_token));
  expect((await issuer.records('key.rotated')).length).toBe(1);
});

test('a restart in the middle loses nothing, neither a code nor a refresh token nor a consumed one', async () => {
  const code = await getCode();
  const { refresh_token: refresh = '' } = await signIn();
  const next = await oauth.processRefreshTokenResponse(issuer.server, APP, await refreshWith(refresh));
  await issuer.restart();
  expect((await redeem(code)).status).toBe(200);
  expect((await refreshWith(next.refresh_token ?? '')).status).toBe(200);
  expect(await errorOf(refreshWith(refresh))).toBe('invalid_grant');
});

test('the database and the journal hold no token', async () => {
  const { access_token: access, refresh_token: refresh = '' } = await signIn();
  const code = await getCode();
  const text = JSON.stringify([await issuer.records('token.issued'), await issuer.records('token.refused')]);
  const database = await Bun.file(`${issuer.home}/control/store.db`).text() + await Bun.file(`${issuer.home}/control/store.db-wal`).text().catch(() => '');
  for (const secret of [access, access.split('.')[2] ?? '', refresh, code.parameters.get('code') ?? '']) {
    expect(text).not.toContain(secret);
    expect(database).not.toContain(secret);
  }
  expect((await issuer.records('token.issued')).length).toBeGreaterThan(0);
});

test('a thumbprint of ours is in the token, so that the gate can hold the caller to its key', async () => {
  const pair = await generateKeyPair('ES256', { extractable: true });
  const bound = await oauth.processAuthorizationCodeResponse(issuer.server, APP, await redeem(await getCode(), { DPoP: oauth.DPoP(APP, pair) }));
  expect(decodeJwt(bound.access_token)['cnf']).toEqual({ jkt: await calculateJwkThumbprint(await exportJWK(pair.publicKey)) });
});

test('a sign-in that an administrator ends refreshes nothing any more, and its consent is asked for anew', async () => {
  const mine = await signIn();
  const credential = `${issuer.origin}|${String(decodeJwt(mine.access_token)['io.sallyport/grant'])}`;
  const ended = await issuer.api('POST', '/revocations', { credential, reason: 'lost laptop' });
  expect(Number(ended['until']) - Date.now()).toBeGreaterThan(LIMITS.refreshTokenMs);
  expect(issuer.role.control.lease.current?.lease.revokedCredentials).toContain(credential);
  expect(await errorOf(refreshWith(mine.refresh_token ?? ''))).toBe('invalid_grant');
  await issuer.api('POST', '/revocations', { credential, reason: 'again', ttlMs: 1000 });
  const { revocations } = await issuer.api('GET', '/revocations');
  const kept = isArray(revocations) ? revocations.filter(isObject).find((one) => one['credential'] === credential) : undefined;
  expect(kept?.['until']).toBe(ended['until'] ?? 0);
});
