import { closeSync, openSync, readSync } from 'node:fs';

const LEAF = /^\{"leaf":"([A-Za-z0-9_-]{43})"/;
const BYTES = 64;

/** The leaf that the line at a byte of a segment names, whether or not it has been erased since; undefined where no line begins. */
export function leafAt(file: string, offset: number): string | undefined {
  const fd = openSync(file, 'r');
  try {
    const bytes = Buffer.alloc(BYTES);
    const length = readSync(fd, bytes, 0, BYTES, offset);
    return LEAF.exec(bytes.toString('latin1', 0, length))?.[1];
  } finally {
    closeSync(fd);
  }
}
