import { readEntry, readErased, readHead } from './entry.ts';
import type { Entry, SegmentHead } from './entry.ts';
import { isErased, leafOf, provesItself } from './line.ts';
import { readLines } from './segments.ts';
import type { RawLine, Segment } from './segments.ts';

/** A place where the ledger is not what was written. */
export interface Damage {
  readonly file: string;
  readonly offset: number;
  readonly reason: string;
}

/** `end`: byte where the next line begins. `leaf`: what the line names as its entry of the log. */
export type Scanned =
  | { readonly kind: 'head'; readonly head: SegmentHead; readonly end: number }
  | { readonly kind: 'entry'; readonly entry: Entry; readonly leaf: Uint8Array; readonly offset: number; readonly end: number }
  /** Its salt and record are gone for good; the log still proves that there was one. */
  | { readonly kind: 'erased'; readonly position: number; readonly leaf: Uint8Array; readonly offset: number; readonly end: number }
  /** `position`: the one that a line here has; undefined for the head, and for lines that are missing. */
  | { readonly kind: 'damage'; readonly damage: Damage; readonly position: number | undefined; readonly leaf: Uint8Array | undefined; readonly end: number }
  /** What follows the last newline: a write under way, or cut short. */
  | { readonly kind: 'rest'; readonly offset: number };

export interface ScanRange {
  /** A line's beginning and the position that it has. Default: the segment's head. */
  readonly start?: { readonly offset: number; readonly position: number };
  /** Default: the file's end. */
  readonly end?: number | undefined;
}

/**
 * Reads a segment, some lines at a time, and says of each what it is. A damaged line costs only itself. That a line stands
 * where it was written is for the log to prove; here it is checked that positions follow each other.
 */
export async function* scanSegment(segment: Segment, range: ScanRange = {}): AsyncGenerator<readonly Scanned[]> {
  let next = range.start?.position;
  for await (const lines of readLines(segment.file, range.start?.offset, range.end)) {
    const found: Scanned[] = [];
    for (const line of lines) {
      if (!line.whole) found.push({ kind: 'rest', offset: line.offset });
      else if (next === undefined) {
        found.push(judgeHead(segment, line));
        next = segment.first;
      } else next = judge(segment, line, next, found);
    }
    yield found;
  }
}

function judgeHead(segment: Segment, { bytes, end }: RawLine): Scanned {
  const head = readHead(bytes);
  if (head?.first === segment.first) return { kind: 'head', head, end };
  const damage = { file: segment.file, offset: 0, reason: 'the segment’s first line is not what was written' };
  return { kind: 'damage', damage, position: undefined, leaf: undefined, end };
}

/** Adds what the line is to `found`; gives the position that the next one has. */
function judge(segment: Segment, line: RawLine, next: number, found: Scanned[]): number {
  const { bytes, offset, end } = line;
  const leaf = leafOf(bytes, 0, bytes.length);
  const read = leaf === undefined ? undefined : readLine(bytes);
  const damaged = (reason: string, position?: number): void => {
    found.push({ kind: 'damage', damage: { file: segment.file, offset, reason }, position, leaf: position === undefined ? undefined : leaf, end });
  };
  if (leaf === undefined || read === undefined) {
    damaged('the line is not what was written here', next);
    return next + 1;
  }
  if (read.position < next) {
    damaged(`the line of position ${read.position} stands where position ${next} belongs`);
    return next;
  }
  if (read.position > next) damaged(`positions ${next} to ${read.position - 1} are missing before this line`);
  if (read.record !== undefined) found.push({ kind: 'entry', entry: read, leaf, offset, end });
  else found.push({ kind: 'erased', position: read.position, leaf, offset, end });
  return read.position + 1;
}

function readLine(bytes: Buffer): Entry | { readonly position: number; readonly record?: never } | undefined {
  if (provesItself(bytes, 0, bytes.length)) return readEntry(bytes);
  const position = isErased(bytes, 0, bytes.length) ? readErased(bytes) : undefined;
  return position === undefined ? undefined : { position };
}
