import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { CRM, identitiesAt, identitiesOf, deskOf, openIdentity, outcomeOf, showing } from '../../test/fixtures/identity.ts';
import { forge, goodClaims, makeKey, makeToken, startIssuer, type TestIssuer, type TestKey, type TokenMaking } from '../../test/fixtures/test-issuer.ts';
import type { Issuer } from '../domain/issuer.ts';
import type { JsonObject } from '../domain/json.ts';
import type { Principal } from '../domain/principal.ts';

/** What passes, so that what does not pass (test/e2e/tokens-refused) is refused for its own reason and no other. */
const NOW = Date.now();
const SECONDS = Math.floor(NOW / 1000);
const KEYS = new Map<string, TestKey>();
let issuer: TestIssuer;

beforeAll(async () => {
  for (const algorithm of ['ES256', 'EdDSA', 'RS256', 'PS256'] as const) KEYS.set(algorithm, await makeKey(algorithm, algorithm));
  issuer = startIssuer([...KEYS.values()]);
});
afterAll(() => issuer.stop());

function keyOf(algorithm: string): TestKey {
  const key = KEYS.get(algorithm);
  if (key === undefined) throw new Error(algorithm);
  return key;
}

const know = (token: string, entry: Issuer = issuer.entry): Principal | Promise<Principal> =>
  openIdentity().authenticate(showing({ authorization: `Bearer ${token}` }), identitiesAt(issuer, { issuers: [entry] }), NOW);
const knowing = async (making: TokenMaking, entry?: Issuer): Promise<Principal> =>
  know(await makeToken(keyOf('ES256'), goodClaims(issuer.url, CRM, NOW), making), entry);

describe('passes', () => {
  for (const algorithm of ['ES256', 'EdDSA', 'RS256', 'PS256']) {
    test(algorithm, async () => {
      expect(await know(await makeToken(keyOf(algorithm), goodClaims(issuer.url, CRM, NOW)))).toMatchObject({ agent: 'desk-agent' });
    });
  }
  const makings: Readonly<Record<string, TokenMaking>> = {
    'a clock that is a minute off: ended': { claims: { exp: SECONDS - 59 } },
    'a clock that is a minute off: not begun': { claims: { iat: SECONDS + 59, nbf: SECONDS + 59, exp: SECONDS + 600 } },
    'the longest life that is allowed': { claims: { iat: SECONDS, exp: SECONDS + 3600 } },
    'one of many audiences': { claims: { aud: ['https://elsewhere.example', CRM] } },
    'the type in full': { header: { typ: 'application/at+jwt' } },
    'the type in capitals': { header: { typ: 'AT+JWT' } },
    'the general type of outside providers': { header: { typ: 'JWT' } },
    'the party instead of the client': { without: ['client_id'], claims: { azp: 'desk' } },
    'no id of its own': { without: ['jti'] },
    'a type claim of Keycloak\'s': { claims: { typ: 'Bearer' } },
  };
  for (const [name, making] of Object.entries(makings)) test(name, async () => expect(await knowing(making)).toMatchObject({ agent: 'desk-agent' }));

  test('an outside token without any type', async () => {
    expect(await know(forge(keyOf('ES256'), { alg: 'ES256', kid: 'ES256' }, goodClaims(issuer.url, CRM, NOW)))).toMatchObject({ agent: 'desk-agent' });
  });

  test('a token without a key name, where one key fits', async () => {
    expect(await know(forge(keyOf('ES256'), { alg: 'ES256' }, goodClaims(issuer.url, CRM, NOW)))).toMatchObject({ agent: 'desk-agent' });
  });

  test('an audience of the issuer\'s own', async () => {
    expect(await knowing({ claims: { aud: 'api://gate' } }, { ...issuer.entry, audience: ['api://gate'] })).toMatchObject({ agent: 'desk-agent' });
  });

  test('scopes and groups as providers write them', async () => {
    const claims = { scp: ['crm.read', 'crm.write'], roles: ['a', 'b'] };
    expect(await knowing({ without: ['scope', 'groups'], claims }, { ...issuer.entry, groupsClaim: 'roles' }))
      .toMatchObject({ scopes: ['crm.read', 'crm.write'], groups: ['a', 'b'] });
    expect(await knowing({ without: ['scope'], claims: { scp: 'crm.read crm.write' } })).toMatchObject({ scopes: ['crm.read', 'crm.write'] });
    expect(await knowing({ without: ['scope'], claims: { roles: ['crm.read'] } })).toMatchObject({ scopes: ['crm.read'] });
    expect(await knowing({ without: ['scope'] })).toMatchObject({ scopes: [] });
    expect((await knowing({}, { ...issuer.entry, scopes: 'ignored' })).scopes).toBeUndefined();
  });

  test('without an id of its own a token is known by its digest, so that it can be revoked', async () => {
    expect((await knowing({ without: ['jti'] })).credential).toMatch(/^http:\/\/127\.0\.0\.1:\d+\|[\w-]{43}$/);
  });
});

describe('the embedded issuer', () => {
  test('its keys come with the snapshot: nobody is asked', async () => {
    const before = issuer.asked.length;
    expect(await askEmbedded({ typ: 'at+jwt' })).toStartWith('passed');
    expect(await askEmbedded({ typ: 'at+jwt', kid: 'another' })).toBe('ERR_TOKEN_INVALID: unknown key');
    expect(issuer.asked).toHaveLength(before);
  });

  test('its tokens have their own type, and are for one space', async () => {
    for (const header of [{ typ: 'JWT' }, {}, { typ: 'id+jwt' }]) expect(await askEmbedded(header)).toBe('ERR_TOKEN_INVALID: type');
    expect(await askEmbedded({ typ: 'at+jwt' }, { 'io.sallyport/space': 'other' })).toBe('ERR_TOKEN_INVALID: another space');
  });
});

/** What becomes of a token of the embedded issuer. */
function askEmbedded(header: JsonObject, change: JsonObject = {}): Promise<string> {
  const own: Issuer = { ...issuer.entry, embedded: true, jwks: { keys: [{ ...keyOf('ES256').jwk }] } };
  const known = identitiesOf({ issuers: [own], agents: [deskOf(issuer.url)] });
  const claims = { ...goodClaims(issuer.url, CRM, NOW), 'io.sallyport/space': 'default', ...change };
  const token = forge(keyOf('ES256'), { alg: 'ES256', kid: 'ES256', ...header }, claims);
  return outcomeOf(() => openIdentity().authenticate(showing({ authorization: `Bearer ${token}` }), known, NOW));
}
