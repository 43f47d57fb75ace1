import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import type { Unseen } from '../../domain/observation.ts';
import { readPlainFile } from './plain-file.ts';
import { walk } from './walk.ts';
import type { Folder, WalkOptions } from './walk.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'walk-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function walked(root: string, options?: WalkOptions): Promise<{ readonly folders: readonly string[]; readonly unseen: readonly Unseen[] }> {
  const [folders, unseen]: [string[], Unseen[]] = [[], []];
  for await (const item of walk(root, options)) {
    if ('entries' in item) folders.push(relative(root, item.path));
    else unseen.push(item);
  }
  return { folders, unseen };
}

function tree(name: string, ...folders: readonly string[]): string {
  const root = join(folder, name);
  for (const each of ['', ...folders]) mkdirSync(join(root, each), { recursive: true });
  return root;
}

describe('walk', () => {
  test('every folder once, the near ones first; programs and histories are left out', async () => {
    const root = tree('plain', 'a/b/c', 'd', 'node_modules/x', '.git/hooks', 'e/.venv/f');
    expect(await walked(root)).toEqual({ folders: ['', 'a', 'd', 'e', 'a/b', 'a/b/c'], unseen: [] });
    expect((await walked(root, { skips: () => false })).folders).toContain('node_modules/x');
  });

  test('links to folders are not entered: no loop ends it, and nothing leads out', async () => {
    const root = tree('loop', 'a');
    symlinkSync('..', join(root, 'a/up'));
    symlinkSync('/etc', join(root, 'etc'));
    symlinkSync('self', join(root, 'self'));
    expect(await walked(root)).toEqual({ folders: ['', 'a'], unseen: [] });
  });

  test('hostile names are only names', async () => {
    const names = ['new\nline', '\u001b[31mred', '\u202egnp.exe', '..  ', '-rf', '$(id)', '`id`', 'ü'.repeat(100)];
    const root = tree('hostile', ...names);
    expect((await walked(root)).folders.toSorted()).toEqual(['', ...names].toSorted());
  });

  test('each limit ends it, and says so', async () => {
    const root = tree('limits', 'a/b/c', 'd/e', 'f');
    const cases: readonly (readonly [WalkOptions, number, string])[] = [
      [{ depthMax: 1 }, 4, '1 deep'], [{ foldersMax: 2 }, 2, '2 folders'], [{ entriesMax: 2 }, 1, '2 entries'], [{ ms: -1 }, 0, 'seconds'],
    ];
    for (const [options, count, reason] of cases) {
      const { folders, unseen } = await walked(root, options);
      expect({ count: folders.length, reason: unseen[0]?.reason ?? '' }).toEqual({ count, reason: expect.stringContaining(reason) });
    }
    const stopped = new AbortController();
    stopped.abort();
    expect((await walked(root, { signal: stopped.signal })).folders).toEqual([]);
  });

  test('what is gone is nothing; what may not be read is said', async () => {
    expect(await walked(join(folder, 'nowhere'))).toEqual({ folders: [], unseen: [] });
    const root = tree('secret', 'closed');
    chmodSync(join(root, 'closed'), 0);
    const { unseen } = await walked(root);
    chmodSync(join(root, 'closed'), 0o700);
    // Root may read everything; anybody else is told.
    if (process.getuid?.() !== 0) expect(unseen).toEqual([{ place: join(root, 'closed'), reason: expect.stringContaining('root') }]);
  });

  test('what is found has its kind', async () => {
    const root = tree('kinds', 'f');
    writeFileSync(join(root, 'a'), '');
    symlinkSync('a', join(root, 'l'));
    expect(Bun.spawnSync(['mkfifo', join(root, 'p')]).exitCode).toBe(0);
    const first: Folder | Unseen | undefined = (await walk(root).next()).value ?? undefined;
    const kinds = first !== undefined && 'entries' in first ? Object.fromEntries(first.entries.map(({ name, kind }) => [name, kind])) : {};
    expect(kinds).toEqual({ a: 'file', f: 'folder', l: 'link', p: 'other' });
  });
});

async function reasonOf(path: string, bytesMax?: number): Promise<string | undefined> {
  const read = await readPlainFile(path, bytesMax);
  return read !== undefined && 'reason' in read ? read.reason : undefined;
}

describe('readPlainFile', () => {
  test('a file is read whole, also through a link, also as Windows writes it', async () => {
    writeFileSync(join(folder, 'a.json'), '\ufeff{}', { mode: 0o640 });
    symlinkSync('a.json', join(folder, 'b.json'));
    const [one, other] = [await readPlainFile(join(folder, 'a.json')), await readPlainFile(join(folder, 'b.json'))];
    expect(one).toMatchObject({ text: '\ufeff{}' });
    expect(other).toMatchObject({ real: join(folder, 'a.json'), identity: one !== undefined && 'identity' in one ? one.identity : '' });
    writeFileSync(join(folder, 'wide.json'), '\ufeff{"a":1}', 'utf16le');
    expect(await readPlainFile(join(folder, 'wide.json'))).toMatchObject({ text: '\ufeff{"a":1}' });
  });

  test('a FIFO, a device, a circle of links, bytes, and what is too large are not read, and said', async () => {
    Bun.spawnSync(['mkfifo', join(folder, 'fifo.json')]);
    expect(await reasonOf(join(folder, 'fifo.json'))).toContain('no plain file');
    expect(await reasonOf('/dev/zero')).toContain('no plain file');
    symlinkSync('circle.json', join(folder, 'circle.json'));
    expect(await reasonOf(join(folder, 'circle.json'))).toContain('circle');
    writeFileSync(join(folder, 'bytes.json'), new Uint8Array([0x7b, 0xff]));
    expect(await reasonOf(join(folder, 'bytes.json'))).toContain('UTF-8');
    writeFileSync(join(folder, 'large.json'), 'x'.repeat(100));
    expect(await reasonOf(join(folder, 'large.json'), 99)).toContain('99 bytes');
    // A file of the kernel says to have nothing, and goes on for hundreds of gigabytes.
    symlinkSync('/proc/self/pagemap', join(folder, 'endless.json'));
    expect(await readPlainFile(join(folder, 'endless.json'))).toMatchObject({ text: '' });
    expect(await readPlainFile(join(folder, 'none.json'))).toBeUndefined();
    expect(await readPlainFile(folder)).toBeUndefined();
  });
});
