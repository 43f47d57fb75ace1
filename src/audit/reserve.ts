import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync, statfsSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { SallyportError } from '../domain/errors.ts';

const CHUNK_BYTES = 1024 * 1024;
const RETRY_MS = 10_000;

/**
 * Disk space kept for records of authenticated callers (invariant 10): a file that is given up when the disk is full. From
 * then on, until there is room to make it again, the ledger takes no records of unauthenticated refusals.
 */
export class DiskReserve {
  readonly #file: string;
  readonly #dir: string;
  readonly #bytes: number;
  #held: boolean;
  #triedAt = 0;

  constructor(dir: string, bytes: number) {
    this.#dir = dir;
    this.#file = join(dir, 'reserve');
    this.#bytes = bytes;
    this.#held = existsSync(this.#file);
    if (!this.#held) this.#fill();
  }

  get isHeld(): boolean {
    return this.#held;
  }

  /** True when that may have made room. */
  #release(): boolean {
    if (!this.#held) return false;
    this.#held = false;
    this.#triedAt = Date.now();
    rmSync(this.#file, { force: true });
    return true;
  }

  /** Writes; where the disk is full, gives the space up and writes again. Throws what `write` throws. */
  around(write: () => void): void {
    try {
      write();
    } catch (error) {
      if (!isDiskFull(error) || !this.#release()) throw error;
      write();
    }
  }

  /** Tries, now and then, to hold the space again; only when twice as much is free, so that it is not taken from the journal. */
  restore(): void {
    const now = Date.now();
    if (this.#held || now - this.#triedAt < RETRY_MS) return;
    this.#triedAt = now;
    const { bavail, bsize } = statfsSync(this.#dir);
    if (bavail * bsize >= 2 * this.#bytes) this.#fill();
  }

  /** Written, not only sized: a sparse file would reserve nothing. */
  #fill(): void {
    const draft = `${this.#file}.draft`;
    try {
      const fd = openSync(draft, 'w', 0o600);
      try {
        const zeros = Buffer.alloc(Math.min(CHUNK_BYTES, this.#bytes));
        for (let left = this.#bytes; left > 0; left -= zeros.length) writeSync(fd, zeros, 0, Math.min(zeros.length, left));
        fsyncSync(fd);
      } finally {
        closeSync(fd);
      }
      renameSync(draft, this.#file);
      this.#held = true;
    } catch {
      // No room for a reserve: the ledger runs without one, as if it had been used up.
      rmSync(draft, { force: true });
    }
  }
}

function isDiskFull(error: unknown): boolean {
  const cause = error instanceof SallyportError ? error.cause : error;
  return cause instanceof Error && 'code' in cause && (cause.code === 'ENOSPC' || cause.code === 'EDQUOT');
}
