import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { identityToRecipient } from 'age-encryption';
import { joinShares, parseShare } from '../../backup/shares.ts';
import { SallyportError } from '../../domain/errors.ts';
import { LIMITS } from '../../domain/limits.ts';
import { usageError, type Arguments } from '../arguments.ts';
import type { Io } from '../command.ts';

/** What opens an archive, and whose it must be. */
export const OPENING = { identity: { type: 'string' }, share: { type: 'string', multiple: true }, installation: { type: 'string' } } as const;
export const OPENING_USAGE = '(--identity FILE | --share FILE --share FILE …) [--installation ID]';

export interface Opening {
  readonly identity: string;
  readonly installation: string;
}

/** Reads the key, or puts it together of its shares, which may name the installation. Throws `ERR_BACKUP_KEY`. */
export async function readOpening(options: Arguments, { cwd }: Io, usage: string): Promise<Opening> {
  const file = options.text('identity');
  const names = options.list('share');
  if ((file === undefined) === (names.length === 0)) throw usageError({ usage }, 'name the file of the key, or its shares');
  const shares = await Promise.all(names.map(async (name) => parseShare(await readKeyFile(resolve(cwd, name)))));
  const identity = file === undefined ? joinShares(shares) : identityIn(await readKeyFile(resolve(cwd, file)));
  const [share] = shares;
  if (share !== undefined && (await identityToRecipient(identity).catch(() => '')) !== share.recipient) {
    throw new SallyportError('ERR_BACKUP_KEY', 'the shares do not give the key that they name', { remedy: 'Bring the shares of the same escrow, each whole.' });
  }
  const installation = options.text('installation') ?? share?.installation;
  if (installation === undefined) throw usageError({ usage }, 'say whose backup it must be with --installation: `backup create` printed it');
  return { identity, installation };
}

/** An age identity file: comments and one key. */
function identityIn(text: string): string {
  const found = text.split('\n').map((line) => line.trim()).filter((line) => line !== '' && !line.startsWith('#'));
  const [identity] = found;
  if (identity !== undefined && found.length === 1) return identity;
  throw new SallyportError('ERR_BACKUP_KEY', 'the file of the key holds no key, or more than one', {
    remedy: 'It is an age identity file: one line AGE-SECRET-KEY-1….',
  });
}

async function readKeyFile(file: string): Promise<string> {
  try {
    const text = await readFile(file, 'utf8');
    if (text.length <= LIMITS.secretBytesMax) return text;
  } catch {
    // Told below, alike for every cause.
  }
  throw new SallyportError('ERR_FILE_UNREADABLE', `${file} cannot be read`, { remedy: 'Name a file that this user can read.' });
}
