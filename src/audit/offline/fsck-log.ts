import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { readCheckpoint } from '../log/checkpoint.ts';
import { HASH_BYTES } from '../log/hash.ts';
import { checkpointFile } from '../log/keeper.ts';
import { ENTRY_BYTES, TILE_WIDTH, tilePath, widthIn } from '../log/tiles.ts';
import type { TileAddress } from '../log/tiles.ts';
import { listLogFiles } from './log-files.ts';
import type { Note } from './oddity.ts';

const HALF = 'a file that is being written, or was when a crash came';

/** The size that the checkpoint names, whoever signed it; 0 where it names none. */
export function readSize(dir: string, note: Note): number {
  const file = checkpointFile(dir);
  if (!existsSync(file)) note('missing', file, 'there is no checkpoint');
  else {
    const read = readCheckpoint(readFileSync(file, 'utf8'));
    if (read !== undefined) return read.size;
    note('broken', file, 'it has not the form of a checkpoint');
  }
  return 0;
}

/** The files of the log's folder: whose names they have, how long they are, which are missing. */
export function checkLog(log: string, size: number, note: Note): void {
  for (const name of existsSync(log) ? readdirSync(log) : []) {
    if (name.endsWith('.draft')) note('torn', join(log, name), HALF);
    else if (name !== 'checkpoint' && name !== 'tile') note('foreign', join(log, name), 'a log serves nothing of this name');
  }
  const there = new Set<string>();
  for (const { file, address } of listLogFiles(log)) {
    if (address === undefined) note(file.endsWith('.draft') ? 'torn' : 'foreign', file, file.endsWith('.draft') ? HALF : 'a log serves nothing of this name');
    else {
      there.add(relative(log, file));
      checkTile(file, address, size, note);
    }
  }
  for (const address of neededTiles(size)) {
    const names = [tilePath(address), tilePath({ ...address, width: TILE_WIDTH })];
    if (!names.some((name) => there.has(name))) note('missing', join(log, tilePath(address)), `the checkpoint of ${size} records needs this tile`);
  }
}

function checkTile(file: string, { level, index, width }: TileAddress, size: number, note: Note): void {
  const expected = width * (level === 'entries' ? ENTRY_BYTES : HASH_BYTES);
  const { size: bytes } = statSync(file);
  if (bytes !== expected) note('broken', file, `it has ${bytes} bytes and not ${expected}`);
  // Narrower ones served earlier checkpoints, and may stay until the tile is full (C2SP tlog-tiles).
  if (width > widthIn(size, level, index)) note('orphan', file, `it lies beyond the checkpoint of ${size} records (a running ledger is about to sign it)`);
}

function* neededTiles(size: number): Generator<TileAddress> {
  for (const level of ['entries', 0, 1, 2, 3, 4, 5, 6] as const) {
    for (let index = 0, width = widthIn(size, level, 0); width > 0; index += 1, width = widthIn(size, level, index)) yield { level, index, width };
  }
}
