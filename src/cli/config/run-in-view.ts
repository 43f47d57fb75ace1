import { lstat, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { SallyportError } from '../../domain/errors.ts';
import { findCommand, searchPathOf } from '../../sandbox/tools.ts';

export interface InView {
  readonly command: readonly string[];
  /** Goes to descriptor 3 of the command. */
  readonly input: Uint8Array;
  /** To be called when the command has ended. */
  readonly after: () => Promise<void>;
}

/**
 * A command that sees a file where on the disk is none: its bytes are in a memory file system of its own namespace (bubblewrap), for it and what
 * it starts alone, and gone with them. Read-only: what a client would write there would be lost. Throws `ERR_SANDBOX_UNAVAILABLE`.
 */
export async function inView(command: readonly string[], path: string, bytes: Uint8Array, searchPath: string | undefined): Promise<InView> {
  const bwrap = process.platform === 'linux' ? findCommand('bwrap', searchPathOf(searchPath, join(import.meta.dir, '../../../node_modules/.bin'))) : undefined;
  if (bwrap === undefined) {
    throw new SallyportError('ERR_SANDBOX_UNAVAILABLE', 'only bubblewrap shows a file that is encrypted to one command alone, and it is not here', {
      remedy: 'Install bubblewrap; or decrypt it (config unseal) and seal its secrets instead (config seal without --encrypt).',
    });
  }
  const wasThere = (await lstat(path).catch(() => undefined)) !== undefined;
  return {
    command: [bwrap, '--dev-bind', '/', '/', '--perms', '0600', '--ro-bind-data', '3', path, '--', ...command], input: bytes,
    after: async () => {
      // What it is put upon has to be there; an empty file that we made goes again.
      const left = wasThere ? undefined : await lstat(path).catch(() => undefined);
      if (left?.isFile() === true && left.size === 0) await rm(path, { force: true });
    },
  };
}
