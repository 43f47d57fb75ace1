import { describe, expect, test } from 'bun:test';
import { SallyportError } from '../../domain/errors.ts';
import type { Json, JsonObject } from '../../domain/json.ts';
import { LIMITS } from '../../domain/limits.ts';
import { offersOf } from '../server-json/offers.ts';
import { readServerJson } from '../server-json/read.ts';
import { readCatalog } from './catalog.ts';

const SHA = 'a'.repeat(64);
const server = (more: JsonObject = {}): JsonObject => ({ name: 'io.github.someone/weather', description: 'Weather', version: '1.4.2', ...more });
const npm = (more: JsonObject = {}): JsonObject => ({ registryType: 'npm', identifier: '@someone/weather', version: '1.4.2', transport: { type: 'stdio' },
  ...more });

const listed = (at: string): Json => ({ server: server(),
  _meta: { 'io.modelcontextprotocol.registry/official': { status: 'active', publishedAt: at, isLatest: true } } });

const offered = (more: JsonObject): ReturnType<typeof offersOf> => offersOf(readServerJson(server(more)));

function codeOf(act: () => unknown): string {
  try {
    act();
    return '';
  } catch (error) {
    return error instanceof SallyportError ? error.code : 'another';
  }
}

describe('an export of a registry', () => {
  const form: Readonly<Record<string, string>> = {
    'a list answer': JSON.stringify({ servers: [listed('2025-12-01T00:00:00Z')], metadata: { nextCursor: 'x', count: 1 } }),
    'a list answer a line': `${JSON.stringify({ servers: [listed('2025-12-01T00:00:00Z')] })}\n${JSON.stringify({ servers: [] })}\n`,
    'several answers': JSON.stringify([{ servers: [] }, { servers: [listed('2025-12-01T00:00:00Z')] }]),
    'one entry': JSON.stringify(listed('2025-12-01T00:00:00Z')),
  };

  test.each(Object.keys(form))('is read as %s', (name) => {
    const { entries, skipped } = readCatalog(form[name] ?? '', 'export.json');
    expect(skipped).toEqual([]);
    expect(entries).toMatchObject([{ server: server(), status: 'active', publishedAt: Date.UTC(2025, 11, 1) }]);
  });

  test('is read as a server.json alone, which says nothing of when it was published', () => {
    const said = { 'io.modelcontextprotocol.registry/official': { status: 'active', publishedAt: '2020-01-01T00:00:00Z' } };
    expect(readCatalog(JSON.stringify(server({ _meta: said })), 'server.json').entries).toEqual([
      { server: expect.objectContaining(server()), status: 'active', digest: expect.stringMatching(/^[0-9a-f]{64}$/) },
    ]);
  });

  test('is skipped where it is broken, with the place; what is sound around it is read', () => {
    const broken: readonly JsonObject[] = [
      server({ version: '^1.0.0' }), server({ version: 'latest' }), server({ version: '1.x' }), server({ name: 'weather' }), server({ description: '' }),
      server({ description: 'x'.repeat(101) }), server({ packages: [npm({ registryType: 'mcpb', identifier: 'https://x.example/a.mcpb' })] }),
      server({ packages: [npm({ fileSha256: 'XYZ' })] }), server({ remotes: [{ type: 'streamable-http', url: 'javascript:alert(1)' }] }), { nothing: true },
    ];
    const { entries, skipped } = readCatalog(JSON.stringify({ servers: [...broken, server()] }), 'export.json');
    expect(entries).toHaveLength(1);
    expect(skipped.map(({ at }) => at)).toEqual(broken.map((_, index) => `servers.${index}`));
    expect(skipped.find(({ at }) => at === 'servers.0')?.reason).toContain('version');
  });

  test('with one version in two contents has neither; in one content twice, one', () => {
    const twice = readCatalog(JSON.stringify({ servers: [server(), server({ description: 'Another' }), server({ version: '2.0.0' }),
      server({ version: '2.0.0' })] }), 'x.json');
    expect(twice.entries.map((one) => one.server.version)).toEqual(['2.0.0']);
    expect(twice.skipped).toMatchObject([{ at: 'servers.1', reason: expect.stringContaining('another content') }]);
  });

  test.each([['no JSON', 'x'], ['a number', '7'], ['another document', '{"a": 1}'], ['deep', '['.repeat(100_000)],
    ['lists of lists', '['.repeat(5_000) + ']'.repeat(5_000)]])('is no catalogue: %s', (_, text) => {
    expect(codeOf(() => readCatalog(text, 'x.json'))).toBe('ERR_CATALOG_INVALID');
  });

  test('of more lines than a catalogue has entries is none, however short they are', () => {
    const many = `${JSON.stringify({ servers: [listed('2025-12-01T00:00:00Z')] })}\n${'{}\n'.repeat(LIMITS.catalogEntriesMax)}`;
    expect(codeOf(() => readCatalog(many, 'x.json'))).toBe('ERR_CATALOG_INVALID');
  });

  test('of YAML is much smaller at most: it takes far more room to read', () => {
    const yaml = `registry: {}\n${'#'.repeat(LIMITS.catalogYamlBytesMax)}`;
    expect(codeOf(() => readCatalog(yaml, 'catalog.yaml'))).toBe('ERR_CATALOG_INVALID');
    expect(codeOf(() => readCatalog(yaml.slice(0, -20), 'catalog.yaml'))).toBe('');
  });

  test('that is nested too deep is skipped, and a status that is not known lets nothing through', () => {
    let deep: Json = 'x';
    for (let at = 0; at < 50; at += 1) deep = { [`k${at}`]: deep };
    expect(readCatalog(JSON.stringify({ servers: [server({ packages: deep })] }), 'x.json').skipped).toHaveLength(1);
    expect(readCatalog(JSON.stringify(server({ status: 'sleeping' })), 'x.json').entries).toMatchObject([{ status: 'deleted' }]);
  });

  test('of an older form has the same meaning', () => {
    const old = server({
      website_url: 'https://x.example', packages: [{
        registry_type: 'npm', registry_base_url: 'https://registry.npmjs.org', identifier: '@someone/weather', version: '1.4.2', transport: { type: 'stdio' },
        environment_variables: [{ name: 'KEY', is_secret: true, is_required: true, variables: { is_secret: { description: 'stays' } } }],
      }],
    });
    expect(readServerJson(old)).toEqual(readServerJson(server({
      websiteUrl: 'https://x.example', packages: [npm({
        registryBaseUrl: 'https://registry.npmjs.org',
        environmentVariables: [{ name: 'KEY', isSecret: true, isRequired: true, variables: { is_secret: { description: 'stays' } } }],
      })],
    })));
  });
});

describe('a catalogue of Docker\'s', () => {
  const text = `registry:
  fs:
    type: server
    title: Files
    image: mcp/fs@sha256:${SHA}
    description: >-
      ${'Reads files. '.repeat(20)}
    command: [--privileged]
    volumes: ["/:/host"]
    secrets: [{ name: fs.key, env: FS_KEY }]
    env: [{ name: ROOT, value: "{{fs.root}}" }]
  tag: { type: server, image: "mcp/tag:latest", description: D }
  away:
    type: remote
    description: D
    remote: { url: "https://away.example/mcp", transport_type: streamable-http, headers: { Authorization: "Bearer $X" } }
  none: { type: server, description: D }
`;

  test('gives its images by digest and its addresses; nothing of how Docker would start them', () => {
    const { form, entries, skipped } = readCatalog(text, 'catalog.yaml');
    expect([form, skipped]).toEqual(['docker', [{ at: 'registry.none', reason: expect.stringContaining('neither') }]]);
    const offers = Object.fromEntries(entries.map((one) => [one.server.name, offersOf(one.server)]));
    expect(offers).toMatchObject({
      'com.docker.catalog/fs': [{
        kind: 'package', ecosystem: 'oci', name: 'mcp/fs', version: `sha256:${SHA}`, command: ['docker', 'run', '-i', '--rm', `mcp/fs@sha256:${SHA}`],
        wants: [{ name: 'FS_KEY', isSecret: true }, { name: 'ROOT', isSecret: false }],
      }],
      'com.docker.catalog/tag': [{ kind: 'unsupported', reason: 'unpinned' }],
      'com.docker.catalog/away': [{ kind: 'remote', transport: 'http', url: 'https://away.example/mcp', wants: [{ name: 'Authorization', isSecret: true }] }],
    });
    expect(JSON.stringify(entries)).not.toContain('privileged');
    expect(JSON.stringify(entries)).not.toContain('Bearer $X');
  });

  test('that is nested without end is refused or skipped', () => {
    for (const depth of [1_000, 20_000]) {
      const image = `${'['.repeat(depth)}${']'.repeat(depth)}`;
      const deep = `registry:\n  a: { image: ${image} }\n  b: { type: remote, description: D, remote: { url: "https://b.example" } }\n`;
      let read: ReturnType<typeof readCatalog> | undefined;
      const code = codeOf(() => (read = readCatalog(deep, 'catalog.yaml')));
      expect(code === '' ? read?.skipped.map(({ at }) => at) : code).toEqual(code === '' ? ['registry.a'] : 'ERR_CATALOG_INVALID');
    }
  });

  test('with one name twice has neither of both', () => {
    const both = ['x', 'y'].map((image) => `  fs: { type: server, image: "mcp/${image}@sha256:${SHA}", description: D }\n`).join('');
    const { entries, skipped } = readCatalog(`registry:\n${both}`, 'catalog.yaml');
    expect([entries.length, skipped]).toEqual([0, [{ at: 'registry.fs', reason: 'its name stands twice' }]]);
  });

  test('expands no aliases, and is none where it is something else', () => {
    expect(codeOf(() => readCatalog('a: &a [x]\nregistry: { b: { image: *a } }\n', 'catalog.yaml'))).toBe('ERR_CATALOG_INVALID');
    for (const other of ['[]', 'registry: 7', 'x: y', '\t']) expect(codeOf(() => readCatalog(other, 'catalog.yaml'))).toBe('ERR_CATALOG_INVALID');
  });
});

describe('what an entry offers', () => {
  test('is a command of a name and an exact version, whatever its publisher adds', () => {
    const [offer] = offered({
      packages: [npm({
        runtimeHint: 'sh -c', runtimeArguments: [{ type: 'named', name: '--registry', value: 'https://evil.example' }],
        packageArguments: [{ type: 'positional', value: '--unsafe' }], environmentVariables: [{ name: 'NODE_OPTIONS', value: '--require=/tmp/x.js' }],
      })],
    });
    expect(offer).toMatchObject({ kind: 'package', command: ['npx', '-y', '@someone/weather@1.4.2'] });
    expect(JSON.stringify(offer)).not.toContain('evil.example');
    expect(JSON.stringify(offer)).not.toContain('/tmp/x.js');
  });

  test.each([
    ['an option for a name', npm({ identifier: '--registry=https://evil.example' }), 'unpinned'],
    ['an address for a name', npm({ identifier: 'https://evil.example/x.tgz' }), 'unpinned'],
    ['a path for a name', npm({ identifier: '../x' }), 'unpinned'],
    ['a tag for a version', npm({ version: 'next' }), 'unpinned'],
    ['no version', { ...npm(), version: '' }, 'none'],
    ['another registry', npm({ registryBaseUrl: 'https://npm.evil.example' }), 'elsewhere'],
    ['an image with a tag', npm({ registryType: 'oci', identifier: 'docker.io/someone/weather:1.4.2' }), 'unpinned'],
    ['a kind that is not run', npm({ registryType: 'nuget' }), 'ecosystem'],
    ['a listener', npm({ transport: { type: 'streamable-http', url: 'http://localhost:3000/mcp' } }), 'listens'],
  ])('is nothing for %s', (_, one, reason) => {
    if (reason === 'none') expect(codeOf(() => offered({ packages: [one] }))).toBe('ERR_SERVER_JSON');
    else expect(offered({ packages: [one] })).toMatchObject([{ kind: 'unsupported', reason }]);
  });

  test('is no address that has variables', () => {
    expect(offered({ remotes: [{ type: 'sse', url: 'https://{tenant}.example/sse', variables: { tenant: {} } }] })).toMatchObject([{ reason: 'address' }]);
    expect(offered({ remotes: [{ type: 'sse', url: 'https://x.example/sse' }] })).toMatchObject([{ kind: 'remote', transport: 'sse' }]);
  });
});
