import { open, realpath } from 'node:fs/promises';
import { LIMITS } from '../../domain/limits.ts';

/** Variables and files of the machine that control runs on, as references name them (`env:NAME`, `file:/path`). */
export interface MachineSecrets {
  /** Undefined for what is not there, cannot be read, is no plain file, or is the gate's own. */
  variable(name: string): string | undefined;
  file(path: string): Promise<string | undefined>;
}

/** Where the kernel shows control's own environment and memory, as files. */
const KERNELS = /^\/(?:proc|sys|dev)\//;

/**
 * What control itself runs by is no secret of a server: whoever declares servers would have the administrator's token, or
 * the vault's key, sent to one of theirs. `home`: the state folder.
 */
export function machineSecrets(home: string): MachineSecrets {
  return {
    variable: (name) => (/^SALLYPORT_/i.test(name) ? undefined : process.env[name]),
    file: async (path) => {
      try {
        const real = await realpath(path);
        if (KERNELS.test(real) || `${real}/`.startsWith(`${await realpath(home)}/`)) return undefined;
        return await readSmall(real);
      } catch {
        return undefined;
      }
    },
  };
}

async function readSmall(path: string): Promise<string | undefined> {
  const file = await open(path);
  try {
    const found = await file.stat();
    return found.isFile() && found.size <= LIMITS.secretBytesMax ? (await file.readFile('utf8')).trim() : undefined;
  } finally {
    await file.close();
  }
}
