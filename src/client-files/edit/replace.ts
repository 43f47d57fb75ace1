import { closeSync, constants, fstatSync, linkSync, openSync, readFileSync, renameSync } from 'node:fs';
import { lstat, open, readdir, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { SallyportError } from '../../domain/errors.ts';
import { LIMITS } from '../../domain/limits.ts';
import { exchangeFiles } from './exchange.ts';

/** SHA-256 in hex; `none`: there is no file. */
export function digestOf(bytes: Uint8Array | undefined): string {
  return bytes === undefined ? 'none' : new Bun.CryptoHasher('sha256').update(bytes).digest('hex');
}

export interface Replacement {
  /** No link: where the file really is. */
  readonly path: string;
  /** Digest of what must stand there. */
  readonly expected: string;
  readonly bytes: Uint8Array;
  readonly mode: number;
}

/**
 * Puts new bytes in a file's place in one step. Whatever somebody else writes meanwhile stays: the two are exchanged, and when
 * what came out is not what was expected they are exchanged back. Throws `ERR_FILE_CHANGED` then, `ERR_FILE_UNSAFE` for
 * what is no plain file of ours with one name, `ERR_FILE_UNREADABLE` when it can't be written; in all cases nothing is changed.
 */
export async function replaceFile({ path, expected, bytes, mode }: Replacement): Promise<void> {
  const owner = await checkOwn(path, expected);
  const draft = join(dirname(path), `${draftPrefix(path)}${process.pid}-${crypto.randomUUID().slice(0, 8)}`);
  try {
    await writeDraft(draft, bytes, mode, owner);
    putInPlace(draft, path, expected, digestOf(bytes));
  } catch (cause) {
    if (cause instanceof SallyportError) throw cause;
    throw new SallyportError('ERR_FILE_UNREADABLE', `${path} could not be written`, {
      remedy: 'Check the folder\'s permissions and the space on its disk.', cause,
    });
  } finally {
    await rm(draft, { force: true });
  }
  await syncFolder(dirname(path));
}

/** What a killed act left beside a file: nobody who lives writes it. Their bytes may be the file's old ones. */
export async function leftBeside(path: string): Promise<readonly string[]> {
  const prefix = draftPrefix(path);
  return (await leftIn(dirname(path))).filter((left) => basename(left).startsWith(prefix));
}

/** What killed acts left in a folder. */
export async function leftIn(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder).catch((): string[] => []);
  return names.filter((name) => {
    const pid = DRAFT.exec(name)?.[1];
    return pid !== undefined && !isAlive(Number(pid));
  }).map((name) => join(folder, name));
}

const DRAFT = /^\..+\.sallyport-(\d{1,10})-[0-9a-f]{8}$/;

function draftPrefix(path: string): string {
  return `.${basename(path).slice(0, NAME_CHARS_MAX)}.sallyport-`;
}

/** Names have 255 bytes at most. */
const NAME_CHARS_MAX = 40;

function isAlive(pid: number): boolean {
  if (pid === process.pid) return true;
  try {
    return pid > 0 && process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** A second name would keep what is taken out of the first; another user's file would become ours. */
async function checkOwn(path: string, expected: string): Promise<Owner | undefined> {
  const found = await lstat(path).catch(() => undefined);
  if (found === undefined || expected === 'none') {
    if (found === undefined && expected === 'none') return undefined;
    throw changed(path);
  }
  const unsafe = (why: string, remedy: string): SallyportError => new SallyportError('ERR_FILE_UNSAFE', `${path} ${why}; nothing was changed`, { remedy });
  if (!found.isFile()) throw unsafe('is no plain file', 'Name the file itself.');
  if (found.nlink > 1) throw unsafe('has another name too (a hard link), under which it would stay as it is', 'Remove the other name: find / -samefile FILE');
  const me = process.getuid?.();
  if (me !== 0 && found.uid !== me) throw unsafe('belongs to another user', 'Run the command as its owner.');
  return me === 0 ? found : undefined;
}

async function writeDraft(draft: string, bytes: Uint8Array, mode: number, owner: Owner | undefined): Promise<void> {
  const file = await open(draft, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW, 0o600);
  try {
    await file.writeFile(bytes);
    if (owner !== undefined) await file.chown(owner.uid, owner.gid);
    await file.chmod(mode);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** How often somebody else may write in the moment in which theirs is put back. */
const TURNS_MAX = 20;

/** Without a pause between the steps: whoever looks meanwhile sees ours for a moment at most, when it is not to stay. */
function putInPlace(draft: string, path: string, expected: string, ours: string): void {
  if (expected === 'none') return linkNew(draft, path);
  if (digestAt(path) !== expected) throw changed(path);
  if (!exchangeFiles(draft, path)) return overwrite(draft, path, expected);
  // The draft is the old file now. Whoever had it open may write to it still: it is looked at twice.
  if (digestAt(draft) === expected && digestAt(draft) === expected) return;
  // What somebody wrote takes its place again; what is newer still, and comes out then, takes that one's.
  let [put, occupant] = [digestAt(draft), ours];
  for (let turn = 0; turn < TURNS_MAX; turn += 1) {
    exchangeFiles(draft, path);
    const out = digestAt(draft);
    if (out === occupant) break;
    [put, occupant] = [out, put];
  }
  throw changed(path);
}

/** `link` alone refuses what is there in the same step. */
function linkNew(draft: string, path: string): void {
  try {
    linkSync(draft, path);
  } catch (cause) {
    throw new SallyportError('ERR_FILE_CHANGED', `${path} was made by somebody else meanwhile`, { remedy: 'Look at it, then run the command again.', cause });
  }
}

/** Where two files can't be exchanged, a writer in the moment between looking and renaming can't be told. */
function overwrite(draft: string, path: string, expected: string): void {
  if (digestAt(path) !== expected) throw changed(path);
  renameSync(draft, path);
}

function digestAt(path: string): string {
  let file;
  try {
    file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch {
    return 'none';
  }
  try {
    const found = fstatSync(file);
    return found.isFile() && found.size <= LIMITS.clientFileBytesMax ? digestOf(new Uint8Array(readFileSync(file))) : 'no such file';
  } finally {
    closeSync(file);
  }
}

/** A name that is not on the disk is lost with the power. */
async function syncFolder(folder: string): Promise<void> {
  const within = await open(folder, constants.O_RDONLY);
  try {
    await within.sync();
  } finally {
    await within.close();
  }
}

function changed(path: string): SallyportError {
  return new SallyportError('ERR_FILE_CHANGED', `${path} was changed by somebody else meanwhile; what they wrote stays`, {
    remedy: 'Close the client that writes it, then run the command again.',
  });
}
