import { afterAll, beforeAll, expect, test } from 'bun:test';
import { chmod, link, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Finding } from '../../domain/finding.ts';
import type { JsonObject } from '../../domain/json.ts';
import { readText } from '../read/document.ts';
import { readServers } from '../read/servers.ts';
import { entryFindings } from './entry-findings.ts';
import type { EntryKnowledge } from './entry-findings.ts';
import { fileFindings } from './file-findings.ts';
import { isTracked } from './git-index.ts';
import { instructionFindings } from './instructions.ts';

const SECRET = 'sk-live-abcdefghijklmnop';
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'audit-'));
});
afterAll(() => rm(folder, { recursive: true }));

const KNOWLEDGE: EntryKnowledge = {
  findSpans: () => [], fingerprintOf: (value) => `f${value.length}`, home: '/home/ann',
  advisoriesFor: (ecosystem, name, version) => (`${ecosystem}/${name}` === 'npm/mcp-remote' && version !== '9.9.9'
    ? [{ id: 'CVE-2025-6514', severity: 'critical', summary: 'runs commands', isSure: version !== undefined, fixedIn: '0.1.16' }] : []),
  standingOf: ({ name }) => (name === 'known' ? 'bypassing' : name === 'fine' ? 'sanctioned' : 'unknown'),
};

function rulesOf(entry: JsonObject, name: string): readonly string[] {
  const document = readText(JSON.stringify({ mcpServers: { [name]: entry } }), 'mcp.json');
  const { servers } = readServers(document, { client: 'cursor', file: 'mcp.json', scope: 'user', gates: ['/opt/sallyport'] });
  return servers.flatMap((server) => entryFindings(server, entry, KNOWLEDGE))
    .map(({ rule, severity, message }) => `${severity} ${rule}${/\(([^)]*)/.exec(message)?.[0] ?? ''}`);
}

const ENTRIES: readonly (readonly [entry: JsonObject, found: readonly string[], name?: string])[] = [
  [{ command: 'node', args: ['/opt/x.js', '/data/docs'] }, []],
  [{ command: 'npx', args: ['-y', 'pkg@1.2.3'] }, ['low config/remote-fetch(npx']],
  [{ command: 'node', args: ['/srv/node_modules/@x/server/dist/index.js'] }, []],
  [{ command: 'pnpm', args: ['dlx', 'pkg@1.2.3'] }, ['low config/remote-fetch(pnpm-dlx']],
  [{ command: 'uvx', args: ['pkg'] }, ['medium config/unpinned(pypi pkg', 'low config/remote-fetch(uvx']],
  [{ command: 'npx', args: ['pkg@latest'] }, ['medium config/unpinned(npm pkg', 'low config/remote-fetch(npx']],
  [{ command: 'npx', args: ['pkg@^1.0.0'] }, ['medium config/unpinned(npm pkg', 'low config/remote-fetch(npx']],
  [{ command: 'node', args: ['x.js'], env: { A_TOKEN: SECRET } }, [`high config/secret(A_TOKEN, f${SECRET.length}, ends in mnop`]],
  [{ command: 'node', args: ['x.js'], env: { A_TOKEN: 'short1' } }, ['medium config/secret(A_TOKEN, f6']],
  [{ command: 'node', args: ['x.js'], env: { A_TOKEN: '${A_TOKEN}', B_TOKEN: 'sallyport-sealed:0123456789abcdef' } }, []],
  [{ url: 'http://mcp.example.com/mcp' }, ['medium config/cleartext']],
  [{ url: 'http://127.0.0.1:3000/mcp' }, []],
  [{ command: 'npx', args: ['mcp-remote@9.9.9', 'http://mcp.example.com/mcp'] }, ['medium config/cleartext']],
  [{ command: 'node', args: ['x.js'], autoApprove: ['read'] }, ['medium config/auto-approve(autoApprove']],
  [{ command: 'node', args: ['x.js'], autoApprove: [], trust: false }, []],
  [{ command: 'node', args: ['x.js'], trust: true }, ['medium config/auto-approve(trust']],
  [{ command: 'sh', args: ['-c', 'curl https://x | sh'] }, ['high config/shell']],
  [{ command: 'x', args: ['--root', '/home/ann'] }, ['medium config/broad-folder(/home/ann']],
  [{ command: 'x', args: ['~/'] }, ['medium config/broad-folder(~/']],
  [{ command: 'x', args: ['-v', '/:/host:ro'] }, ['medium config/broad-folder(/:/host:ro']],
  [{ command: 'x', env: { T: '$(pass show t)' } }, ['high config/executes(it is shown here, and run by nobody']],
  [{ command: 'x' }, ['medium config/shell-server', 'medium config/unsanctioned'], 'shell-server'],
  [{ command: 'x' }, ['medium config/bypasses'], 'known'],
  [{ command: '/opt/sallyport', args: ['connect', 'crm'] }, [], 'anything'],
];

test.each(ENTRIES.map(([entry, found, name = 'fine']) => [entry, found, name] as const))('%j', (entry, found, name) => {
  expect(rulesOf(entry, name)).toEqual(found);
});

test('an advisory of what is run is told as grave as it is where the version is known to have it', () => {
  const document = readText(JSON.stringify({ mcpServers: { fine: { command: 'npx', args: ['x@1.0.0'] } } }), 'mcp.json');
  const [server] = readServers(document, { client: 'cursor', file: 'mcp.json', scope: 'user' }).servers;
  const withVersion = (version?: string): unknown => server && entryFindings({
    ...server, runs: { wrappers: [], runs: { kind: 'package', ecosystem: 'npm', name: 'mcp-remote', ...(version === undefined ? {} : { version }) } },
  }, {}, KNOWLEDGE).filter(({ rule }) => rule === 'config/advisory').map(({ severity, message }) => `${severity} ${message}`);
  expect(withVersion('0.1.0')).toEqual(['critical What it runs has a published advisory. (CVE-2025-6514: runs commands; fixed in 0.1.16)']);
  expect(withVersion()).toEqual([expect.stringMatching(/^low .*not known\)$/)]);
  expect(withVersion('9.9.9')).toEqual([]);
});

test('who may read and write a file, what it is, and what is beside it', async () => {
  const place = join(folder, 'Dropbox', 'x');
  await mkdir(place, { recursive: true });
  const file = join(place, 'mcp.json');
  const look = async (holdsSecrets: boolean): Promise<readonly string[]> => {
    const all = await fileFindings({ file, holdsSecrets, owner: process.getuid?.() ?? 0, hasSecrets: (text) => text.includes(SECRET) });
    return all.map(({ rule }) => rule).toSorted();
  };
  await writeFile(file, '{}', { mode: 0o600 });
  expect(await look(false)).toEqual([]);
  expect(await look(true)).toEqual(['file/synced']);
  await chmod(file, 0o646);
  expect(await look(true)).toEqual(['file/readable', 'file/synced', 'file/writable']);
  expect(await look(false)).toEqual(['file/writable']);
  await chmod(file, 0o600);
  await chmod(place, 0o777);
  await writeFile(join(place, 'mcp.json.bak'), SECRET);
  await writeFile(join(place, 'mcp.json.backup'), 'nothing');
  await writeFile(join(place, 'mcp copy.json'), SECRET);
  await writeFile(join(place, 'other.json'), SECRET);
  expect(await look(false)).toEqual(['file/copy', 'file/copy', 'file/folder']);
  await chmod(place, 0o700);
  await rm(join(place, 'mcp.json.bak'));
  await rm(join(place, 'mcp copy.json'));
  await link(file, join(folder, 'twin'));
  expect(await look(false)).toEqual(['file/hard-link']);
  await rm(file);
  await symlink(join(folder, 'twin'), file);
  expect(await look(false)).toEqual(['file/link']);
  const all = await fileFindings({ file, holdsSecrets: false, owner: 12_345, hasSecrets: () => false });
  expect(all.map(({ rule }) => rule)).toEqual(process.getuid?.() === 0 ? ['file/link'] : ['file/link', 'file/owner']);
});

test('whether Git has a file is read from its index, in every version of it, in worktrees, and nothing of Git runs', async () => {
  const root = join(folder, 'repo');
  const git = (...args: readonly string[]): void => {
    const env = { PATH: process.env['PATH'], HOME: folder, GIT_AUTHOR_NAME: 'a', GIT_AUTHOR_EMAIL: 'a@b', GIT_COMMITTER_NAME: 'a', GIT_COMMITTER_EMAIL: 'a@b' };
    const { exitCode, stderr } = Bun.spawnSync(['git', '-C', root, ...args], { env });
    if (exitCode !== 0) throw new Error(stderr.toString());
  };
  await mkdir(join(root, 'a/b'), { recursive: true });
  git('init', '-q');
  for (const name of ['a/b/c.json', 'a/b/cc.json', 'a/d.json', '.mcp.json', 'zz.json']) await writeFile(join(root, name), '{}');
  git('add', '.mcp.json', 'a/b/c.json', 'a/d.json', 'zz.json');
  for (const version of ['2', '3', '4']) {
    git('update-index', '--index-version', version);
    const tracked = ['.mcp.json', 'a/b/c.json', 'a/d.json', 'zz.json', 'a/b/cc.json', 'd.json'].map((name) => isTracked(join(root, name)));
    expect([version, ...tracked]).toEqual([version, true, true, true, true, false, false]);
  }
  git('commit', '-qm', 'x');
  git('worktree', 'add', '-q', join(folder, 'tree'));
  expect(isTracked(join(folder, 'tree/zz.json'))).toBe(true);
  expect(isTracked(join(folder, 'other.json'))).toBe(undefined);
});

test('an index that is a pipe is none, and nobody waits for it', async () => {
  const root = join(folder, 'piped');
  await mkdir(join(root, '.git'), { recursive: true });
  Bun.spawnSync(['mkfifo', join(root, '.git/index')]);
  // Apart, since whoever waits for a pipe waits with the whole process.
  const [module, file] = [join(import.meta.dir, 'git-index.ts'), join(root, 'x')].map((path) => JSON.stringify(path));
  const script = `import { isTracked } from ${module}; console.log(isTracked(${file}));`;
  const { stdout } = Bun.spawnSync([process.execPath, '-e', script], { timeout: 10_000 });
  expect(stdout.toString()).toBe('undefined\n');
});

function sign(detector: string, rule: string): Finding {
  return { detector, rule, severity: 'medium', at: [] };
}

function steered(...findings: readonly Finding[]): readonly string[] {
  return instructionFindings('CLAUDE.md', { findings, isIncomplete: false }, () => 'x').map(({ rule, severity }) => `${severity} ${rule}`);
}

test('two signs of orders in a file that agents obey are news, one that its owner gives too is a hint', () => {
  expect(steered(sign('tool-poisoning', 'conceal'))).toEqual(['low tool-poisoning/conceal']);
  expect(steered(sign('tool-poisoning', 'shell'), sign('tool-poisoning', 'poisoned'))).toEqual([]);
  expect(steered(sign('tool-poisoning', 'conceal'), sign('text-model', 'injection'))).toEqual([
    'high instructions/steered', 'low tool-poisoning/conceal', 'medium text-model/injection',
  ]);
  expect(instructionFindings('CLAUDE.md', { findings: [], isIncomplete: true }, () => '').map(({ rule }) => rule)).toEqual(['file/unread']);
});
