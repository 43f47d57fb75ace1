import { writeFile } from 'node:fs/promises';
import { SallyportError } from '../../domain/errors.ts';
import type { Arguments } from '../arguments.ts';
import type { Io } from '../command.ts';
import { plain } from '../terminal.ts';

/** A document into the file that `--out` names, or to standard output. Throws `ERR_FILE_UNREADABLE`. */
export async function hand(io: Io, options: Arguments, document: string): Promise<void> {
  const out = options.text('out');
  if (out === undefined) return io.out(document);
  await writeFile(out, document, { mode: 0o600 }).catch((cause: unknown) => {
    throw new SallyportError('ERR_FILE_UNREADABLE', `${out} can't be written`, { remedy: 'Name a file in a folder that this user may write.', cause });
  });
  io.note(`Written to ${plain(out)}.`);
}
