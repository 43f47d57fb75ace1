import { resolve } from 'node:path';
import { LIMITS } from '../../domain/limits.ts';
import { readBundle } from '../../knowledge/bundle.ts';
import type { Tables } from '../../knowledge/shape.ts';
import type { Io } from '../command.ts';
import { readPlain } from '../plain-file.ts';

/** A bundle as it lies on the disk, and what it says. Throws `ERR_FILE_UNREADABLE` and `ERR_VERIFY_FAILED`. */
export async function readBundleFile(io: Io, name: string): Promise<{ readonly text: string; readonly tables: Tables }> {
  const text = await readPlain(resolve(io.cwd, name), 2 * LIMITS.knowledgeCharsMax);
  return { text, tables: readBundle(text) };
}
