import { appendFileSync, closeSync, existsSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, statSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { SinkFault } from './sink.ts';
import type { Parked } from './sink.ts';

const PARKED_BYTES_MAX = 8 * 1024 * 1024;

/** Where a sink is in the log. Derived from nothing: losing it would mean sending all, or leaving something out. */
export interface Cursor {
  /** The last record that the destination has; −1: none. */
  readonly position: number;
  /** How many records it has refused for good. */
  readonly parked: number;
}

export function cursorFile(dir: string, name: string): string {
  return join(dir, 'sinks', `${name}.json`);
}

/** Undefined where the sink is new. Throws `SinkFault` (`gone`) for a file that is not what was written: guessing would lose or flood. */
export function readCursor(file: string): Cursor | undefined {
  if (!existsSync(file)) return undefined;
  try {
    const cursor: Partial<Cursor> = JSON.parse(readFileSync(file, 'utf8'));
    const { position, parked } = cursor;
    if (isWhole(position) && isWhole(parked) && parked >= 0 && position >= -1) return { position, parked };
  } catch {
    // Said below, whatever is wrong with it.
  }
  throw new SinkFault('ERR_CURSOR_UNREADABLE: say from where with `sallyport audit sinks replay`', { kind: 'gone' });
}

/** All or nothing: a crash leaves the old one or the new one. */
export function writeCursor(file: string, cursor: Cursor): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const draft = `${file}.draft`;
  const fd = openSync(draft, 'w', 0o600);
  try {
    writeSync(fd, `${JSON.stringify(cursor)}\n`);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  renameSync(draft, file);
}

/** Beside the cursor: which records the destination refused for good, and why. What they say stays in the log alone. */
export function parkedFile(cursor: string): string {
  return cursor.replace(/\.json$/, '.parked.jsonl');
}

/** Of a list that has grown too long the older half goes; the count stays, and the log has what was said of it. */
export function writeParked(file: string, parked: readonly Parked[], at: number): void {
  if (existsSync(file) && statSync(file).size > PARKED_BYTES_MAX) renameSync(file, `${file}.old`);
  appendFileSync(file, parked.map(({ item, reason }) => `${JSON.stringify({ position: item.position, id: item.id, reason, at })}\n`).join(''), { mode: 0o600 });
}

function isWhole(value: unknown): value is number {
  return Number.isSafeInteger(value);
}
