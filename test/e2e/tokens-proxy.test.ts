import { afterAll, beforeAll, expect, test } from 'bun:test';
import { createHash } from 'node:crypto';
import { ask, makeKeys, openTokenGate, type Answered, type TokenGate } from '../fixtures/token-gate.ts';

/** Tokens at a gate whose TLS a front proxy ends: what the proxy says of the caller's network and certificate counts. */
let world: TokenGate;
beforeAll(async () => {
  world = await openTokenGate({ keys: await makeKeys(), policy: 'permit(principal, action, resource);', gateway: ', trustedProxy: "127.0.0.1"' });
}, 30_000);
afterAll(() => world.stop());

const from = async (address: string, token: string, more: Readonly<Record<string, string>> = {}): Promise<Answered> =>
  ask(world.gate.url, { headers: { authorization: `Bearer ${token}`, 'x-forwarded-for': address, ...more } });

test('[tokens-stepped-up] a bearer token that turns up in another network zone has to be signed in for again', async () => {
  const token = await world.token();
  expect((await from('10.1.2.3', token)).result).toBeDefined();
  const moved = await from('8.8.8.8', token);
  expect([moved.status, moved.code]).toEqual([401, 'ERR_TOKEN_ZONE']);
  expect(moved.headers.get('www-authenticate')).toMatch(/error="insufficient_user_authentication".*max_age="0"/);
  // On another replica, too: the memory is shared.
  const replica = await world.gate.replica('second');
  const elsewhere = await ask(replica.url, { headers: { authorization: `Bearer ${token}`, 'x-forwarded-for': '8.8.8.8' } });
  expect(elsewhere.code).toBe('ERR_TOKEN_ZONE');
  // Whoever took it first does not lose it by that.
  expect((await from('10.9.9.9', token)).result).toBeDefined();
  expect((await from('8.8.8.8', await world.token())).result).toBeDefined();
});

test('[tokens-bound] the certificate that the proxy vouches for binds a token (RFC 9440), and only in one spelling', async () => {
  const der = Buffer.from('a certificate');
  const token = await world.token({ claims: { cnf: { 'x5t#S256': createHash('sha256').update(der).digest('base64url') } } });
  const shown = (header: string): Promise<Answered> => from('10.1.2.3', token, { 'client-cert': header });
  const encoded = der.toString('base64');
  expect((await shown(`:${encoded}:`)).result).toBeDefined();
  for (const bad of [encoded, `:${Buffer.from('another').toString('base64')}:`, `:${encoded}:, :${encoded}:`, ':%:']) {
    expect((await shown(bad)).code).toBe('ERR_TOKEN_INVALID');
  }
});
