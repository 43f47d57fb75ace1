import { rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { corrupt } from './entry.ts';
import type { Entry } from './entry.ts';
import { openTree, verifyInclusion } from './log/proof.ts';
import type { TiledTree } from './log/proof.ts';
import { HASH_BYTES, hashLeaf } from './log/hash.ts';
import type { Checkpoint } from './log/checkpoint.ts';
import { TILE_WIDTH, logDir, tilePath, widthIn } from './log/tiles.ts';
import { scanSegment } from './scan.ts';
import type { Damage, Scanned } from './scan.ts';
import { listSegments, segmentsDir } from './segments.ts';
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
  /** Entries that the segments hold beyond what was signed, in order. */
  readonly leaves: readonly Uint8Array[];
  readonly standing: Standing;
  /** When the last record that could be read was written, by its writer's clock; 0 when there is none. */
  readonly latestAt: number;
  readonly torn: readonly Torn[];
  readonly damage: readonly Damage[];
}

/**
 * Reads the newest segment, what it carries of the past, and every entry beyond the `signed` ones. A torn end is reported for
 * cutting. Damage elsewhere is reported, and appending goes on in a new segment: what was signed is certain, and so is what
 * intact lines follow. Lines that are missing below the signed size are reported too: their entries stand in the log, and
 * their positions are not given again. Throws `ERR_JOURNAL_CORRUPT`, naming file and byte, where an entry beyond what was
 * signed is doubtful: nothing may be written after it.
 */
export async function recover(dir: string, { size: signed, root }: Checkpoint): Promise<Recovered> {
  const torn: Torn[] = [];
  const tree = { ...openTree(logDir(dir), signed), dir: logDir(dir), signedRoot: root };
  const segments = listSegments(dir);
  for (const segment of segments.toReversed()) {
    const bytes = statSync(segment.file).size;
    const scan = await readNewest(segment, tree);
    if (scan === undefined && segment.first >= signed) {
      // Begun and never finished: the segment before it is the newest one. It holds no record, not even a head.
      torn.push({ file: segment.file, offset: 0, bytes });
      rmSync(segment.file);
      continue;
    }
    const { next, standing, damage, restAt = bytes, leaves, latestAt } = scan ?? { ...NOTHING, next: segment.first, standing: new Standing() };
    const older = await readOlder(segments.filter(({ first }) => first < segment.first), segment.first, signed);
    if (next < signed) {
      const missing = lost(segment.file, restAt, next, signed);
      return { segment: undefined, next: signed, leaves: [], standing, latestAt, torn, damage: [...damage, missing] };
    }
    if (restAt < bytes) torn.push({ file: segment.file, offset: restAt, bytes: bytes - restAt });
    return { next, standing, latestAt, torn, damage, leaves: [...older, ...leaves], segment: damage.length === 0 ? { ...segment, bytes: restAt } : undefined };
  }
  const damage = signed === 0 ? [] : [lost(segmentsDir(dir), 0, 0, signed)];
  return { segment: undefined, next: signed, leaves: [], standing: new Standing(), latestAt: 0, torn, damage };
}

const NOTHING = { damage: [], leaves: [], restAt: undefined, latestAt: 0 } as const;

function lost(file: string, offset: number, from: number, signed: number): Damage {
  return { file, offset, reason: `positions ${from} to ${signed - 1} are missing: a signed checkpoint covers them` };
}

/** The tree as its tiles say it, and the root that they ought to give. */
type SignedTree = TiledTree & { readonly dir: string; readonly signedRoot: Uint8Array };

interface Newest {
  readonly next: number;
  readonly leaves: readonly Uint8Array[];
  readonly standing: Standing;
  readonly latestAt: number;
  readonly damage: readonly Damage[];
  readonly restAt: number | undefined;
}

/** Undefined when the segment has no whole line. */
async function readNewest(segment: Segment, tree: SignedTree): Promise<Newest | undefined> {
  let standing: Standing | undefined;
  let next = segment.first;
  let restAt: number | undefined;
  let doubtful: Damage | undefined;
  let latestAt = 0;
  const leaves: Uint8Array[] = [];
  const damage: Damage[] = [];
  for await (const items of scanSegment(segment)) {
    for (const item of items) {
      if (item.kind === 'rest') {
        restAt = item.offset;
        continue;
      }
      doubtful = undefined;
      if (item.kind === 'head') {
        standing = Standing.fromJson(item.head.standing);
        if (item.head.first <= tree.size && item.head.root !== rootAt(tree, item.head.first)) {
          damage.push({ file: segment.file, offset: 0, reason: `the segment was begun on another log of ${item.head.first} entries` });
        }
        continue;
      }
      if (item.kind === 'damage') {
        damage.push(item.damage);
        if (standing === undefined) throw corrupt(item.damage);
        if (item.position === undefined) continue;
      }
      const position = item.kind === 'entry' ? item.entry.position : (item.position ?? next);
      if (item.kind === 'damage' && position >= tree.size) doubtful = item.damage;
      const wrong = takeLeaf(item, position, next, segment, tree, leaves);
      if (wrong !== undefined && (wrong.file === segment.file || wrong.file !== damage.at(-1)?.file)) damage.push(wrong);
      if (item.kind === 'entry') latestAt = item.entry.record.at;
      if (item.kind === 'entry' && standing !== undefined) note(standing, item.entry);
      next = position + 1;
    }
  }
  if (doubtful !== undefined) throw corrupt(doubtful);
  return standing === undefined ? undefined : { next, leaves, standing, latestAt, damage, restAt };
}

type Line = Exclude<Scanned, { readonly kind: 'head' | 'rest' }>;

/** Compares the line's entry with the one that was signed, or keeps it for signing. */
function takeLeaf(item: Line, position: number, next: number, segment: Segment, tree: SignedTree, leaves: Uint8Array[]): Damage | undefined {
  const at = { file: segment.file, offset: 'offset' in item ? item.offset : item.damage.offset };
  if (position >= tree.size) {
    if (item.leaf === undefined) throw corrupt({ ...at, reason: `no entry of the log can be read for position ${position}, which was never signed` });
    if (position > Math.max(next, tree.size)) throw corrupt({ ...at, reason: `the lines before position ${position} are missing and were never signed` });
    leaves.push(item.leaf);
    return undefined;
  }
  if (item.kind === 'damage' || isEntry(tree, position, item.leaf)) return undefined;
  const isTileRight = verifyInclusion(tree.leafHash(position), position, tree.size, tree.inclusion(position), tree.signedRoot);
  if (isTileRight) return { ...at, reason: `the log was signed with another line at position ${position}` };
  const index = Math.floor(position / TILE_WIDTH);
  const file = join(tree.dir, tilePath({ level: 0, index, width: widthIn(tree.size, 0, index) }));
  return { file, offset: 0, reason: `the tile at position ${index * TILE_WIDTH} is not what was signed` };
}

function isEntry(tree: TiledTree, position: number, leaf: Uint8Array): boolean {
  const hash = new Uint8Array(HASH_BYTES);
  hashLeaf(leaf, hash, 0);
  return Buffer.compare(hash, tree.leafHash(position)) === 0;
}

function rootAt(tree: TiledTree, size: number): string {
  return Buffer.from(tree.root(size)).toString('base64url');
}

/** Entries from the `signed` ones on that lie in segments before the newest: it was begun after the last checkpoint. */
async function readOlder(segments: readonly Segment[], until: number, signed: number): Promise<readonly Uint8Array[]> {
  const leaves: Uint8Array[] = [];
  const from = segments.findLastIndex((segment) => segment.first <= signed);
  for (const segment of signed >= until ? [] : segments.slice(Math.max(0, from))) {
    for await (const items of scanSegment(segment)) {
      for (const item of items) {
        const position = item.kind === 'entry' ? item.entry.position : item.kind === 'head' || item.kind === 'rest' ? undefined : item.position;
        if (position === undefined || position < signed || !('leaf' in item)) continue;
        if (item.leaf === undefined || position !== signed + leaves.length) throw doubtfulIn(segment, position);
        leaves.push(item.leaf);
      }
    }
  }
  if (signed < until && signed + leaves.length !== until) throw doubtfulIn(segments.at(-1), signed + leaves.length);
  return leaves;
}

function doubtfulIn(segment: Segment | undefined, position: number): Error {
  return corrupt({ file: segment?.file ?? 'segments', offset: 0, reason: `no entry of the log can be read for position ${position}, which was never signed` });
}

function note(standing: Standing, { role, incarnation, record, position }: Entry): void {
  const origin = { role, node: role === 'ledger' ? 'ledger' : record.node, incarnation };
  standing.enter(origin);
  standing.apply(position, origin, record, record.at);
}
