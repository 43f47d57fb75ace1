import { join } from 'node:path';
import { SallyportError } from '../domain/errors.ts';
import { provesItself } from './line.ts';
import { inconsistent } from './log/inconsistent.ts';
import { listSegments, readLines } from './segments.ts';

/** A line where it lies: bytes `[offset, offset + line.length)` of its segment. */
export interface FoundLine {
  readonly file: string;
  readonly offset: number;
  readonly line: Buffer;
  /** Whether it is what was written; an erased or damaged one is not. */
  readonly intact: boolean;
}

const ERASED_AT = '{"leaf":"'.length + 43 + 1;
const WRITTEN_AT = ERASED_AT + ',"salt":"'.length + 22 + 1;

/** Throws `ERR_NOT_FOUND` for a position beyond the last, `ERR_LOG_INCONSISTENT` for one whose line is missing. */
export async function findLine(dir: string, position: number): Promise<FoundLine> {
  const segments = listSegments(dir);
  const segment = segments.findLast(({ first }) => first <= position);
  if (segment === undefined) throw inconsistent(join(dir, 'segments'), 'the line is missing', { position });
  const wanted = Buffer.from(`,"position":${position},`);
  for await (const lines of readLines(segment.file)) {
    for (const { bytes, offset, whole } of lines) {
      const at = [WRITTEN_AT, ERASED_AT].some((from) => bytes.subarray(from, from + wanted.length).equals(wanted));
      if (at && whole) return { file: segment.file, offset, line: Buffer.from(bytes), intact: provesItself(bytes, 0, bytes.length) };
    }
  }
  if (segment !== segments.at(-1)) throw inconsistent(segment.file, 'the line is missing', { position });
  throw new SallyportError('ERR_NOT_FOUND', `there is no record ${position}`, { remedy: 'Positions begin at 0; the newest is in `sallyport audit query`.' });
}
