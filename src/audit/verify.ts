import { SallyportError } from '../domain/errors.ts';
import { readErased, readHead } from './entry.ts';
import { isErased, leafOf, positionIn, provesItself } from './line.ts';
import { readLogIdentity } from './log/key.ts';
import { checkpointFile, readSigned } from './log/keeper.ts';
import type { Signed } from './log/keeper.ts';
import { TreeEdge } from './log/tree.ts';
import type { DurableEnd } from './query.ts';
import type { Damage } from './scan.ts';
import { listSegments, readLines, segmentsDir } from './segments.ts';
import type { RawLine, Segment } from './segments.ts';
import { TileCheck } from './verify-tiles.ts';

/**
 * Walks the ledger up to `end` (default: all of it): the signature of the checkpoint, each line, each position, each seam
 * between segments, each tile and each entry, up to the signed root. Hands out every place that is not what was written;
 * nothing at all when everything is. Needs nothing but the files.
 */
export async function* verifyLedger(dir: string, end?: DurableEnd): AsyncGenerator<Damage, void> {
  const found: Damage[] = [];
  const walk = new Walk(dir, signedIn(dir, found), found);
  let last: Segment | undefined;
  for (const segment of listSegments(dir)) {
    if (end !== undefined && segment.first > end.first) break;
    last = segment;
    walk.enter(segment);
    for await (const lines of readLines(segment.file, 0, segment.first === end?.first ? end.bytes : undefined)) {
      walk.take(lines);
      yield* found.splice(0);
    }
  }
  await walk.finish(last?.file ?? segmentsDir(dir));
  yield* found;
}

function signedIn(dir: string, found: Damage[]): Signed | undefined {
  try {
    return readSigned(dir, readLogIdentity(dir));
  } catch (error) {
    if (!(error instanceof SallyportError)) throw error;
    found.push({ file: checkpointFile(dir), offset: 0, reason: error.message });
    return undefined;
  }
}

class Walk {
  readonly #edge = new TreeEdge();
  readonly #found: Damage[];
  readonly #tiles: TileCheck;
  readonly #size: number;
  #segment: Segment = { first: 0, file: '' };
  #atHead = true;
  #next = 0;
  /** Set where an entry can be known neither from a line nor from the log: roots say nothing from there on. */
  #isBroken = false;

  constructor(dir: string, signed: Signed | undefined, found: Damage[]) {
    this.#found = found;
    this.#size = signed?.size ?? 0;
    this.#tiles = new TileCheck(dir, signed, found);
  }

  enter(segment: Segment): void {
    this.#segment = segment;
    this.#atHead = true;
  }

  take(lines: readonly RawLine[]): void {
    for (const line of lines) {
      if (!line.whole) this.#damaged(line.offset, 'the last line is not whole');
      else if (this.#atHead) this.#head(line);
      else this.#line(line);
    }
  }

  async finish(file: string): Promise<void> {
    if (this.#next < this.#size) {
      this.#found.push({ file, offset: 0, reason: `positions ${this.#next} to ${this.#size - 1} are missing: a signed checkpoint covers them` });
      this.#fill(this.#size);
    }
    if (!this.#isBroken) await this.#tiles.finish();
  }

  #head({ bytes, offset }: RawLine): void {
    this.#atHead = false;
    const { first } = this.#segment;
    if (first > this.#next) {
      this.#damaged(0, `positions ${this.#next} to ${first - 1} are missing before this segment`);
      this.#fill(first);
    } else if (first < this.#next) this.#damaged(0, 'the segment does not follow the one before it');
    const head = readHead(bytes);
    if (head?.first !== first) this.#damaged(offset, 'the segment’s first line is not what was written');
    else if (!this.#isBroken && this.#edge.size === first && head.root !== Buffer.from(this.#edge.root()).toString('base64url')) {
      this.#damaged(0, `the segment was begun on another log of ${first} entries`);
    }
  }

  #line({ bytes, offset }: RawLine): void {
    const isIntact = provesItself(bytes, 0, bytes.length);
    const position = isIntact ? positionIn(bytes, 0) : isErased(bytes, 0, bytes.length) ? readErased(bytes) : undefined;
    if (position === undefined) this.#damaged(offset, 'the line is not what was written here');
    else if (position < this.#next) {
      this.#damaged(offset, `the line of position ${position} stands where position ${this.#next} belongs`);
      return;
    } else if (position > this.#next) {
      this.#damaged(offset, `positions ${this.#next} to ${position - 1} are missing before this line`);
      this.#fill(position);
    }
    const leaf = position === undefined ? undefined : leafOf(bytes, 0, bytes.length);
    this.#append(leaf ?? this.#tiles.entryAt(this.#next) ?? leafOf(bytes, 0, bytes.length));
  }

  /** What lines no longer say, the log may: its root then tells whether the rest is what was signed. */
  #fill(until: number): void {
    while (this.#next < until) this.#append(this.#tiles.entryAt(this.#next));
  }

  #append(leaf: Uint8Array | undefined): void {
    this.#next += 1;
    if (leaf === undefined) this.#isBroken = true;
    if (leaf === undefined || this.#isBroken) return;
    this.#edge.append(leaf);
    const { size } = this.#edge;
    if (size <= this.#size) this.#tiles.compare(this.#edge.takeFinished());
    else this.#edge.takeFinished();
    if (size === this.#size) this.#tiles.seal(this.#edge.root(), this.#edge.partials());
  }

  #damaged(offset: number, reason: string): void {
    this.#found.push({ file: this.#segment.file, offset, reason });
  }
}
