import { afterAll, beforeAll, expect, test } from 'bun:test';
import { isObject, type JsonObject } from '../../src/domain/json.ts';
import { modernRequest, objectIn, toolParams } from '../fixtures/modern-call.ts';
import { ask, CRM, makeKeys, nonceOf, openTokenGate, PUBLIC_URL, type Keys, type TokenGate } from '../fixtures/token-gate.ts';

/** What a caller with an OAuth token meets at a whole gate, and what it is told when it may not call. */
const POLICY = `permit(principal, action, resource);
forbid(principal, action == Action::"call_tool", resource) when { resource.effect == "transact" } unless { context.proof == "dpop" };
`;
let keys: Keys;
let world: TokenGate;

beforeAll(async () => {
  keys = await makeKeys();
  world = await openTokenGate({ keys, policy: POLICY });
}, 30_000);
afterAll(() => world.stop());

async function listed(token: string): Promise<string> {
  const answer = await fetch(`${world.gate.url}/mcp/crm`, modernRequest(token, 'tools/list', { _meta: objectIn(toolParams('x', {})['_meta']) }));
  return answer.text();
}

const recordOf = async (exchange: string | undefined): Promise<JsonObject> => (await world.gate.records({ exchange: exchange ?? '' })).at(-1) ?? {};

test('[tokens-taken] an access token opens the route that it is for, and the record names person and agent', async () => {
  const token = await world.token({ claims: { jti: 'the-token' } });
  const answer = await ask(world.gate.url, { headers: { authorization: `Bearer ${token}` } });
  expect(answer.result).toBeDefined();
  const records = await world.gate.records({ principal: `${world.idp.url}|ann` });
  expect(records.map(({ event, agent }) => [event, agent])).toContainEqual(['call.permitted', 'desk']);
  expect(JSON.stringify(records)).not.toContain(token.slice(-20));
});

test('[tokens-taken] a stranger learns where to sign in, and nothing of what there is', async () => {
  const known = await ask(world.gate.url, { headers: {} });
  const unknown = await ask(world.gate.url, { headers: {}, path: '/mcp/nothing' });
  expect([known.status, known.code]).toEqual([401, 'ERR_TOKEN_MISSING']);
  const challenge = known.headers.get('www-authenticate') ?? '';
  expect(challenge).toStartWith(`Bearer realm="server:crm", resource_metadata="${PUBLIC_URL}/.well-known/oauth-protected-resource/mcp/crm", scope="crm.read"`);
  expect(challenge).not.toContain('error=');
  expect(unknown.headers.get('www-authenticate')?.replaceAll('nothing', 'crm')).toBe(challenge);
  const metadata = async (name: string): Promise<string> => (await fetch(`${world.gate.url}/.well-known/oauth-protected-resource/mcp/${name}`)).text();
  expect(JSON.parse(await metadata('crm'))).toMatchObject({ resource: CRM, authorization_servers: [world.idp.url, world.opaque.url, world.away] });
  expect((await metadata('nothing')).replaceAll('nothing', 'crm')).toBe(await metadata('crm'));
  expect((await fetch(`${world.gate.url}/.well-known/oauth-protected-resource`)).status).toBe(404);
});

test('[tokens-stepped-up] a missing scope is a 403 that names all that is needed; with it the call goes on', async () => {
  const authorization = `Bearer ${await world.token({ claims: { scope: 'crm.read' } })}`;
  const refused = await ask(world.gate.url, { headers: { authorization }, tool: 'update_contact', args: { id: 'c-1', city: 'Bath' } });
  expect([refused.status, refused.code]).toEqual([403, 'ERR_TOKEN_SCOPE']);
  const challenge = refused.headers.get('www-authenticate') ?? '';
  expect(challenge).toContain('error="insufficient_scope"');
  expect(challenge).toContain('scope="crm.read sales"');
  expect(challenge).toContain('resource_metadata="');
  expect((await recordOf(refused.exchange))['code']).toBe('ERR_TOKEN_SCOPE');
  const stepped = await world.token({ claims: { scope: 'crm.read sales' } });
  const headers = { authorization: `Bearer ${stepped}` };
  expect((await ask(world.gate.url, { headers, tool: 'update_contact', args: { id: 'c-1', city: 'Bath' } })).result).toBeDefined();
});

test('[tokens-stepped-up] listing needs no more than the audience', async () => {
  const token = await world.token({ without: ['scope'] });
  expect(await listed(token)).toContain('update_contact');
});

test('[tokens-taken] what was revoked ends at once: the token, or the whole sign-in that it came from', async () => {
  for (const [claim, id] of [['jti', 'stolen'], ['sid', 'signed-in-elsewhere']] as const) {
    const headers = { authorization: `Bearer ${await world.token({ claims: { [claim]: id } })}` };
    expect((await ask(world.gate.url, { headers })).result).toBeDefined();
    await world.gate.admin('POST', '/revocations', { credential: `${world.idp.url}|${id}`, reason: 'stolen', ttlMs: 3_600_000 });
    let code = (await ask(world.gate.url, { headers })).code;
    for (const until = Date.now() + 5_000; code === undefined && Date.now() < until; ) code = (await ask(world.gate.url, { headers })).code;
    expect(code).toBe('ERR_TOKEN_REVOKED');
  }
});

test('[tokens-bound] a large body is read of a caller whose token and proof are good, and the proof still serves the call', async () => {
  const token = await world.bound();
  const args = { query: 'x'.repeat(200_000) };
  const headers = { authorization: `DPoP ${token}`, dpop: await world.proof(token) };
  expect((await ask(world.gate.url, { headers, args })).result).toBeDefined();
  const stolen = await ask(world.gate.url, { headers: { authorization: `DPoP ${token}` }, args });
  expect(stolen.code).toBe('ERR_PROOF_INVALID');
  expect(stolen.headers.get('www-authenticate')).toContain('resource_metadata=');
});

test('[tokens-bound] a bound token with a proof: first the nonce, then the call, and a new nonce with each answer', async () => {
  const token = await world.bound();
  const authorization = `DPoP ${token}`;
  const without = await ask(world.gate.url, { headers: { authorization, dpop: await world.proof(token, { without: ['nonce'] }) } });
  expect([without.status, without.code]).toEqual([401, 'ERR_PROOF_NONCE']);
  expect(without.headers.get('www-authenticate')).toMatch(/^DPoP .*error="use_dpop_nonce".*algs="ES256 /);
  const nonce = without.headers.get('dpop-nonce') ?? '';
  const answer = await ask(world.gate.url, { headers: { authorization, dpop: await world.proof(token, {}, { nonce }) } });
  expect(answer.result).toBeDefined();
  expect(answer.headers.get('dpop-nonce')).toBe(nonce);
});

test('[tokens-stepped-up] policy can ask for a proof of possession for what moves money, and the refusal says how', async () => {
  const call = { tool: 'pay_invoice', args: { id: 'c-1', amountEur: 5 } };
  const loose = await ask(world.gate.url, { ...call, headers: { authorization: `Bearer ${await world.token()}` } });
  expect(loose.code).toBe('ERR_PROOF_REQUIRED');
  expect(loose.text).toContain('DPoP');
  expect(await listed(await world.token())).toContain('pay_invoice');
  expect((await recordOf(loose.exchange))['event']).toBe('call.denied');
  const token = await world.bound();
  const bound = await ask(world.gate.url, { ...call, headers: { authorization: `DPoP ${token}`, dpop: await world.proof(token) } });
  expect(bound.code).not.toBe('ERR_PROOF_REQUIRED');
});

test('[tokens-bound] one proof is good once in the whole fleet', async () => {
  const replica = await world.gate.replica('second');
  const token = await world.bound();
  const nonce = await nonceOf(replica.url, token);
  const headers = { authorization: `DPoP ${token}`, dpop: await world.proof(token, {}, { nonce }) };
  const answers = await Promise.all([ask(world.gate.url, { headers }), ask(replica.url, { headers }), ask(world.gate.url, { headers })]);
  expect(answers.filter(({ result }) => result !== undefined)).toHaveLength(1);
  expect(answers.flatMap(({ code }) => code ?? [])).toEqual(['ERR_PROOF_INVALID', 'ERR_PROOF_INVALID']);
});

test('[tokens-taken] an opaque token is what its issuer says', async () => {
  const { opaque } = world;
  opaque.tokens.set('an-opaque-token-0001', { ...world.claims(), iss: opaque.url, active: true });
  expect((await ask(world.gate.url, { headers: { authorization: 'Bearer an-opaque-token-0001' } })).result).toBeDefined();
  expect(opaque.clients.at(-1)).toBe(`Basic ${Buffer.from('gate:s3cret').toString('base64')}`);
});

test('[agent-unknown] a client that nobody registered is a finding for its administrators', async () => {
  await ask(world.gate.url, { headers: { authorization: `Bearer ${await world.token({ claims: { client_id: 'rogue' } })}` } });
  const seen = async (): Promise<boolean> => JSON.stringify(await world.gate.admin('GET', '/agents/unknown')).includes('rogue');
  while (!(await seen())) await Bun.sleep(5);
  expect(await seen()).toBe(true);
});

test('[tokens-taken] a server that is away is no challenge to the client', async () => {
  const { gate, crm } = world;
  await crm.stop();
  const answer = await ask(gate.url, { headers: { authorization: `Bearer ${await world.token()}` } });
  expect(answer.headers.get('www-authenticate')).toBeNull();
  expect([200, 502]).toContain(answer.status);
  expect(isObject(await recordOf(answer.exchange))).toBe(true);
});
