import { statfsSync } from 'node:fs';
import { LIMITS } from '../../domain/limits.ts';
import { leafAt } from './leaf-at.ts';
import type { DurableEnd } from '../query.ts';
import { scanSegment } from '../scan.ts';
import type { Scanned } from '../scan.ts';
import { listSegments } from '../segments.ts';
import type { Segment } from '../segments.ts';
import { NOTHING_REACHED } from './database.ts';
import type { IndexFile, Reached } from './database.ts';
import { IndexWriter } from './writer.ts';
import type { Located, Spot } from './writer.ts';

const BATCH_BYTES = 8 * 1024 * 1024;

/** Takes what was written into the index, batch by batch, at its own pace. */
export class Advance {
  readonly #dir: string;
  readonly #writer: IndexWriter;
  #reached: Reached;

  constructor(dir: string, file: IndexFile) {
    this.#dir = dir;
    this.#writer = new IndexWriter(file.sqlite);
    this.#reached = file.reached;
  }

  get reached(): Reached {
    return this.#reached;
  }

  /** Indexes what comes next; false when nothing does, or when the disk is too full for what can be made anew. Throws what SQLite throws. */
  async step(end: DurableEnd): Promise<boolean> {
    const { bavail, bsize } = statfsSync(this.#dir);
    if (bavail * bsize < LIMITS.indexDiskFreeBytesMin) return false;
    const segments = listSegments(this.#dir);
    const segment = segments.find(({ first }) => first >= this.#reached.segment);
    if (segment === undefined || segment.first > end.first) return false;
    if (await this.#take(segment, segment.first === end.first ? end.bytes : undefined)) return true;
    const following = segments.find(({ first }) => first > segment.first);
    if (following === undefined || segment.first === end.first) return false;
    this.#reached = { ...this.#reached, next: Math.max(this.#reached.next, following.first), segment: following.first, offset: 0 };
    return true;
  }

  async #take(segment: Segment, end: number | undefined): Promise<boolean> {
    const isBegun = segment.first === this.#reached.segment && this.#reached.offset > 0;
    const start = isBegun ? { start: { offset: this.#reached.offset, position: this.#reached.next } } : {};
    const batch: Batch = { segment, records: [], spots: [], reached: isBegun ? this.#reached : { ...this.#reached, segment: segment.first, offset: 0 } };
    const from = batch.reached.offset;
    for await (const items of scanSegment(segment, { end, ...start })) {
      for (const item of items) note(batch, item);
      if (batch.reached.offset - from >= BATCH_BYTES) break;
    }
    if (batch.reached.offset === from) return false;
    this.#writer.take(batch.records, batch.spots, batch.reached);
    this.#reached = batch.reached;
    return true;
  }
}

interface Batch {
  readonly segment: Segment;
  readonly records: Located[];
  readonly spots: Spot[];
  reached: Reached;
}

function note(batch: Batch, item: Scanned): void {
  if (item.kind === 'rest') return;
  const { segment, reached } = batch;
  if (item.kind === 'damage') {
    batch.spots.push({ segment: segment.first, offset: item.damage.offset, position: item.position ?? Math.max(reached.next, segment.first) });
    batch.reached = { ...reached, next: item.position === undefined ? reached.next : item.position + 1, offset: item.end };
    return;
  }
  if (item.kind === 'head') {
    batch.reached = { ...reached, next: Math.max(reached.next, segment.first), offset: item.end };
    return;
  }
  const { kind, offset, end } = item;
  const position = kind === 'entry' ? item.entry.position : item.position;
  if (kind === 'entry') batch.records.push({ ...item.entry, offset });
  const leaf = Buffer.from(item.leaf).toString('base64url');
  batch.reached = { next: position + 1, segment: segment.first, offset: end, leaf, leafOffset: offset };
}

/** Whether the line that was indexed last still stands where it stood: otherwise it is another ledger, or an older copy of it. */
export function isOf(dir: string, reached: Reached): boolean {
  if (reached.leaf === '') return reached.next === NOTHING_REACHED.next;
  const at = listSegments(dir).findLast(({ first }) => first < reached.next);
  return at !== undefined && leafAt(at.file, reached.leafOffset) === reached.leaf;
}
