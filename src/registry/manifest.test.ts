import { describe, expect, test } from 'bun:test';
import { SallyportError } from '../domain/errors.ts';
import { formatManifest, parseManifest } from './manifest.ts';

const GOOD = `apiVersion: sallyport/v1
gateway:  { listen: 127.0.0.1:7443, publicUrl: https://localhost:7443 }
network:  { internal: [10.20.0.0/16, "*.corp.example"], proxy: http://proxy.corp.example:3128, extraRoots: ./corp-ca.pem }
identity: { agentTokens: true, issuers: [{ issuer: "https://idp.example", audience: "https://gate.example", tokenLifetimeMax: 10m, claims: { tid: t1 } }], scopes: { crm-read: [{ server: crm, effects: [read] }] } }
servers:
  crm:
    url: https://crm.internal/mcp
    owner: sales-platform@example.com
    hosting: vendor
    credentials: { type: header, header: Authorization, secret: env:CRM_KEY }
    labels: { categories: [pii], integrity: trusted }
    tools: { delete_contact: { effect: destroy }, search_contacts: { effect: read, labels: { confidentiality: public } } }
  files:
    command: [npx, -y, "@scope/server@1.2.3", /srv]
    env: { TOKEN: "env:FILES_TOKEN", MODE: fast }
    owner: it
toolsets:
  desk: [{ server: crm, tools: [search_contacts] }, { server: files, tools: "*", prompts: "*", resources: true }]
roles:    { crm-reader: { allow: [{ server: crm, effects: [read] }] } }
bindings: [{ role: crm-reader, to: { group: support } }]
policies: [./policies/*.cedar]
exceptions: [{ scope: { server: crm, rule: exposure-cleartext }, reason: moving, owner: a, approver: b, expires: 2026-12-31 }]
`;

const PEOPLE = `agents:
  helpdesk:
    owner: desk@example.com
    purpose: answers tickets
    clients: ["https://idp.example|desk", "https://idp.example|https://desk.example/client.json"]
    allow: [{ server: crm, effects: [read] }, { toolset: desk, effects: "*" }]
    expires: 2027-01-31
    conversations: true
  nightly: { owner: ops, purpose: reports, allow: "*", expires: 2027-01-31T12:00Z }
admins: [{ group: sec, role: admin }, { principal: "https://idp.example|ann", role: auditor, space: "*" }]
`;
const TOKEN_CLIENT = 'tokenUrl: "https://as.example/token", clientId: gate, secret: vault:crm/client';
const CREDENTIALS = [
  '{ type: header, header: X-Key, secret: vault:crm, owner: sales, expires: 2027-01-31, rotateBy: 2026-12-31 }',
  `{ type: client-credentials, ${TOKEN_CLIENT}, scopes: { read: [crm.read], write: [crm.write] }, authentication: private_key_jwt }`,
  `{ type: token-exchange, ${TOKEN_CLIENT}, audience: crm, resource: "https://crm.internal/mcp" }`,
  `{ type: id-jag, idpTokenUrl: "https://idp.example/token", idpClientId: gate, idpSecret: vault:idp, ${TOKEN_CLIENT}, scopes: [crm] }`,
  '{ type: mtls, secret: file:/etc/sallyport/crm.pem }',
  '{ type: authorization-code }',
  '{ type: authorization-code, issuer: "https://as.example", clientId: gate, secret: vault:as, scopes: [openid] }',
];

function failure(text: string): SallyportError {
  try {
    parseManifest(text, 'sallyport.yaml');
  } catch (error) {
    if (error instanceof SallyportError) return error;
    throw error;
  }
  throw new Error('was accepted');
}

describe('parseManifest', () => {
  test('reads the file of the design, with every default written out', () => {
    const manifest = parseManifest(GOOD, 'sallyport.yaml');
    expect(manifest.servers[0]).toEqual({
      id: 'crm',
      endpoint: { transport: 'http', url: 'https://crm.internal/mcp', allowPrivate: false },
      owner: 'sales-platform@example.com',
      hosting: 'vendor',
      tier: 'internal',
      labels: { confidentiality: 'confidential', categories: ['pii'], integrity: 'trusted' },
      credentials: { type: 'header', header: 'Authorization', secret: 'env:CRM_KEY' },
      tools: {
        delete_contact: { effect: 'destroy' },
        search_contacts: { effect: 'read', labels: { confidentiality: 'public', categories: ['pii'], integrity: 'trusted' } },
      },
      allow: [],
    });
    expect(manifest.servers[1]?.endpoint).toEqual({
      transport: 'stdio',
      launch: { command: 'npx', args: ['-y', '@scope/server@1.2.3', '/srv'], env: { TOKEN: 'env:FILES_TOKEN', MODE: 'fast' }, shared: false },
    });
    expect(manifest.toolsets[0]?.members[0]).toEqual({ server: 'crm', tools: ['search_contacts'], prompts: [], resources: false });
    expect(manifest.findings).toEqual([]);
  });

  test('is written back and read again to the same', () => {
    const manifest = parseManifest(GOOD, 'sallyport.yaml');
    expect(parseManifest(formatManifest(manifest), 'again.yaml')).toEqual(manifest);
    for (const credentials of CREDENTIALS) {
      const one = parseManifest(`${GOOD}${PEOPLE}`.replace('{ type: header, header: Authorization, secret: env:CRM_KEY }', credentials), 'f');
      expect<string | undefined>(one.servers[0]?.credentials.type).toBe(/type: ([a-z-]+)/.exec(credentials)?.[1] ?? '');
      expect(parseManifest(formatManifest(one), 'again.yaml')).toEqual(one);
    }
    const least = parseManifest('apiVersion: sallyport/v1', 'a');
    expect(formatManifest(least)).toBe('apiVersion: sallyport/v1\n');
  });

  test('a secret in clear text is a finding with its line, and is not told', () => {
    const { findings } = parseManifest(GOOD.replace('"env:FILES_TOKEN"', 'hunter2hunter2'), 'f');
    expect(findings).toMatchObject([{ server: 'files', at: 'TOKEN', line: 14 }]);
    expect(JSON.stringify(findings)).not.toContain('hunter2');
  });

  const at = (find: string | RegExp, put: string): string => GOOD.replace(find, put);
  test.each<[string, string, string, string]>([
    ['broken YAML', at('servers:', 'servers: ['), 'ERR_CONFIG_SYNTAX', 'sallyport.yaml:'],
    ['a duplicate key', at('  files:', '  crm:'), 'ERR_CONFIG_SYNTAX', 'sallyport.yaml:13:3:'],
    ['two documents', `${GOOD}---\n{}\n`, 'ERR_CONFIG_SYNTAX', 'sallyport.yaml:'],
    ['an unknown tag', at('owner: it', 'owner: !!js/function it'), 'ERR_CONFIG_SYNTAX', 'sallyport.yaml:16:12:'],
    ['no version', at('apiVersion: sallyport/v1', 'gatway: {}'), 'ERR_CONFIG_INVALID', 'sallyport.yaml:1:1:'],
    ['an unknown key', at('hosting: vendor', 'hostnig: vendor'), 'ERR_CONFIG_INVALID', 'yaml:9:5: servers.crm has a key that is not known: "hostnig"'],
    ['a merge key', at('hosting: vendor', '<<: { hosting: vendor }'), 'ERR_CONFIG_INVALID', 'sallyport.yaml:9:5:'],
    ['a bad value', at('hosting: vendor', 'hosting: cloud'), 'ERR_CONFIG_INVALID', 'sallyport.yaml:9:14:'],
    ['a bad effect', at('effect: destroy', 'effect: nuke'), 'ERR_CONFIG_INVALID', 'sallyport.yaml:12:40:'],
    ['a bad id', at('  files:', '  Files__x:'), 'ERR_CONFIG_INVALID', 'sallyport.yaml:13:3:'],
    ['a prototype id', at('  files:', '  __proto__:'), 'ERR_CONFIG_SYNTAX', 'sallyport.yaml:13:3:'],
    ['url and command', at('  owner: it', '  owner: it\n    url: https://x.example'), 'ERR_CONFIG_INVALID', 'yaml:14:5: servers.files must have either'],
    ['env of a url', at('hosting: vendor', 'env: { A: b }'), 'ERR_CONFIG_INVALID', 'sallyport.yaml:7:5:'],
    ['a secret itself', at('env:CRM_KEY', 'hunter2'), 'ERR_CONFIG_INVALID', 'sallyport.yaml:10:65:'],
    ['a secret of a vault without a name', at('env:CRM_KEY', '"vault:"'), 'ERR_CONFIG_INVALID', 'vault: is followed by the name of a secret'],
    ['credentials of another type', at('type: header,', 'type: oauth,'), 'ERR_CONFIG_INVALID', 'must have a type: none, header, client-credentials'],
    ['credentials without a part', at('type: header,', 'type: client-credentials,'), 'ERR_CONFIG_INVALID', 'sallyport.yaml:10:'],
    ['a token endpoint in the clear', at('type: header, header: Authorization,', 'type: client-credentials, clientId: a, tokenUrl: "http://idp.example/token",'), 'ERR_CONFIG_INVALID', 'servers.crm.credentials.tokenUrl must be an https URL'],
    ['a day of rotation that does not exist', at('secret: env:CRM_KEY', 'secret: env:CRM_KEY, rotateBy: 2026-02-30'), 'ERR_CONFIG_INVALID', 'rotateBy is not a date that exists'],
    ['a password in a URL', at('https://crm', 'https://u:p@crm'), 'ERR_CONFIG_INVALID', 'sallyport.yaml:7:10:'],
    ['an origin that is a page', at('network:  {', 'network:  { origins: ["https://app.corp.example/page"],'), 'ERR_CONFIG_INVALID', 'must be an origin'],
    ['a proxy by name', at('listen: 127.0.0.1:7443', 'listen: 127.0.0.1:7443, trustedProxy: lb.corp.example'), 'ERR_CONFIG_INVALID', 'must be an IP address'],
    ['another scheme', at('https://crm', 'file://crm'), 'ERR_CONFIG_INVALID', 'sallyport.yaml:7:10:'],
    ['an unknown key of an issuer', at('tokenLifetimeMax: 10m', 'tokenLifetime: 10m'), 'ERR_CONFIG_INVALID', 'sallyport.yaml:4:109: identity.issuers.0 has a key that is not known: "tokenLifetime"'],
    ['tokens that live for days', at('10m', '25h'), 'ERR_CONFIG_INVALID', 'identity.issuers.0.tokenLifetimeMax must be 24h or less'],
    ['an issuer in the clear', at('"https://idp.example"', '"http://idp.example"'), 'ERR_CONFIG_INVALID', 'identity.issuers.0.issuer must be an https URL'],
    ['an issuer with a query', at('"https://idp.example"', '"https://idp.example?a=b"'), 'ERR_CONFIG_INVALID', 'exactly as its tokens name it'],
    ['an issuer twice', at('issuers: [', 'issuers: [{ issuer: "https://idp.example" }, '), 'ERR_CONFIG_INVALID', 'identity.issuers.1.issuer is declared twice'],
    ['an algorithm that is none', at('claims: {', 'algorithms: [none], claims: {'), 'ERR_CONFIG_INVALID', 'identity.issuers.0.algorithms.0'],
    ['a scope of an unknown server', at('crm-read: [{ server: crm', 'crm-read: [{ server: cmr'), 'ERR_CONFIG_INVALID', 'identity.scopes.crm-read.0.server names a server'],
    ['a scope that is built in', at('crm-read:', 'crm.read:'), 'ERR_CONFIG_INVALID', 'identity.scopes.crm.read is a scope that every server has already'],
    ['a client of two agents', at('policies:', 'agents: { a: *b, b: *b }\npolicies:').replace('agents: { a: *b', 'agents: { a: &b { owner: o, purpose: p, allow: "*", expires: 2027-01-31, clients: ["https://idp.example|c"] }'), 'ERR_CONFIG_INVALID', 'is a client of another agent already'],
    ['a client without its issuer', at('policies:', 'agents: { a: { owner: o, purpose: p, allow: "*", expires: 2027-01-31, clients: [c] } }\npolicies:'), 'ERR_CONFIG_INVALID', 'must be the client as'],
    ['an agent without an end', at('policies:', 'agents: { a: { owner: o, purpose: p, allow: "*" } }\npolicies:'), 'ERR_CONFIG_INVALID', 'agents.a.expires'],
    ['an agent with the run of an unknown toolset', at('policies:', 'agents: { a: { owner: o, purpose: p, allow: [{ toolset: dsk, effects: [read] }], expires: 2027-01-31 } }\npolicies:'), 'ERR_CONFIG_INVALID', 'agents.a.allow.0.toolset names a toolset'],
    ['an administrator who is nobody', at('policies:', 'admins: [{ role: admin }]\npolicies:'), 'ERR_CONFIG_INVALID', 'admins.0 must name either a group or a principal'],
    ['a toolset of an unknown server', at('{ server: files, tools', '{ server: flies, tools'), 'ERR_CONFIG_INVALID', 'sallyport.yaml:18:63:'],
    ['a role of an unknown server', at('allow: [{ server: crm, effects', 'allow: [{ server: cmr, effects'), 'ERR_CONFIG_INVALID', 'allow.0.server names a server'],
    ['a binding of an unknown role', at('role: crm-reader, to', 'role: reader, to'), 'ERR_CONFIG_INVALID', 'sallyport.yaml:20:20:'],
    ['a binding to nobody', at('{ group: support }', '{}'), 'ERR_CONFIG_INVALID', 'exactly one'],
    ['an exception without an end', at(', expires: 2026-12-31', ''), 'ERR_CONFIG_INVALID', 'exceptions.0.expires'],
    ['a month that does not exist', at('2026-12-31', '2026-13-31'), 'ERR_CONFIG_INVALID', 'exceptions.0.expires'],
    ['a day that does not exist', at('2026-12-31', '2026-11-31'), 'ERR_CONFIG_INVALID', 'exceptions.0.expires is not a date'],
    ['an unpinned package', at('@1.2.3', ''), 'ERR_LAUNCH_UNPINNED', 'sallyport.yaml:14:14: servers.files.command npx must name'],
    ['a shell', at('npx, -y, "@scope/server@1.2.3"', 'sh, -c, x'), 'ERR_LAUNCH_FORBIDDEN', 'sallyport.yaml:14:14:'],
    ['text', 'hello', 'ERR_CONFIG_INVALID', 'sallyport.yaml:1:1:'],
    ['nothing', '', 'ERR_CONFIG_INVALID', 'sallyport.yaml:1:1:'],
  ])('%s is refused at its place, with a remedy', (_, text, code, message) => {
    const error = failure(text);
    expect<string>(error.code).toBe(code);
    expect(error.message).toContain(message);
    expect(error.remedy).toBeTruthy();
    expect(error.message).not.toContain('hunter2');
  });

  test('aliases cannot blow the file up', () => {
    const levels = Array.from({ length: 12 }, (_, index) => `  - &a${index + 1} [${Array.from({ length: 10 }, () => `*a${index}`).join(', ')}]`);
    expect(failure(`apiVersion: sallyport/v1\npolicies:\n  - &a0 [x]\n${levels.join('\n')}\n`).code).toBe('ERR_CONFIG_SYNTAX');
  });
});
