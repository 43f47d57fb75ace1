import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from '../../src/cli/json-view.ts';
import { verifies } from '../e2e/requirements.ts';
import { startPostgres } from '../fixtures/databases.ts';
import { startRestorable, type Restorable } from '../fixtures/restorable.ts';
import { fillUp, mountSmall } from './small-disk.ts';

setDefaultTimeout(90_000);
const CLI = join(import.meta.dir, '../../src/cli/main.ts');
const PROGRAM = [process.execPath, CLI];

let gate: Restorable;
let token: string;
beforeAll(async () => {
  gate = await startRestorable({ recovery: false });
  await gate.up();
  await gate.enrol('notes');
  token = await gate.token();
  // Large enough that a kill comes in the middle.
  mkdirSync(join(gate.home, 'control', 'ballast'));
  writeFileSync(join(gate.home, 'control', 'ballast', 'zeros'), Buffer.alloc(48 * 1024 * 1024));
});
afterAll(() => gate.stop());

async function made(...more: readonly string[]): Promise<{ readonly file: string; readonly opening: readonly string[] }> {
  const { json, error, code } = await gate.run('backup', 'create', ...more);
  expect([code, error.includes('ERR_')]).toEqual([0, false]);
  return { file: text(json['file']), opening: gate.opening(text(json['installation'])) };
}

/** Runs the command line and kills it as soon as `when` says; gives its exit code where it was faster. */
async function killed(args: readonly string[], when: () => boolean): Promise<number | null> {
  const child = Bun.spawn([...PROGRAM, ...args], { stdout: 'ignore', stderr: 'ignore' });
  while (child.exitCode === null && !when()) await Bun.sleep(1);
  child.kill('SIGKILL');
  await child.exited;
  return child.exitCode;
}

test(verifies('backup', 'is made while calls flow, and restored to the same; a wrong key, a cut or changed archive change nothing'), async () => {
  const ended = new AbortController();
  const calls = (async () => {
    let count = 0;
    for (; !ended.signal.aborted; count += 1) expect((await gate.call(token)).result).toBeDefined();
    return count;
  })();
  const { file, opening } = await made();
  ended.abort();
  expect(await calls).toBeGreaterThan(0);
  expect((await gate.run('backup', 'verify', file, ...opening)).json).toMatchObject({ ok: true, store: 'sqlite' });
  expect(readdirSync(gate.backups)).toEqual([file.slice(gate.backups.length + 1)]);
  const place = join(gate.folder, 'elsewhere');
  const restore = (archive: string, ...keys: readonly string[]): Promise<string> => runAt(place, 'restore', archive, ...keys);
  writeFileSync(join(gate.folder, 'other-key'), 'AGE-SECRET-KEY-1GQ9778VQXMMJVE8SK7J6VT8UJ4HDQAJUVSFCWCM02D8GEWQ72PVQ2Y5J33\n');
  const whole = readFileSync(file);
  const cut = join(gate.folder, 'cut.age');
  writeFileSync(cut, whole.subarray(0, whole.length - 100_000));
  const flipped = join(gate.folder, 'flipped.age');
  writeFileSync(flipped, whole.map((byte, index) => (index === 1_000_000 ? byte ^ 1 : byte)));
  const [, , named = ''] = opening;
  expect(await restore(file, '--identity', join(gate.folder, 'other-key'), named, opening[3] ?? '')).toContain('ERR_BACKUP_KEY');
  expect(await restore(cut, ...opening)).toContain('ERR_BACKUP_INVALID');
  expect(await restore(flipped, ...opening)).toContain('ERR_BACKUP_INVALID');
  expect(await restore(file, ...opening.slice(0, 3), 'spi_00000000000000000000000000000000')).toContain('ERR_BACKUP_INVALID');
  expect([existsSync(place), readdirSync(gate.folder).filter((name) => name.includes('.restoring-'))]).toEqual([false, []]);
  expect(await restore(file, ...opening)).toBe('');
  expect(await restore(file, ...opening)).toContain('ERR_CONFLICT');
  const left = ['run', 'control/admin.token', 'control/issuer.key', 'control/issuer-keys.json', 'ledger/index', 'ledger/reserve'];
  expect(left.filter((path) => existsSync(join(place, path)))).toEqual([]);
  expect(readFileSync(join(place, 'control', 'key.pem'), 'utf8')).toBe(readFileSync(join(gate.home, 'control', 'key.pem'), 'utf8'));
  rmSync(place, { recursive: true });
});

async function runAt(home: string, ...args: readonly string[]): Promise<string> {
  const child = Bun.spawn([...PROGRAM, ...args, '--home', home], { stdout: 'ignore', stderr: 'pipe', env: { ...process.env, ...gate.env } });
  const error = await new Response(child.stderr).text();
  return (await child.exited) === 0 ? '' : error;
}

test('kill -9 in the middle of a backup leaves no archive, in the middle of a restore no state folder; the next one goes through', async () => {
  const folder = join(gate.folder, 'killed');
  const half = (): boolean => existsSync(folder) && readdirSync(folder).some((name) => name.endsWith('.part'));
  expect(await killed(['backup', 'create', '--home', gate.home, '--to', folder], half)).toBe(null);
  expect(readdirSync(folder).filter((name) => name.endsWith('.age'))).toEqual([]);
  const { file, opening } = await made('--to', folder);
  const place = join(gate.folder, 'half');
  const staged = (): boolean => readdirSync(gate.folder).some((name) =>
    name.startsWith('half.restoring-') && existsSync(join(gate.folder, name, 'control', 'ballast')));
  expect(await killed(['restore', file, ...opening, '--home', place], staged)).toBe(null);
  expect(existsSync(place)).toBe(false);
  expect(await runAt(place, 'restore', file, ...opening)).toBe('');
  expect(readdirSync(gate.folder).filter((name) => name.includes('.restoring-'))).toEqual([]);
  rmSync(place, { recursive: true });
});

test('a full disk ends a backup and a restore in words, and leaves nothing', async () => {
  const small = join(gate.folder, 'small');
  mkdirSync(small);
  if (!mountSmall(small, 8)) return;
  try {
    expect((await gate.run('backup', 'create', '--to', join(small, 'b'))).error).toContain('no room');
    expect(readdirSync(join(small, 'b'))).toEqual([]);
    const { file, opening } = await made('--to', join(gate.folder, 'full'));
    expect(await runAt(join(small, 'home'), 'restore', file, ...opening)).toContain('no room');
    expect(readdirSync(small)).toEqual(['b']);
    fillUp(small);
    expect((await gate.run('backup', 'create', '--to', join(small, 'b'))).error).toContain('ERR_BACKUP_FAILED');
  } finally {
    Bun.spawnSync(['umount', small]);
  }
});

test('PostgreSQL: backed up by one moment, restored to an empty database, or to SQLite; never into one that holds something', async () => {
  const postgres = await startPostgres();
  const here = await startRestorable({ recovery: false, env: { DATABASE_URL: postgres.url } });
  try {
    await here.up();
    await here.enrol('notes');
    await here.admin('PUT', '/vault/crm', { value: 'kept' });
    const backup = await here.run('backup', 'create');
    expect(backup.json).toMatchObject({ store: 'postgres', recorded: true });
    const opening = here.opening(text(backup.json['installation']));
    await here.down();
    rmSync(here.home, { recursive: true });
    const file = text(backup.json['file']);
    expect((await here.run('restore', file, ...opening)).error).toContain('ERR_CONFLICT');
    expect(existsSync(here.home)).toBe(false);
    const { DATABASE_URL: _, ...bare } = process.env;
    const lite = Bun.spawn([...PROGRAM, 'restore', file, ...opening, '--home', join(here.folder, 'lite')], { env: bare, stdout: 'ignore', stderr: 'inherit' });
    expect([await lite.exited, existsSync(join(here.folder, 'lite', 'control', 'store.db'))]).toEqual([0, true]);
    await emptied(postgres.url);
    expect((await here.run('restore', file, ...opening)).code).toBe(0);
    await here.up();
    const fresh = await here.token({ agent: 'fresh' });
    expect((await here.call(fresh)).result).toBeDefined();
    expect((await here.run('vault', 'show', 'crm')).code).toBe(0);
  } finally {
    await here.stop();
    await postgres.stop();
  }
});

async function emptied(url: string): Promise<void> {
  const sql = new Bun.SQL(url);
  await sql.unsafe('DROP SCHEMA public CASCADE; CREATE SCHEMA public;');
  await sql.close();
}
