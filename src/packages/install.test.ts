import { afterAll, afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { chmodSync, existsSync, lstatSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SallyportError } from '../domain/errors.ts';
import type { PackagePin } from '../domain/server.ts';
import { tarball } from '../../test/fixtures/packages/pack.ts';
import { openRegistry } from '../../test/fixtures/packages/registry.ts';
import type { TestRegistry } from '../../test/fixtures/packages/registry.ts';
import type { Sources } from './ask.ts';
import { readEntry } from './entry.ts';
import type { Entry } from './entry.ts';
import { installNpm, installPypi } from './install.ts';
import { clearStaging, removeFolder, stageEntry } from './stage.ts';
import { compareEntries, findEntry, listEntries, removeEntry } from './store.ts';
import { createPackageFinder, verifyWhole } from './verify.ts';

const store = mkdtempSync('/tmp/sp-packages-');
const WEEK_MS = 7 * 24 * 60 * 60_000;
const MACHINE = { os: 'linux', cpu: 'x64', libc: 'glibc' };
const PYTHON = { version: '3.11.7', implementation: 'cpython', os: 'linux', machine: 'x86_64', glibc: [2, 36] } as const;
const RECENT = new Date(Date.now() - WEEK_MS / 7).toISOString();
let registry: TestRegistry;
beforeEach(async () => {
  registry = await openRegistry();
});
afterEach(() => registry.close());
afterAll(() => removeFolder(store));

function sources(more: Partial<Sources> = {}): Sources {
  return {
    ask: async (url) => {
      const response = await fetch(url);
      return response.status === 404 ? undefined : new Uint8Array(await response.arrayBuffer());
    },
    npm: registry.npm, pypi: registry.pypi, scopes: {}, publishedBefore: Date.now() - WEEK_MS, excepts: () => false, ...more,
  };
}

interface Wish {
  readonly more?: Partial<Sources>;
  readonly provenance?: 'required' | 'checked';
  readonly unpackedBytesMax?: number;
}

async function install(ecosystem: 'npm' | 'pypi', specs: readonly string[],
  { more = {}, provenance = 'checked', ...rest }: Wish = {}): Promise<Entry & { readonly digest: string }> {
  const staging = await stageEntry(store);
  const parts = { sources: sources(more), staging, provenance, tell: () => undefined, ...rest };
  try {
    const { digest } = await (ecosystem === 'npm' ? installNpm({ specs }, MACHINE, parts) : installPypi({ specs }, PYTHON, parts));
    return { digest, ...(await readEntry(store, digest)) };
  } catch (error) {
    await staging.discard();
    throw error;
  }
}

async function refusal(work: Promise<unknown>): Promise<string> {
  const error: unknown = await work.then(() => undefined, (cause: unknown) => cause);
  return error instanceof SallyportError ? `${error.code} ${error.message}` : String(error);
}

function treeOf(entry: Entry): readonly string[] {
  return entry.packages.map(({ at, version }) => `${at}@${version}`);
}

function pinOf({ ecosystem, name, version, digest }: Entry & { readonly digest: string }): PackagePin {
  return { ecosystem, name, version, digest, declared: [] };
}

describe('an npm package', () => {
  test('is installed with everything it needs, each where Node looks for it', async () => {
    registry.publish({ name: '@corp/server', version: '1.0.0', bin: { server: './main.js' }, dependencies: { a: '^1.0.0', b: '*' } },
      { 'main.js': '#!/usr/bin/env node\n' });
    registry.publish({ name: 'a', version: '1.1.0', dependencies: { shared: '^1.0.0' } });
    registry.publish({ name: 'a', version: '2.0.0' });
    registry.publish({ name: 'b', version: '3.0.0', dependencies: { shared: '^2.0.0', aliased: 'npm:shared@1' },
      optionalDependencies: { mac: '1', missing: '1' }, peerDependencies: { peer: '1' } });
    for (const version of ['1.0.0', '1.5.0', '2.0.0', '3.0.0-rc.1']) registry.publish({ name: 'shared', version });
    registry.publish({ name: 'mac', version: '1.0.0', os: ['darwin'] });
    registry.publish({ name: 'peer', version: '1.0.0' });
    const entry = await install('npm', ['@corp/server@1.0.0']);
    expect(treeOf(entry)).toEqual([
      'node_modules/@corp/server@1.0.0', 'node_modules/a@1.1.0', 'node_modules/aliased@1.5.0', 'node_modules/b@3.0.0',
      'node_modules/b/node_modules/shared@2.0.0', 'node_modules/peer@1.0.0', 'node_modules/shared@1.5.0',
    ]);
    expect(entry.programs).toEqual({ server: ['node', '/package/node_modules/@corp/server/main.js'] });
    expect((await install('npm', ['@corp/server@1.0.0'])).digest).toBe(entry.digest);
  });

  test('runs none of its scripts, and that is said', async () => {
    const scripts = { preinstall: 'touch /tmp/never', postinstall: 'touch /tmp/never', test: 'x' };
    registry.publish({ name: 'scripted', version: '1.0.0', scripts, bin: 'x.js' }, { 'x.js': '' });
    expect((await install('npm', ['scripted@1.0.0'])).notes).toEqual(['scripted: its scripts preinstall, postinstall are not run']);
  });

  test('that is real runs from the store', async () => {
    registry.serveInstalled();
    const entry = await install('npm', ['@modelcontextprotocol/server-everything@2026.8.31']);
    expect(entry.packages.length).toBeGreaterThan(50);
    const [, script = ''] = entry.programs['mcp-server-everything'] ?? [];
    const folder = await createPackageFinder(store).find(pinOf(entry));
    const child = Bun.spawn(['node', script.replace('/package', folder)],
      { stdin: 'pipe', stdout: 'pipe', stderr: 'ignore', env: { PATH: process.env['PATH'] ?? '' } });
    const hello = { jsonrpc: '2.0', id: 1, method: 'initialize',
      params: { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'test', version: '1' } } };
    void child.stdin.write(`${JSON.stringify(hello)}\n`);
    await child.stdin.flush();
    const { value } = await child.stdout.getReader().read();
    child.kill();
    await child.exited;
    expect(new TextDecoder().decode(value)).toContain('"serverInfo"');
  }, 30_000);
});

describe('a Python package', () => {
  test('is installed from wheels, with what the interpreter needs of it, and starts', async () => {
    registry.publishWheel({
      name: 'mcp-tool', version: '1.2.0', programs: { 'mcp-tool': 'mcp_tool.main:run' },
        requires: ['helper[fast]>=1,<2', 'never; python_version < "3"', 'tests; extra == "dev"'],
      files: { 'mcp_tool/__init__.py': '', 'mcp_tool/main.py': 'import helper\ndef run():\n  print("hello from", helper.NAME)\n' },
    });
    registry.publishWheel({ name: 'helper', version: '1.9.0', requires: ['speed; extra == "fast"'], files: { 'helper/__init__.py': 'NAME = "the store"\n' } });
    registry.publishWheel({ name: 'helper', version: '2.0.0', files: { 'helper/__init__.py': '' } });
    registry.publishWheel({ name: 'speed', version: '0.1', files: { 'speed.py': '', 'speed-0.1.data/scripts/run': 'x' } });
    const entry = await install('pypi', ['mcp-tool']);
    expect(entry.packages.map(({ name, version }) => `${name}==${version}`)).toEqual(['helper==1.9.0', 'mcp-tool==1.2.0', 'speed==0.1']);
    expect(entry.programs).toEqual({ 'mcp-tool': ['python3', '-I', '-S', '-B', '/package/run/mcp-tool.py'] });
    expect(entry.notes).toEqual(['speed: 1 files for the system (scripts, data) are left out']);
    const folder = await createPackageFinder(store).find(pinOf(entry));
    const run = Bun.spawnSync(['python3', '-I', '-S', '-B', join(folder, 'run/mcp-tool.py')]);
    expect(run.stdout.toString()).toBe('hello from the store\n');
  });

  test('what is chosen is chosen anew when something else allows less', async () => {
    registry.publishWheel({ name: 'top', version: '1', requires: ['low', 'mid'], programs: { top: 'top:run' }, files: { 'top.py': '' } });
    registry.publishWheel({ name: 'mid', version: '1', requires: ['low<2'], files: { 'mid.py': '' } });
    for (const version of ['1.0', '2.0']) registry.publishWheel({ name: 'low', version, files: { 'low.py': version } });
    expect((await install('pypi', ['top==1'])).packages.map(({ name, version }) => `${name}==${version}`)).toEqual(['low==1.0', 'mid==1', 'top==1']);
  });

  test('that exists only as source is refused: building it would run its code', async () => {
    registry.publishWheel({ name: 'source', version: '1.0', files: {} }, { file: 'source-1.0.tar.gz' });
    expect(await refusal(install('pypi', ['source==1.0']))).toStartWith('ERR_PACKAGE_UNSUPPORTED');
  });
});

describe('a registry that lies', () => {
  const server = { name: 'server', version: '1.0.0', bin: 'x.js' } as const;
  const cases: readonly (readonly [what: string, plant: () => void, code: string, spec?: string])[] = [
    ['other bytes than it said', () => registry.publish(server, {},
      { says: { dist: { integrity: `sha512-${'A'.repeat(86)}==`, tarball: `${registry.npm}/../tarballs/server@@1.0.0` } } }), 'ERR_PACKAGE_INTEGRITY'],
    ['SHA-1 alone', () => registry.publish(server, {}, { says: { dist: { shasum: 'a'.repeat(40), tarball: registry.npm } } }), 'ERR_PACKAGE_INTEGRITY'],
    ['another version under this one', () => registry.publish(server, {}, { says: { version: '0.9.0' } }), 'ERR_PACKAGE_INVALID'],
    ['another package under this name', () => registry.answers.set('/npm/server', () => Response.json({ name: 'evil', 'dist-tags': {}, versions: {} })),
      'ERR_PACKAGE_INVALID'],
    ['an archive of another package', () => registry.publish(server, {},
      { archive: tarball([{ path: 'package/package.json', text: '{"name":"evil","version":"1.0.0"}' }]) }), 'ERR_PACKAGE_INVALID'],
    ['an archive of another version', () => registry.publish(server, {},
      { archive: tarball([{ path: 'package/package.json', text: '{"name":"server","version":"0.9.0"}' }]) }), 'ERR_PACKAGE_INVALID'],
    ['a path that leaves the package', () => registry.publish(server, { '../../../evil.js': 'x' }), 'ERR_PACKAGE_ARCHIVE'],
    ['a link', () => registry.publish(server, {}, { archive: tarball([{ path: 'package/x', type: '2', link: '/etc/passwd' }]) }), 'ERR_PACKAGE_ARCHIVE'],
    ['names that differ by case alone', () => registry.publish(server, { 'a.js': '1', 'A.js': '2' }), 'ERR_PACKAGE_ARCHIVE'],
    ['a file where a dependency goes', () => {
      registry.publish({ ...server, dependencies: { server2: '1', a: '1' } });
      registry.publish({ name: 'a', version: '1.0.0', dependencies: { server2: '2' } }, { 'node_modules/server2/package.json': '{}' });
      for (const version of ['1.0.0', '2.0.0']) registry.publish({ name: 'server2', version });
    }, 'ERR_PACKAGE_ARCHIVE'],
    ['a dependency at an address', () => registry.publish({ ...server, dependencies: { a: 'https://evil.example/a.tgz' } }), 'ERR_PACKAGE_UNSUPPORTED'],
    ['a dependency in a repository', () => registry.publish({ ...server, dependencies: { a: 'github:evil/a' } }), 'ERR_PACKAGE_UNSUPPORTED'],
    ['a dependency whose name is a path', () => registry.publish({ ...server, dependencies: { '../../a': '1' } }), 'ERR_PACKAGE_INVALID'],
    ['a package that is not there', () => undefined, 'ERR_PACKAGE_UNKNOWN'],
    ['a version that is not there', () => registry.publish(server), 'ERR_PACKAGE_UNKNOWN', 'server@1.0.1'],
    ['no archive', () => registry.publish(server, {}, { says: { dist: { integrity: `sha512-${'A'.repeat(86)}==`, tarball: `${registry.npm}/none` } } }),
      'ERR_PACKAGE_UNKNOWN'],
    ['something else than JSON', () => registry.answers.set('/npm/server', () => new Response('<html>')), 'ERR_PACKAGE_INVALID'],
    ['attestations that it does not give', () => registry.publish(server, {}, attested('/none')), 'ERR_PACKAGE_PROVENANCE'],
    ['attestations that are none', () => {
      registry.publish(server, {}, attested('/attestations'));
      registry.answers.set('/attestations', () => Response.json({ attestations: [{ predicateType: 'https://slsa.dev/provenance/v1', bundle: {} }] }));
    }, 'ERR_PACKAGE_PROVENANCE'],
    ['an attestation of another package', () => {
      registry.publish(server, {}, attested('/attestations'));
      registry.answers.set('/attestations', () => new Response(Bun.file(join(import.meta.dir, '../../test/vectors/attestations/npm-sigstore-0.4.0.json'))));
    }, 'ERR_PACKAGE_PROVENANCE'],
  ];
  for (const [what, plant, code, spec = 'server@1.0.0'] of cases) {
    test(`${what}: refused, and nothing of it is kept`, async () => {
      plant();
      const before = readdirSync(store);
      expect(await refusal(install('npm', [spec]))).toStartWith(code);
      expect(readdirSync(store)).toEqual(before);
    });
  }

  /** The archive is what it says, and it says that it has attestations. */
  function attested(path: string): { readonly archive: Uint8Array<ArrayBuffer>; readonly says: Readonly<Record<string, unknown>> } {
    const archive = tarball([{ path: 'package/package.json', text: JSON.stringify(server) }, { path: 'package/x.js', text: '' }]);
    const integrity = `sha512-${new Bun.CryptoHasher('sha512').update(archive).digest('base64')}`;
    const base = registry.npm.replace('/npm', '');
    return { archive, says: { dist: { integrity, tarball: `${base}/tarballs/server@@1.0.0`, attestations: { url: `${base}${path}` } } } };
  }

  test('a wheel of another name, without SHA-256, or that says that it is another', async () => {
    registry.publishWheel({ name: 'tool', version: '1.0', files: {} }, { file: 'evil-1.0-py3-none-any.whl' });
    expect(await refusal(install('pypi', ['tool==1.0']))).toStartWith('ERR_PACKAGE_UNKNOWN');
    registry.publishWheel({ name: 'bare', version: '1.0', files: {} }, { says: { hashes: { md5: 'x' } } });
    expect(await refusal(install('pypi', ['bare==1.0']))).toStartWith('ERR_PACKAGE_UNKNOWN');
    registry.publishWheel({ name: 'other', version: '1.0', files: {} }, { says: { hashes: { sha256: 'a'.repeat(64) } } });
    expect(await refusal(install('pypi', ['other==1.0']))).toStartWith('ERR_PACKAGE_INTEGRITY');
    registry.publishWheel({ name: 'liar', version: '2.0', files: {} }, { file: 'liar-1.0-py3-none-any.whl' });
    expect(await refusal(install('pypi', ['liar==1.0']))).toStartWith('ERR_PACKAGE_INVALID');
  });
});

const excepts: Sources['excepts'] = (rule, ecosystem, name) => rule === 'cooling-off' && ecosystem === 'npm' && name === 'server';

describe('what is too new', () => {
  test('is refused by name, and passed over in ranges, throughout the tree', async () => {
    registry.publish({ name: 'server', version: '1.0.0', bin: 'x.js', dependencies: { a: '^1.0.0' } }, { 'x.js': '' });
    registry.publish({ name: 'server', version: '1.0.1', bin: 'x.js' }, { 'x.js': '' }, { publishedAt: RECENT });
    registry.publish({ name: 'a', version: '1.0.0' });
    registry.publish({ name: 'a', version: '1.0.1' }, {}, { publishedAt: RECENT });
    expect(await refusal(install('npm', ['server@1.0.1']))).toStartWith('ERR_PACKAGE_TOO_NEW');
    expect(treeOf(await install('npm', ['server']))).toEqual(['node_modules/a@1.0.0', 'node_modules/server@1.0.0']);
    expect((await install('npm', ['server@1.0.1'], { more: { excepts } })).version).toBe('1.0.1');
    registry.publish({ name: 'young', version: '1.0.0', bin: 'x.js', dependencies: { a: '1.0.1' } }, { 'x.js': '' });
    expect(await refusal(install('npm', ['young@1.0.0']))).toStartWith('ERR_PACKAGE_TOO_NEW npm:a@1.0.1');
  });

  test('is what nobody knows the age of', async () => {
    registry.answers.set('/npm/server', () => Response.json({ name: 'server', 'dist-tags': { latest: '1.0.0' },
      versions: { '1.0.0': { name: 'server', version: '1.0.0', dist: { tarball: '' } } } }));
    expect(await refusal(install('npm', ['server@1.0.0']))).toStartWith('ERR_PACKAGE_TOO_NEW');
    registry.publishWheel({ name: 'tool', version: '1.0', files: {} }, { publishedAt: RECENT });
    expect(await refusal(install('pypi', ['tool==1.0']))).toStartWith('ERR_PACKAGE_TOO_NEW');
  });
});

test('provenance that is required and missing is refused, unless a person accepted it', async () => {
  registry.publish({ name: 'server', version: '1.0.0', bin: 'x.js' }, { 'x.js': '' });
  expect(await refusal(install('npm', ['server@1.0.0'], { provenance: 'required' }))).toStartWith('ERR_PACKAGE_PROVENANCE');
  expect((await install('npm', ['server@1.0.0'], { provenance: 'required', more: { excepts: (rule) => rule === 'provenance' } })).version).toBe('1.0.0');
  registry.publishWheel({ name: 'tool', version: '1.0', files: {} });
  expect(await refusal(install('pypi', ['tool==1.0'], { provenance: 'required' }))).toStartWith('ERR_PACKAGE_PROVENANCE');
});

test('what all of a package unpacks to is limited together, before it is in memory', async () => {
  const bulk = 'x'.repeat(4_000);
  registry.publish({ name: 'server', version: '1.0.0', bin: 'x.js', dependencies: { a: '1', b: '1' } }, { 'x.js': bulk });
  for (const name of ['a', 'b']) registry.publish({ name, version: '1.0.0' }, { 'x.js': bulk });
  registry.publishWheel({ name: 'tool', version: '1.0', files: { 'tool.py': bulk }, requires: ['part'] });
  registry.publishWheel({ name: 'part', version: '1.0', files: { 'part.py': bulk } });
  for (const [ecosystem, spec] of [['npm', 'server@1.0.0'], ['pypi', 'tool==1.0']] as const) {
    expect(await refusal(install(ecosystem, [spec], { unpackedBytesMax: 5_000 }))).toStartWith('ERR_PACKAGE_ARCHIVE');
    expect((await install(ecosystem, [spec], { unpackedBytesMax: 50_000 })).packages.length).toBeGreaterThan(1);
  }
});

test('a scope with a registry of its own is asked for there alone: a public package of that name is never seen', async () => {
  const own = await openRegistry();
  own.publish({ name: '@corp/server', version: '1.0.0', bin: 'x.js', dependencies: { left: '1' } }, { 'x.js': '' });
  registry.publish({ name: '@corp/server', version: '99.0.0', bin: 'x.js' }, { 'x.js': 'evil' });
  registry.publish({ name: 'left', version: '1.0.0' });
  const more = { scopes: { '@corp': own.npm } };
  expect((await install('npm', ['@corp/server'], { more })).version).toBe('1.0.0');
  expect(await refusal(install('npm', ['@corp/server@99.0.0'], { more }))).toStartWith('ERR_PACKAGE_UNKNOWN');
  expect(await refusal(install('npm', ['@corp/other'], { more }))).toStartWith('ERR_PACKAGE_UNKNOWN');
  expect(registry.asked.filter((path) => path.includes('@corp'))).toEqual([]);
  await own.close();
});

async function installed(): Promise<Entry & { readonly digest: string }> {
  registry.publish({ name: 'kept', version: '1.0.0', bin: 'x.js' }, { 'x.js': 'run()', 'lib/y.js': 'y' });
  return install('npm', ['kept@1.0.0']);
}
function inKept(digest: string, path: string): string {
  return join(store, digest, 'tree/node_modules/kept', path);
}

function opened(path: string): string {
  chmodSync(join(path, '..'), 0o755);
  return path;
}

function rewrite(path: string, text: string): void {
  chmodSync(path, 0o644);
  writeFileSync(path, text);
  chmodSync(path, 0o444);
}

describe('an entry of the store', () => {
  test('nobody may write', async () => {
    const { digest } = await installed();
    const places = [inKept(digest, 'x.js'), inKept(digest, 'lib'), join(store, digest)];
    expect(places.map((path) => lstatSync(path).mode & 0o222)).toEqual([0, 0, 0]);
  });

  const changes: readonly (readonly [what: string, change: (digest: string) => void])[] = [
    ['a byte was changed', (digest) => rewrite(inKept(digest, 'x.js'), 'rum()')],
    ['a file was added', (digest) => writeFileSync(opened(inKept(digest, 'z.js')), '')],
    ['a file was removed', (digest) => rmSync(opened(inKept(digest, 'x.js')))],
    ['a file became a link', (digest) => {
      rmSync(opened(inKept(digest, 'x.js')));
      symlinkSync('/etc/passwd', inKept(digest, 'x.js'));
    }],
    ['its folder became a link', (digest) => {
      const tree = join(store, digest, 'tree');
      chmodSync(join(store, digest), 0o755);
      chmodSync(tree, 0o755);
      renameSync(tree, join(store, `moved-${digest}`));
      symlinkSync(join(store, `moved-${digest}`), tree);
    }],
    ['a file became a program', (digest) => chmodSync(inKept(digest, 'lib/y.js'), 0o555)],
    ['its list was changed', (digest) => rewrite(join(store, digest, 'entry.json'),
      readFileSync(join(store, digest, 'entry.json'), 'utf8').replace('kept', 'kepu'))],
  ];
  for (const [what, change] of changes) {
    test(`does not run once ${what}, also after it ran`, async () => {
      const entry = await installed();
      const finder = createPackageFinder(store);
      expect(await finder.find(pinOf(entry))).toBe(join(store, entry.digest, 'tree'));
      expect(await finder.find(pinOf(entry))).toBe(join(store, entry.digest, 'tree'));
      change(entry.digest);
      expect(await refusal(finder.find(pinOf(entry)))).toStartWith('ERR_PACKAGE_TAMPERED');
      expect(await refusal(createPackageFinder(store).find(pinOf(entry)))).toStartWith('ERR_PACKAGE_TAMPERED');
      expect(await refusal(verifyWhole(store, entry.digest))).toStartWith('ERR_PACKAGE_TAMPERED');
      // Installing it again neither trusts nor repairs it in silence.
      expect(await refusal(installed())).toStartWith('ERR_PACKAGE_TAMPERED');
      await removeEntry(store, entry.digest);
      expect((await installed()).digest).toBe(entry.digest);
      expect(await createPackageFinder(store).find(pinOf(entry))).toBe(join(store, entry.digest, 'tree'));
    });
  }

  test('of another package does not run under this pin, nor does one that is not there', async () => {
    const entry = await installed();
    const finder = createPackageFinder(store);
    expect(await refusal(finder.find({ ...pinOf(entry), version: '2.0.0' }))).toStartWith('ERR_PACKAGE_TAMPERED');
    expect(await refusal(finder.find({ ...pinOf(entry), digest: 'a'.repeat(64) }))).toStartWith('ERR_PACKAGE_MISSING');
    expect(await refusal(finder.find({ ...pinOf(entry), digest: '../../etc' }))).toStartWith('ERR_PACKAGE_MISSING');
  });

  test('is listed, found by the beginning of its digest, compared and removed', async () => {
    const before = await installed();
    registry.publish({ name: 'kept', version: '1.1.0', bin: 'x.js', dependencies: { a: '1' } }, { 'x.js': 'run(1)' });
    registry.publish({ name: 'a', version: '1.0.0', scripts: { install: 'x' } });
    const after = await install('npm', ['kept@1.1.0']);
    expect(compareEntries(before, after)).toEqual({
      packages: [{ name: 'a', before: '', after: '1.0.0' }, { name: 'kept', before: '1.0.0', after: '1.1.0' }],
      files: [
        { path: 'node_modules/a/package.json', change: 'added' }, { path: 'node_modules/kept/lib/y.js', change: 'removed' },
        { path: 'node_modules/kept/package.json', change: 'changed' }, { path: 'node_modules/kept/x.js', change: 'changed' },
      ],
      warnings: ['a: its scripts install are not run'],
    });
    const provenance = { repository: 'https://github.com/corp/kept', builder: 'x' };
    const told = { ...before, packages: before.packages.map((one) => ({ ...one, provenance })) };
    expect(compareEntries(told, after).warnings[0]).toContain('nobody says any more who built it');
    const again = { ...before, packages: before.packages.map((one) => ({ ...one, integrity: 'sha512-other' })) };
    expect(compareEntries(before, again).warnings[0]).toContain('another archive than before has this same version');
    expect((await listEntries(store)).map(({ digest }) => digest)).toContain(before.digest);
    expect((await findEntry(store, before.digest.slice(0, 12))).digest).toBe(before.digest);
    expect(await refusal(findEntry(store, 'a'))).toStartWith('ERR_PACKAGE_MISSING');
    await removeEntry(store, before.digest);
    expect(existsSync(join(store, before.digest))).toBe(false);
  });

  test('that was never finished is cleared away', async () => {
    const staging = await stageEntry(store);
    await staging.add('x', [{ path: 'a', bytes: Buffer.from('a'), executable: false }]);
    await clearStaging(store);
    expect(readdirSync(store).filter((name) => name.startsWith('.'))).toEqual([]);
  });
});
