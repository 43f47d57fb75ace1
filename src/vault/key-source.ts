import { constants, lstatSync } from 'node:fs';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { SallyportError } from '../domain/errors.ts';

export const KEY_SOURCES = ['file', 'passphrase', 'keyring'] as const;
export type KeySourceName = (typeof KEY_SOURCES)[number];

/** Where the vault's key rests while control doesn't run. */
export interface KeySource {
  /** Every identity that it holds; none if it never held one. Throws `ERR_VAULT_KEY`, `ERR_VAULT_LOCKED`, `ERR_PROVIDER_FAILED`. */
  load(): Promise<readonly string[]>;
  /** Durable when it resolves, and all or nothing: what was there stays until the new text is complete. */
  save(identities: readonly string[]): Promise<void>;
  /** Takes the key out of it, when another source has it. */
  erase(): Promise<void>;
  /** What `doctor` says of it. */
  describe(): Place;
}

export interface Place {
  readonly where: string;
  /** Octal, of a file. */
  readonly mode?: string;
}

/** As age's own tools keep identities: one a line, `#` begins a comment. */
export function writeIdentities(identities: readonly string[]): string {
  return `# The key of Sallyport's vault. Keep a copy of it apart from the copies of the database.\n${identities.join('\n')}\n`;
}

export function readIdentities(text: string): readonly string[] {
  return text.split('\n').map((line) => line.trim()).filter((line) => line !== '' && !line.startsWith('#'));
}

const KEY_BYTES_MAX = 64 * 1024;

/**
 * A file that only control's own user can read, as text; undefined when there is none. Throws `ERR_VAULT_KEY` when others
 * could read or replace it: a key that was open is none any more, so its mode is not quietly repaired.
 */
export async function readPrivateFile(path: string): Promise<string | undefined> {
  let file;
  try {
    file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw unusable(path, 'cannot be read, or is a link', `Make ${path} a plain file of the user that runs control.`);
  }
  try {
    const { mode, uid, size, isPlain } = await file.stat().then((found) => ({ mode: found.mode, uid: found.uid, size: found.size, isPlain: found.isFile() }));
    if (!isPlain || size > KEY_BYTES_MAX) throw unusable(path, 'is no key file', 'Restore the key from its copy.');
    if (uid !== process.getuid?.()) throw unusable(path, 'belongs to another user', `Run control as the owner of ${path}, or: chown it.`);
    if ((mode & 0o077) !== 0) {
      throw unusable(path, `has mode ${(mode & 0o777).toString(8)}: other users could read it`, `chmod 600 ${path}, start again, then: sallyport vault rekey`);
    }
    return await file.readFile('utf8');
  } finally {
    await file.close();
  }
}

/** Writes a whole private file (0600) or nothing. */
export async function writePrivateFile(path: string, text: string): Promise<void> {
  const folder = dirname(path);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const draft = `${path}.${process.pid}.draft`;
  await rm(draft, { force: true });
  const file = await open(draft, 'wx', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(draft, path);
  const within = await open(folder, constants.O_RDONLY);
  await within.sync();
  await within.close();
}

export function describeFile(path: string): Place {
  const found = lstatSync(path, { throwIfNoEntry: false });
  return { where: path, ...(found === undefined ? {} : { mode: (found.mode & 0o777).toString(8).padStart(4, '0') }) };
}

function unusable(path: string, why: string, remedy: string): SallyportError {
  return new SallyportError('ERR_VAULT_KEY', `the vault's key file ${path} ${why}`, { remedy });
}
