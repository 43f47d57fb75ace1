import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { objects, part, text } from '../../src/cli/json-view.ts';
import { openAdminSession } from '../../src/control/admins/session.ts';
import type { Json } from '../../src/domain/json.ts';
import { verifies } from '../e2e/requirements.ts';
import { connectV1 } from '../fixtures/clients.ts';
import { startCountingServer, type CountingServer } from '../fixtures/counting-server.ts';
import { startGate, type Gate } from '../fixtures/gate.ts';
import { readContract, type Operation } from '../fixtures/registry-contract.ts';

/** The registry API as its clients meet it: over control's door, each operation of the contract, and what VS Code and Copilot do. */
const SERVERS = ['crm', 'mail', 'wiki'];
const KNOWN: Readonly<Record<string, string>> = { serverName: 'com.example/crm', version: '1.0.0' };
const OPERATIONS = readContract();
const READS = OPERATIONS.filter(({ method }) => method === 'GET');

let gate: Gate;
let server: CountingServer;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync('/tmp/sp-registry-');
  server = startCountingServer(join(folder, 'charges'));
  const entries = SERVERS.map((id) => `  ${id}: { url: "${server.url}", allowPrivate: true, owner: tests, tools: { charge: { effect: read } } }`);
  const manifest = `registry: { namespace: com.example, anonymous: true }\nservers:\n${entries.join('\n')}\n`;
  gate = await startGate({ issuer: true, manifest, policy: 'permit(principal, action, resource);' });
  await gate.enrol(...SERVERS);
  for (const id of SERVERS) await gate.admin('POST', '/registry/listings', { server: id, version: '1.0.0', description: `About ${id}` });
  await gate.admin('POST', '/registry/listings', { server: 'crm', version: '2.0.0' });
  await gate.admin('POST', '/registry/listings/wiki/status', { status: 'deleted', message: 'nobody reads it' });
});
afterAll(async () => {
  await gate.stop();
  await server.stop();
  rmSync(folder, { recursive: true });
});

interface Answered {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Json;
}

async function call(path: string, init: RequestInit = {}): Promise<Answered> {
  const response = await fetch(gate.controlUrl + path, init);
  const said = await response.text();
  const body: Json = said === '' ? null : JSON.parse(said);
  return { status: response.status, headers: response.headers, body };
}

function pathOf({ path }: Operation, values: Readonly<Record<string, string>> = KNOWN): string {
  return path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(values[name] ?? 'x'));
}

const namesIn = (body: Json): readonly string[] => objects(part(body, 'servers')).map((one) =>
  `${text(part(one, 'server', 'name'))} ${text(part(one, 'server', 'version'))}`);

describe('the contract', () => {
  test.each(READS.map((one) => [one.id, one] as const))(verifies('registry-api', 'answers %s as it is described'), async (_, operation) => {
    const { status, headers, body } = await call(pathOf(operation));
    expect({ status, problems: operation.problemsOf(status, body) }).toEqual({ status: 200, problems: [] });
    expect(headers.get('content-type')).toBe('application/json');
    for (const parameter of operation.parameters.filter((one) => one.in === 'query')) {
      const value = { boolean: 'true', integer: '1', string: parameter.schema.format === 'date-time' ? '2025-01-01T00:00:00.000Z' : '' }[parameter.schema.type];
      const one = await call(`${pathOf(operation)}?${parameter.name}=${encodeURIComponent(value ?? '')}`);
      expect([parameter.name, one.status, operation.problemsOf(one.status, one.body)]).toEqual([parameter.name, 200, []]);
    }
  });

  test.each(READS.filter(({ statuses }) => statuses.includes(404)).map((one) => [one.id, one] as const))('knows no other server: %s', async (_, operation) => {
    for (const values of [{ ...KNOWN, serverName: 'com.example/none' }, { ...KNOWN, serverName: '..' }, { ...KNOWN, serverName: 'com.example/wiki' }]) {
      const { status, body } = await call(pathOf(operation, values));
      expect({ status, problems: operation.problemsOf(status, body) }).toEqual({ status: 404, problems: [] });
    }
  });

  test.each(OPERATIONS.filter(({ needsCredential }) => needsCredential).map((one) => [one.id, one] as const))('lets nobody unknown %s',
    async (_, operation) => {
    for (const headers of [{}, { authorization: 'Bearer nonsense-nonsense-nonsense' }]) {
      const { status, body } = await call(pathOf(operation), {
        method: operation.method, headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify({ status: 'deleted' }),
      });
      expect([401, 501]).toContain(status);
      expect(operation.problemsOf(status, body)).toEqual([]);
    }
    expect(namesIn((await call('/v0.1/servers')).body)).toHaveLength(3);
  });

  test('pages, searches and filters', async () => {
    const pages: string[] = [];
    for (let cursor = ''; pages.length < 10;) {
      const { body } = await call(`/v0.1/servers?limit=1${cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`}`);
      pages.push(...namesIn(body));
      cursor = text(part(body, 'metadata', 'nextCursor'));
      if (cursor === '') break;
    }
    expect(pages).toEqual(['com.example/crm 2.0.0', 'com.example/crm 1.0.0', 'com.example/mail 1.0.0']);
    const asked = async (query: string): Promise<readonly string[]> => namesIn((await call(`/v0.1/servers?${query}`)).body);
    expect(await asked('version=latest')).toEqual(['com.example/crm 2.0.0', 'com.example/mail 1.0.0']);
    expect(await asked('search=MAI')).toEqual(['com.example/mail 1.0.0']);
    expect(await asked('search=nothing')).toEqual([]);
    expect(await asked('version=2.0.0')).toEqual(['com.example/crm 2.0.0']);
    expect(await asked('include_deleted=true&search=wiki')).toEqual(['com.example/wiki 1.0.0']);
    expect(await asked('updated_since=2020-01-01T00:00:00Z&search=wiki')).toEqual(['com.example/wiki 1.0.0']);
    expect(await asked(`updated_since=${encodeURIComponent('2099-01-01T00:00:00+02:00')}`)).toEqual([]);
    expect(await asked('visibility=public&limit=100000')).toHaveLength(3);
    expect(text(part((await call('/v0.1/servers/com.example%2Fcrm/versions/latest')).body, 'server', 'version'))).toBe('2.0.0');
    expect(part((await call('/v0.1/servers/com.example%2Fcrm/versions/1.0.0')).body, '_meta', 'io.modelcontextprotocol.registry/official')).toMatchObject({
      status: 'deprecated', statusMessage: 'Superseded by 2.0.0.', isLatest: false,
    });
  });

  test.each(['limit=0', 'limit=-1', 'limit=1e3', 'limit=ten', 'cursor=x', 'cursor=WyJhIl0', 'updated_since=yesterday', 'updated_since=2025-01-01',
    'include_deleted=yes',
    'limit=1&limit=2'])('refuses %s', async (query) => {
    const { status, body } = await call(`/v0.1/servers?${query}`);
    expect([status, typeof part(body, 'error')]).toEqual([400, 'string']);
  });

  test('is the newest, 0.1; nothing else is there', async () => {
    for (const path of ['/v0/servers', '/v0.1', '/v0.1/', '/v0.1/servers/', '/v0.1/servers/com.example/crm',
      '/v0.2/servers']) expect((await call(path)).status).toBe(404);
    expect((await call('/v0.1/servers', { method: 'POST' })).status).toBe(405);
  });
});

describe('a client', () => {
  test('that kept an answer hears that it is still the same, and of a stop at once', async () => {
    const first = await call('/v0.1/servers');
    const etag = first.headers.get('etag') ?? '';
    expect(first.headers.get('cache-control')).toBe('no-cache');
    expect((await call('/v0.1/servers', { headers: { 'if-none-match': `"other", W/${etag}` } })).status).toBe(304);
    await gate.admin('POST', '/servers/mail/quarantine', { reason: 'looking' });
    const after = await call('/v0.1/servers', { headers: { 'if-none-match': etag } });
    expect([after.status, namesIn(after.body)]).toEqual([200, ['com.example/crm 2.0.0', 'com.example/crm 1.0.0']]);
    await gate.admin('POST', '/servers/mail/approve', { digest: text((await gate.admin('GET', '/servers/mail'))['digest']) });
    expect(namesIn((await call('/v0.1/servers')).body)).toHaveLength(3);
  });

  test(verifies('registry-clients', 'like VS Code reads the newest of everything from another origin, and calls through the gate'), async () => {
    const origin = 'vscode-file://vscode-app';
    const { status, headers, body } = await call('/v0.1/servers?limit=50&version=latest', { headers: { origin, accept: 'application/json' } });
    expect([status, headers.get('access-control-allow-origin'), headers.get('cross-origin-resource-policy')]).toEqual([200, '*', 'cross-origin']);
    expect(headers.get('access-control-allow-credentials')).toBeNull();
    for (const one of objects(part(body, 'servers'))) {
      const [remote] = objects(part(one, 'server', 'remotes'));
      const id = text(part(one, 'server', 'name')).split('/')[1] ?? '';
      expect([remote?.['type'], remote?.['url']]).toEqual(['streamable-http', `${gate.url}/mcp/${id}`]);
      const client = await connectV1(text(remote?.['url']), await gate.token());
      expect((await client.listTools()).tools.map(({ name }) => name)).toContain('charge');
      await client.close();
    }
    expect(JSON.stringify(body)).not.toContain(new URL(server.url).port);
  });

  test(verifies('registry-clients', 'like Copilot asks first whether it may, brings its own credential, and looks up one by name'), async () => {
    const origin = 'https://github.example';
    const wants = { origin, 'access-control-request-method': 'GET', 'access-control-request-headers': 'authorization,content-type' };
    const preflight = await call('/v0.1/servers/com.example%2Fcrm/versions/latest', { method: 'OPTIONS', headers: wants });
    expect([preflight.status, preflight.headers.get('access-control-allow-origin')]).toEqual([204, '*']);
    expect(preflight.headers.get('access-control-allow-headers')?.toLowerCase().split(', ')).toEqual(expect.arrayContaining(['authorization', 'content-type']));
    const headers = { origin, authorization: 'Bearer gho_nothing-of-ours', 'content-type': 'application/json' };
    expect((await call('/v0.1/servers/com.example%2Fcrm/versions/latest', { headers })).status).toBe(200);
    const refused = await call('/v0.1/servers/com.example%2Fnone/versions/latest', { headers });
    expect([refused.status, refused.headers.get('access-control-allow-origin')]).toEqual([404, '*']);
  });

  test('that nobody knows is not told what is in a package, or broken', async () => {
    expect((await call('/v0.1/x/io.sallyport/sbom/crm/2.0.0')).status).toBe(401);
    const { body } = await call('/v0.1/servers');
    expect(objects(part(body, 'servers')).map((one) => part(one, '_meta', 'io.sallyport/governance', 'advisories'))).toEqual([undefined, undefined, undefined]);
  });

  test('of another origin changes nothing, and reads nothing else of control', async () => {
    const origin = 'https://evil.example';
    const patch = { method: 'PATCH', headers: { origin, 'content-type': 'application/json' }, body: '{"status":"deleted"}' };
    expect((await call('/v0.1/servers/com.example%2Fcrm/status', patch)).status).toBe(403);
    const wants = { origin, 'access-control-request-method': 'PATCH' };
    const preflight = await call('/v0.1/servers/com.example%2Fcrm/status', { method: 'OPTIONS', headers: wants });
    expect(preflight.headers.get('access-control-allow-methods')).toBe('GET, OPTIONS');
    for (const path of ['/api/v1/servers', '/sign-in', '/scim/v2/Users', '/oauth/token', '/oauth/jwks']) {
      const other = await call(path, { method: 'OPTIONS', headers: wants });
      expect([path, other.headers.get('access-control-allow-origin')]).toEqual([path, null]);
    }
  });

  test('that shows nothing is told how to sign in, where that is not for everybody; who signed in reads', async () => {
    const closed = `apiVersion: sallyport/v1\nregistry: { namespace: com.example }\n${SERVERS.map((id, at) =>
      `${at === 0 ? 'servers:\n' : ''}  ${id}: { url: "${server.url}", allowPrivate: true, owner: tests, tools: { charge: { effect: read } } }`).join('\n')}\n`;
    await gate.admin('POST', '/manifest', { file: 'sallyport.yaml', text: closed, policies: [], dryRun: false });
    for (const path of ['/v0.1/servers', '/v0.1/servers/com.example%2Fcrm/versions', '/v0.1/x/io.sallyport/sbom/crm/1.0.0']) {
      const { status, headers, body } = await call(path);
      expect([status, headers.get('access-control-allow-origin'), Object.hasOwn(Object(body), 'servers')]).toEqual([401, '*', false]);
      expect(headers.get('www-authenticate')).toContain('resource_metadata=');
    }
    const person = text((await gate.admin('POST', '/accounts', { userName: 'ada', groups: [] }))['person']);
    const who = { principal: `${gate.controlUrl}|${person}`, person };
    const { cookie } = await openAdminSession(new Request(gate.controlUrl), gate.controlUrl, who, gate.control());
    const shown = { cookie: cookie.split(';')[0] ?? '' };
    const known = await call('/v0.1/servers', { headers: shown });
    expect([known.status, namesIn(known.body).length, known.headers.get('cache-control')]).toEqual([200, 3, 'private, no-cache']);
    expect((await call('/v0.1/servers', { headers: { ...shown, 'sec-fetch-site': 'cross-site' } })).status).toBe(403);
    const patch = { method: 'PATCH', headers: { ...shown, 'content-type': 'application/json' }, body: '{"status":"deleted"}' };
    expect((await call('/v0.1/servers/com.example%2Fcrm/status', patch)).status).toBe(403);
  });
});
