import { watch } from 'node:fs';
import type { FSWatcher } from 'node:fs';
import { realpath, stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { LIMITS } from '../../domain/limits.ts';
import { differencesOf } from './differences.ts';
import { filesOf, lookAt } from './look.ts';
import type { Seen } from './look.ts';
import type { Difference, FileState, WatchedPlace } from './watched.ts';

/** A file that is no longer what it was when it was last looked at. `differences` are against what was approved; none: it is that again. */
export interface Change {
  readonly path: string;
  readonly before: FileState | undefined;
  readonly after: FileState | undefined;
  readonly bytes: Uint8Array | undefined;
  readonly differences: readonly Difference[];
  /** It differed, and does no longer. Without it, and without differences, bytes changed that mean nothing. */
  readonly isBack: boolean;
  /** Epoch ms at which it was as before still: whoever read it changed has read it since. */
  readonly asBeforeAt: number;
  readonly seenAt: number;
}

export interface WatcherParts {
  /** Asked again with each full scan: a new project, a new client. */
  readonly places: () => Promise<readonly WatchedPlace[]>;
  readonly approved: ReadonlyMap<string, FileState>;
  readonly salt: string;
  readonly everyMs: number;
  /** One at a time, in the order of the changes. */
  readonly onChange: (change: Change) => Promise<void>;
  /** What can't be watched, in words; it is still scanned. */
  readonly onTrouble: (words: string) => void;
}

/** Writers write in pieces: what follows so soon is one change. */
const SETTLE_MS = 25;
const TROUBLES_MAX = 100;

/**
 * Looks after files: told by the kernel of their folders, and by itself from time to time, since the kernel may drop what it would
 * have told. Every state of a file is told once.
 */
export class Watcher {
  readonly #parts: WatcherParts;
  /** Folders and files that the kernel tells of, and which ones they were. */
  readonly #heardOf = new Map<string, { readonly watched: FSWatcher; readonly id: string }>();
  /** Under which paths a file is known here, by where it really is. */
  #leads: ReadonlyMap<string, readonly string[]> = new Map();
  /** What each file was when it was looked at last, and when that look began. */
  readonly #last = new Map<string, { readonly text: string; readonly at: number }>();
  /** When the last scan of everything began: what it did not meet came later. */
  #scannedAt = Date.now();
  #places: readonly WatchedPlace[] = [];
  #files = new Map<string, WatchedPlace>();
  readonly #entered = new Set<string>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #settling: ReturnType<typeof setTimeout> | undefined;
  readonly #touched = new Set<string>();
  readonly #differing = new Set<string>();
  /** What could not be watched was said once; it is tried again with every full scan. */
  readonly #said = new Set<string>();
  #turn: Promise<void> = Promise.resolve();
  #isClosed = false;

  constructor(parts: WatcherParts) {
    this.#parts = parts;
  }

  /** Resolves once every file was looked at, and folders are listened to. */
  async start(): Promise<void> {
    await this.scan();
    this.#plan();
  }

  /** Looks at everything now. */
  scan(): Promise<void> {
    return this.#inTurn(async () => {
      const began = Date.now();
      this.#places = await this.#parts.places();
      const { files, folders, hasMore } = await filesOf(this.#places);
      if (hasMore) this.#say(`there are more than ${LIMITS.watchedFilesMax} files: the rest is not watched`);
      this.#files = new Map([...this.#parts.approved.values(), ...files].map((file) => [file.path, file]));
      this.#entered.clear();
      for (const folder of folders) this.#entered.add(folder);
      await this.#listen();
      for (const path of this.#files.keys()) await this.#look(path);
      this.#scannedAt = began;
    });
  }

  /** Waits for what is under way. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#settling);
    for (const path of this.#heardOf.keys()) this.#leave(path);
    await this.#turn;
  }

  #plan(): void {
    if (this.#isClosed) return;
    this.#timer = setTimeout(() => {
      this.scan().catch((error: unknown) => this.#trouble(error)).finally(() => this.#plan());
    }, this.#parts.everyMs);
  }

  /**
   * The folder of each file, or the nearest one above that is there: what is missing may yet come. And each file: by what another name of
   * it writes, or a link's target, its folder is not told.
   */
  async #listen(): Promise<void> {
    const wanted = new Set<string>(await Promise.all([...this.#entered].map(nearest)));
    const files = new Map<string, readonly string[]>();
    for (const path of this.#files.keys()) {
      wanted.add(await nearest(dirname(path)));
      const real = await realpath(path).catch(() => undefined);
      if (real === undefined) continue;
      if (real !== path) wanted.add(dirname(real));
      files.set(real, [...files.get(real) ?? [], path]);
    }
    this.#leads = files;
    for (const real of files.keys()) wanted.add(real);
    for (const path of this.#heardOf.keys()) if (!wanted.has(path)) this.#leave(path);
    for (const path of wanted) await this.#add(path);
  }

  /** One that took the place of another is another: the kernel tells of the old one still, wherever it was put. */
  async #add(path: string): Promise<void> {
    const found = await stat(path).catch(() => undefined);
    const id = found === undefined ? '' : `${found.dev}:${found.ino}`;
    if (this.#isClosed || this.#heardOf.get(path)?.id === id) return;
    this.#leave(path);
    if (found?.isDirectory() !== true && found?.isFile() !== true) return;
    if (this.#heardOf.size >= LIMITS.watchedFoldersMax) return this.#say(`${path} is only looked at from time to time: there is too much to listen to`);
    const isFile = found.isFile();
    try {
      const watched = watch(path, (_, name) => this.#heard(isFile || name === null ? path : `${path}/${basename(name)}`));
      watched.on('error', (error) => {
        this.#leave(path);
        this.#trouble(error);
      });
      this.#heardOf.set(path, { watched, id });
    } catch (error) {
      this.#trouble(error);
    }
  }

  #leave(path: string): void {
    this.#heardOf.get(path)?.watched.close();
    this.#heardOf.delete(path);
  }

  #heard(path: string): void {
    this.#touched.add(path);
    this.#settling ??= setTimeout(() => {
      this.#settling = undefined;
      const touched = [...this.#touched];
      this.#touched.clear();
      this.#inTurn(() => this.#lookAtTouched(touched)).catch((error: unknown) => this.#trouble(error));
    }, SETTLE_MS);
  }

  /** Files that are known, and what there is now of the places that something came or went in, above or below. */
  async #lookAtTouched(heard: readonly string[]): Promise<void> {
    const touched = heard.flatMap((one) => [one, ...this.#leads.get(one) ?? []]);
    const files = new Set([...this.#files.keys()].filter((path) => touched.some((one) => path === one || path.startsWith(`${one}/`))));
    const places = this.#places.filter(({ path, isFolder }) =>
      touched.some((one) => path === one || path.startsWith(`${one}/`) || (isFolder === true && one.startsWith(`${path}/`))));
    if (places.length > 0) {
      const found = await filesOf(places);
      for (const file of found.files) {
        if (!this.#files.has(file.path)) this.#files.set(file.path, file);
        files.add(file.path);
      }
      for (const folder of found.folders) this.#entered.add(folder);
      await this.#listen();
    }
    for (const path of files) await this.#look(path);
  }

  async #look(path: string): Promise<void> {
    const place = this.#files.get(path);
    if (place === undefined || this.#isClosed) return;
    const at = Date.now();
    const seen: Seen | undefined = await lookAt(place, this.#parts.salt);
    const text = seen === undefined ? '' : JSON.stringify(seen.state);
    const last = this.#last.get(path);
    this.#last.set(path, { text, at });
    if (last?.text === text) return;
    const isFirst = last === undefined;
    const asBeforeAt = last?.at ?? this.#scannedAt;
    const before = this.#parts.approved.get(path);
    const differences = differencesOf(before, seen?.state);
    if (isFirst && differences.length === 0 && before?.digest === seen?.state.digest) return;
    const isBack = differences.length === 0 && this.#differing.delete(path);
    if (differences.length > 0) this.#differing.add(path);
    await this.#parts.onChange({ path, before, after: seen?.state, bytes: seen?.bytes, differences, isBack, asBeforeAt, seenAt: Date.now() });
  }

  #inTurn(act: () => Promise<void>): Promise<void> {
    const next = this.#turn.then(act);
    this.#turn = next.catch(() => undefined);
    return next;
  }

  #trouble(error: unknown): void {
    this.#say(error instanceof Error ? error.message : 'something can\'t be watched');
  }

  #say(words: string): void {
    if (this.#isClosed || this.#said.has(words) || this.#said.size >= TROUBLES_MAX) return;
    this.#said.add(words);
    this.#parts.onTrouble(words);
  }
}

async function nearest(folder: string): Promise<string> {
  const found = await stat(folder).catch(() => undefined);
  return found?.isDirectory() === true || folder === dirname(folder) ? folder : nearest(dirname(folder));
}
