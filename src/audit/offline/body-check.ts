import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { bodiesFile, isBodyName } from '../bodies.ts';
import type { BodyPlace } from '../entry.ts';
import { sha256 } from '../log/hash.ts';
import type { OnFlaw } from './flaw.ts';

const DAY = /^\d{4}-\d{2}-\d{2}$/;
const FILES_OPEN_MAX = 64;

interface BodyFile {
  readonly file: string;
  /** −1: it is not there. */
  readonly fd: number;
  readonly size: number;
}

/** The payloads that lines name: each must lie where its line says, as it was sealed, or be gone with its whole file. */
export class BodyCheck {
  readonly #dir: string;
  readonly #found: OnFlaw;
  readonly #files = new Map<string, BodyFile>();
  #buffer = Buffer.alloc(64 * 1024);
  #intact = 0;
  #erased = 0;
  readonly #gone = new Map<string, number>();
  readonly #emptied = new Map<string, string>();

  constructor(dir: string, found: OnFlaw) {
    this.#dir = dir;
    this.#found = found;
  }

  get intact(): number {
    return this.#intact;
  }

  /** Payloads in whose place zeros stand: what erasing leaves. */
  get erased(): number {
    return this.#erased;
  }

  /** Files that are not there any more, with how many payloads they held. */
  get gone(): ReadonlyMap<string, number> {
    return this.#gone;
  }

  /** Files from which payloads of lines that stand are gone, by `<class>/<region>/<day>`. */
  get emptied(): ReadonlyMap<string, string> {
    return this.#emptied;
  }

  check(place: BodyPlace, position: number): void {
    const file = this.#open(place);
    const { at, bytes } = place;
    if (file === undefined || !(at >= 0) || !(bytes >= 0)) {
      return this.#found({ file: this.#dir, position, what: 'its line names no place where a payload could lie' });
    }
    if (file.fd === -1) {
      this.#noteEmptied(place, file);
      this.#gone.set(file.file, (this.#gone.get(file.file) ?? 0) + 1);
      return;
    }
    if (at + bytes > file.size) return this.#found({ file: file.file, offset: at, position, what: 'the payload is cut off' });
    if (this.#buffer.length < bytes) this.#buffer = Buffer.alloc(bytes * 2);
    readSync(file.fd, this.#buffer, 0, bytes, at);
    const body = this.#buffer.subarray(0, bytes);
    if (sha256(body).toString('base64url') === place.sha256) this.#intact += 1;
    else if (body.every((byte) => byte === 0)) {
      this.#noteEmptied(place, file);
      this.#erased += 1;
    } else this.#found({ file: file.file, offset: at, position, what: 'the payload is not the one that its line names' });
  }

  close(): void {
    for (const { fd } of this.#files.values()) if (fd !== -1) closeSync(fd);
    this.#files.clear();
  }

  #noteEmptied({ class: kind, region, day }: BodyPlace, { file }: BodyFile): void {
    this.#emptied.set(`${kind}/${region}/${day}`, file);
  }

  #open(place: BodyPlace): BodyFile | undefined {
    if (!isBodyName(place.class) || !isBodyName(place.region) || !DAY.test(place.day)) return undefined;
    const file = bodiesFile(this.#dir, place);
    const known = this.#files.get(file);
    if (known !== undefined) return known;
    if (this.#files.size >= FILES_OPEN_MAX) this.close();
    const fd = openOrNone(file);
    const opened = { file, fd, size: fd === -1 ? 0 : fstatSync(fd).size };
    this.#files.set(file, opened);
    return opened;
  }
}

function openOrNone(file: string): number {
  try {
    return openSync(file, 'r');
  } catch {
    return -1;
  }
}
