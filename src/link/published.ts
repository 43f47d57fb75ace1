import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';

/**
 * Reads a file that another role may have written: a plain file of at most `bytesMax`. Throws for anything else. A pipe put in
 * its place would stop whoever reads it for ever, a device would fill its memory, a link would lead where the other can't go.
 */
export function readPlain(file: string, bytesMax: number): string {
  const fd = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const found = fstatSync(fd);
    if (!found.isFile()) throw new Error(`${file} is no plain file`);
    const bytes = Buffer.alloc(Math.min(found.size, bytesMax) + 1);
    let length = 0;
    for (let read = -1; read !== 0 && length < bytes.length; length += read) read = readSync(fd, bytes, length, bytes.length - length, null);
    if (length === bytes.length) throw new Error(`${file} is too large, or grows`);
    return bytes.toString('utf8', 0, length);
  } finally {
    closeSync(fd);
  }
}
