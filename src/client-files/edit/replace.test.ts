import { afterEach, beforeEach, expect, test } from 'bun:test';
import { link, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SallyportError } from '../../domain/errors.ts';
import { digestOf, leftBeside, replaceFile } from './replace.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
let folder: string;
let path: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'replace-'));
  path = join(folder, 'mcp.json');
});
afterEach(() => rm(folder, { recursive: true }));

const put = (expected: string | undefined, text: string, mode = 0o600): Promise<void> =>
  replaceFile({ path, expected: digestOf(expected === undefined ? undefined : bytes(expected)), bytes: bytes(text), mode });

const codeOf = (work: Promise<void>): Promise<unknown> => work.then(() => '', (error: unknown) => (error instanceof SallyportError ? error.code : error));

test('a file is replaced whole, with the mode that was asked for, and nothing is left beside it', async () => {
  await put(undefined, 'one');
  await put('one', 'two', 0o640);
  expect(await readFile(path, 'utf8')).toBe('two');
  expect((await stat(path)).mode & 0o777).toBe(0o640);
  expect(await readdir(folder)).toEqual(['mcp.json']);
});

test('what is not as it was expected stays, and so does what is no plain file of ours with one name', async () => {
  await writeFile(path, 'theirs');
  expect(await codeOf(put('mine', 'new'))).toBe('ERR_FILE_CHANGED');
  expect(await codeOf(put(undefined, 'new'))).toBe('ERR_FILE_CHANGED');
  await link(path, join(folder, 'twin'));
  expect(await codeOf(put('theirs', 'new'))).toBe('ERR_FILE_UNSAFE');
  await rm(path);
  await symlink(join(folder, 'twin'), path);
  expect(await codeOf(put('theirs', 'new'))).toBe('ERR_FILE_UNSAFE');
  expect(await readFile(join(folder, 'twin'), 'utf8')).toBe('theirs');
  expect((await readdir(folder)).toSorted()).toEqual(['mcp.json', 'twin']);
});

test('no write of a client that rewrites its file all the time is lost, in its own place or by a new file', async () => {
  for (const manner of ['rename', 'truncate']) {
    await writeFile(path, 'start');
    const writer = Bun.spawn([process.execPath, '-e', `
      const fs = require('node:fs');
      for (let at = 0; at < 250; at += 1) {
        const isOurs = () => fs.readFileSync(process.argv[1], 'utf8') === 'ours';
        // What is not to stay is taken back; that is no loss.
        for (let look = 0; at > 0 && isOurs(); look += 1) {
          if (look === 30) process.stdout.write('theirs ' + (at - 1) + '\\n');
          if (look === 30) break;
          Bun.sleepSync(1);
        }
        const text = 'theirs ' + at;
        if (process.argv[2] === 'truncate') fs.writeFileSync(process.argv[1], text);
        else { fs.writeFileSync(process.argv[1] + '.new', text); fs.renameSync(process.argv[1] + '.new', process.argv[1]); }
        const until = performance.now() + 0.5;
        while (performance.now() < until);
      }`, path, manner], { stdout: 'pipe' });
    const replaced = new Set<string>();
    let refused = 0;
    while (writer.exitCode === null) {
      const before = await readFile(path, 'utf8').catch(() => '');
      await Bun.sleep(0);
      // A file that is being written has nothing in it for a moment: nobody takes that for what was read.
      if (!before.startsWith('theirs')) continue;
      await put(before, 'ours').then(() => replaced.add(before), () => (refused += 1));
    }
    // Wherever the writer found ours in its place, we knew what it had written last.
    const seen = (await writer.stdout.text()).split('\n').filter((line) => line !== '');
    expect(seen.filter((line) => !replaced.has(line))).toEqual([]);
    const last = await readFile(path, 'utf8');
    expect(last === 'ours' ? replaced.has('theirs 249') : last === 'theirs 249').toBe(true);
    expect(replaced.size + refused).toBeGreaterThan(0);
    expect((await readdir(folder)).filter((name) => name.includes('sallyport'))).toEqual([]);
  }
});

test('what a killed act left is known by the process that is no more', async () => {
  const dead = Bun.spawnSync([process.execPath, '-e', 'process.stdout.write(String(process.pid))']).stdout.toString();
  await writeFile(join(folder, `.mcp.json.sallyport-${dead}-0123abcd`), 'left');
  await writeFile(join(folder, `.mcp.json.sallyport-${process.pid}-0123abcd`), 'mine');
  await writeFile(join(folder, '.other.json.sallyport-1-0123abcd'), 'of another');
  expect(await leftBeside(path)).toEqual([join(folder, `.mcp.json.sallyport-${dead}-0123abcd`)]);
});
