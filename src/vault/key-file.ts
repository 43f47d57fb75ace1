import { rm } from 'node:fs/promises';
import { describeFile, readIdentities, readPrivateFile, writeIdentities, writePrivateFile } from './key-source.ts';
import type { KeySource } from './key-source.ts';

/** The key in a file of its own: an age identity file, 0600. */
export function keyInFile(path: string): KeySource {
  return {
    load: async () => readIdentities((await readPrivateFile(path)) ?? ''),
    save: (identities) => writePrivateFile(path, writeIdentities(identities)),
    erase: () => rm(path, { force: true }),
    describe: () => describeFile(path),
  };
}
