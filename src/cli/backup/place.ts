import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { open, readFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { restoreLog } from '../../audit/backup.ts';
import { readArchive } from '../../backup/archive-read.ts';
import type { Manifest } from '../../backup/manifest.ts';
import type { TarFile } from '../../backup/tar.ts';
import { writeOrder } from '../../control/configuration/orders.ts';
import { readState, rootOf } from '../../control/configuration/state.ts';
import { digestOf } from '../../control/configuration/version.ts';
import { readBackup } from '../../control/backups/settings.ts';
import { afterRestore, restoredRow, type Cells } from '../../control/backups/restored.ts';
import { SallyportError } from '../../domain/errors.ts';
import { isObject, type Json } from '../../domain/json.ts';
import { fillStore } from '../../store/load.ts';
import type { Filling } from '../../store/load.ts';
import type { StoreOptions } from '../../store/store.ts';
import { rebase } from '../../roles/floor.ts';
import { PLACES } from './gather.ts';
import { isLeftOut } from './left-out.ts';

export interface PlaceParts {
  readonly home: string;
  readonly file: string;
  readonly identity: string;
  readonly installation: string;
  /** An empty database; undefined: SQLite in the state folder. */
  readonly database: { readonly url: string; readonly options: StoreOptions } | undefined;
  readonly now: number;
}

export interface Placed {
  readonly manifest: Manifest;
  /** Whether two people must sign an order before any call flows again. */
  readonly needsOrder: boolean;
}

const STAGING = '.restoring-';
/** Beside the state folder's own folders while it is staged; gone before it is put in place. */
const SPOOL = '.spool';
const LEDGER_FILES = /^ledger\/(segments\/\d{16}\.jsonl|log\/checkpoint|bodies\/[a-z0-9-]+\/[a-z0-9-]+\/[0-9-]+\.bodies)$/;

/**
 * Puts an installation back from an archive: all of it is staged beside the state folder, read to its end and verified, and
 * only then put in place, by one rename. Throws `ERR_CONFLICT` when there is anything already, `ERR_BACKUP_*`, `ERR_LOG_INCONSISTENT`.
 */
export async function placeArchive(parts: PlaceParts): Promise<Placed> {
  const { home, file, identity, installation, now } = parts;
  needEmpty(home);
  sweepStaging(home);
  const staging = `${home}${STAGING}${process.pid}`;
  try {
    mkdirSync(dirname(home), { recursive: true });
    mkdirSync(join(staging, SPOOL), { recursive: true, mode: 0o700 });
    const manifest = await readArchive({ file, identity, installation, take: (one) => stage(staging, one) });
    for (const [folder, mode] of manifest.folders) if (!isLeftOut(folder)) makeFolder(staging, folder, mode);
    await checkLedger(staging, manifest);
    for (const floor of floorsIn(staging)) rebase(floor, now);
    const filled = await fill(staging, manifest, parts);
    rmSync(join(staging, SPOOL), { recursive: true });
    needEmpty(home);
    await syncFolder(staging);
    renameSync(staging, home);
    await syncFolder(dirname(home));
    await filled?.filling?.done();
    await filled?.filling?.close();
    return { manifest, needsOrder: filled?.needsOrder ?? false };
  } catch (cause) {
    rmSync(staging, { recursive: true, force: true });
    throw told(cause, home);
  }
}

function needEmpty(home: string): void {
  if (!existsSync(home) || (statSync(home).isDirectory() && readdirSync(home).length === 0)) return;
  throw new SallyportError('ERR_CONFLICT', `${home} is not empty`, {
    remedy: 'Restore into a folder that is new: move what is there away first. Nothing was changed.',
  });
}

/** What a restore that was killed has left: keys lie in it. */
function sweepStaging(home: string): void {
  if (!existsSync(dirname(home))) return;
  const prefix = `${basename(home)}${STAGING}`;
  for (const name of readdirSync(dirname(home)).filter((one) => one.startsWith(prefix))) {
    const pid = Number(name.slice(prefix.length));
    if (!Number.isSafeInteger(pid) || pid === process.pid || !isAlive(pid)) rmSync(join(dirname(home), name), { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Lays one file where only this restore looks. Names are plain (`readTar`); where they may lie is said here. */
async function stage(staging: string, file: TarFile): Promise<void> {
  const { name } = file;
  const path = name.startsWith(PLACES.home) ? name.slice(PLACES.home.length) : undefined;
  const isOurs = path === undefined ? name.startsWith(PLACES.store) || name.startsWith(PLACES.leaves) : LEDGER_FILES.test(path) || !isLeftOut(path);
  if (!isOurs || path?.split('/')[0] === SPOOL) {
    throw new SallyportError('ERR_BACKUP_INVALID', `${JSON.stringify(name)} has no place in a state folder`, { remedy: 'Take another backup.' });
  }
  const target = path === undefined ? join(staging, SPOOL, name.replaceAll('/', '.')) : join(staging, path);
  mkdirSync(dirname(target), { recursive: true, mode: 0o700 });
  const handle = await open(target, 'wx', file.mode & 0o700);
  try {
    for await (const chunk of file.body) await handle.writeFile(chunk);
    await handle.chmod(file.mode);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function makeFolder(staging: string, folder: string, mode: number): void {
  mkdirSync(join(staging, folder), { recursive: true, mode: 0o700 });
  chmodSync(join(staging, folder), mode);
}

/** What gateway and egress of this machine remember of snapshots; those elsewhere wait for an order. */
function floorsIn(staging: string): readonly string[] {
  return ['gateway', 'egress'].flatMap((role) => {
    const folder = join(staging, role);
    return existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.version')).map((name) => join(folder, name)) : [];
  });
}

async function checkLedger(staging: string, { ledger }: Manifest): Promise<void> {
  if (ledger === undefined) return;
  const signed = await restoreLog(join(staging, 'ledger'), spooled(staging, PLACES.leaves));
  const root = Buffer.from(signed.root).toString('base64');
  if (signed.origin === ledger.origin && signed.size === ledger.size && root === ledger.root) return;
  throw new SallyportError('ERR_BACKUP_INVALID', 'its checkpoint is not the one that its manifest names', { remedy: 'Take another backup.' });
}

async function* spooled(staging: string, place: string): AsyncGenerator<Buffer> {
  const prefix = place.replaceAll('/', '.');
  for (const name of readdirSync(join(staging, SPOOL)).filter((one) => one.startsWith(prefix)).toSorted()) yield await readFile(join(staging, SPOOL, name));
}

interface Filled {
  /** A database elsewhere, which is a store from when the state folder is in place. */
  readonly filling?: Filling;
  readonly needsOrder: boolean;
}

/** The rows, less what must not come back to life, and that they were restored. Undefined for a machine without control. */
async function fill(staging: string, manifest: Manifest, { database, now }: PlaceParts): Promise<Filled | undefined> {
  const { store, ledger, id, createdAt, installation } = manifest;
  if (store === undefined) return undefined;
  const own = `sqlite:${join(staging, 'control', 'store.db')}`;
  const filling = await fillStore(database?.url ?? own, database?.options ?? {}, markOf(id), store.migrations);
  try {
    let backup: Json | undefined;
    for (const name of readdirSync(join(staging, SPOOL)).filter((one) => one.startsWith('store.')).toSorted()) {
      const table = name.split('.')[1] ?? '';
      const rows = rowsOf(await readFile(join(staging, SPOOL, name), 'utf8'));
      if (table === 'resource') {
        backup = bodyOf(rows.find((row) => row['kind'] === 'setting' && row['id'] === 'backup')) ?? backup;
      }
      await filling.add(table, table === 'resource' ? rows.map((row) => afterRestore(row, now)).filter((row) => row !== undefined) : rows);
    }
    const settings = await readBackup({ get: async () => (backup === undefined ? undefined : { ...NO_ROW, body: backup }) });
    const needsOrder = settings.recoveryKeys !== undefined;
    const said = { at: now, backup: { id, createdAt, installation }, snapshot: store.snapshot, settled: false, needsOrder };
    await filling.add('resource', [restoredRow({ ...said, ...(ledger === undefined ? {} : { ledger }) })]);
    await acceptOlder(staging, filling, now, id);
    if (database !== undefined) return { filling, needsOrder };
    await filling.done();
    await filling.close();
    return { needsOrder };
  } catch (error) {
    await filling.close();
    throw error;
  }
}

const NO_ROW = { kind: 'setting', space: '', id: '', version: 1, updatedAt: 0, updatedBy: '' } as const;

/**
 * The ledger, or control itself, may have seen later versions of the configuration than the backup holds, and control refuses to
 * start with an older one. Restoring is a person's decision to go on with exactly this one: said in the words that control asks for.
 */
async function acceptOlder(staging: string, { rows }: Filling, now: number, backup: string): Promise<void> {
  const latest = await rows.configuration.latest();
  if (latest === undefined) return;
  const root = rootOf(await readState(rows));
  const reason = `restored from the backup ${backup}`;
  mkdirSync(join(staging, 'control'), { recursive: true, mode: 0o700 });
  writeOrder(staging, { order: 'accept', root, latest: digestOf(latest.statement), by: userInfo().username, at: now, reason });
}

/** Of this archive alone: another try with it may go on from where this one was cut short. */
function markOf(id: string): number {
  return createHash('sha256').update(id).digest().readUIntBE(0, 6);
}

function rowsOf(text: string): readonly Cells[] {
  return text.split('\n').flatMap((line) => {
    if (line === '') return [];
    const row: Json = JSON.parse(line);
    const cells = isObject(row) ? Object.entries(row) : [];
    return [Object.fromEntries(cells.flatMap(([name, cell]) => (typeof cell === 'string' || typeof cell === 'number' ? [[name, cell] as const] : [])))];
  });
}

function bodyOf(row: Cells | undefined): Json | undefined {
  const body = row?.['body'];
  if (typeof body !== 'string') return undefined;
  const parsed: Json = JSON.parse(body);
  return parsed;
}

async function syncFolder(folder: string): Promise<void> {
  await using handle = await open(folder, 'r');
  await handle.sync();
}

function told(cause: unknown, home: string): unknown {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  if (cause instanceof SallyportError || (code !== 'ENOSPC' && code !== 'EDQUOT')) return cause;
  return new SallyportError('ERR_BACKUP_FAILED', `there is no room to restore beside ${home}`, {
    remedy: 'Make room and restore again; nothing was put in place.', cause,
  });
}
