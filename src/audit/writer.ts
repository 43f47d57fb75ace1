import { closeSync, fdatasync, ftruncateSync, openSync, rmSync, writeSync } from 'node:fs';
import { promisify } from 'node:util';
import { SallyportError } from '../domain/errors.ts';
import { syncFolder } from './log/durable.ts';
import { segmentFile, segmentsDir } from './segments.ts';

const sync = promisify(fdatasync);

/** The end of the journal: one open segment. All or nothing of each write stays. */
export class SegmentWriter {
  readonly #dir: string;
  readonly #strict: boolean;
  #fd = -1;
  #first = 0;
  #bytes = 0;
  /** Segments that were finished and not synced: a checkpoint over their records waits for that. */
  #finished: number[] = [];
  /** Set when the file's end can no longer be trusted to be what we think: nothing is written after that. */
  #broken: unknown;

  constructor(dir: string, strict: boolean) {
    this.#dir = dir;
    this.#strict = strict;
  }

  /** Size of the open segment. */
  get bytes(): number {
    return this.#bytes;
  }

  get first(): number {
    return this.#first;
  }

  /** Goes on in an existing segment; what lies beyond `bytes` (a torn write) is cut. */
  resume(first: number, bytes: number): void {
    this.#open(first, 'r+');
    ftruncateSync(this.#fd, bytes);
    this.#bytes = bytes;
  }

  /** Begins a new segment with its head line. On failure the old one stays in use and nothing of the new one remains. */
  begin(first: number, head: Buffer): void {
    const next = new SegmentWriter(this.#dir, this.#strict);
    next.#open(first, 'wx');
    try {
      next.write(head);
      // The head is synced with the first batch. Without strict mode that is later: a sync here would wait for the whole old segment.
      if (this.#strict) syncFolder(segmentsDir(this.#dir));
    } catch (error) {
      next.#discard();
      throw error;
    }
    if (this.#fd !== -1) this.#finished.push(this.#fd);
    this.#fd = next.#fd;
    this.#first = first;
    this.#bytes = next.#bytes;
  }

  /** Throws `ERR_JOURNAL_UNAVAILABLE` (cause: what the system said); then nothing of `bytes` remains in the file. */
  write(bytes: Buffer): void {
    if (this.#broken !== undefined) throw unavailable('the journal’s file has failed', this.#broken);
    let written = 0;
    try {
      while (written < bytes.length) written += writeSync(this.#fd, bytes, written, bytes.length - written, this.#bytes + written);
    } catch (cause) {
      this.#undo();
      throw unavailable('the journal cannot be written', cause);
    }
    this.#bytes += bytes.length;
  }

  /** Resolves when everything written is on the disk. A failed sync leaves the disk's state unknown: the writer stops for good. */
  async sync(): Promise<void> {
    const finished = this.#finished;
    try {
      await sync(this.#fd);
      if (finished.length === 0) return;
      for (const fd of finished) await sync(fd);
      syncFolder(segmentsDir(this.#dir));
      this.#finished = this.#finished.slice(finished.length);
      for (const fd of finished) closeSync(fd);
    } catch (cause) {
      this.#broken = cause;
      throw unavailable('the journal cannot be made durable', cause);
    }
  }

  /** Something else that the lines need has failed for good: nothing more is written. */
  fail(cause: unknown): void {
    this.#broken ??= cause;
  }

  close(): void {
    for (const fd of [...this.#finished, this.#fd]) if (fd !== -1) closeSync(fd);
    this.#finished = [];
    this.#fd = -1;
  }

  #open(first: number, flags: 'r+' | 'wx'): void {
    this.#fd = openSync(segmentFile(this.#dir, first), flags, 0o600);
    this.#first = first;
  }

  #undo(): void {
    try {
      ftruncateSync(this.#fd, this.#bytes);
    } catch (cause) {
      this.#broken = cause;
    }
  }

  #discard(): void {
    this.close();
    rmSync(segmentFile(this.#dir, this.#first), { force: true });
  }
}

export function unavailable(message: string, cause: unknown): SallyportError {
  const remedy = 'Free disk space or repair the disk; nothing passes the gate until records can be kept.';
  return new SallyportError('ERR_JOURNAL_UNAVAILABLE', message, { remedy, cause });
}
