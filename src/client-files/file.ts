import { lstat, mkdir, open, readdir, readFile, realpath, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { SallyportError } from '../domain/errors.ts';
import { LIMITS } from '../domain/limits.ts';

/** A client's file as it was read. `bytes` is undefined when there is none yet. */
export interface ClientFile {
  /** Where it really is: links are followed, so that the link stays one. */
  readonly path: string;
  readonly bytes: Uint8Array | undefined;
  readonly text: string;
}

const FILE_BYTES_MAX = LIMITS.clientFileBytesMax;

/** What is kept to undo one write. It holds the file as it was, secrets and all: mode 0600, in Sallyport's own folder. */
const BACKUP = z.strictObject({ path: z.string(), before: z.base64().nullable(), mode: z.int(), afterDigest: z.string() });

/** Reads a client's file. Throws `ERR_FILE_UNREADABLE`: not a plain file, too large, or not UTF-8. */
export async function readClientFile(path: string): Promise<ClientFile> {
  const real = await realpath(path).catch(() => path);
  const found = await lstat(real).catch(() => undefined);
  if (!found) return { path: real, bytes: undefined, text: '' };
  if (!found.isFile()) throw unreadable(path, 'is not a plain file');
  if (found.size > FILE_BYTES_MAX) throw unreadable(path, `is over ${FILE_BYTES_MAX} bytes`);
  try {
    const bytes = new Uint8Array(await readFile(real));
    return { path: real, bytes, text: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes) };
  } catch (cause) {
    throw unreadable(path, 'could not be read as UTF-8', cause);
  }
}

/**
 * Writes a client's file in one step, after keeping what it was. `read` is the file as the person saw it in the diff.
 * Throws `ERR_FILE_CHANGED` when somebody wrote it since; then nothing is changed.
 */
export async function writeClientFile(read: ClientFile, text: string, backups: string): Promise<void> {
  const now = await readClientFile(read.path);
  if (digestOf(now.bytes) !== digestOf(read.bytes)) throw changed(read.path, 'look at the difference again: run the command once more');
  const mode = read.bytes === undefined ? 0o600 : (await lstat(read.path)).mode & 0o777;
  const after = new TextEncoder().encode(text);
  const before = read.bytes === undefined ? null : Buffer.from(read.bytes).toString('base64');
  const backup = { path: read.path, before, mode, afterDigest: digestOf(after) };
  await mkdir(backups, { recursive: true, mode: 0o700 });
  const kept = await listBackups(read.path, backups);
  const place = join(backups, `${prefixOf(read.path)}-${String(kept.length + 1).padStart(6, '0')}.json`);
  await replaceFile(place, new TextEncoder().encode(JSON.stringify(backup)), 0o600);
  await mkdir(dirname(read.path), { recursive: true });
  await replaceFile(read.path, after, mode);
}

/**
 * Takes the last write back, byte for byte; a file that the write made is removed. Throws `ERR_NOT_FOUND` when there is
 * nothing to undo, and `ERR_FILE_CHANGED` when somebody wrote the file since.
 */
export async function undoClientFile(path: string, backups: string): Promise<void> {
  const now = await readClientFile(path);
  for (const name of (await listBackups(now.path, backups)).toReversed()) {
    const place = join(backups, name);
    const { before, mode, afterDigest } = BACKUP.parse(JSON.parse(await readFile(place, 'utf8')), { reportInput: false });
    const bytes = before === null ? undefined : new Uint8Array(Buffer.from(before, 'base64'));
    const written = digestOf(now.bytes) === afterDigest;
    // Kept, and then killed before the write: the file still is what it was, so this one is undone already.
    const neverWritten = !written && digestOf(now.bytes) === digestOf(bytes);
    if (!written && !neverWritten) {
      throw changed(now.path, `take out the entries by hand; what the file was before is in ${place} (base64)`);
    }
    if (written && bytes === undefined) await rm(now.path);
    if (written && bytes !== undefined) await replaceFile(now.path, bytes, mode);
    await rm(place);
    if (written) return;
  }
  throw new SallyportError('ERR_NOT_FOUND', `nothing was written to ${path} that could be undone`, { remedy: 'check the client or file' });
}

function digestOf(bytes: Uint8Array | undefined): string {
  return bytes === undefined ? 'none' : new Bun.CryptoHasher('sha256').update(bytes).digest('hex');
}

function prefixOf(path: string): string {
  return digestOf(new TextEncoder().encode(path)).slice(0, 32);
}

async function listBackups(path: string, backups: string): Promise<readonly string[]> {
  const prefix = `${prefixOf(path)}-`;
  const names = await readdir(backups).catch((): string[] => []);
  return names.filter((name) => name.startsWith(prefix) && name.endsWith('.json')).sort();
}

/** New bytes under a new name, on the disk, then in the old name's place: a reader sees the one or the other. */
async function replaceFile(path: string, bytes: Uint8Array, mode: number): Promise<void> {
  const fresh = `${path}.sallyport-${crypto.randomUUID()}`;
  try {
    const file = await open(fresh, 'wx', mode);
    try {
      await file.writeFile(bytes);
      await file.chmod(mode);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(fresh, path);
  } catch (cause) {
    await rm(fresh, { force: true });
    throw unreadable(path, 'could not be written', cause);
  }
}

function unreadable(path: string, why: string, cause?: unknown): SallyportError {
  return new SallyportError('ERR_FILE_UNREADABLE', `${path} ${why}`, { remedy: 'check the path and its permissions', cause });
}

function changed(path: string, remedy: string): SallyportError {
  return new SallyportError('ERR_FILE_CHANGED', `${path} was changed by somebody else since`, { remedy });
}
