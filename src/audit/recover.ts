import { rmSync, statSync } from 'node:fs';
import { corrupt } from './entry.ts';
import type { Entry } from './entry.ts';
import { scanSegment } from './scan.ts';
import type { Damage } from './scan.ts';
import { listSegments } from './segments.ts';
import type { Segment } from './segments.ts';
import { Standing } from './standing.ts';

/** Bytes at a segment's end that are no whole line: a write that a crash cut short. Nobody was told that they were kept. */
export interface Torn {
  readonly file: string;
  readonly offset: number;
  readonly bytes: number;
}

export interface Recovered {
  /** Where appending goes on; undefined: a new segment must be begun. */
  readonly segment: (Segment & { readonly bytes: number }) | undefined;
  readonly next: number;
  readonly chain: string;
  readonly standing: Standing;
  readonly torn: readonly Torn[];
  readonly damage: readonly Damage[];
}

/**
 * Reads the newest segment and what it carries of the past. A torn end is reported for cutting. Damage elsewhere is
 * reported, and appending goes on in a new segment: positions and chain are certain because intact lines follow the damage.
 * Throws `ERR_JOURNAL_CORRUPT`, naming file and byte, when they are not: nothing may be written after a doubtful end.
 */
export async function recover(dir: string, chainStart: string): Promise<Recovered> {
  const torn: Torn[] = [];
  for (const segment of listSegments(dir).toReversed()) {
    const bytes = statSync(segment.file).size;
    const scan = await readNewest(segment);
    if (scan !== undefined) {
      const end = scan.restAt ?? bytes;
      if (end < bytes) torn.push({ file: segment.file, offset: end, bytes: bytes - end });
      return { ...scan, segment: scan.damage.length === 0 ? { ...segment, bytes: end } : undefined, torn };
    }
    // Begun and never finished: the segment before it is the newest one. It holds no record, not even a head.
    torn.push({ file: segment.file, offset: 0, bytes });
    rmSync(segment.file);
  }
  return { segment: undefined, next: 0, chain: chainStart, standing: new Standing(), torn, damage: [] };
}

interface Newest {
  readonly next: number;
  readonly chain: string;
  readonly standing: Standing;
  readonly damage: readonly Damage[];
  readonly restAt: number | undefined;
}

/** Undefined when the segment has no whole line. */
async function readNewest(segment: Segment): Promise<Newest | undefined> {
  let standing: Standing | undefined;
  let next = segment.first;
  let chain = '';
  let restAt: number | undefined;
  let lastDamaged = false;
  const damage: Damage[] = [];
  for await (const items of scanSegment(segment)) {
    for (const item of items) {
      if (item.kind === 'rest') {
        restAt = item.offset;
        continue;
      }
      chain = item.chain;
      lastDamaged = item.kind === 'damage';
      if (item.kind === 'damage') damage.push(item.damage);
      if (item.kind === 'head') standing = Standing.fromJson(item.head.standing);
      if (item.kind === 'entry') {
        if (standing !== undefined) note(standing, item.entry);
        next = item.entry.position + 1;
      }
    }
  }
  const worst = standing === undefined ? damage[0] : damage.at(-1);
  if (worst !== undefined && (standing === undefined || lastDamaged)) throw corrupt(worst);
  return standing === undefined ? undefined : { next, chain, standing, damage, restAt };
}

function note(standing: Standing, { role, incarnation, record, position }: Entry): void {
  const origin = { role, node: role === 'ledger' ? 'ledger' : record.node, incarnation };
  standing.enter(origin);
  standing.apply(position, origin, record, record.at);
}
