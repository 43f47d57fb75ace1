import { LIMITS } from '../../domain/limits.ts';
import { ArchiveProblem } from './member.ts';
import type { Member } from './member.ts';

type Read = (archive: Uint8Array, bytesMax: number) => readonly Member[] | Promise<readonly Member[]>;

/** The files of one archive after another. Throws `ArchiveProblem` once all of them together hold too much. */
export type Unpacking = (archive: Uint8Array, read: Read) => Promise<readonly Member[]>;

/**
 * All archives of one entry share what they may unpack to, and are unpacked one at a time: many small ones that each become large
 * would otherwise be in memory at once.
 */
export function createUnpacking(bytesMax: number = LIMITS.packageUnpackedBytesMax): Unpacking {
  let left = bytesMax;
  let before: Promise<unknown> = Promise.resolve();
  return (archive, read) => {
    const work = before.then(async () => {
      if (left <= 0) throw new ArchiveProblem('with all that it needs it unpacks to too much');
      const members = await read(archive, left);
      // Files may be views of the archive: then that is what is kept.
      left -= Math.max(archive.byteLength, members.reduce((sum, { bytes }) => sum + bytes.byteLength, 0));
      return members;
    });
    before = work.catch(() => undefined);
    return work;
  };
}
