import { closeSync, fdatasync, fstatSync, ftruncateSync, mkdirSync, openSync, readSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { BodyPlace } from './entry.ts';
import { syncFolder } from './log/durable.ts';
import { sha256 } from './log/hash.ts';
import { unavailable } from './writer.ts';

const sync = promisify(fdatasync);
const FILES_OPEN_MAX = 64;
/** What may name a folder: nothing that leads elsewhere. */
const NAME = /^[a-z0-9][a-z0-9-]{0,62}$/;

export function isBodyName(name: string): boolean {
  return NAME.test(name);
}

export function bodiesFile(dir: string, { class: kind, region, day }: Pick<BodyPlace, 'class' | 'region' | 'day'>): string {
  return join(dir, 'bodies', kind, region, `${day}.bodies`);
}

interface BodyFile {
  readonly fd: number;
  /** What has been written for certain. */
  bytes: number;
  pending: Buffer[];
  pendingBytes: number;
  dirty: boolean;
}

/** Sealed payloads beside the lines, one file per retention class, region and day: what expires together lies together. */
export class BodyFiles {
  readonly #dir: string;
  readonly #strict: boolean;
  readonly #files = new Map<string, BodyFile>();

  constructor(dir: string, strict: boolean) {
    this.#dir = dir;
    this.#strict = strict;
  }

  /** Gives a payload its place; `write` puts it there. Throws what the system says. */
  place(of: { readonly class: string; readonly region: string }, text: string, day: string): BodyPlace {
    const bytes = Buffer.from(text);
    const file = this.#open(bodiesFile(this.#dir, { ...of, day }));
    const at = file.bytes + file.pendingBytes;
    file.pending.push(bytes, NEWLINE);
    file.pendingBytes += bytes.length + 1;
    return { class: of.class, region: of.region, day, at, bytes: bytes.length, sha256: sha256(bytes).toString('base64url') };
  }

  /** Writes what has a place. Throws `ERR_JOURNAL_UNAVAILABLE`; then it may be tried again, or `drop` is due. */
  write(): void {
    for (const file of this.#files.values()) {
      if (file.pendingBytes === 0) continue;
      const bytes = Buffer.concat(file.pending);
      try {
        let written = 0;
        while (written < bytes.length) written += writeSync(file.fd, bytes, written, bytes.length - written, file.bytes + written);
      } catch (cause) {
        throw unavailable('the payloads’ file cannot be written', cause);
      }
    }
  }

  /** The lines of what was written stand: it stays. */
  keep(): void {
    for (const file of this.#files.values()) {
      if (file.pendingBytes === 0) continue;
      file.bytes += file.pendingBytes;
      file.dirty = true;
      forget(file);
    }
  }

  /** The lines could not be written: their payloads go too. */
  drop(): void {
    for (const file of this.#files.values()) {
      if (file.pendingBytes === 0) continue;
      forget(file);
      try {
        ftruncateSync(file.fd, file.bytes);
      } catch {
        // What is left is sealed, without a line that names it, and overwritten by the next one.
      }
    }
  }

  async sync(): Promise<void> {
    for (const file of this.#files.values()) {
      if (!file.dirty) continue;
      file.dirty = false;
      await sync(file.fd);
    }
  }

  close(): void {
    for (const file of this.#files.values()) closeSync(file.fd);
    this.#files.clear();
  }

  #open(path: string): BodyFile {
    const known = this.#files.get(path);
    if (known !== undefined) return known;
    if (this.#files.size >= FILES_OPEN_MAX) this.#closeIdle();
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    const fd = openSync(path, OPEN_OR_CREATE, 0o600);
    if (this.#strict) syncFolder(dirname(path));
    const file = { fd, bytes: fstatSync(fd).size, pending: [], pendingBytes: 0, dirty: false };
    this.#files.set(path, file);
    return file;
  }

  #closeIdle(): void {
    for (const [path, file] of this.#files) {
      if (file.dirty || file.pendingBytes > 0) continue;
      closeSync(file.fd);
      this.#files.delete(path);
    }
  }
}

/** Read and write, made where it is not, never cut. */
const OPEN_OR_CREATE = 0o2 | 0o100;
const NEWLINE = Buffer.from('\n');

function forget(file: BodyFile): void {
  file.pending = [];
  file.pendingBytes = 0;
}

/** The sealed payload at that place; undefined when it is not there any more, or is not what was written. */
export function readBody(dir: string, place: BodyPlace): string | undefined {
  let fd: number;
  try {
    fd = openSync(bodiesFile(dir, place), 'r');
  } catch {
    return undefined;
  }
  try {
    const bytes = Buffer.alloc(place.bytes);
    if (readSync(fd, bytes, 0, place.bytes, place.at) !== place.bytes) return undefined;
    return sha256(bytes).toString('base64url') === place.sha256 ? bytes.toString() : undefined;
  } finally {
    closeSync(fd);
  }
}
