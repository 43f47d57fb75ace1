import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openRegistry } from '../../../test/fixtures/packages/registry.ts';
import { readContract } from '../../../test/fixtures/registry-contract.ts';
import { objects, part, text } from '../../cli/json-view.ts';
import type { Json, JsonObject } from '../../domain/json.ts';
import { defaultSandbox } from '../../registry/sandbox.ts';
import { openAdminToken } from '../admin-token.ts';
import type { ApiEntry } from '../admins/api-door.ts';
import { socketAuthenticator } from '../admins/authenticate.ts';
import { ask, ROOT } from '../admins/fixture-admin.ts';
import type { Wanted } from '../admins/fixture-admin.ts';
import { crm, openControl, surfaceSaying } from '../fixture-control.ts';
import type { ControlFixture } from '../fixture-control.ts';
import type { Admin, Route } from '../route.ts';
import { answerRegistry } from './door.ts';

let fixture: ControlFixture;
const control = (): ControlFixture['role']['control'] => fixture.role.control;
const send = (admin: Admin, method: Route['method'], path: string, wanted: Wanted = {}): ReturnType<typeof ask> => ask(control(), admin, method, path, wanted);

/** Declared by one, approved by another. */
async function approved(id: string, by: { readonly declares: Admin; readonly approves: Admin }, tools: Readonly<Record<string,
  JsonObject>> = { search: {} }): Promise<string> {
  if ((await send(ROOT, 'GET', '/servers/:id', { params: { id } })).code !== '') await send(by.declares, 'POST', '/servers', { body: crm(id) });
  fixture.says.set(id, surfaceSaying(tools));
  const digest = text(part((await send(by.declares, 'POST', '/servers/:id/scan', { params: { id } })).body, 'candidate', 'digest'));
  expect((await send(by.approves, 'POST', '/servers/:id/approve', { params: { id }, body: { digest } })).code).toBe('');
  return digest;
}

const listings = async (): Promise<readonly JsonObject[]> => objects((await send(ROOT, 'GET', '/registry/listings')).body['listings']);
const standing = async (server: string): Promise<readonly unknown[]> =>
  (await listings()).filter((one) => one['server'] === server).map((one) => [one['version'], one['status'], one['isLatest']]);

beforeAll(async () => {
  fixture = await openControl();
});
afterAll(() => fixture.close());

const READ = { search: { annotations: { readOnlyHint: true } } };
const alone = { declares: ROOT, approves: ROOT };

/** Approved and published as version 1; each test has a server of its own. */
async function published(id: string): Promise<void> {
  await approved(id, alone, READ);
  expect((await send(ROOT, 'POST', '/registry/listings', { body: { server: id, description: 'Contacts' } })).code).toBe('');
}

describe('what is published', () => {
  test('is what is approved, under the gate\'s address, and nothing that says where the server is', async () => {
    await send(ROOT, 'POST', '/servers', { body: crm('crm') });
    const publish = (body: JsonObject): ReturnType<typeof send> => send(ROOT, 'POST', '/registry/listings', { body: { server: 'crm', ...body } });
    expect((await publish({ description: 'Contacts' })).code).toBe('ERR_SERVER_NOT_APPROVED');
    await approved('crm', alone, { ...READ, delete_contact: {} });
    expect((await publish({})).code).toBe('ERR_REQUEST_INVALID');
    expect((await publish({ description: 'Contacts', sbom: 'https://crm.test/sbom.json' })).code).toBe('');
    const one = (await listings()).find(({ server }) => server === 'crm');
    expect(one).toMatchObject({
      name: 'local.sallyport/crm', version: '1', status: 'active', isLatest: true,
      published: {
        server: { name: 'local.sallyport/crm', version: '1', remotes: [{ type: 'streamable-http', url: 'https://localhost:7443/mcp/crm' }] },
        _meta: {
          'io.sallyport/governance': {
            owner: 'sales@example.com', tools: 2, effects: { read: 1, destroy: 1 }, approval: { inForce: true }, advisories: [],
              sbom: 'https://crm.test/sbom.json',
          },
        },
      },
    });
    expect(JSON.stringify(part(one, 'published'))).not.toContain('crm.example');
    expect(JSON.stringify(part(one, 'published'))).not.toContain('sallyport|admin');
    await send(ROOT, 'POST', '/servers/:id/quarantine', { params: { id: 'crm' }, body: { reason: 'looking' } });
    expect((await publish({})).code).toBe('ERR_SERVER_NOT_APPROVED');
  });

  test('is deleted for clients the moment that it is stopped, and back when it goes on', async () => {
    await published('stopped');
    await send(ROOT, 'POST', '/servers/:id/quarantine', { params: { id: 'stopped' }, body: { reason: 'looking' } });
    expect(await standing('stopped')).toEqual([['1', 'deleted', true]]);
    const digest = text((await send(ROOT, 'GET', '/servers/:id', { params: { id: 'stopped' } })).body['digest']);
    await send(ROOT, 'POST', '/servers/:id/approve', { params: { id: 'stopped' }, body: { digest } });
    expect(await standing('stopped')).toEqual([['1', 'active', true]]);
    const turn = (on: boolean): ReturnType<typeof send> => send(ROOT, 'PUT', '/kill', { body: { target: 'server', name: 'stopped', on, reason: 'trying' } });
    expect((await turn(true)).code).toBe('');
    expect(await standing('stopped')).toEqual([['1', 'deleted', true]]);
    await turn(false);
    expect(await standing('stopped')).toEqual([['1', 'active', true]]);
  });

  test('is deprecated when something else is approved, until that is published: under a version of its own', async () => {
    await published('other');
    const digest = await approved('other', alone, { ...READ, find: { annotations: { readOnlyHint: true } } });
    expect(await standing('other')).toEqual([['1', 'deprecated', true]]);
    await send(ROOT, 'POST', '/registry/listings', { body: { server: 'other' } });
    expect(await standing('other')).toEqual([[`1+${digest.slice(0, 12)}`, 'active', true], ['1', 'deprecated', false]]);
  });

  test('is deprecated when its review is overdue', async () => {
    await published('overdue');
    await send(ROOT, 'POST', '/registry/listings', { body: { server: 'overdue', version: '3.0.0', reviewBy: Date.now() - 1 } });
    expect((await listings()).find(({ server, version }) => server === 'overdue' && version === '3.0.0')).toMatchObject({
      status: 'deprecated', statusMessage: 'Its review is overdue.',
    });
  });

  test('goes with its server, and who takes the name later starts anew', async () => {
    await published('gone');
    await send(ROOT, 'DELETE', '/servers/:id', { params: { id: 'gone' } });
    expect(await standing('gone')).toEqual([['1', 'deleted', true]]);
    await approved('gone', alone, READ);
    expect(await standing('gone')).toEqual([['1', 'deleted', true]]);
    await published('declared-away');
    await fixture.api('POST', '/manifest', { file: 'sallyport.yaml', text: 'apiVersion: sallyport/v1\n', policies: [], dryRun: false });
    await approved('declared-away', alone, READ);
    expect(await standing('declared-away')).toEqual([['1', 'deleted', true]]);
  });
});

describe('a server that runs from a package', () => {
  test('is published with what is proven of it, what it holds, and which advisories concern exactly that', async () => {
    const registry = await openRegistry();
    try {
      registry.publish({ name: 'mcp-remote', version: '0.1.0', bin: 'x.js' }, { 'x.js': '' });
      const manifest = `apiVersion: sallyport/v1\npackages: { npm: ${registry.npm} }\n`;
      await fixture.api('POST', '/manifest', { file: 'sallyport.yaml', text: manifest, policies: [], dryRun: false });
      const sandbox: JsonObject = JSON.parse(JSON.stringify(defaultSandbox()));
      const launch = { command: 'npx', args: ['-y', 'mcp-remote@0.1.0'], env: {}, shared: false, sandbox };
      await send(ROOT, 'POST', '/servers', { body: { ...crm('bridge'), endpoint: { transport: 'stdio', launch } } });
      await approved('bridge', alone, READ);
      expect((await send(ROOT, 'GET', '/servers/:id', { params: { id: 'bridge' } })).body['findings']).toMatchObject([
        { rule: 'advisory', severity: 'warn', item: 'CVE-2025-6514', message: expect.stringContaining('fixed in 0.1.16') },
      ]);
      expect((await send(ROOT, 'POST', '/registry/listings', { body: { server: 'bridge', description: 'Bridges' } })).code).toBe('');
    } finally {
      await registry.close();
    }
    const one = (await listings()).find(({ server }) => server === 'bridge');
    expect(one).toMatchObject({ version: '0.1.0', advisories: [{ id: 'CVE-2025-6514', severity: 'CRITICAL', certainty: 'affected' }] });
    expect(part(one, 'published', '_meta', 'io.sallyport/governance')).toMatchObject({
      package: { purl: 'pkg:npm/mcp-remote@0.1.0', packages: 1, attested: 0, sbom: '/v0.1/x/io.sallyport/sbom/bridge/0.1.0' },
      advisories: [{ id: 'CVE-2025-6514', fixedIn: '0.1.16' }],
    });
    const { body: sbom } = await send(ROOT, 'GET', '/registry/listings/:server/:version/sbom', { params: { server: 'bridge', version: '0.1.0' } });
    expect(sbom).toMatchObject({
      bomFormat: 'CycloneDX', specVersion: '1.6', metadata: { component: { name: 'mcp-remote', version: '0.1.0' } },
      components: [{ type: 'library', purl: 'pkg:npm/mcp-remote@0.1.0', hashes: [{ alg: 'SHA-512', content: expect.stringMatching(/^[0-9a-f]{128}$/) }] }],
    });
    expect((await send(ROOT, 'GET', '/registry/listings/:server/:version/sbom', { params: { server: 'none', version: '1' } })).code).toBe('ERR_NOT_FOUND');
  });
});

const operation = (id: string): ReturnType<typeof readContract>[number] => readContract().find((one) => one.id === id) ?? expect.unreachable();

async function call(method: string, path: string, body?: JsonObject, token = ''): Promise<{ readonly status: number; readonly body: Json }> {
  const entry: ApiEntry = { authenticate: socketAuthenticator(openAdminToken(join(fixture.home, 'control', 'admin.token'))), nonce: () => 'once' };
  const headers = { 'content-type': 'application/json', ...(token === '' ? {} : { authorization: `Bearer ${token}` }) };
  const request = new Request(`http://localhost/v0.1${path}`, { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
  const answer = await answerRegistry({ request, origin: 'http://localhost', address: '127.0.0.1', signal: request.signal }, entry, control());
  const said: Json = JSON.parse(await answer.text());
  return { status: answer.status, body: said };
}

describe('the registry API, where it is not for everybody', () => {
  test('is read by who is known, and by nobody else', async () => {
    const token = readFileSync(join(fixture.home, 'control', 'admin.token'), 'utf8').trim();
    expect((await call('GET', '/servers')).status).toBe(403);
    expect((await call('GET', '/servers', undefined, 'x'.repeat(43))).status).toBe(401);
    expect((await call('GET', '/servers', undefined, token)).status).toBe(200);
    expect((await call('GET', '/x/io.sallyport/sbom/bridge/0.1.0', undefined, token)).body).toMatchObject({ bomFormat: 'CycloneDX' });
    expect((await call('GET', '/x/io.sallyport/sbom/bridge/9', undefined, token)).status).toBe(404);
  });

  test('sets a status as the contract says, for those who may', async () => {
    const token = readFileSync(join(fixture.home, 'control', 'admin.token'), 'utf8').trim();
    const one = '/servers/local.sallyport%2Fbridge/versions/0.1.0/status';
    const told = async (id: string, path: string, body: JsonObject, by = token): Promise<number> => {
      const answer = await call('PATCH', path, body, by);
      expect(operation(id).problemsOf(answer.status, answer.body)).toEqual([]);
      return answer.status;
    };
    expect(await told('setStatus', one, { status: 'deprecated', statusMessage: 'use another' }, 'x'.repeat(43))).toBe(401);
    expect(await told('setStatus', one, { status: 'deprecated', statusMessage: 'use another' })).toBe(200);
    expect(await told('setStatus', one, { status: 'deprecated', statusMessage: 'use another' })).toBe(400);
    expect(await told('setStatus', one, { status: 'gone' })).toBe(400);
    expect(await told('setStatus', one, { status: 'active', statusMessage: 'x'.repeat(501) })).toBe(400);
    expect(await told('setStatus', '/servers/local.sallyport%2Fnone/versions/1/status', { status: 'active' })).toBe(404);
    expect(await told('setEveryStatus', '/servers/local.sallyport%2Fbridge/status', { status: 'deleted' })).toBe(200);
    expect((await listings()).filter(({ server }) => server === 'bridge')).toMatchObject([{ status: 'deleted' }]);
    expect((await send(ROOT, 'POST', '/registry/listings',
      { body: { server: 'bridge', version: '0.1.0' } })).body['version']).toMatch(/^0\.1\.0\+[0-9a-f]{12}$/);
  });
});
