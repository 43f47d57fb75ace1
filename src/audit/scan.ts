import { chainOf, isIntact, readEntry, readHead } from './entry.ts';
import type { Entry, SegmentHead } from './entry.ts';
import { readLines } from './segments.ts';
import type { RawLine, Segment } from './segments.ts';

/** A place where the journal is not what was written. */
export interface Damage {
  readonly file: string;
  readonly offset: number;
  readonly reason: string;
}

/** `end`: byte where the next line begins. `chain`: what that line must follow. */
export type Scanned =
  | { readonly kind: 'head'; readonly head: SegmentHead; readonly end: number; readonly chain: string }
  | { readonly kind: 'entry'; readonly entry: Entry; readonly end: number; readonly chain: string }
  | { readonly kind: 'damage'; readonly damage: Damage; readonly end: number; readonly chain: string }
  /** What follows the last newline: a write under way, or cut short. */
  | { readonly kind: 'rest'; readonly offset: number };

export interface ScanRange {
  /** A line's beginning, with the chain that it must follow. Default: the segment's head. */
  readonly start?: { readonly offset: number; readonly chain: string };
  /** Default: the file's end. */
  readonly end?: number | undefined;
}

/** Reads a segment, some lines at a time, and says of each what it is. A damaged line costs only itself (and, if its chain is lost, the next). */
export async function* scanSegment(segment: Segment, range: ScanRange = {}): AsyncGenerator<readonly Scanned[]> {
  let chain = range.start?.chain;
  for await (const lines of readLines(segment.file, range.start?.offset, range.end)) {
    const found: Scanned[] = [];
    for (const line of lines) {
      const item = judge(segment, line, chain);
      if (item.kind !== 'rest') chain = item.chain;
      found.push(item);
    }
    yield found;
  }
}

function judge(segment: Segment, line: RawLine, previous: string | undefined): Scanned {
  if (!line.whole) return { kind: 'rest', offset: line.offset };
  const { end } = line;
  const chain = chainOf(line.text) ?? previous ?? '';
  if (previous === undefined) {
    const head = readHead(line.text);
    if (head?.first === segment.first) return { kind: 'head', head, end, chain };
    return { kind: 'damage', damage: { file: segment.file, offset: 0, reason: 'the segment’s first line is not what was written' }, end, chain };
  }
  if (isIntact(line.text, previous)) return { kind: 'entry', entry: readEntry(line.text), end, chain };
  return { kind: 'damage', damage: { file: segment.file, offset: line.offset, reason: 'the line is not what was written here' }, end, chain };
}
