import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { chmod, lstat, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { codeOf } from '../../../test/fixtures/code-of.ts';
import { makeIdentity } from '../../vault/identity.ts';
import { editClientText } from '../edit/redirect.ts';
import type { EditOptions } from '../edit/redirect.ts';
import { readClientFile } from '../file.ts';
import { placeIn } from './fixture-sealing.ts';
import { undoRedirected, writeRedirected } from './redirected.ts';
import type { SealingPlace } from './seal.ts';

const OPTIONS: EditOptions = { client: 'claude-code', redirects: [{ name: 'a', target: 'srv-a' }], program: ['sallyport'] };
let folder = '';
let place: SealingPlace;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'redirected-'));
  place = await placeIn(folder, await makeIdentity());
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('a client pointed at the gate', () => {
  test('undo gives back the same bytes, whatever they were, over several writes', async () => {
    const bytes = fc.json({ maxDepth: 2 }).map((text) => `\ufeff// ü\r\n{ "mcpServers": { "a": ${text} } ,\t"x": 1.0e0 }\n\n`);
    let run = 0;
    await fc.assert(
      fc.asyncProperty(bytes, async (text) => {
        run += 1;
        const path = join(folder, `f${run}.json`);
        await writeFile(path, text);
        for (const target of ['one', 'two']) {
          const read = await readClientFile(path);
          await writeRedirected(place, read, editClientText(read.text, path, { ...OPTIONS, redirects: [{ name: 'a', target }] }).text);
        }
        expect(await readFile(path, 'utf8')).toContain('"two"');
        await undoRedirected(place, path);
        expect(await readFile(path, 'utf8')).toContain('"one"');
        await undoRedirected(place, path);
        expect(await readFile(path)).toEqual(Buffer.from(text));
        expect(await codeOf(undoRedirected(place, path))).toBe('ERR_NOT_FOUND');
      }),
      { numRuns: 15 },
    );
  });

  test('a file that somebody changed is left alone, before the write and before the undo', async () => {
    const path = join(folder, 'changed.json');
    await writeFile(path, '{}');
    const read = await readClientFile(path);
    await writeFile(path, '{ }');
    expect(await codeOf(writeRedirected(place, read, 'x'))).toBe('ERR_FILE_CHANGED');
    expect(await readFile(path, 'utf8')).toBe('{ }');
    await writeRedirected(place, await readClientFile(path), '{"a":1}');
    await writeFile(path, '{"a":2}');
    expect(await codeOf(undoRedirected(place, path))).toBe('ERR_FILE_CHANGED');
    expect(await readFile(path, 'utf8')).toBe('{"a":2}');
  });

  test('modes and links stay, backups are private, nothing is left behind', async () => {
    const [path, link] = [join(folder, 'real.json'), join(folder, 'link.json')];
    await writeFile(path, '{}');
    await chmod(path, 0o640);
    await symlink(path, link);
    await writeRedirected(place, await readClientFile(link), '{"a":1}');
    expect((await lstat(link)).isSymbolicLink()).toBe(true);
    expect((await stat(path)).mode & 0o777).toBe(0o640);
    expect((await stat(join(folder, 'kept'))).mode & 0o777).toBe(0o700);
    await undoRedirected(place, link);
    expect(await readFile(path, 'utf8')).toBe('{}');
    expect((await readdir(folder)).filter((name) => name.includes('.sallyport-'))).toEqual([]);
  });

  test('a file that the write made is removed by undo', async () => {
    const path = join(folder, 'deep', 'new.json');
    await writeRedirected(place, await readClientFile(path), '{}');
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    await undoRedirected(place, path);
    expect((await readClientFile(path)).bytes).toBeUndefined();
  });
});
