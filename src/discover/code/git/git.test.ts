import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import { verifies } from '../../../../test/e2e/requirements.ts';
import { filesOf, objectsOf } from './objects.ts';
import { applyDelta, inflate } from './pack.ts';
import { folderOf, headOf, openStore } from './store.ts';

const root = mkdtempSync(join(tmpdir(), 'sp-git-'));
const repository = join(root, 'repo');
const bait = join(root, 'ran');

function git(...args: readonly string[]): string {
  const env = { PATH: process.env['PATH'] ?? '', HOME: root, GIT_CONFIG_NOSYSTEM: '1' };
  const run = Bun.spawnSync(['git', '-c', 'user.name=t', '-c', 'user.email=t@example.com', ...args], { cwd: repository, env });
  if (run.exitCode !== 0) throw new Error(run.stderr.toString());
  return run.stdout.toString().trim();
}

function read(folder: string): Readonly<Record<string, string>> {
  const store = openStore(folder);
  const commit = store === undefined ? undefined : headOf(store);
  if (store === undefined || commit === undefined) throw new Error('no repository');
  const objects = objectsOf(store);
  const files = [...filesOf(store, objects, commit, () => true, () => undefined, () => false)];
  return Object.fromEntries(files.map(({ path, id }) => [path, objects.read(id, 1024 * 1024)?.bytes.toString() ?? '(absent)']));
}

/** A long text that changes a little with each commit: packs keep it as deltas. */
function text(version: number): string {
  return Array.from({ length: 400 }, (_, line) => `line ${line}${line === version ? ' changed' : ''}`).join('\n');
}

beforeAll(() => {
  mkdirSync(join(repository, 'a/b'), { recursive: true });
  git('init', '-q', '-b', 'main');
  for (let version = 0; version < 12; version += 1) {
    writeFileSync(join(repository, 'a/b/long.txt'), text(version));
    writeFileSync(join(repository, 'top.txt'), `version ${version}\n`);
    git('add', '-A');
    git('commit', '-q', '-m', `v${version}`);
  }
});
afterAll(() => rmSync(root, { recursive: true }));

describe('a repository is read as files', () => {
  test('loose, packed with deltas, of packed references, bare and by a second worktree', () => {
    const wanted = { 'top.txt': 'version 11\n', 'a/b/long.txt': text(11) };
    expect(read(repository)).toEqual(wanted);
    git('gc', '-q', '--aggressive', '--prune=now');
    git('pack-refs', '--all');
    expect(existsSync(join(repository, '.git/refs/heads/main'))).toBe(false);
    expect(read(repository)).toEqual(wanted);
    git('clone', '-q', '--bare', repository, join(root, 'bare.git'));
    expect(read(join(root, 'bare.git'))).toEqual(wanted);
    git('worktree', 'add', '-q', join(root, 'second'), 'HEAD~3');
    expect(read(join(root, 'second'))['top.txt']).toBe('version 8\n');
    git('clone', '-q', '--shared', repository, join(root, 'borrowed'));
    expect(read(join(root, 'borrowed'))).toEqual(wanted);
  });

  test('in SHA-256, too', () => {
    const folder = join(root, 'sha256');
    mkdirSync(folder);
    const run = (...args: readonly string[]): void => void git('-C', folder, ...args);
    run('init', '-q', '--object-format=sha256');
    writeFileSync(join(folder, 'file'), 'text');
    run('add', '-A');
    run('commit', '-q', '-m', 'one');
    expect(read(folder)).toEqual({ file: 'text' });
    run('gc', '-q');
    expect(read(folder)).toEqual({ file: 'text' });
  });

  test(verifies('code-harmless', 'and nothing that a stranger wrote into it runs'), () => {
    const trap = `touch ${bait}`;
    for (const name of ['core.fsmonitor', 'core.sshCommand', 'core.pager', 'filter.x.smudge', 'diff.external']) git('config', name, trap);
    writeFileSync(join(repository, '.git/hooks/post-checkout'), `#!/bin/sh\n${trap}\n`, { mode: 0o755 });
    expect(Object.keys(read(repository))).toHaveLength(2);
    expect(existsSync(bait)).toBe(false);
  });

  test('its address is known without a password', () => {
    git('remote', 'add', 'origin', 'https://alice:hunter2secret@git.example.com/team/repo.git');
    const store = openStore(repository);
    expect(store?.origin).toBe('https://git.example.com/team/repo.git');
    expect(store === undefined ? '' : folderOf(store)).toBe(repository);
  });
});

describe('a hostile repository', () => {
  test(verifies('code-harmless', 'cannot name a reference outside itself'), () => {
    const folder = join(root, 'out');
    mkdirSync(join(folder, '.git/objects'), { recursive: true });
    mkdirSync(join(folder, '.git/refs'));
    writeFileSync(join(root, 'planted'), 'a'.repeat(40));
    for (const target of ['refs/../../../planted', '../../planted', 'refs/heads/../../../../planted']) {
      writeFileSync(join(folder, '.git/HEAD'), `ref: ${target}\n`);
      const store = openStore(folder);
      expect(store === undefined ? 'none' : headOf(store)).toBeUndefined();
    }
  });

  test('cannot make a circle of references, or of borrowed objects', () => {
    const folder = join(root, 'circle');
    mkdirSync(join(folder, '.git/objects/info'), { recursive: true });
    mkdirSync(join(folder, '.git/refs/heads'), { recursive: true });
    writeFileSync(join(folder, '.git/HEAD'), 'ref: refs/heads/a\n');
    writeFileSync(join(folder, '.git/refs/heads/a'), 'ref: refs/heads/a\n');
    writeFileSync(join(folder, '.git/objects/info/alternates'), `${join(folder, '.git/objects')}\n`);
    const store = openStore(folder);
    expect(store?.objects).toHaveLength(1);
    expect(store === undefined ? 'none' : headOf(store)).toBeUndefined();
  });

  test('cannot unpack more than it said, nor copy from beside its base', () => {
    expect(inflate(deflateSync(Buffer.alloc(1024 * 1024)), 100)).toBeUndefined();
    expect(inflate(deflateSync(Buffer.from('abc')), 3)?.toString()).toBe('abc');
    const base = Buffer.from('0123456789');
    expect(applyDelta(base, Buffer.from([10, 4, 0x91, 2, 4]), 100)?.toString()).toBe('2345');
    expect(applyDelta(base, Buffer.from([10, 4, 0x91, 8, 4]), 100)).toBeUndefined();
    expect(applyDelta(base, Buffer.from([10, 4, 0]), 100)).toBeUndefined();
    expect(applyDelta(base, Buffer.from([10, 200, 1, 4]), 100)).toBeUndefined();
  });

  test('cannot lead a walk out by the names in a tree', () => {
    const folder = join(root, 'names');
    mkdirSync(join(folder, '.git/refs/heads'), { recursive: true });
    const put = (kind: string, body: Buffer): string => {
      const bytes = Buffer.concat([Buffer.from(`${kind} ${body.byteLength}\0`), body]);
      const id = new Bun.CryptoHasher('sha1').update(bytes).digest('hex');
      mkdirSync(join(folder, '.git/objects', id.slice(0, 2)), { recursive: true });
      writeFileSync(join(folder, '.git/objects', id.slice(0, 2), id.slice(2)), deflateSync(bytes));
      return id;
    };
    const blob = put('blob', Buffer.from('x'));
    const entry = (name: string): Buffer => Buffer.concat([Buffer.from(`100644 ${name}\0`), Buffer.from(blob, 'hex')]);
    const tree = put('tree', Buffer.concat(['..', '../../etc/passwd', 'good'].map(entry)));
    writeFileSync(join(folder, '.git/HEAD'), put('commit', Buffer.from(`tree ${tree}\n\nx\n`)));
    expect(read(folder)).toEqual({ good: 'x' });
  });
});
