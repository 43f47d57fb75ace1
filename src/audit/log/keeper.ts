import { mkdirSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { LIMITS } from '../../domain/limits.ts';
import { openCheckpoint, signCheckpoint } from './checkpoint.ts';
import type { Checkpoint } from './checkpoint.ts';
import { replaceFile, syncFolderLater, writeDurable } from './durable.ts';
import { EMPTY_ROOT } from './hash.ts';
import { inconsistent } from './inconsistent.ts';
import { hasHistory } from './key.ts';
import type { LogIdentity, LogKey } from './key.ts';
import { TILE_WIDTH, logDir, tilePath, widthIn } from './tiles.ts';
import type { Tile } from './tiles.ts';
import type { TreeEdge } from './tree.ts';

/** Files of one publication that are written at once. */
const WRITES_AT_ONCE = 16;

/** The last checkpoint that was signed, as it lies in `log/checkpoint`. */
export interface Signed extends Checkpoint {
  readonly note: string;
}

export function checkpointFile(dir: string): string {
  return join(logDir(dir), 'checkpoint');
}

/** Reads and checks the stored checkpoint. Throws `ERR_LOG_INCONSISTENT` when there is none, or it is not signed by this log's key. */
export function readSigned(dir: string, identity: LogIdentity): Signed {
  const file = checkpointFile(dir);
  let note: string;
  try {
    note = readFileSync(file, 'utf8');
  } catch (cause) {
    throw inconsistent(file, 'the last signed checkpoint cannot be read, so nothing can be known to extend it', { cause });
  }
  const read = openCheckpoint(note, identity.noteKey);
  if (read === undefined) throw inconsistent(file, `this checkpoint is not signed by the key of ${identity.origin}`);
  return { ...read, note };
}

/** The stored checkpoint, or, in a folder where nothing was ever kept, the first one: of no entries. */
export function openSigned(dir: string, key: LogKey): Signed {
  if (hasHistory(dir)) return readSigned(dir, key);
  const first = { origin: key.origin, size: 0, root: EMPTY_ROOT };
  const note = signCheckpoint(first, key.privateKey);
  mkdirSync(logDir(dir), { recursive: true, mode: 0o755 });
  writeDurable(checkpointFile(dir), note, 0o644);
  return { ...first, note };
}

export interface LogKeeperOptions {
  readonly dir: string;
  readonly key: LogKey;
  /** How many records may wait while no checkpoint can be written. */
  readonly unsignedMax: number;
  /** Whether tiles are synced to the disk before the checkpoint that needs them. */
  readonly strict: boolean;
  readonly signed: Signed;
  readonly edge: TreeEdge;
  /** Resolves when every record whose leaf was appended by now is on the disk: nothing else is signed. */
  readonly settle: () => Promise<void>;
  /** Called when a checkpoint could not be made, and the one before could. It is tried again. */
  readonly onFailed: (error: unknown) => void;
}

/**
 * Publishes the log: at most once a second, while it grows, tiles and entries first and a signed checkpoint last, each file
 * whole or not at all, so that who reads `log/` alone always sees a consistent tree.
 */
export class LogKeeper {
  readonly #options: LogKeeperOptions;
  readonly #edge: TreeEdge;
  #signed: Signed;
  /** Full tiles that no checkpoint covers yet. */
  #due: Tile[] = [];
  #timer: Timer | undefined;
  #publishing: Promise<void> | undefined;
  #publishedAt = Number.NEGATIVE_INFINITY;
  #failed = false;
  #closed = false;

  constructor(options: LogKeeperOptions) {
    this.#options = options;
    this.#edge = options.edge;
    this.#signed = options.signed;
  }

  get signed(): Signed {
    return this.#signed;
  }

  /** Whether so much waits for its checkpoint, since none can be written, that nothing more may be taken. */
  get isBehind(): boolean {
    return this.#failed && this.#edge.size - this.#signed.size >= this.#options.unsignedMax;
  }

  root(): Uint8Array {
    return this.#edge.root();
  }

  append(leaves: readonly Uint8Array[]): void {
    for (const leaf of leaves) this.#edge.append(leaf);
    if (this.#timer !== undefined || this.#publishing !== undefined || this.#closed) return;
    // Of the monotonic clock: what the wall clock does must not hold up a checkpoint.
    const waitMs = Math.max(0, this.#publishedAt + LIMITS.checkpointMs - performance.now());
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      void this.publish().catch(() => undefined);
    }, waitMs);
    this.#timer.unref();
  }

  /** Signs and publishes what is there now. Rejects when it could not; then the last checkpoint stands. */
  async publish(): Promise<void> {
    while (this.#publishing !== undefined) await this.#publishing.catch(() => undefined);
    if (this.#edge.size === this.#signed.size) return;
    this.#publishing = this.#publish()
      .then(() => (this.#failed = false))
      .then(() => undefined)
      .finally(() => {
        this.#publishing = undefined;
        this.#publishedAt = performance.now();
        if (this.#edge.size > this.#signed.size) this.append([]);
      });
    try {
      await this.#publishing;
    } catch (error) {
      if (!this.#failed) this.#options.onFailed(error);
      this.#failed = true;
      throw error;
    }
  }

  /** Resolves when a checkpoint covers that position; rejects when none could be made. */
  async covers(position: number): Promise<Signed> {
    while (this.#signed.size <= position) await this.publish();
    return this.#signed;
  }

  async close(): Promise<void> {
    clearTimeout(this.#timer);
    this.#closed = true;
    // What is not signed now is signed at the next start.
    await this.publish().catch(() => undefined);
  }

  async #publish(): Promise<void> {
    const { key, strict, dir, settle } = this.#options;
    const edge = this.#edge;
    const next = { origin: key.origin, size: edge.size, root: edge.root() };
    this.#due.push(...edge.takeFinished());
    const due = [...this.#due];
    const tiles = [...due, ...edge.partials()];
    await settle();
    for (let from = 0; from < tiles.length; from += WRITES_AT_ONCE) {
      await Promise.all(tiles.slice(from, from + WRITES_AT_ONCE).map((tile) => replaceFile(join(logDir(dir), tilePath(tile)), tile.bytes, strict)));
    }
    if (strict) for (const folder of foldersOf(dir, tiles)) await syncFolderLater(folder);
    const note = signCheckpoint(next, key.privateKey);
    await replaceFile(checkpointFile(dir), note, strict);
    if (strict) await syncFolderLater(logDir(dir));
    const before = this.#signed.size;
    this.#signed = { ...next, note };
    this.#due = this.#due.slice(due.length);
    for (const tile of due) await dropPartials(logDir(dir), tile, before);
  }
}

/** From each tile's folder up to the log's: a name is durable when every folder above it is. */
function foldersOf(dir: string, tiles: readonly Tile[]): ReadonlySet<string> {
  const root = logDir(dir);
  const folders = new Set<string>();
  for (const tile of tiles) {
    for (let folder = dirname(join(root, tilePath(tile))); folder.length >= root.length && !folders.has(folder); folder = dirname(folder)) folders.add(folder);
  }
  return folders;
}

/** A full tile takes the place of its partial ones (C2SP tlog-tiles), which earlier checkpoints needed. */
async function dropPartials(log: string, { level, index }: Tile, sizeBefore: number): Promise<void> {
  const width = widthIn(sizeBefore, level, index);
  if (width === 0 || width === TILE_WIDTH) return;
  await rm(join(log, `${tilePath({ level, index, width: TILE_WIDTH })}.p`), { recursive: true, force: true });
}
