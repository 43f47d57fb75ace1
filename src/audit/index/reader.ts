import { closeSync, openSync, readSync } from 'node:fs';
import { readEntry, readErased } from '../entry.ts';
import type { Entry } from '../entry.ts';
import { isErased, provesItself } from '../line.ts';
import { listSegments } from '../segments.ts';
import type { Segment } from '../segments.ts';

const OPEN_MAX = 16;
const GUESS_BYTES = 4 * 1024;
/** Beyond what any line can be: what has no end by then is no line. */
const LINE_BYTES_MAX = 512 * 1024;
const NEWLINE = 10;

/** What lies at a place that the index names. `gone`: not the line that was indexed, or one that is not what was written. */
export type Found = { readonly kind: 'entry'; readonly entry: Entry; readonly bytes: number } | { readonly kind: 'erased' | 'gone' };

/** Reads single lines out of the segments; each proves itself, whatever the index says of it. */
export class LineReader {
  readonly #dir: string;
  #segments: readonly Segment[] = [];
  readonly #open = new Map<number, number>();

  constructor(dir: string) {
    this.#dir = dir;
  }

  read(position: number, offset: number): Found {
    const segment = this.#segmentOf(position);
    const line = segment === undefined ? undefined : this.#line(segment, offset);
    if (line === undefined) return { kind: 'gone' };
    if (isErased(line, 0, line.length)) return { kind: readErased(line) === position ? 'erased' : 'gone' };
    if (!provesItself(line, 0, line.length)) return { kind: 'gone' };
    const entry = readEntry(line);
    return entry.position === position ? { kind: 'entry', entry, bytes: line.length } : { kind: 'gone' };
  }

  close(): void {
    for (const fd of this.#open.values()) closeSync(fd);
    this.#open.clear();
  }

  #segmentOf(position: number): Segment | undefined {
    const known = findSegment(this.#segments, position);
    // The newest one that is known may have been followed by others meanwhile.
    if (known !== undefined && known !== this.#segments.at(-1)) return known;
    this.#segments = listSegments(this.#dir);
    return findSegment(this.#segments, position);
  }

  #line(segment: Segment, offset: number): Buffer | undefined {
    for (let size = GUESS_BYTES; size <= LINE_BYTES_MAX; size *= 8) {
      const bytes = Buffer.allocUnsafe(size);
      const length = readSync(this.#fd(segment), bytes, 0, size, offset);
      const end = bytes.subarray(0, length).indexOf(NEWLINE);
      if (end >= 0) return bytes.subarray(0, end);
      if (length < size) return undefined;
    }
    return undefined;
  }

  #fd({ first, file }: Segment): number {
    const known = this.#open.get(first);
    if (known !== undefined) return known;
    if (this.#open.size >= OPEN_MAX) this.close();
    const fd = openSync(file, 'r');
    this.#open.set(first, fd);
    return fd;
  }
}

/** Segments are named by their first position: the last one that does not begin later. */
function findSegment(segments: readonly Segment[], position: number): Segment | undefined {
  let [low, high] = [0, segments.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((segments[middle]?.first ?? 0) <= position) low = middle + 1;
    else high = middle;
  }
  return segments[low - 1];
}
