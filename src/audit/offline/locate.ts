import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SallyportError } from '../../domain/errors.ts';
import { openCheckpoint } from '../log/checkpoint.ts';
import { inconsistent } from '../log/inconsistent.ts';
import { readSigned } from '../log/keeper.ts';
import type { Signed } from '../log/keeper.ts';
import { readLogIdentity } from '../log/key.ts';
import type { LogIdentity } from '../log/key.ts';
import { readVkey } from '../log/note.ts';

/** The ledger's folder: `place` itself, or `ledger` in it where it is a state folder. Throws `ERR_NOT_FOUND`. */
export function ledgerFolder(place: string): string {
  const found = [place, join(place, 'ledger')].find((dir) => existsSync(join(dir, 'log.json')) || existsSync(join(dir, 'segments')));
  if (found !== undefined) return found;
  throw new SallyportError('ERR_NOT_FOUND', `there is no ledger at ${place}`, { remedy: 'Name a ledger’s folder, or the state folder in which it lies.' });
}

/** The log's key: the one given, else the one that lies beside the log. Throws `ERR_USAGE` for what is no key. */
export function logIdentity(dir: string, vkey: string | undefined): LogIdentity {
  if (vkey === undefined) return readLogIdentity(dir);
  const noteKey = readVkey(vkey.trim());
  if (noteKey !== undefined) return { origin: noteKey.name, vkey: vkey.trim(), noteKey };
  throw new SallyportError('ERR_USAGE', 'this is no verifier key of a log', {
    remedy: 'It reads <origin>+<8 hex digits>+<base64>, as `vkey` in the ledger’s log.json.',
  });
}

/** The checkpoint in the log's folder. Throws `ERR_LOG_INCONSISTENT` when the key did not sign it. */
export function signedIn(dir: string, identity: LogIdentity): Signed {
  return readSigned(dir, identity);
}

/** A checkpoint that somebody kept. Throws `ERR_LOG_INCONSISTENT` when the key did not sign it, `ERR_FILE_UNREADABLE`. */
export function readCheckpointFile(file: string, identity: LogIdentity): Signed {
  let note: string;
  try {
    note = readFileSync(file, 'utf8');
  } catch (cause) {
    throw new SallyportError('ERR_FILE_UNREADABLE', `${file} cannot be read`, { remedy: 'Name a file that holds a checkpoint of the log.', cause });
  }
  const read = openCheckpoint(note, identity.noteKey);
  if (read !== undefined) return { ...read, note };
  throw inconsistent(file, `this is no checkpoint that the key of ${identity.origin} signed`, {
    remedy: 'Compare the log’s key with the one that you were given.',
  });
}
