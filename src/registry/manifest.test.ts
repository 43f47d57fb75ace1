import { describe, expect, test } from 'bun:test';
import { SallyportError } from '../domain/errors.ts';
import { defaultSandbox } from './sandbox.ts';
import { formatManifest, parseManifest } from './manifest.ts';

const GOOD = `apiVersion: sallyport/v1
gateway:  { listen: 127.0.0.1:7443, publicUrl: https://localhost:7443 }
network:  { internal: [10.20.0.0/16, "*.corp.example"], proxy: http://proxy.corp.example:3128, extraRoots: ./corp-ca.pem }
identity: { agentTokens: true }
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
      launch: {
        command: 'npx', args: ['-y', '@scope/server@1.2.3', '/srv'], env: { TOKEN: 'env:FILES_TOKEN', MODE: 'fast' }, shared: false, sandbox: defaultSandbox(),
      },
    });
    expect(manifest.toolsets[0]?.members[0]).toEqual({ server: 'crm', tools: ['search_contacts'], prompts: [], resources: false });
    expect(manifest.findings).toEqual([]);
  });

  test('is written back and read again to the same', () => {
    const manifest = parseManifest(GOOD, 'sallyport.yaml');
    expect(parseManifest(formatManifest(manifest), 'again.yaml')).toEqual(manifest);
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
    ['a password in a URL', at('https://crm', 'https://u:p@crm'), 'ERR_CONFIG_INVALID', 'sallyport.yaml:7:10:'],
    ['an origin that is a page', at('network:  {', 'network:  { origins: ["https://app.corp.example/page"],'), 'ERR_CONFIG_INVALID', 'must be an origin'],
    ['a proxy by name', at('listen: 127.0.0.1:7443', 'listen: 127.0.0.1:7443, trustedProxy: lb.corp.example'), 'ERR_CONFIG_INVALID', 'must be an IP address'],
    ['another scheme', at('https://crm', 'file://crm'), 'ERR_CONFIG_INVALID', 'sallyport.yaml:7:10:'],
    ['a toolset of an unknown server', at('{ server: files, tools', '{ server: flies, tools'), 'ERR_CONFIG_INVALID', 'sallyport.yaml:18:63:'],
    ['a role of an unknown server', at('[{ server: crm, effects', '[{ server: cmr, effects'), 'ERR_CONFIG_INVALID', 'allow.0.server names a server'],
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
