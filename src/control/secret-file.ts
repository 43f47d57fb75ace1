import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { SallyportError } from '../domain/errors.ts';

const LENGTH_MIN = 43;

/** A secret in a file of its own (0600), made at the first start. Throws `ERR_FILE_UNREADABLE` when others can read it or it is damaged. */
export function openSecretFile(file: string, make: () => string): string {
  const found = read(file);
  if (found !== undefined) return found;
  const secret = make();
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  writeFileSync(file, `${secret}\n`, { mode: 0o600, flag: 'wx' });
  return secret;
}

function read(file: string): string | undefined {
  try {
    // A secret that others could read is none any more: say so, instead of quietly repairing the mode.
    if ((statSync(file).mode & 0o077) !== 0) throw damaged(`${file} can be read by other users`);
    const secret = readFileSync(file, 'utf8').trim();
    if (secret.length < LENGTH_MIN) throw damaged(`${file} is damaged`);
    return secret;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

function damaged(message: string): SallyportError {
  return new SallyportError('ERR_FILE_UNREADABLE', message, { remedy: 'Delete the file; control makes a new one when it starts.' });
}
