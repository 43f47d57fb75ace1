import { corrupt } from './entry.ts';
import type { Entry } from './entry.ts';
import type { DurableEnd } from './query.ts';
import { scanSegment } from './scan.ts';
import type { Scanned } from './scan.ts';
import { listSegments } from './segments.ts';
import type { Segment } from './segments.ts';

export interface TailSource {
  /** Read anew at each turn; nothing beyond it is handed out. */
  durableEnd(): DurableEnd;
  /** Returns the way to stop listening. */
  onGrown(listener: () => void): () => void;
}

/**
 * Entries from a position on, read from the files at the reader's own pace: a slow reader costs no memory. Ends quietly when
 * `signal` aborts; throws `ERR_JOURNAL_CORRUPT` at a place that is not what was written, rather than leave it out.
 */
export async function* tailEntries(dir: string, from: number, signal: AbortSignal, source: TailSource): AsyncGenerator<Entry, void> {
  let wake: (() => void) | undefined;
  const stop = source.onGrown(() => wake?.());
  const abort = (): void => wake?.();
  signal.addEventListener('abort', abort);
  try {
    let segment: Segment | undefined;
    let start: { readonly offset: number; readonly position: number } | undefined;
    while (!signal.aborted) {
      const grown = new Promise<void>((resolve) => (wake = resolve));
      const end = source.durableEnd();
      segment ??= listSegments(dir).findLast((candidate, index) => candidate.first <= from || index === 0);
      if (segment !== undefined) {
        for await (const items of scanSegment(segment, { end: segment.first === end.first ? end.bytes : undefined, ...(start && { start }) })) {
          for (const item of items) {
            if (item.kind === 'damage') throw corrupt(item.damage);
            if (item.kind === 'rest') continue;
            start = { offset: item.end, position: nextAfter(item) };
            if (item.kind === 'entry' && item.entry.position >= from) yield item.entry;
            if (signal.aborted) return;
          }
        }
        const finished = segment.first;
        if (finished < end.first) {
          segment = listSegments(dir).find((candidate) => candidate.first > finished);
          start = undefined;
          continue;
        }
      }
      if (!signal.aborted) await grown;
    }
  } finally {
    stop();
    signal.removeEventListener('abort', abort);
  }
}

/** Erased records are passed over: there is nothing of them to hand out. */
function nextAfter(item: Extract<Scanned, { readonly kind: 'head' | 'entry' | 'erased' }>): number {
  if (item.kind === 'head') return item.head.first;
  return (item.kind === 'entry' ? item.entry.position : item.position) + 1;
}
