import { expect, test } from 'bun:test';
import { createHash } from 'node:crypto';
import type { AgentToken } from '../domain/snapshot.ts';
import { authenticate, indexTokens, type Tokens } from './authenticate.ts';

const NOW = 1_800_000_000_000;
const SECRET = 'spa_abcdefghijklmnopqrstuvwxyz0123456789ABCDEF';

const stored: AgentToken = {
  id: 'cred-1', agent: 'bot', space: 'default', kind: 'workload', subject: 'bot', groups: ['support'],
  hash: createHash('sha256').update(SECRET).digest('hex'), audience: ['/mcp/crm'], issuedAt: NOW - 1000, expiresAt: NOW + 1000,
};
const tokens = (change: Partial<AgentToken> = {}, revoked: readonly string[] = []): Tokens =>
  ({ byHash: indexTokens([{ ...stored, ...change }]), revoked: new Set(revoked) });
const ask = (header: string | null, known: Tokens = tokens(), audience = '/mcp/crm', space = 'default'): unknown =>
  authenticate(header, space, audience, known, NOW);

test('a good token is its principal', () => {
  expect(ask(`Bearer ${SECRET}`)).toEqual({
    id: 'sallyport|bot', kind: 'workload', space: 'default', groups: ['support'], agent: 'bot', actors: [], proof: 'bearer', tokenAgeMs: 1000,
    expiresAt: NOW + 1000, credential: 'cred-1',
  });
});

test('each bad credential is refused with its own code and without an echo', () => {
  const cases: readonly (readonly [string, () => unknown])[] = [
    ['ERR_TOKEN_MISSING', () => ask(null)],
    ['ERR_TOKEN_INVALID', () => ask('')],
    ['ERR_TOKEN_INVALID', () => ask(`Basic ${SECRET}`)],
    ['ERR_TOKEN_INVALID', () => ask(`bearer  ${SECRET}`)],
    ['ERR_TOKEN_INVALID', () => ask(`Bearer ${SECRET}, Bearer ${SECRET}`)],
    ['ERR_TOKEN_INVALID', () => ask(`Bearer ${SECRET}x`)],
    ['ERR_TOKEN_INVALID', () => ask(`Bearer ${stored.hash}`)],
    ['ERR_TOKEN_INVALID', () => ask(`Bearer ${'a'.repeat(5000)}`)],
    ['ERR_TOKEN_INVALID', () => ask(`Bearer ${SECRET}`, tokens(), '/mcp/crm', 'other-space')],
    ['ERR_TOKEN_INVALID', () => ask(`Bearer ${SECRET}`, tokens({ issuedAt: NOW + 120_000 }))],
    ['ERR_TOKEN_EXPIRED', () => ask(`Bearer ${SECRET}`, tokens({ expiresAt: NOW }))],
    ['ERR_TOKEN_REVOKED', () => ask(`Bearer ${SECRET}`, tokens({}, ['cred-1']))],
    ['ERR_TOKEN_AUDIENCE', () => ask(`Bearer ${SECRET}`, tokens(), '/mcp/bank')],
    ['ERR_TOKEN_AUDIENCE', () => ask(`Bearer ${SECRET}`, tokens(), '/mcp/t/crm')],
  ];
  for (const [code, attempt] of cases) {
    expect(attempt).toThrow(expect.objectContaining({ code }));
    try {
      attempt();
    } catch (fault) {
      expect(JSON.stringify(fault, Object.getOwnPropertyNames(fault))).not.toContain(SECRET.slice(4, 20));
    }
  }
});

test('a token for everything is for every route of its space', () => {
  expect(ask(`Bearer ${SECRET}`, tokens({ audience: ['*'] }), '/mcp/t/any')).toMatchObject({ agent: 'bot' });
});

test('no token makes its holder the registry workload', () => {
  const registry = tokens({ subject: 'registry' });
  expect(() => ask(`Bearer ${SECRET}`, registry)).toThrow(expect.objectContaining({ code: 'ERR_TOKEN_INVALID' }));
});
