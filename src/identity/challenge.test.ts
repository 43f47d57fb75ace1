import { expect, test } from 'bun:test';
import { PUBLIC_URL } from '../../test/fixtures/identity.ts';
import type { Route } from '../domain/inbound.ts';
import type { Issuer } from '../domain/issuer.ts';
import { STANDING_LIMITS } from '../domain/standing.ts';
import type { Snapshot } from '../domain/snapshot.ts';
import { challengeOf } from './challenge.ts';
import { metadataOf } from './metadata.ts';

const entry: Issuer = {
  issuer: 'https://idp.example', spaces: ['default'], audience: [], algorithms: ['ES256'], tokenLifetimeMaxMs: 1, groupsClaim: 'groups',
  clientClaim: 'client_id', scopes: 'required', claims: {}, allowPrivate: false, embedded: false,
};
const snapshot = (issuers: readonly Issuer[] = [entry]): Snapshot => ({
  version: 1, createdAt: 0, policy: null, servers: [], toolsets: [], tokens: [], agents: [], issuers,
  audit: { classes: [], keys: [], scorePeople: true }, limits: STANDING_LIMITS,
  scopes: [{ scope: 'sales', space: 'default', allow: [{ server: 'crm', effects: '*' }] }, { scope: 'theirs', space: 'b', allow: [] }],
  network: { publicUrl: PUBLIC_URL, internal: [], origins: [] },
});
const crm: Route = { kind: 'server', space: 'default', name: 'crm' };
const METADATA = `resource_metadata="${PUBLIC_URL}/.well-known/oauth-protected-resource/mcp/crm"`;
const ALGS = 'algs="ES256 EdDSA ES384 RS256 PS256"';

test('a missing token: where to sign in, the least scope, both schemes, no error', () => {
  expect(challengeOf({ code: 'ERR_TOKEN_MISSING', scheme: 'bearer' }, crm, snapshot())).toBe(
    `Bearer realm="server:crm", ${METADATA}, scope="sales", DPoP realm="server:crm", ${METADATA}, scope="sales", ${ALGS}`,
  );
});

const say = (code: Parameters<typeof challengeOf>[0]['code'], scope?: string): string =>
  challengeOf({ code, scheme: 'dpop', ...(scope === undefined ? {} : { scope }) }, crm, snapshot());

test('each refusal has the word of its RFC, and whoever speaks DPoP is answered in it', () => {
  expect(say('ERR_TOKEN_EXPIRED')).toBe(`DPoP realm="server:crm", error="invalid_token", ${METADATA}, ${ALGS}`);
  expect(say('ERR_TOKEN_INVALID')).toBe(say('ERR_TOKEN_EXPIRED'));
  expect(say('ERR_AGENT_UNKNOWN')).toBe(say('ERR_TOKEN_EXPIRED'));
  expect(say('ERR_PROOF_NONCE')).toContain('error="use_dpop_nonce"');
  expect(say('ERR_PROOF_INVALID')).toContain('error="invalid_dpop_proof"');
  expect(say('ERR_TOKEN_ZONE')).toContain('error="insufficient_user_authentication", resource_metadata=');
  expect(say('ERR_TOKEN_SCOPE', 'crm.read crm.write')).toContain('error="insufficient_scope"');
  expect(say('ERR_TOKEN_SCOPE', 'crm.read crm.write')).toContain('scope="crm.read crm.write"');
});

test('without an issuer there is nowhere to send anybody', () => {
  expect(challengeOf({ code: 'ERR_TOKEN_MISSING', scheme: 'bearer' }, crm, snapshot([]))).toBe('Bearer realm="server:crm"');
  expect(challengeOf({ code: 'ERR_TOKEN_INVALID', scheme: 'bearer' }, undefined, snapshot())).toBe('Bearer realm="sallyport", error="invalid_token"');
});

test('metadata is made of the route\'s own words and the settings of its space', () => {
  expect(metadataOf(crm, snapshot())).toEqual({
    resource: `${PUBLIC_URL}/mcp/crm`, resource_name: 'crm behind Sallyport', authorization_servers: ['https://idp.example'],
    bearer_methods_supported: ['header'], dpop_signing_alg_values_supported: ['ES256', 'EdDSA', 'ES384', 'RS256', 'PS256'],
    scopes_supported: ['crm.read', 'crm.write', 'crm.destroy', 'crm.execute', 'crm.communicate', 'crm.transact', 'sales'],
  });
  const toolset = metadataOf({ kind: 'toolset', space: 'default', name: 'desk' }, snapshot());
  expect(toolset).toMatchObject({ resource: `${PUBLIC_URL}/mcp/t/desk`, scopes_supported: ['sales'] });
  expect(metadataOf({ ...crm, space: 'b' }, snapshot())).toBeUndefined();
  expect(metadataOf({ ...crm, space: 'b' }, snapshot([{ ...entry, spaces: ['b'] }]))).toMatchObject({ resource: `${PUBLIC_URL}/s/b/mcp/crm` });
  const withDoor = { ...snapshot(), network: { ...snapshot().network, mtls: { listen: '', publicUrl: 'https://gate.example:8443' } } };
  expect(metadataOf(crm, withDoor)).toMatchObject({ tls_client_certificate_bound_access_tokens: true });
});
