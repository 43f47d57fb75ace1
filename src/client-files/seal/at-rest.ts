import { lstat, rm } from 'node:fs/promises';
import { SallyportError } from '../../domain/errors.ts';
import { digestOf, replaceFile } from '../edit/replace.ts';
import { readClientFile } from '../file.ts';
import type { SealingPlace } from './seal.ts';

/** Seals a text so that any age tool opens it with the person's key. Throws `ERR_VAULT_*`. */
export interface TextSealer {
  readonly seal: (text: string) => Promise<string>;
  readonly open: (sealed: string) => Promise<string>;
}

const PRIVATE = 0o600;
const NOTHING = { values: [], entries: [], launches: [] } as const;

/** Where a file is while it is encrypted. */
export function encryptedPath(path: string): string {
  return `${path}.age`;
}

export async function isEncrypted(path: string): Promise<boolean> {
  return (await lstat(encryptedPath(path)).catch(() => undefined))?.isFile() === true && ((await lstat(path).catch(() => undefined))?.size ?? 0) === 0;
}

/**
 * Encrypts a whole file, and takes it away. What it was is kept first, then the encrypted file is on the disk, then the file goes, if
 * nobody wrote it meanwhile (`ERR_FILE_CHANGED`). A file that is there without a place where it was encrypted is no file of ours.
 */
export async function encryptFile({ keep, now }: SealingPlace, path: string, { seal }: TextSealer): Promise<void> {
  const read = await readClientFile(path);
  if (read.bytes === undefined || read.text === '') {
    throw new SallyportError('ERR_NOT_FOUND', `there is nothing in ${path} to encrypt`, { remedy: 'Name a client\'s file.' });
  }
  const digest = digestOf(read.bytes);
  const mode = (await lstat(read.path)).mode & 0o777;
  await keep.add(read.path, { at: now(), act: 'encrypt', mode, before: read.bytes, beforeDigest: digest, afterDigest: 'none', ...NOTHING });
  const beside = await readClientFile(encryptedPath(read.path));
  const sealed = new TextEncoder().encode(await seal(read.text));
  await replaceFile({ path: encryptedPath(read.path), expected: digestOf(beside.bytes), bytes: sealed, mode: PRIVATE });
  // Emptied in one step that looks at what it takes away; only then removed.
  await replaceFile({ path: read.path, expected: digest, bytes: new Uint8Array(), mode: PRIVATE });
  await rm(read.path, { force: true });
}

/**
 * What an encrypted file holds. It is what this person encrypted here, and nothing that somebody else encrypted for their public key:
 * throws `ERR_VAULT_SEAL` else.
 */
export async function readEncrypted({ keep }: SealingPlace, path: string, { open }: TextSealer): Promise<Uint8Array> {
  const { text } = await readClientFile(encryptedPath(path));
  const bytes = new TextEncoder().encode(await open(text));
  const digest = digestOf(bytes);
  if ((await keep.list(path)).some(({ act, beforeDigest }) => act === 'encrypt' && beforeDigest === digest)) return bytes;
  throw new SallyportError('ERR_VAULT_SEAL', `${encryptedPath(path)} is not what you encrypted here`, {
    remedy: `Find out who wrote it; what you encrypted was kept: sallyport config restore ${path} --list`,
  });
}

/** The file in clear again, byte for byte; the encrypted one goes last. */
export async function decryptFile(place: SealingPlace, path: string, sealer: TextSealer): Promise<void> {
  const bytes = await readEncrypted(place, path, sealer);
  const { bytes: there } = await readClientFile(path);
  await replaceFile({ path, expected: digestOf(there), bytes, mode: PRIVATE });
  await rm(encryptedPath(path), { force: true });
}
