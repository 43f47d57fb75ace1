import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { lstat, mkdir, open, readFile, readlink, realpath, rename, rm, symlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { SallyportError } from '../../domain/errors.ts';
import { exchangeFiles } from '../edit/exchange.ts';
import { readOwn, replaceOwn } from './baseline.ts';
import type { FileState } from './watched.ts';

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/**
 * The last good content of every watched file, so that it can be put back. Encrypted under a key of this folder (AES-256-GCM, the
 * path bound in): what is copied away from here without the key, by a backup say, shows no secret of theirs.
 */
export class Copies {
  readonly #folder: string;
  readonly #key: Buffer;

  private constructor(folder: string, key: Buffer) {
    this.#folder = folder;
    this.#key = key;
  }

  static async at(folder: string): Promise<Copies> {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const file = join(folder, 'copies.key');
    const kept = await readOwn(file);
    const key = kept === undefined ? randomBytes(32) : Buffer.from(kept, 'base64url');
    if (kept === undefined) await replaceOwn(file, key.toString('base64url'));
    return new Copies(folder, key);
  }

  async keep(path: string, bytes: Uint8Array): Promise<void> {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv('aes-256-gcm', this.#key, nonce).setAAD(Buffer.from(path));
    const sealed = Buffer.concat([nonce, cipher.update(bytes), cipher.final()]);
    await replaceOwn(this.#placeOf(path), Buffer.concat([sealed, cipher.getAuthTag()]));
  }

  /** Undefined: none was kept, or it is not what was. */
  async take(path: string): Promise<Uint8Array | undefined> {
    const box = await readFile(this.#placeOf(path)).catch(() => undefined);
    if (box === undefined || box.length < NONCE_BYTES + TAG_BYTES) return undefined;
    try {
      const decipher = createDecipheriv('aes-256-gcm', this.#key, box.subarray(0, NONCE_BYTES)).setAAD(Buffer.from(path)).setAuthTag(box.subarray(-TAG_BYTES));
      return new Uint8Array(Buffer.concat([decipher.update(box.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]));
    } catch {
      return undefined;
    }
  }

  #placeOf(path: string): string {
    return join(this.#folder, 'copies', createHash('sha256').update(path).digest('hex'));
  }
}

/**
 * Makes a file what it was: its bytes, mode and, where this user may, its owner; a link that took its place goes. A file that was
 * not there before is put away, encrypted, not deleted. Throws `ERR_FILE_CHANGED` when somebody wrote it since it was judged,
 * `ERR_NOT_FOUND` without a copy: then nothing is changed.
 */
export async function putBack(path: string, before: FileState | undefined, judged: Uint8Array | undefined, copies: Copies): Promise<void> {
  if (before === undefined) {
    if (judged !== undefined) await copies.keep(`${path}\0away`, judged);
    await checkSame(path, judged);
    await rm(path, { force: true });
    return;
  }
  const bytes = await copies.take(path);
  if (bytes === undefined) {
    throw new SallyportError('ERR_NOT_FOUND', `no copy of ${path} was kept`, { remedy: 'Put it back by hand, then approve it: sallyport config baseline' });
  }
  if (before.link !== undefined && await readlink(path).catch(() => '') !== before.link) return putLinkBack(path, before.link);
  // A link that leads where it did: the file that it leads to is put back, the link stays.
  const target = before.link === undefined ? path : await realpath(path).catch(() => path);
  const fresh = join(dirname(target), `.${basename(target)}.sallyport-${crypto.randomUUID()}`);
  await mkdir(dirname(target), { recursive: true });
  const handle = await open(fresh, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW, 0o600);
  try {
    try {
      await handle.writeFile(bytes);
      await handle.chmod(before.mode);
      await handle.chown(before.uid, before.gid).catch(() => undefined);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await takePlace(fresh, target, judged);
  } catch (error) {
    await rm(fresh, { force: true });
    throw error;
  }
}

/** In one step that keeps what stood there until it was looked at: whoever writes in that very moment gets theirs back. */
async function takePlace(fresh: string, target: string, judged: Uint8Array | undefined): Promise<void> {
  if (!exchangeFiles(fresh, target)) {
    // Nothing is there, or the system knows no such step.
    await checkSame(target, judged);
    return rename(fresh, target);
  }
  await checkSame(fresh, judged).catch((error: unknown) => {
    exchangeFiles(fresh, target);
    throw error;
  });
  await rm(fresh, { force: true });
}

/** What it leads to is looked at by itself afterwards: through a link that was turned nothing is written. */
async function putLinkBack(path: string, link: string): Promise<void> {
  const fresh = join(dirname(path), `.${basename(path)}.sallyport-${crypto.randomUUID()}`);
  await symlink(link, fresh);
  await rename(fresh, path);
}

async function checkSame(path: string, judged: Uint8Array | undefined): Promise<void> {
  const found = await lstat(path).catch(() => undefined);
  if (judged === undefined || found === undefined || !found.isFile()) return;
  if (!Buffer.from(judged).equals(await readFile(path))) {
    throw new SallyportError('ERR_FILE_CHANGED', `${path} was written again meanwhile`, { remedy: 'It is looked at again.' });
  }
}
