import { LIMITS } from '../../domain/limits.ts';
import { ArchiveProblem } from './member.ts';

/** What may be put where in one entry of the store; counts everything (invariant 10). */
export interface Places {
  /** Throws `ArchiveProblem` for a path that leaves the entry, meets another one on any file system, or is one too many. */
  take(path: string, sizeBytes: number): void;
  readonly unpackedBytes: number;
}

/** NUL, other controls, and what Windows and shells take for more than a letter. */
// oxlint-disable-next-line no-control-regex -- controls are what is looked for
const UNSAFE = /[\u0000-\u001f\u007f\\]|\p{Default_Ignorable_Code_Point}/u;
const SEGMENT_BYTES_MAX = 255;
const PATH_BYTES_MAX = 1024;

export function createPlaces(): Places {
  /** By what file systems that fold case or compose letters take it for: how it was first written, and whether it is a file. */
  const taken = new Map<string, { readonly written: string; readonly isFile: boolean }>();
  let files = 0;
  let unpackedBytes = 0;
  const enter = (written: string, isFile: boolean): void => {
    const folded = written.normalize('NFKC').toLowerCase();
    const before = taken.get(folded);
    if (before !== undefined && (isFile || before.isFile || before.written !== written)) {
      throw new ArchiveProblem(`two of its files are one on some file systems: ${JSON.stringify(written)}`);
    }
    taken.set(folded, { written, isFile });
  };
  return {
    take(path, sizeBytes) {
      checkPath(path);
      const parts = path.split('/');
      parts.slice(1).forEach((_, index) => enter(parts.slice(0, index + 1).join('/'), false));
      enter(path, true);
      files += 1;
      unpackedBytes += sizeBytes;
      if (files > LIMITS.packageFilesMax) throw new ArchiveProblem(`more than ${LIMITS.packageFilesMax} files`);
      if (unpackedBytes > LIMITS.packageUnpackedBytesMax) throw new ArchiveProblem(`it unpacks to more than ${LIMITS.packageUnpackedBytesMax} bytes`);
    },
    get unpackedBytes() {
      return unpackedBytes;
    },
  };
}

function checkPath(path: string): void {
  const parts = path.split('/');
  const isPlain = parts.every((part) => part !== '' && part !== '.' && part !== '..' && Buffer.byteLength(part) <= SEGMENT_BYTES_MAX && !/[. ]$/.test(part));
  if (isPlain && !UNSAFE.test(path) && !/^[A-Za-z]:/.test(path) && Buffer.byteLength(path) <= PATH_BYTES_MAX) return;
  throw new ArchiveProblem(`a path in it leaves its folder, or is none: ${JSON.stringify(path.slice(0, 200))}`);
}
