import { CHAIN_START } from './entry.ts';
import type { DurableEnd } from './query.ts';
import { scanSegment } from './scan.ts';
import type { Damage } from './scan.ts';
import { listSegments } from './segments.ts';

/**
 * Walks the journal up to `end` (default: all of it): each line, and each seam between segments. Hands out every place that
 * is not what was written, as it is found; nothing at all when everything is.
 */
export async function* verifyJournal(dir: string, end?: DurableEnd): AsyncGenerator<Damage, void> {
  let chain = CHAIN_START;
  let next = 0;
  for (const segment of listSegments(dir)) {
    if (end !== undefined && segment.first > end.first) return;
    for await (const items of scanSegment(segment, { end: segment.first === end?.first ? end.bytes : undefined })) {
      for (const item of items) {
        if (item.kind === 'rest') {
          yield { file: segment.file, offset: item.offset, reason: 'the last line is not whole' };
          continue;
        }
        if (item.kind === 'head' && (item.head.previous !== chain || item.head.first !== next)) {
          yield { file: segment.file, offset: 0, reason: 'the segment does not follow the one before it' };
        }
        if (item.kind === 'damage') yield item.damage;
        if (item.kind === 'entry') next = item.entry.position + 1;
        chain = item.chain;
      }
    }
  }
}
