import { afterAll, beforeAll, beforeEach, expect, test } from 'bun:test';
import { fetchPlainly } from '../../test/fixtures/identity.ts';
import { makeKey, startIssuer, type TestIssuer, type TestKey } from '../../test/fixtures/test-issuer.ts';
import { SallyportError } from '../domain/errors.ts';
import type { Issuer } from '../domain/issuer.ts';
import type { JsonObject } from '../domain/json.ts';
import { LIMITS } from '../domain/limits.ts';
import { createIssuerKeys, findKey, type IssuerKeys } from './jwks.ts';
import { importJwk, thumbprintOf } from './jws.ts';

const NOW = 1_800_000_000_000;
let [old, fresh]: TestKey[] = [];
let issuer: TestIssuer;
let keys: IssuerKeys;

beforeAll(async () => {
  [old, fresh] = [await makeKey('ES256', 'old'), await makeKey('ES256', 'fresh')];
});
beforeEach(async () => {
  await issuer?.stop();
  issuer = startIssuer([keyOf(old)]);
  keys = createIssuerKeys(fetchPlainly);
});
afterAll(() => issuer.stop());

function keyOf(key: TestKey | undefined): TestKey {
  if (key === undefined) throw new Error('not made');
  return key;
}

const publish = (...published: readonly (TestKey | undefined)[]): void => {
  issuer.documents.set('/jwks', { keys: published.map((key) => ({ ...keyOf(key).jwk })) });
};
const look = async (kid: string, now = NOW, entry: Issuer = issuer.entry): Promise<string> => {
  try {
    return findKey(await keys.lookUp(entry, kid, 'ES256', now), kid, 'ES256')?.kid ?? 'none';
  } catch (fault) {
    return fault instanceof SallyportError ? String(fault.internal) : String(fault);
  }
};
const fetches = (): number => issuer.asked.filter((path) => path === '/jwks').length;

test('keys are found through the issuer\'s metadata, and fetched once for all who wait', async () => {
  expect(await Promise.all([look('old'), look('old'), look('old')])).toEqual(['old', 'old', 'old']);
  expect(issuer.asked).toEqual(['/.well-known/oauth-authorization-server', '/jwks']);
});

test('the OpenID Connect document serves where the other is missing', async () => {
  issuer.documents.set('/.well-known/openid-configuration', issuer.documents.get('/.well-known/oauth-authorization-server'));
  issuer.documents.delete('/.well-known/oauth-authorization-server');
  expect(await look('old')).toBe('old');
});

test('metadata that names another issuer is nobody\'s', async () => {
  issuer.documents.set('/.well-known/oauth-authorization-server', { issuer: `${issuer.url}/`, jwks_uri: `${issuer.url}/jwks` });
  expect(await look('old')).not.toBe('old');
  expect(fetches()).toBe(0);
});

test('a rotated key is fetched when a token names it, and a made-up one costs a request only now and then', async () => {
  await look('old');
  publish(old, fresh);
  expect(await look('fresh', NOW + LIMITS.issuerKeysRetryMs - 1)).toBe('none');
  expect(await look('fresh', NOW + LIMITS.issuerKeysRetryMs)).toBe('fresh');
  for (let guess = 0; guess < 20; guess += 1) expect(await look(`made-up-${guess}`, NOW + LIMITS.issuerKeysRetryMs + guess)).toBe('none');
  expect(fetches()).toBe(2);
});

test('a withdrawn key ends with the next look, and what it verified with it', async () => {
  await look('old');
  const before = keys.current(issuer.entry, NOW);
  publish(fresh);
  await look('old', NOW + LIMITS.issuerKeysFreshMs);
  await look('fresh', NOW + LIMITS.issuerKeysFreshMs);
  expect(await look('old', NOW + LIMITS.issuerKeysFreshMs + 1)).toBe('none');
  expect(keys.current(issuer.entry, NOW + LIMITS.issuerKeysFreshMs)).not.toBe(before);
});

test('an issuer that is away: its last keys serve for a day and no longer; one that was never reached is unavailable, and seldom asked', async () => {
  await look('old');
  issuer.documents.set('/jwks', undefined);
  expect(await look('old', NOW + LIMITS.issuerKeysStaleMs - 1)).toBe('old');
  expect(await look('old', NOW + LIMITS.issuerKeysStaleMs + LIMITS.issuerKeysRetryMs)).toBe('status 500');
  keys = createIssuerKeys(fetchPlainly);
  expect(await look('old')).toBe('status 500');
  const asked = issuer.asked.length;
  expect(await look('old', NOW + 1)).toBe('asked a moment ago');
  expect(issuer.asked).toHaveLength(asked);
});

test('plain http is for loopback by permission, and never for anything else', async () => {
  expect(await look('old', NOW, { ...issuer.entry, allowPrivate: false })).toBe('not https');
  expect(await look('old', NOW, { ...issuer.entry, jwksUri: 'http://idp.example/jwks' })).toBe('not https');
  expect(await look('old', NOW, { ...issuer.entry, jwksUri: 'file:///etc/passwd' })).toBe('not https');
});

test('keys that are no public signature keys are not there', async () => {
  const { jwk } = keyOf(old);
  const weak = { kty: 'RSA', e: 'AQAB', n: Buffer.alloc(128, 0xc1).toString('base64url') };
  for (const bad of [
    { ...jwk, use: 'enc' }, { ...jwk, key_ops: ['encrypt'] }, { ...jwk, d: 'AA' }, { ...jwk, alg: 'ES384' }, { ...jwk, crv: 'secp256k1' }, { ...jwk, x: 'AA' },
    { kty: 'oct', k: 'c2VjcmV0' }, weak, {},
  ]) expect(importJwk(bad as JsonObject)).toBeUndefined();
  expect(await look('old')).toBe('old');
});

test('thumbprints are RFC 7638\'s', () => {
  // The example of RFC 7638 section 3.1.
  const n = [
    '0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3ok',
    'njhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu',
    '6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8a',
    'wapJzKnqDKgw',
  ].join('');
  expect(thumbprintOf({ kty: 'RSA', n, e: 'AQAB', alg: 'RS256', kid: '2011-04-29' })).toBe('NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs');
});

test('that an issuer is in a private network opens no other host of it to what its metadata names', async () => {
  const elsewhere = issuer.url.replace('127.0.0.1', 'localhost');
  issuer.documents.set('/.well-known/oauth-authorization-server', { issuer: issuer.url, jwks_uri: `${elsewhere}/jwks` });
  expect(await look('old')).toBe('not https');
  expect(issuer.asked).not.toContain('/jwks');
  // What an administrator names is meant.
  expect(await look('old', NOW, { ...issuer.entry, jwksUri: `${elsewhere}/jwks` })).toBe('old');
});
