import { describe, expect, test } from 'bun:test';
import { SallyportError } from '../domain/errors.ts';
import { LIMITS } from '../domain/limits.ts';
import { issuersOf, scopesOf } from './identity-shape.ts';
import { formatManifest, parseManifest } from './manifest.ts';

const SERVER = 'servers: { crm: { url: "https://crm.internal/mcp", owner: it, credentials: CREDENTIALS } }\n' +
  'toolsets: { desk: [{ server: crm, tools: "*" }] }\n';
const CLIENT = 'tokenUrl: "https://as.example/token", clientId: gate, secret: vault:crm/client';

const WHOLE = `apiVersion: sallyport/v1
identity:
  agentTokens: true
  issuers:
    - issuer: https://idp.example/t1
      audience: [gate, "https://gate.example"]
      jwksUri: https://idp.example/keys
      algorithms: [ES256]
      tokenLifetimeMax: 10m
      groupsClaim: roles
      clientClaim: azp
      scopes: ignored
      claims: { tid: t1 }
      introspection: { endpoint: "https://idp.example/ask", clientId: gate, secret: env:IDP }
      spaces: [default, red]
      allowPrivate: true
    - { issuer: "http://127.0.0.1:9000" }
  scopes: { crm-read: [{ server: crm, effects: [read] }], crm-all: [{ server: crm, effects: "*" }] }
  scim: { issuer: "https://idp.example/t1", subject: userName }
agents:
  helpdesk:
    owner: desk@example.com
    purpose: answers tickets
    clients: ["https://idp.example/t1|desk", "https://idp.example/t1|https://desk.example/client.json"]
    allow: [{ server: crm, effects: [read] }, { toolset: desk, effects: "*" }]
    expires: 2027-01-31
    conversations: true
  nightly: { owner: ops, purpose: reports, allow: "*", expires: 2027-01-31T12:00Z }
admins: [{ group: sec, role: admin }, { principal: "https://idp.example/t1|ann", role: auditor, space: "*" }]
${SERVER.replace('CREDENTIALS', '{ type: none }')}`;

function refused(text: string): string {
  try {
    parseManifest(text, 'f');
  } catch (error) {
    if (!(error instanceof SallyportError)) throw error;
    expect(error.remedy).toBeTruthy();
    return `${error.code} ${error.message}`;
  }
  return 'accepted';
}

describe('what is declared', () => {
  test('is written back and read again to the same', () => {
    const manifest = parseManifest(WHOLE, 'f');
    expect(parseManifest(formatManifest(manifest), 'g')).toEqual(manifest);
  });

  test('is an allow-list of issuers with every default written out', () => {
    const { identity = {} } = parseManifest(WHOLE, 'f');
    const [whole, least] = issuersOf(identity, 'blue');
    expect(whole).toMatchObject({ audience: ['gate', 'https://gate.example'], tokenLifetimeMaxMs: 600_000, spaces: ['default', 'red'], scopes: 'ignored' });
    expect(least).toEqual({
      issuer: 'http://127.0.0.1:9000', spaces: ['blue'], audience: [], algorithms: ['EdDSA', 'ES256', 'ES384', 'RS256', 'PS256'],
      tokenLifetimeMaxMs: LIMITS.tokenLifetimeMs, groupsClaim: 'groups', clientClaim: 'client_id', scopes: 'required', claims: {}, allowPrivate: false,
      embedded: false,
    });
    expect(scopesOf(identity, 'blue')).toEqual([
      { scope: 'crm-read', space: 'blue', allow: [{ server: 'crm', effects: ['read'] }] },
      { scope: 'crm-all', space: 'blue', allow: [{ server: 'crm', effects: '*' }] },
    ]);
  });

  test.each([
    ['header', '{ type: header, header: X-Key, secret: vault:crm, owner: sales, expires: 2027-01-31, rotateBy: 2026-12-31 }'],
    ['client-credentials', `{ type: client-credentials, ${CLIENT}, scopes: { read: [crm.read], write: [crm.write] }, authentication: private_key_jwt }`],
    ['token-exchange', `{ type: token-exchange, ${CLIENT}, audience: crm, resource: "https://crm.internal/mcp" }`],
    ['id-jag', `{ type: id-jag, idpTokenUrl: "https://idp.example/token", idpClientId: gate, idpSecret: vault:idp, ${CLIENT}, scopes: [crm] }`],
    ['mtls', '{ type: mtls, secret: file:/etc/sallyport/crm.pem }'],
    ['authorization-code', '{ type: authorization-code }'],
    ['authorization-code', '{ type: authorization-code, issuer: "https://as.example", clientId: gate, secret: vault:as, scopes: [openid] }'],
  ])('credentials of the type %s are read and written: %s', (type, credentials) => {
    const manifest = parseManifest(`apiVersion: sallyport/v1\n${SERVER.replace('CREDENTIALS', credentials)}`, 'f');
    expect<string | undefined>(manifest.servers[0]?.credentials.type).toBe(type);
    expect(parseManifest(formatManifest(manifest), 'g')).toEqual(manifest);
  });
});

describe('refused at its place, with a remedy:', () => {
  test.each<[string, string, string, string]>([
    ['an unknown key of an issuer', 'tokenLifetimeMax', 'tokenLifetime', 'f:9:7: identity.issuers.0 has a key that is not known: "tokenLifetime"'],
    ['tokens that live for days', '10m', '25h', 'identity.issuers.0.tokenLifetimeMax must be 24h or less'],
    ['tokens that live for no time', '10m', '0m', 'identity.issuers.0.tokenLifetimeMax must be 24h or less'],
    ['an issuer in the clear', 'http://127.0.0.1:9000', 'http://idp.example', 'identity.issuers.1.issuer must be an https URL'],
    ['an issuer with a query', 'http://127.0.0.1:9000', 'https://idp.example?a=b', 'exactly as its tokens name it'],
    ['an issuer with a bar', 'http://127.0.0.1:9000', 'https://idp.example/a|b', 'exactly as its tokens name it'],
    ['an issuer twice', 'http://127.0.0.1:9000', 'https://idp.example/t1', 'identity.issuers.1.issuer is declared twice'],
    ['an algorithm that is none', '[ES256]', '[none]', 'identity.issuers.0.algorithms.0'],
    ['a symmetric algorithm', '[ES256]', '[HS256]', 'identity.issuers.0.algorithms.0'],
    ['a secret itself', 'env:IDP', 'hunter2', 'secret must say where the secret is'],
    ['keys in the clear', 'https://idp.example/keys', 'http://idp.example/keys', 'identity.issuers.0.jwksUri must be an https URL'],
    ['a scope of an unknown server', 'crm-read: [{ server: crm', 'crm-read: [{ server: cmr', 'identity.scopes.crm-read.0.server names a server'],
    ['a scope that is built in', 'crm-read:', 'crm.read:', 'identity.scopes.crm.read is a scope that every server has already'],
    ['a scope of a whole server', 'crm-read:', 'crm:', 'identity.scopes.crm is a scope that every server has already'],
    ['a scope with a space', 'crm-read:', '"crm read":', 'must be a scope'],
    ['a client of two agents', 'purpose: reports,', 'purpose: reports, clients: ["https://idp.example/t1|desk"],', 'is a client of another agent already'],
    ['a client without its issuer', '"https://idp.example/t1|desk"', 'desk', 'agents.helpdesk.clients.0 must be the client as'],
    ['an agent without an end', ', expires: 2027-01-31T12:00Z', '', 'agents.nightly.expires'],
    ['an agent that ends on no day', '2027-01-31\n', '2027-02-30\n', 'agents.helpdesk.expires is not a date that exists'],
    ['an agent without an owner', 'owner: ops, ', '', 'agents.nightly.owner'],
    ['an agent of an unknown toolset', '{ toolset: desk,', '{ toolset: dsk,', 'agents.helpdesk.allow.1.toolset names a toolset'],
    ['an agent of an unknown server', 'allow: [{ server: crm,', 'allow: [{ server: cmr,', 'agents.helpdesk.allow.0.server names a server'],
    ['an agent by the name of a list', 'nightly:', 'unknown:', 'must be another name'],
    ['an administrator who is nobody', '{ group: sec, role', '{ role', 'admins.0 must name either a group or a principal'],
    ['a role that administrators do not have', 'role: auditor', 'role: root', 'admins.1.role'],
    ['a person of SCIM by another attribute', 'userName', 'email', 'identity.scim.subject'],
    ['agent tokens that are refused', 'agentTokens: true', 'agentTokens: false', 'identity.agentTokens is true'],
    ['credentials of another type', '{ type: none }', '{ type: oauth }', 'must have a type: none, header, client-credentials'],
    ['credentials without a part', '{ type: none }', '{ type: mtls }', 'servers.crm.credentials.secret'],
    ['credentials with more', '{ type: none }', '{ type: none, token: hunter2 }', 'servers.crm.credentials has a key that is not known: "token"'],
    ['a token endpoint in the clear', '{ type: none }', `{ type: client-credentials, ${CLIENT.replace('https', 'http')} }`, 'tokenUrl must be an https URL'],
    ['a day of rotation that does not exist', '{ type: none }', '{ type: mtls, secret: vault:a, rotateBy: 2026-02-30 }', 'rotateBy is not a date'],
    ['a secret of no client', '{ type: none }', '{ type: authorization-code, secret: vault:a }', 'has a secret without the clientId'],
    [
      'a secret for whom the server names', '{ type: none }', '{ type: authorization-code, clientId: gate, secret: vault:a }',
      'has a secret without the issuer',
    ],
  ])('%s', (_, find, put, message) => {
    expect(WHOLE).toContain(find);
    const told = refused(WHOLE.replace(find, put));
    expect(told).toStartWith('ERR_CONFIG_INVALID f:');
    expect(told).toContain(message);
    expect(told).not.toContain('hunter2');
  });
});
