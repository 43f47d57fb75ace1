import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { makeIdentity } from '../../vault/identity.ts';
import { leftBeside } from '../edit/replace.ts';
import { FAMILIES, SECRET } from './fixture-families.ts';
import { placeIn } from './fixture-sealing.ts';
import { tidyFile, unsealFile } from './seal.ts';

const KILLS = Number(process.env['SALLYPORT_KILL_RUNS'] ?? 12);
setDefaultTimeout(60_000 + KILLS * 3_000);

let folder: string;
let identity: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kill-'));
  identity = await makeIdentity();
  await writeFile(join(folder, 'key'), identity, { mode: 0o600 });
});
afterAll(() => rm(folder, { recursive: true }));

/** Files in which the secret can be read, but the client's own. */
async function exposedBeside(path: string): Promise<readonly string[]> {
  const all = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = all.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name)).filter((file) => file !== path);
  const texts = await Promise.all(files.map(async (file) => ({ file, bytes: await readFile(file) })));
  return texts.filter(({ bytes }) => bytes.includes(SECRET)).map(({ file }) => file);
}

/** From its start on, so that what a start costs on a busy machine moves no point of a kill. */
async function killAt(path: string, ms: number): Promise<void> {
  const child = Bun.spawn([process.execPath, join(import.meta.dir, 'fixture-sealing.ts'), folder, path], { stdout: 'pipe', stderr: 'inherit' });
  const reader = child.stdout.getReader();
  await reader.read();
  await Bun.sleep(ms);
  child.kill('SIGKILL');
  await child.exited;
}

test('a kill at any moment of sealing and unsealing loses no secret, and shows none', async () => {
  const original = FAMILIES['claude_desktop_config.json'] ?? '';
  const path = join(folder, 'mcp.json');
  const seen = { sealed: 0, clear: 0, left: 0 };
  for (let kill = 0; kill < KILLS; kill += 1) {
    await writeFile(path, original, { mode: 0o600 });
    await killAt(path, Math.random() * 150);
    const text = await readFile(path, 'utf8');
    const isClear = text === original;
    expect(isClear || !text.includes(SECRET)).toBe(true);
    // What a kill left beside it is its owner's alone, until the next command.
    const left = await leftBeside(path);
    expect((await exposedBeside(path)).filter((file) => !left.includes(file)).map((file) => basename(file))).toEqual([]);
    for (const file of left) expect((await stat(file)).mode & 0o077).toBe(0);
    const place = await placeIn(folder, identity);
    await tidyFile(place, path);
    expect([await leftBeside(path), await exposedBeside(path)]).toEqual([[], []]);
    if (!isClear) expect(await unsealFile(place, path, false)).toMatchObject({ how: 'whole' });
    expect(await readFile(path, 'utf8')).toBe(original);
    seen[isClear ? 'clear' : 'sealed'] += 1;
    if (left.length > 0) seen.left += 1;
  }
  console.log(`${KILLS} kills: ${seen.sealed} found it sealed, ${seen.clear} in clear, ${seen.left} left a draft`);
});
