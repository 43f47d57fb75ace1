import { stat } from 'node:fs/promises';
import { z } from 'zod';
import { SallyportError } from '../../domain/errors.ts';
import { LIMITS } from '../../domain/limits.ts';
import { parseManifestText } from '../../registry/manifest-text.ts';
import type { Accounts } from '../../vendor/probe/scene.ts';
import { readPlain } from '../plain-file.ts';

const TOKEN = z.string().min(8).max(8_192).regex(/^[\x21-\x7e]+$/, 'a token has no spaces');
const FILE = z.record(z.string().max(64), z.strictObject({
  token: TOKEN.exactOptional(), other: TOKEN.exactOptional(), foreign: TOKEN.exactOptional(), expired: TOKEN.exactOptional(),
}));

/**
 * Test accounts of vendors, each with its tokens, by the vendor's id: nobody's but its owner's to read. Throws `ERR_FILE_UNREADABLE`,
 * `ERR_FILE_UNSAFE`, `ERR_CONFIG_SYNTAX`, and `ERR_CONFIG_INVALID` with each place, never with a value.
 */
export async function readAccounts(path: string): Promise<Readonly<Record<string, Accounts>>> {
  const file = parseManifestText(await readPlain(path, LIMITS.bodyBytesMax), path);
  if (((await stat(path)).mode & 0o077) !== 0) {
    throw new SallyportError('ERR_FILE_UNSAFE', `${path} holds tokens, and others may read it`, { remedy: `Take that away: chmod 600 ${path}` });
  }
  const read = FILE.safeParse(file.value, { reportInput: false });
  if (read.success) return read.data;
  throw file.invalid(read.error.issues.map(({ path: at, message }) => ({ path: at.filter((part) => typeof part !== 'symbol'), message })), HELP);
}

const HELP = 'docs/vendor-probes.md has an example; nothing was asked';
