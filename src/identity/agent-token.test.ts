import { expect, test } from 'bun:test';
import { createHash } from 'node:crypto';
import { identitiesOf, openIdentity, outcomeOf, showing } from '../../test/fixtures/identity.ts';
import type { Principal } from '../domain/principal.ts';
import type { AgentToken } from '../domain/snapshot.ts';
import type { Identities } from './authenticate.ts';

const NOW = 1_800_000_000_000;
const SECRET = 'spa_abcdefghijklmnopqrstuvwxyz0123456789ABCDEF';

const stored: AgentToken = {
  id: 'cred-1', agent: 'bot', space: 'default', kind: 'workload', subject: 'bot', groups: ['support'],
  hash: createHash('sha256').update(SECRET).digest('hex'), audience: ['/mcp/crm'], issuedAt: NOW - 1000, expiresAt: NOW + 1000,
};
const tokens = (change: Partial<AgentToken> = {}, revoked: readonly string[] = []): Identities =>
  identitiesOf({ tokens: [{ ...stored, ...change }], lease: { revokedCredentials: revoked } });
const ask = (authorization: string | null, known: Identities = tokens(), server = 'crm', space = 'default'): Principal | Promise<Principal> =>
  openIdentity().authenticate(showing({ ...(authorization === null ? {} : { authorization }), server, space }), known, NOW);

test('a good token is its principal', async () => {
  expect(await ask(`Bearer ${SECRET}`)).toEqual({
    id: 'sallyport|bot', kind: 'workload', space: 'default', groups: ['support'], agent: 'bot', actors: [], proof: 'bearer', tokenAgeMs: 1000,
    expiresAt: NOW + 1000, credential: 'cred-1',
  });
});

test('each bad credential is refused with its own code and without an echo', async () => {
  const cases: readonly (readonly [string, () => Principal | Promise<Principal>])[] = [
    ['ERR_TOKEN_MISSING', () => ask(null)],
    ['ERR_TOKEN_INVALID', () => ask('')],
    ['ERR_TOKEN_INVALID', () => ask(`Basic ${SECRET}`)],
    ['ERR_TOKEN_INVALID', () => ask(`bearer  ${SECRET}`)],
    ['ERR_TOKEN_INVALID', () => ask(`DPoP ${SECRET}`)],
    ['ERR_TOKEN_INVALID', () => ask(`Bearer ${SECRET}, Bearer ${SECRET}`)],
    ['ERR_TOKEN_INVALID', () => ask(`Bearer ${SECRET}x`)],
    ['ERR_TOKEN_INVALID', () => ask(`Bearer ${stored.hash}`)],
    ['ERR_TOKEN_INVALID', () => ask(`Bearer ${'a'.repeat(9000)}`)],
    ['ERR_TOKEN_INVALID', () => ask(`Bearer ${SECRET}`, tokens(), 'crm', 'other-space')],
    ['ERR_TOKEN_INVALID', () => ask(`Bearer ${SECRET}`, tokens({ issuedAt: NOW + 120_000 }))],
    ['ERR_TOKEN_EXPIRED', () => ask(`Bearer ${SECRET}`, tokens({ expiresAt: NOW }))],
    ['ERR_TOKEN_REVOKED', () => ask(`Bearer ${SECRET}`, tokens({}, ['cred-1']))],
    ['ERR_TOKEN_AUDIENCE', () => ask(`Bearer ${SECRET}`, tokens(), 'bank')],
  ];
  for (const [code, attempt] of cases) {
    const fault = await (async () => attempt())().then(() => undefined, (cause: unknown) => cause);
    expect(fault).toMatchObject({ code });
    expect(JSON.stringify(fault, Object.getOwnPropertyNames(fault))).not.toContain(SECRET.slice(4, 20));
  }
});

test('a token for everything is for every route of its space', async () => {
  expect(await ask(`Bearer ${SECRET}`, tokens({ audience: ['*'] }), 'any')).toMatchObject({ agent: 'bot' });
});

test('a person who was deactivated is nobody, whichever of their tokens comes', async () => {
  const known = identitiesOf({ tokens: [stored], lease: { revokedPrincipals: ['default/sallyport|bot'] } });
  expect(await outcomeOf(() => ask(`Bearer ${SECRET}`, known))).toBe('ERR_TOKEN_REVOKED');
});

test('no token makes its holder the registry workload', async () => {
  expect(await outcomeOf(() => ask(`Bearer ${SECRET}`, tokens({ subject: 'registry' })))).toStartWith('ERR_TOKEN_INVALID');
});
