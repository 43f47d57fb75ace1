import { afterAll, beforeAll, expect, test } from 'bun:test';
import { createHash } from 'node:crypto';
import { CRM, deskOf, identitiesAt, openIdentity, outcomeOf, showing } from '../../test/fixtures/identity.ts';
import { goodClaims, makeKey, makeProof, makeToken, startIssuer, type TestIssuer, type TestKey, type TokenMaking } from '../../test/fixtures/test-issuer.ts';
import { LIMITS } from '../domain/limits.ts';
import type { Identities, Identity } from './authenticate.ts';
import type { UnknownClient } from './oauth-principal.ts';

const NOW = Date.now();
const keys: Record<string, TestKey> = {};
let issuer: TestIssuer;

beforeAll(async () => {
  keys['one'] = await makeKey('ES256', 'one');
  keys['two'] = await makeKey('EdDSA', 'two');
  keys['client'] = await makeKey('ES256', 'client');
  issuer = startIssuer([keyOf('one'), keyOf('two')]);
});
afterAll(() => issuer.stop());

function keyOf(name: string): TestKey {
  const key = keys[name];
  if (key === undefined) throw new Error(name);
  return key;
}

const token = (making: TokenMaking = {}, key = 'one'): Promise<string> => makeToken(keyOf(key), goodClaims(issuer.url, CRM, NOW), making);
const bearer = async (making: TokenMaking = {}, key = 'one'): Promise<string> => `Bearer ${await token(making, key)}`;

test('an access token is the person, through the registered agent of its client', async () => {
  const identity = openIdentity();
  const authorization = await bearer({ claims: { jti: 'j1', sid: 's1', scope: 'crm.read crm.read files' } });
  const principal = await identity.authenticate(showing({ authorization }), identitiesAt(issuer), NOW);
  expect(principal).toEqual({
    id: `${issuer.url}|ann`, kind: 'person', space: 'default', groups: ['support'], agent: 'desk-agent', actors: [], proof: 'bearer',
    tokenAgeMs: expect.any(Number), expiresAt: expect.any(Number), credential: `${issuer.url}|j1`, grant: `${issuer.url}|s1`, signIn: `${issuer.url}|s1`,
    scopes: ['crm.read', 'files'],
  });
});

test('of our own tokens a new sign-in is one that a person did: not an assertion, an exchange or a workload', async () => {
  const known = identitiesAt(issuer, { issuers: [{ ...issuer.entry, embedded: true }] });
  const signInOf = async (claims: TokenMaking['claims'] = {}): Promise<string | undefined> => {
    const authorization = await bearer({ claims: { 'io.sallyport/grant': 'g1', ...claims } });
    const { grant, signIn } = await openIdentity().authenticate(showing({ authorization }), known, NOW);
    expect(grant).toBe(`${issuer.url}|g1`);
    return signIn;
  };
  expect(await signInOf({ auth_time: Math.floor(NOW / 1000) - 60 })).toBe(`${issuer.url}|g1`);
  expect(await signInOf()).toBeUndefined();
  expect(await signInOf({ sub: 'desk', auth_time: Math.floor(NOW / 1000) - 60 })).toBeUndefined();
});

test('a token that is known needs no turn of the event loop, and no request', async () => {
  const identity = openIdentity();
  const [authorization, known] = [await bearer({}, 'two'), identitiesAt(issuer)];
  await identity.authenticate(showing({ authorization }), known, NOW);
  const before = issuer.asked.length;
  expect(identity.authenticate(showing({ authorization }), known, NOW)).toMatchObject({ agent: 'desk-agent' });
  expect(issuer.asked).toHaveLength(before);
});

test('what ends a token ends a remembered one: time, revocation of it, its sign-in or its person, other settings, an agent that is gone', async () => {
  const identity = openIdentity();
  const authorization = await bearer({ claims: { jti: 'j2', sid: 's2' } });
  const presented = showing({ authorization });
  await identity.authenticate(presented, identitiesAt(issuer), NOW);
  const later = (known: Identities, now = NOW): Promise<string> => outcomeOf(() => identity.authenticate(presented, known, now));
  expect(await later(identitiesAt(issuer))).toStartWith('passed');
  expect(await later(identitiesAt(issuer), NOW + 700_000)).toStartWith('ERR_TOKEN_EXPIRED');
  for (const id of ['j2', 's2']) {
    expect(await later(identitiesAt(issuer, { lease: { revokedCredentials: [`${issuer.url}|${id}`] } }))).toBe('ERR_TOKEN_REVOKED');
  }
  expect(await later(identitiesAt(issuer, { lease: { revokedPrincipals: [`default/${issuer.url}|ann`] } }))).toBe('ERR_TOKEN_REVOKED');
  expect(await later(identitiesAt(issuer, { issuers: [{ ...issuer.entry, tokenLifetimeMaxMs: 60_000 }] }))).toStartWith('ERR_TOKEN_LIFETIME');
  expect(await later(identitiesAt(issuer, { issuers: [{ ...issuer.entry, algorithms: ['EdDSA'] }] }))).toBe('ERR_TOKEN_INVALID: algorithm not allowed');
  expect(await later(identitiesAt(issuer, { issuers: [] }))).toBe('ERR_TOKEN_INVALID: issuer not allowed');
  expect(await later(identitiesAt(issuer, { agents: [] }))).toBe(`ERR_AGENT_UNKNOWN: ${issuer.url}|desk`);
  expect(await outcomeOf(() => identity.authenticate(showing({ authorization, server: 'bank' }), identitiesAt(issuer), NOW))).toBe('ERR_TOKEN_AUDIENCE');
});

test('a client that nobody registered is refused, and told of', async () => {
  const unknown: UnknownClient[] = [];
  const identity = openIdentity({ onUnknownClient: (one) => unknown.push(one) });
  const authorization = await bearer({ claims: { client_id: 'rogue' } });
  expect(await outcomeOf(() => identity.authenticate(showing({ authorization }), identitiesAt(issuer), NOW))).toBe(`ERR_AGENT_UNKNOWN: ${issuer.url}|rogue`);
  expect(unknown).toEqual([{ space: 'default', issuer: issuer.url, client: 'rogue', principal: `${issuer.url}|ann` }]);
});

test('the chain of actors is one of registered agents', async () => {
  const helper = { ...deskOf(issuer.url), id: 'helper', clients: [`${issuer.url}|helper-client`] };
  const known = identitiesAt(issuer, { agents: [deskOf(issuer.url), helper] });
  const act = { sub: 'desk', act: { client_id: 'helper-client', sub: 'x' } };
  const principal = await openIdentity().authenticate(showing({ authorization: await bearer({ claims: { act } }) }), known, NOW);
  expect(principal).toMatchObject({ agent: 'desk-agent', actors: ['desk-agent', 'helper'] });
});

test.each([
  ['as RFC 9068 has it', { sub: 'desk' }], ['in Auth0\'s words', { sub: 'desk@clients', gty: 'client-credentials' }],
  ['in Entra\'s', { sub: 'a-service-principal', idtyp: 'app' }], ['in Keycloak\'s', { sub: 'a-uuid', preferred_username: 'service-account-desk' }],
])('a workload is one: its token was made for itself, %s', async (_name, claims) => {
  const principal = await openIdentity().authenticate(showing({ authorization: await bearer({ claims }) }), identitiesAt(issuer), NOW);
  expect(principal.kind).toBe('workload');
});

test('an opaque token is what its issuer says of it, for a minute', async () => {
  const entry = { ...issuer.entry, introspection: { endpoint: `${issuer.url}/introspect`, clientId: 'the gate', secret: 'env:S' } };
  const known = identitiesAt(issuer, { issuers: [entry] });
  const opaque = `opaque-${crypto.randomUUID()}`;
  issuer.tokens.set(opaque, { ...goodClaims(issuer.url, CRM, NOW), active: true, token_type: 'Bearer' });
  const identity = openIdentity();
  const ask = (now = NOW): Promise<string> => outcomeOf(() => identity.authenticate(showing({ authorization: `Bearer ${opaque}` }), known, now));
  expect(await ask()).toBe(`passed: ${issuer.url}|ann`);
  expect(issuer.clients.at(-1)).toBe(`Basic ${Buffer.from('the+gate:s3cret').toString('base64')}`);
  issuer.tokens.set(opaque, { active: false });
  expect(await ask(NOW + 59_000)).toStartWith('passed');
  expect(await ask(NOW + 60_000)).toBe('ERR_TOKEN_INVALID: not active');
});

test('opaque tokens are shown to no issuer when there are two, and made-up ones cost an issuer so much and no more', async () => {
  const introspection = { endpoint: `${issuer.url}/introspect`, clientId: 'gate', secret: 'env:S' };
  const two = identitiesAt(issuer, { issuers: [{ ...issuer.entry, introspection }, { ...issuer.entry, issuer: 'https://other.example', introspection }] });
  const identity = openIdentity({ fetchDocument: () => new Promise(() => undefined) });
  const ask = (known: Identities): Promise<string> =>
    outcomeOf(() => identity.authenticate(showing({ authorization: `Bearer ${crypto.randomUUID()}` }), known, NOW));
  expect(await ask(two)).toBe('ERR_TOKEN_INVALID: more than one issuer of opaque tokens');
  const one = identitiesAt(issuer, { issuers: [{ ...issuer.entry, introspection }] });
  for (let pending = 0; pending < LIMITS.introspectionsMax; pending += 1) void ask(one);
  expect(await ask(one)).toBe('ERR_ISSUER_UNAVAILABLE: too many introspections');
});

test('a proof is good once, with a nonce of ours, and looked at it stays good', async () => {
  const identity = openIdentity();
  const client = keyOf('client');
  const bound = await token({ claims: { cnf: { jkt: client.thumbprint } } });
  const known = identitiesAt(issuer);
  const prove = (nonce: string): Promise<string> => makeProof(client, { token: bound, htm: 'POST', htu: CRM, nonce, now: NOW });
  const ask = (dpop: string): Promise<string> => outcomeOf(() => identity.authenticate(showing({ authorization: `DPoP ${bound}`, dpop }), known, NOW));
  expect(await ask(await prove('made-up'))).toBe('ERR_PROOF_NONCE: a nonce that is not in use');
  const proof = await prove(identity.nonce(NOW));
  const presented = showing({ authorization: `DPoP ${bound}`, dpop: proof });
  expect(await identity.recognise(presented, known, NOW)).toMatchObject({ proof: 'dpop' });
  expect(await identity.authenticate(presented, known, NOW)).toMatchObject({ proof: 'dpop' });
  expect(await ask(proof)).toBe('ERR_PROOF_INVALID: replayed');
});

test('a proof is put to the replica that made its nonce', async () => {
  const client = keyOf('client');
  const bound = await token({ claims: { cnf: { jkt: client.thumbprint } } });
  const owner = openIdentity({ node: 'owner' });
  const known = identitiesAt(issuer);
  const nodes: string[] = [];
  const other = openIdentity({
    askOwner: (node, proof) => {
      nodes.push(node);
      return Promise.resolve(owner.judgeProof(proof, NOW));
    },
  });
  const dpop = await makeProof(client, { token: bound, htm: 'POST', htu: CRM, nonce: owner.nonce(NOW), now: NOW });
  const ask = (identity: Identity): Promise<string> =>
    outcomeOf(() => identity.authenticate(showing({ authorization: `DPoP ${bound}`, dpop }), known, NOW));
  expect(await ask(other)).toStartWith('passed');
  expect(nodes).toEqual(['owner']);
  expect(await ask(owner)).toBe('ERR_PROOF_INVALID: replayed');
  expect(await ask(other)).toBe('ERR_PROOF_INVALID: replayed');
  expect(await ask(openIdentity({ node: 'third' }))).toBe('ERR_PROOF_NONCE: the replica that made the nonce is away');
  expect(await ask(openIdentity({ node: 'owner' }))).toBe('ERR_PROOF_NONCE: a nonce that is not in use');
});

test('a certificate-bound token needs its certificate', async () => {
  const thumbprint = createHash('sha256').update('a certificate').digest('base64url');
  const authorization = await bearer({ claims: { cnf: { 'x5t#S256': thumbprint } } });
  const ask = (certificate?: string): Promise<string> =>
    outcomeOf(() => openIdentity().authenticate(showing({ authorization, ...(certificate === undefined ? {} : { certificate }) }), identitiesAt(issuer), NOW));
  expect(await ask(thumbprint)).toStartWith('passed');
  expect(await ask()).toStartWith('ERR_TOKEN_INVALID');
  expect(await ask('another')).toStartWith('ERR_TOKEN_INVALID');
});

/** The other signature that ECDSA has for the same: anybody who holds a token can make it (s → n - s). */
function respelled(text: string): string {
  const [head = '', claims = '', signature = ''] = text.split('.');
  const bytes = Buffer.from(signature, 'base64url');
  const s = (0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n - BigInt(`0x${bytes.subarray(32).toString('hex')}`)).toString(16);
  return [head, claims, Buffer.concat([bytes.subarray(0, 32), Buffer.from(s.padStart(64, '0'), 'hex')]).toString('base64url')].join('.');
}

test('a token whose signature is written another way is the same token: to its zone, and to who ended it', async () => {
  const identity = openIdentity();
  const stolen = await token({ without: ['jti'] });
  const ask = (it: string, zone: 'internal' | 'external', known = identitiesAt(issuer)): Promise<string> =>
    outcomeOf(() => identity.authenticate(showing({ authorization: `Bearer ${it}`, zone }), known, NOW));
  expect(await ask(stolen, 'internal')).toStartWith('passed');
  expect(await ask(respelled(stolen), 'external')).toBe('ERR_TOKEN_ZONE');
  const { credential } = await identity.authenticate(showing({ authorization: `Bearer ${stolen}` }), identitiesAt(issuer), NOW);
  const ended = identitiesAt(issuer, { lease: { revokedCredentials: [credential] } });
  expect(await ask(stolen, 'internal', ended)).toBe('ERR_TOKEN_REVOKED');
  expect(await ask(respelled(stolen), 'internal', ended)).toBe('ERR_TOKEN_REVOKED');
});

test('a bearer token stays in the network zone where it was used first, on every replica; a bound one may travel', async () => {
  const [one, two] = [openIdentity(), openIdentity()];
  const known = identitiesAt(issuer);
  const authorization = await bearer();
  const ask = (identity: Identity, zone: 'internal' | 'external'): Promise<string> =>
    outcomeOf(() => identity.authenticate(showing({ authorization, zone }), known, NOW));
  expect(await ask(one, 'internal')).toStartWith('passed');
  expect(await ask(one, 'external')).toBe('ERR_TOKEN_ZONE');
  expect(await ask(two, 'external')).toBe('ERR_TOKEN_ZONE');
  expect(await ask(two, 'internal')).toStartWith('passed');
  const thumbprint = createHash('sha256').update('a certificate').digest('base64url');
  const bound = await bearer({ claims: { cnf: { 'x5t#S256': thumbprint } } });
  for (const zone of ['internal', 'external'] as const) {
    expect(await outcomeOf(() => one.authenticate(showing({ authorization: bound, certificate: thumbprint, zone }), known, NOW))).toStartWith('passed');
  }
});
