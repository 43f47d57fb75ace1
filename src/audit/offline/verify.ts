import { readFileSync, statSync } from 'node:fs';
import type { SegmentHead } from '../entry.ts';
import { readErased, readHead } from '../entry.ts';
import { isErased, leafOf, positionIn, provesItself } from '../line.ts';
import { openCheckpoint } from '../log/checkpoint.ts';
import type { Checkpoint } from '../log/checkpoint.ts';
import { checkpointFile } from '../log/keeper.ts';
import type { NoteKey } from '../log/note.ts';
import { openTree } from '../log/proof.ts';
import { logDir } from '../log/tiles.ts';
import { listSegments, readLines } from '../segments.ts';
import type { RawLine, Segment } from '../segments.ts';
import { BodyCheck } from './body-check.ts';
import { ErasureAccount } from './erasure-account.ts';
import type { Flaw, OnFlaw } from './flaw.ts';
import { bodyIn } from './line-fields.ts';
import { checkOtherFiles } from './log-files.ts';
import { TreeCheck } from './tree-check.ts';

/** How many flaws are told one by one; the rest is counted. */
const FLAWS_TOLD_MAX = 1_000;

export interface VerifyOptions {
  /** The log's key, from wherever the auditor has it. */
  readonly key: NoteKey;
  /** Told now and then: bytes of segments that were read, of how many. */
  readonly onProgress?: (done: number, total: number) => void;
}

export interface Verified {
  readonly origin: string;
  /** Of the signed checkpoint; undefined when there is none that the key signed. */
  readonly checkpoint: Checkpoint | undefined;
  readonly segments: number;
  /** Lines that prove themselves. */
  readonly records: number;
  /** Lines after the checkpoint: they prove themselves, and nothing was signed over them yet. */
  readonly unsigned: number;
  /** Runs of positions `[from, to]` whose salt and text are gone; the log still holds their commitments. */
  readonly erased: readonly (readonly [number, number])[];
  /** Of those, how many no signed record of the ledger's own names: erasing is on record first (`evidence.erased`, `evidence.expired`). */
  readonly unaccounted: number;
  /** Payloads that are what their lines name. */
  readonly bodies: number;
  /** Payloads that were overwritten with zeros. */
  readonly bodiesErased: number;
  /** Files of payloads that are gone as a whole, with how many payloads each held. */
  readonly bodiesGone: ReadonlyMap<string, number>;
  /** Tiles and bundles beyond the checkpoint: written before a crash, or while this ran. */
  readonly tilesBeyond: number;
  readonly flaws: readonly Flaw[];
  readonly flawCount: number;
}

/**
 * Checks a ledger's folder with nothing but its files and the log's public key: every line, every payload, the order of
 * positions, every seam, every entry, tile and hash, and the signed root. Changes nothing. A running ledger may be checked too:
 * what it appends meanwhile is not looked at.
 */
export async function verifyLedger(dir: string, options: VerifyOptions): Promise<Verified> {
  return new LedgerCheck(dir, options).run();
}

class LedgerCheck {
  readonly #dir: string;
  readonly #options: VerifyOptions;
  readonly #flaws: Flaw[] = [];
  readonly #found: OnFlaw = (flaw) => this.#note(flaw);
  readonly #bodies: BodyCheck;
  readonly #heads: { readonly file: string; readonly head: SegmentHead }[] = [];
  readonly #erased: [number, number][] = [];
  readonly #account = new ErasureAccount();
  #flawCount = 0;
  #records = 0;
  #next = 0;

  constructor(dir: string, options: VerifyOptions) {
    this.#dir = dir;
    this.#options = options;
    this.#bodies = new BodyCheck(dir, this.#found);
  }

  async run(): Promise<Verified> {
    // First of all, so that what a running ledger adds meanwhile lies beyond it.
    const checkpoint = this.#readCheckpoint();
    const segments = listSegments(this.#dir).map((segment) => ({ segment, bytes: statSync(segment.file).size }));
    const total = segments.reduce((sum, { bytes }) => sum + bytes, 0);
    const log = logDir(this.#dir);
    const tree = checkpoint === undefined ? undefined : new TreeCheck(log, checkpoint, this.#found);
    let done = 0;
    for (const { segment, bytes } of segments) {
      await this.#segment(segment, bytes, tree, (at) => this.#options.onProgress?.(done + at, total));
      done += bytes;
    }
    const size = checkpoint?.size ?? 0;
    if (this.#next < size) this.#missing(segments.at(-1)?.segment.file ?? this.#dir, size, tree);
    tree?.finish();
    if (checkpoint !== undefined) this.#checkHeads(log, checkpoint);
    this.#bodies.close();
    for (const name of this.#account.unnamed([...this.#bodies.emptied.keys()], size)) {
      this.#found({ file: this.#bodies.emptied.get(name) ?? name, what: 'payloads are gone from here, and no signed record says that they were to go' });
    }
    return {
      origin: this.#options.key.name, checkpoint, segments: segments.length, records: this.#records, unsigned: Math.max(0, this.#next - size),
      erased: this.#erased, unaccounted: this.#account.unaccounted(this.#erased, size),
      bodies: this.#bodies.intact, bodiesErased: this.#bodies.erased, bodiesGone: this.#bodies.gone,
      tilesBeyond: checkOtherFiles(log, size, this.#found), flaws: this.#flaws, flawCount: this.#flawCount,
    };
  }

  #note(flaw: Flaw): void {
    this.#flawCount += 1;
    if (this.#flaws.length < FLAWS_TOLD_MAX) this.#flaws.push(flaw);
  }

  #readCheckpoint(): Checkpoint | undefined {
    const file = checkpointFile(this.#dir);
    const { key } = this.#options;
    try {
      const note = readFileSync(file, 'utf8');
      const read = openCheckpoint(note, key);
      if (read === undefined) this.#found({ file, what: `this is no checkpoint that the key of ${key.name} signed` });
      return read;
    } catch {
      this.#found({ file, what: 'there is no checkpoint: nothing here is proven' });
      return undefined;
    }
  }

  async #segment(segment: Segment, bytes: number, tree: TreeCheck | undefined, told: (at: number) => void): Promise<void> {
    let isHead = true;
    for await (const lines of readLines(segment.file, 0, bytes)) {
      for (const line of lines) {
        if (!line.whole) this.#found({ file: segment.file, offset: line.offset, position: this.#next, what: 'the last line is not whole' });
        else if (isHead) this.#head(segment, line, tree);
        else this.#line(segment.file, line, tree);
        isHead = false;
      }
      told(lines.at(-1)?.end ?? 0);
    }
    if (isHead) this.#found({ file: segment.file, what: 'the segment is empty' });
  }

  #head(segment: Segment, line: RawLine, tree: TreeCheck | undefined): void {
    const head = readHead(line.bytes);
    if (head?.first !== segment.first) this.#found({ file: segment.file, offset: 0, what: 'the segment’s first line is not what was written' });
    else this.#heads.push({ file: segment.file, head });
    if (segment.first > this.#next) this.#missing(segment.file, segment.first, tree);
    else if (segment.first < this.#next) {
      this.#found({ file: segment.file, offset: 0, what: `the segment begins at ${segment.first}, where ${this.#next} belongs` });
    }
  }

  #line(file: string, { bytes, offset }: RawLine, tree: TreeCheck | undefined): void {
    const leaf = leafOf(bytes, 0, bytes.length);
    const proven = leaf !== undefined && provesItself(bytes, 0, bytes.length);
    const erased = !proven && leaf !== undefined && isErased(bytes, 0, bytes.length) ? readErased(bytes) : undefined;
    const position = proven ? positionIn(bytes, 0) : erased;
    if (position === undefined) {
      this.#found({ file, offset, position: this.#next, what: 'the line is not what was written here' });
      tree?.add({ leaf: undefined, file, offset });
      this.#next += 1;
      return;
    }
    if (position > this.#next) this.#missing(file, position, tree, offset);
    if (position < this.#next) {
      this.#found({ file, offset, position, what: `the line of position ${position} stands where ${this.#next} belongs` });
      return;
    }
    tree?.add({ leaf, file, offset });
    this.#next += 1;
    if (erased !== undefined) this.#noteErased(position);
    else {
      this.#records += 1;
      this.#account.kept(bytes);
      const place = bodyIn(bytes);
      if (place !== undefined) this.#bodies.check(place, position);
    }
  }

  #noteErased(position: number): void {
    const last = this.#erased.at(-1);
    if (last?.[1] === position - 1) last[1] = position;
    else this.#erased.push([position, position]);
  }

  /** Positions up to `until` have no line. */
  #missing(file: string, until: number, tree: TreeCheck | undefined, offset = 0): void {
    this.#found({ file, offset, position: this.#next, what: `the lines of positions ${this.#next} to ${until - 1} are missing here` });
    while (this.#next < until) {
      tree?.add({ leaf: undefined, file, offset });
      this.#next += 1;
    }
  }

  /** A segment's head names the root of the log before it. */
  #checkHeads(log: string, { size }: Checkpoint): void {
    const tree = openTree(log, size);
    for (const { file, head } of this.#heads) {
      if (head.first > size) continue;
      let root: string;
      try {
        root = Buffer.from(tree.root(head.first)).toString('base64url');
      } catch {
        // The tile that is missing for this has been named.
        continue;
      }
      if (root !== head.root) this.#found({ file, offset: 0, position: head.first, what: 'the segment’s first line names another log before it' });
    }
  }
}

