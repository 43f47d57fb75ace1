import { closeSync, existsSync, openSync, readSync, readdirSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { isBodyName } from '../bodies.ts';
import type { Note } from './oddity.ts';

const DAY_FILE = /^(\d{4}-\d{2}-\d{2})\.bodies$/;

const CHUNK_BYTES = 64 * 1024;
const NEWLINE = 10;

/** Bytes `[at, at + bytes)` of a file, as a line names them for its payload. */
export interface Claim {
  readonly at: number;
  readonly bytes: number;
  readonly position: number;
}

export function checkBodies(dir: string, claims: ReadonlyMap<string, readonly Claim[]>, note: Note): void {
  const bodies = join(dir, 'bodies');
  const files = existsSync(bodies) ? readdirSync(bodies, { recursive: true, withFileTypes: true }).filter((item) => !item.isDirectory()) : [];
  const there = new Set<string>();
  for (const item of files) {
    const file = join(item.parentPath, item.name);
    const [kind = '', region = '', name = '', ...deeper] = relative(bodies, file).split('/');
    if (deeper.length > 0 || !isBodyName(kind) || !isBodyName(region) || !DAY_FILE.test(name)) note('foreign', file, 'no file of payloads has this name');
    else {
      there.add(file);
      checkBodyFile(file, claims.get(file) ?? [], note);
    }
  }
  for (const [file, claimed] of claims) {
    if (there.has(file)) continue;
    note('missing', file, `${claimed.length} lines name payloads in it (kept as long as their retention class says)`, { position: claimed[0]?.position ?? 0 });
  }
}

/** Payloads lie one after the other, each with a newline. What no line names was cut short by a crash, or was erased: then zeros stand there. */
function checkBodyFile(file: string, claims: readonly Claim[], note: Note): void {
  const { size } = statSync(file);
  const gap = (from: number, to: number): void => {
    if (to > from && !isErased(file, from, to)) note('orphan', file, `bytes ${from} to ${to - 1} belong to no line`, { offset: from });
  };
  let end = 0;
  for (const { at, bytes, position } of claims.toSorted((a, b) => a.at - b.at)) {
    gap(end, at);
    if (at < end) note('broken', file, 'two lines name the same bytes', { offset: at, position });
    if (at + bytes > size) note('missing', file, 'the payload of this position ends beyond the file', { offset: at, position });
    end = Math.max(end, at + bytes + 1);
  }
  gap(end, size);
}

function isErased(file: string, from: number, to: number): boolean {
  const fd = openSync(file, 'r');
  try {
    const chunk = Buffer.alloc(CHUNK_BYTES);
    for (let at = from; at < to; ) {
      const read = readSync(fd, chunk, 0, Math.min(CHUNK_BYTES, to - at), at);
      if (read === 0 || chunk.subarray(0, read).some((byte) => byte !== 0 && byte !== NEWLINE)) return false;
      at += read;
    }
    return true;
  } finally {
    closeSync(fd);
  }
}
