import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'bun:test';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { objects, part, text } from '../../cli/json-view.ts';
import type { Json, JsonObject } from '../../domain/json.ts';
import { startRunner } from '../../roles/runner.ts';
import type { Runner } from '../../roles/runner.ts';
import { openRegistry } from '../../../test/fixtures/packages/registry.ts';
import type { TestRegistry } from '../../../test/fixtures/packages/registry.ts';
import { defaultSandbox } from '../../registry/sandbox.ts';
import { openControl } from '../fixture-control.ts';

const fixture = await openControl();
const { api, home } = fixture;
let runner: Runner;
let registry: TestRegistry;
beforeAll(async () => {
  runner = await startRunner({ home });
});
beforeEach(async () => {
  registry = await openRegistry();
  await apply('');
});
afterEach(() => registry.close());
afterAll(async () => {
  await runner.close();
  await fixture.close();
});

function apply(more: string, dryRun = false, packages = ''): ReturnType<typeof api> {
  const manifest = `apiVersion: sallyport/v1\npackages: { npm: ${registry.npm}, pypi: ${registry.pypi}${packages} }\n${more}`;
  return api('POST', '/manifest', { file: 'sallyport.yaml', text: manifest, policies: [], dryRun });
}

function local(id: string, command: readonly string[], more: JsonObject = {}): JsonObject {
  const [program = '', ...args] = command;
  return {
    id, endpoint: { transport: 'stdio',
      launch: { command: program, args: [...args], env: {}, shared: false, sandbox: { ...defaultSandbox() } as JsonObject, ...more } },
    owner: 'me@example.com', hosting: 'self', tier: 'internal', labels: { confidentiality: 'internal', categories: [], integrity: 'trusted' },
    credentials: { type: 'none' }, tools: {},
  };
}

function publish(version: string, files: Readonly<Record<string, string>> = { 'x.js': version }, release: { readonly publishedAt?: string } = {}): void {
  registry.publish({ name: 'server', version, bin: { server: 'x.js' } }, files, release);
}

async function records(event: string): Promise<readonly JsonObject[]> {
  return objects((await api('GET', `/audit/records?event=${event}`)).body['records']);
}

describe('a command that would fetch a package', () => {
  test('is pinned when it is declared: version, digest and what runs are shown, and it is on record', async () => {
    publish('1.2.3');
    const { status, body } = await api('POST', '/servers', local('loose', ['npx', '-y', 'server', '--port', '1']));
    expect({ status, code: body['code'] ?? '' }).toEqual({ status: 200, code: '' });
    expect(body['launch']).toMatchObject({
      command: 'node', args: ['/package/node_modules/server/x.js', '--port', '1'], sandbox: { reads: [] },
      package: { ecosystem: 'npm', name: 'server', version: '1.2.3', declared: ['npx', '-y', 'server@1.2.3', '--port', '1'] },
    });
    const digest = text(part(body, 'package', 'digest'));
    expect((await records('package.installed')).map(({ detail }) => detail)).toContainEqual({ package: 'npm:server@1.2.3', digest, packages: 1, attested: 0 });
    expect(objects((await api('GET', '/packages')).body['entries'])).toContainEqual(expect.objectContaining({ digest, servers: ['loose'] }));
    expect((await api('GET', `/packages/${digest.slice(0, 12)}`)).body).toMatchObject({ name: 'server', packages: [{ name: 'server', version: '1.2.3' }] });
  });

  test('of Python is resolved for the interpreter of the runner', async () => {
    registry.publishWheel({ name: 'mcp-tool', version: '1.0', programs: { 'mcp-tool': 'mcp_tool:run' }, files: { 'mcp_tool.py': '' } });
    const { body } = await api('POST', '/servers', local('snake', ['uvx', 'mcp-tool', '--x']));
    expect(body['launch']).toMatchObject({
      command: 'python3', args: ['-I', '-S', '-B', '/package/run/mcp-tool.py', '--x'], package: { declared: ['uvx', 'mcp-tool==1.0', '--x'] },
    });
    expect((await api('POST', '/servers', local('older', ['uvx', '--python', '3.9', 'mcp-tool']))).body).toMatchObject({ code: 'ERR_LAUNCH_FORBIDDEN' });
    expect((await api('POST', '/servers', local('other', ['uvx', '--from', 'mcp-tool', 'run']))).body).toMatchObject({ code: 'ERR_PACKAGE_UNSUPPORTED' });
  });

  test('is refused with a reason and a remedy, on record, and nothing is declared', async () => {
    registry.publish({ name: 'server', version: '1.0.0', bin: 'x.js' }, { '../../x.js': '' });
    const { status, body } = await api('POST', '/servers', local('hostile', ['npx', '-y', 'server@1.0.0']));
    expect({ status, body }).toMatchObject({ status: 422, body: { code: 'ERR_PACKAGE_ARCHIVE', remedy: expect.stringContaining('report it') } });
    expect((await api('GET', '/servers/hostile')).status).toBe(404);
    expect(await records('package.refused')).toContainEqual(
      expect.objectContaining({ code: 'ERR_PACKAGE_ARCHIVE', category: 'detection', detail: { packages: ['npm:server@1.0.0'] } }),
    );
  });

  test('needs the registry only then: without it nothing new is declared, and what is there stays', async () => {
    publish('1.0.0');
    const servers = `servers: { kept: { command: [npx, -y, server@1.0.0], owner: me } }\n`;
    expect((await apply(servers)).body).toMatchObject({ differences: expect.arrayContaining([expect.objectContaining({ resource: 'server', id: 'kept' })]) });
    const before = (await api('GET', '/servers/kept')).body['package'];
    await registry.close();
    expect((await apply(servers)).body['differences']).toEqual([]);
    expect((await api('GET', '/servers/kept')).body['package']).toEqual(before);
    const { body } = await api('POST', '/servers', local('new', ['npx', '-y', 'server@1.0.1']));
    expect(body).toMatchObject({ code: 'ERR_PACKAGE_UNREACHABLE', remedy: expect.stringContaining('fetched when a server is declared') });
    const changed = await apply(servers.replace('1.0.0', '1.0.1'));
    expect(changed.body).toMatchObject({ code: 'ERR_PACKAGE_UNREACHABLE' });
    expect((await apply(servers.replace('1.0.0', '1.0.1'), true)).status).toBe(200);
    expect((await api('GET', '/servers/kept')).body['package']).toEqual(before);
    expect(text((await api('GET', '/manifest')).body['text'])).toContain('server@1.0.0');
  }, 20_000);

  test('is pinned by nobody else: a pin that a client brings is refused', async () => {
    const pin = { ecosystem: 'npm', name: 'server', version: '1.0.0', digest: 'a'.repeat(64), declared: ['npx', 'server@1.0.0'] };
    expect((await api('POST', '/servers', local('forged', ['node', '/package/x.js'], { package: pin }))).body).toMatchObject({ code: 'ERR_REQUEST_INVALID' });
  });

  test('of a container is held to its digest and to its sandbox', async () => {
    const image = `registry.example/server@sha256:${'b'.repeat(64)}`;
    const { body } = await api('POST', '/servers', local('boxed', ['docker', 'run', '-i', '--rm', image, '--x']));
    expect(body['launch']).toMatchObject({ command: 'docker', args: ['--x'],
      package: { ecosystem: 'oci', name: 'registry.example/server', digest: 'b'.repeat(64) } });
    for (const option of [['-v', '/etc:/etc'], ['--network', 'host'], ['--env-file', '/x'], ['--mount', 'x'], ['-e', 'KEY=value'], ['-u', '0'],
      ['--entrypoint', 'sh']]) {
      expect((await api('POST', '/servers', local('loose-box', ['docker', 'run', ...option, image]))).body).toMatchObject({ code: 'ERR_LAUNCH_FORBIDDEN' });
    }
    expect((await api('POST', '/servers', local('tagged', ['docker', 'run', 'server:latest']))).body).toMatchObject({ code: 'ERR_LAUNCH_UNPINNED' });
  });
});

describe('a registry that sends elsewhere', () => {
  const places = ['http://169.254.169.254/latest/meta-data', 'https://169.254.169.254/x', 'https://10.0.0.1/x', 'http://127.0.0.1:1/x', 'https://[::1]/x',
    'file:///etc/passwd', 'https://u:p@example.com/'];
  for (const place of places) {
    test(`to ${place} is not followed`, async () => {
      registry.answers.set('/npm/server', () => new Response(null, { status: 302, headers: { location: place } }));
      expect((await api('POST', '/servers', local('led', ['npx', '-y', 'server@1.0.0']))).body).toMatchObject({ code: 'ERR_PACKAGE_UNREACHABLE' });
    });
  }

  test('in circles is left', async () => {
    registry.answers.set('/npm/server', () => new Response(null, { status: 302, headers: { location: `${registry.npm}/server` } }));
    expect((await api('POST', '/servers', local('led', ['npx', '-y', 'server@1.0.0']))).body).toMatchObject({ code: 'ERR_PACKAGE_UNREACHABLE' });
  });
});

describe('the settings of packages', () => {
  const young = new Date(Date.now() - 60_000).toISOString();

  test('a package is left to cool off, unless a person accepts it, for a reason and a time', async () => {
    publish('1.0.0', {}, { publishedAt: young });
    const declared = local('young', ['npx', '-y', 'server@1.0.0']);
    expect((await api('POST', '/servers', declared)).body).toMatchObject({ code: 'ERR_PACKAGE_TOO_NEW',
      remedy: expect.stringContaining('exception add --package') });
    const exception = { scope: { kind: 'package', package: 'npm:server', rule: 'cooling-off' }, reason: 'a fix', owner: 'a', approver: 'b',
      expiresAt: Date.now() + 60_000 };
    const { body } = await api('POST', '/exceptions', exception);
    registry.publish({ name: 'server', version: '1.0.0', bin: 'x.js' }, { 'x.js': '' }, { publishedAt: young });
    expect((await api('POST', '/servers', declared)).status).toBe(200);
    await api('DELETE', `/exceptions/${text(body['id'])}`);
    expect((await api('POST', '/servers', { ...declared, id: 'young-2' })).body).toMatchObject({ code: 'ERR_PACKAGE_TOO_NEW' });
  });

  test('of a manifest hold for what it declares, and are written back', async () => {
    publish('1.0.0', { 'x.js': '' }, { publishedAt: young });
    const servers = 'servers: { a: { command: [npx, -y, server@1.0.0], owner: me } }\n';
    expect((await apply(servers)).body).toMatchObject({ code: 'ERR_PACKAGE_TOO_NEW' });
    expect((await apply(servers, false, ', coolingOff: 0d, provenance: required')).body).toMatchObject({ code: 'ERR_PACKAGE_PROVENANCE' });
    const until = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10);
    const exception = `exceptions: [{ scope: { package: "npm:server", rule: provenance }, reason: r, owner: o, approver: p, expires: ${until} }]\n`;
    expect((await apply(`${servers}${exception}`, false, ', coolingOff: 0d, provenance: required')).status).toBe(200);
    const written = text((await api('GET', '/manifest')).body['text']);
    for (const part_ of ['coolingOff: 0d', 'provenance: required', 'package: npm:server', 'server@1.0.0']) expect(written).toContain(part_);
  });
});

describe('an upgrade', () => {
  test('is another pin: compared, put in place, and out of service until it is approved', async () => {
    publish('1.0.0');
    await api('POST', '/servers', local('up', ['npx', '-y', 'server@1.0.0', 'arg']));
    const before = text(part((await api('GET', '/servers/up')).body, 'package', 'digest'));
    expect((await api('POST', '/servers/up/upgrade', {})).body).toMatchObject({ changed: false, packages: [] });
    registry.publish({ name: 'server', version: '1.1.0', bin: { server: 'x.js' }, scripts: { postinstall: 'x' } }, { 'x.js': 'new', 'y.js': '' });
    const dry = (await api('POST', '/servers/up/upgrade', { dryRun: true })).body;
    expect(dry).toMatchObject({ changed: false, packages: [{ name: 'server', before: '1.0.0', after: '1.1.0' }],
      warnings: [expect.stringContaining('postinstall')] });
    expect(part((await api('GET', '/servers/up')).body, 'package', 'digest')).toBe(before);
    const { body } = await api('POST', '/servers/up/upgrade', { version: '1.1.0' });
    expect(body).toMatchObject({ changed: true, filesChanged: 3,
      server: { status: 'declared', launch: { args: ['/package/node_modules/server/x.js', 'arg'] } } });
    expect(part(body, 'package', 'declared')).toEqual(['npx', '-y', 'server@1.1.0', 'arg']);
    expect((await api('POST', '/servers/up/upgrade', { version: '9.9.9' })).body).toMatchObject({ code: 'ERR_PACKAGE_UNKNOWN' });
    expect((await records('config.changed')).some((one) => one['action'] === 'server.upgrade' && part(one, 'detail', 'from') === before)).toBe(true);
  });

  test('is for servers that run from a package', async () => {
    await api('POST', '/servers', local('own', ['/usr/bin/true']));
    expect((await api('POST', '/servers/own/upgrade', {})).body).toMatchObject({ code: 'ERR_REQUEST_INVALID' });
  });
});

describe('entries of the store', () => {
  test('that a server runs from stay; the others go', async () => {
    publish('1.0.0');
    const { body } = await api('POST', '/servers', local('user', ['npx', '-y', 'server@1.0.0']));
    const digest = text(part(body, 'package', 'digest'));
    expect((await api('DELETE', `/packages/${digest}`)).body).toMatchObject({ code: 'ERR_CONFLICT', message: expect.stringContaining('user') });
    expect((await api('POST', '/packages/collect')).body['removed']).not.toContain(digest);
    await api('DELETE', '/servers/user');
    expect((await api('DELETE', `/packages/${digest}`)).body).toEqual({ removed: [digest] });
    expect((await api('GET', `/packages/${digest}`)).body).toMatchObject({ code: 'ERR_PACKAGE_MISSING' });
  });

  test('that were changed are found when they are read again, and that is on record', async () => {
    publish('1.0.0');
    const { body } = await api('POST', '/servers', local('read', ['npx', '-y', 'server@1.0.0']));
    const digest = text(part(body, 'package', 'digest'));
    expect((await api('POST', `/packages/${digest}/verify`)).body).toMatchObject({ verified: true });
    const file = join(home, 'packages', digest, 'tree/node_modules/server/x.js');
    chmodSync(file, 0o644);
    writeFileSync(file, '1.0.1');
    chmodSync(file, 0o444);
    const answer: Json = (await api('POST', `/packages/${digest}/verify`)).body;
    expect(answer).toMatchObject({ code: 'ERR_PACKAGE_TAMPERED' });
    expect(await records('package.refused')).toContainEqual(expect.objectContaining({ code: 'ERR_PACKAGE_TAMPERED', detail: { digest } }));
  });
});
