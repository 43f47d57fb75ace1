import { existsSync, readdirSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';

const CHUNK_BYTES = 1024 * 1024;
const NAME = /^(\d{16})\.jsonl$/;
const NEWLINE = 10;

/** One append-only file of the journal, named by the position of its first record. */
export interface Segment {
  readonly first: number;
  readonly file: string;
}

/** A line as it lies in the file. `whole`: it ends with a newline; only a file's last line can lack it. */
export interface RawLine {
  readonly offset: number;
  /** Where the next line begins. */
  readonly end: number;
  /** Without the newline. Valid until the next lines are asked for. */
  readonly bytes: Buffer;
  readonly whole: boolean;
}

export function segmentsDir(dir: string): string {
  return join(dir, 'segments');
}

export function segmentFile(dir: string, first: number): string {
  return join(segmentsDir(dir), `${String(first).padStart(16, '0')}.jsonl`);
}

/** Oldest first. */
export function listSegments(dir: string): readonly Segment[] {
  if (!existsSync(segmentsDir(dir))) return [];
  return readdirSync(segmentsDir(dir))
    .flatMap((name) => {
      const match = NAME.exec(name);
      return match === null ? [] : [{ first: Number(match[1]), file: join(segmentsDir(dir), name) }];
    })
    .sort((a, b) => a.first - b.first);
}

/** A file's lines in order, some at a time, from byte `start` (a line's beginning) up to byte `end`. */
export async function* readLines(file: string, start = 0, end = Number.POSITIVE_INFINITY): AsyncGenerator<readonly RawLine[]> {
  await using handle = await open(file, 'r');
  const chunk = Buffer.allocUnsafe(Math.max(0, Math.min(CHUNK_BYTES, end - start)));
  let carry: Buffer[] = [];
  let lineAt = start;
  let at = start;
  while (at < end) {
    const { bytesRead } = await handle.read(chunk, 0, Math.min(chunk.length, end - at), at);
    if (bytesRead === 0) break;
    const lines: RawLine[] = [];
    let from = 0;
    for (let cut = chunk.indexOf(NEWLINE); cut !== -1 && cut < bytesRead; cut = chunk.indexOf(NEWLINE, from)) {
      const bytes = carry.length === 0 ? chunk.subarray(from, cut) : Buffer.concat([...carry, chunk.subarray(from, cut)]);
      carry = [];
      from = cut + 1;
      lines.push({ offset: lineAt, end: at + from, bytes, whole: true });
      lineAt = at + from;
    }
    if (from < bytesRead) carry.push(Buffer.from(chunk.subarray(from, bytesRead)));
    at += bytesRead;
    if (lines.length > 0) yield lines;
  }
  if (carry.length > 0) yield [{ offset: lineAt, end: at, bytes: Buffer.concat(carry), whole: false }];
}
