import { closeSync, existsSync, fdatasyncSync, mkdirSync, openSync, readFileSync, readdirSync, rmSync, writeSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { Json, JsonObject } from '../domain/json.ts';
import { isArray, isObject } from '../domain/json.ts';
import { bodiesFile } from './bodies.ts';
import type { BodyPlace } from './entry.ts';
import { erasedLine } from './line.ts';
import { syncFolder, writeDurable } from './log/durable.ts';

/*
 * Erasing overwrites where the bytes lie, so that lengths, offsets and the log stay: the line keeps its leaf and position and
 * loses its salt, without which the leaf says nothing about anything that could be guessed. An overwrite can be cut short by
 * a crash; so what is to be written, and where, is durable first (`erasing/`, holding nothing of what is erased), and is done
 * again at the next start.
 */

interface Overwrite {
  readonly file: string;
  readonly offset: number;
  /** Base64 of what is to stand there; or how many zeros. */
  readonly text?: string;
  readonly zeros?: number;
}

function erasingDir(dir: string): string {
  return join(dir, 'erasing');
}

/** A record where a scan met it. */
export interface ScannedRecord {
  readonly file: string;
  readonly offset: number;
  readonly end: number;
  readonly leaf: Uint8Array;
  readonly position: number;
  readonly body?: BodyPlace;
}

/**
 * Erases records that a scan has just met, with their payloads: durable when this returns, complete after a crash in between once the
 * ledger has started again. `erased` stands in the lines instead; a line that is too short for it stands empty.
 */
export function eraseScanned(dir: string, records: readonly ScannedRecord[], erased: JsonObject): void {
  const said = JSON.stringify(erased);
  overwrite(dir, records.flatMap(({ file, offset, end, leaf, position, body }) => {
    const line = Buffer.alloc(end - offset - 1);
    line.write(`{"leaf":"${Buffer.from(leaf).toString('base64url')}"`, 'latin1');
    const text = erasedLine(line, position, said) ?? erasedLine(line, position, '{}');
    if (text === undefined) return [];
    return [...(body === undefined ? [] : [zeros(dir, body)]), { file, offset, text: text.toString('base64') }];
  }));
}

/** Erases payloads; their records stay. Places whose file is gone, or that hold zeros already, are passed over or written again. */
export function eraseBodies(dir: string, places: readonly BodyPlace[]): void {
  overwrite(dir, places.map((place) => zeros(dir, place)));
}

/** Does again what a crash may have cut short. */
export function finishErasures(dir: string): void {
  const folder = erasingDir(dir);
  if (!existsSync(folder)) return;
  for (const name of readdirSync(folder)) {
    if (name.endsWith('.json')) overwriteAll(readWrites(dir, join(folder, name)));
    rmSync(join(folder, name));
  }
}

function zeros(dir: string, place: BodyPlace): Overwrite {
  return { file: bodiesFile(dir, place), offset: place.at, zeros: place.bytes };
}

/** Overwrites, durable and whole when this returns, and done again at the next start when a crash came between. */
export function overwrite(dir: string, writes: readonly Overwrite[]): void {
  if (writes.length === 0) return;
  mkdirSync(erasingDir(dir), { recursive: true, mode: 0o700 });
  const intent = join(erasingDir(dir), `${Bun.randomUUIDv7()}.json`);
  // By paths within the ledger's folder, which may lie elsewhere when this is done again.
  writeDurable(intent, JSON.stringify(writes.map((write) => ({ ...write, file: relative(dir, write.file) }))), 0o600);
  syncFolder(dir);
  overwriteAll(writes);
  rmSync(intent);
}

function overwriteAll(writes: readonly Overwrite[]): void {
  for (const [file, ofFile] of Map.groupBy(writes, (one) => one.file)) {
    if (!existsSync(file)) continue;
    const fd = openSync(file, 'r+');
    try {
      for (const { offset, text, zeros: count = 0 } of ofFile) {
        const bytes = text === undefined ? Buffer.alloc(count) : Buffer.from(text, 'base64');
        let written = 0;
        while (written < bytes.length) written += writeSync(fd, bytes, written, bytes.length - written, offset + written);
      }
      fdatasyncSync(fd);
    } finally {
      closeSync(fd);
    }
  }
}

/** Our own words, whole or not there: `writeDurable` made them. */
function readWrites(dir: string, file: string): readonly Overwrite[] {
  const parsed: Json = JSON.parse(readFileSync(file, 'utf8'));
  return (isArray(parsed) ? parsed : []).flatMap((item) => {
    const { file: path, offset, text, zeros: count } = isObject(item) ? item : {};
    if (typeof path !== 'string' || typeof offset !== 'number') return [];
    return [{ file: join(dir, path), offset, ...(typeof text === 'string' ? { text } : {}), ...(typeof count === 'number' ? { zeros: count } : {}) }];
  });
}
