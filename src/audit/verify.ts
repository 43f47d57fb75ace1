import { CHAIN_START } from './entry.ts';
import { scanSegment } from './scan.ts';
import type { Damage } from './scan.ts';
import { listSegments } from './segments.ts';

/** Walks the whole journal: each line, and each seam between segments. Empty when everything is what was written. */
export async function verifyJournal(dir: string): Promise<readonly Damage[]> {
  const damage: Damage[] = [];
  let chain = CHAIN_START;
  let next = 0;
  for (const segment of listSegments(dir)) {
    for await (const items of scanSegment(segment)) {
      for (const item of items) {
        if (item.kind === 'rest') {
          damage.push({ file: segment.file, offset: item.offset, reason: 'the last line is not whole' });
          continue;
        }
        if (item.kind === 'head' && (item.head.previous !== chain || item.head.first !== next)) {
          damage.push({ file: segment.file, offset: 0, reason: 'the segment does not follow the one before it' });
        }
        if (item.kind === 'damage') damage.push(item.damage);
        if (item.kind === 'entry') next = item.entry.position + 1;
        chain = item.chain;
      }
    }
  }
  return damage;
}
