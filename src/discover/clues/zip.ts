import { statSync } from 'node:fs';
import { inflateRawSync } from 'node:zlib';
import { LIMITS } from '../../domain/limits.ts';
import { readPart } from '../bounded-file.ts';

const END = 0x06054b50;
const ENTRY = 0x02014b50;
const LOCAL = 0x04034b50;
/** The end record and the longest comment after it. */
const TAIL_BYTES = 22 + 65_535;
const STORED = 0;
const DEFLATED = 8;

/**
 * One file of a ZIP archive (APPNOTE.TXT 4.3), found by the archive's own table, at most `bytesMax` long. Undefined: it is not
 * in it, or the archive is broken or of the large form. Nothing is unpacked to disk.
 */
export function readZipped(archive: string, name: string, bytesMax: number): Buffer | undefined {
  const size = statSync(archive).size;
  const from = Math.max(0, size - TAIL_BYTES);
  const tail = readPart(archive, from, TAIL_BYTES);
  let end = tail.byteLength - 22;
  while (end >= 0 && tail.readUInt32LE(end) !== END) end -= 1;
  if (end < 0) return undefined;
  const [length, start] = [tail.readUInt32LE(end + 12), tail.readUInt32LE(end + 16)];
  if (length > LIMITS.hostArchiveTableBytesMax || start + length > size) return undefined;
  const table = readPart(archive, start, length);
  for (let at = 0; at + 46 <= table.byteLength && table.readUInt32LE(at) === ENTRY;) {
    const [nameBytes, extra, comment] = [table.readUInt16LE(at + 28), table.readUInt16LE(at + 30), table.readUInt16LE(at + 32)];
    if (table.toString('utf8', at + 46, at + 46 + nameBytes) === name) {
      return bodyOf(archive, {
        method: table.readUInt16LE(at + 10), packed: table.readUInt32LE(at + 20), size: table.readUInt32LE(at + 24), at: table.readUInt32LE(at + 42),
      }, bytesMax);
    }
    at += 46 + nameBytes + extra + comment;
  }
  return undefined;
}

interface Zipped {
  readonly method: number;
  readonly packed: number;
  readonly size: number;
  readonly at: number;
}

function bodyOf(archive: string, { method, packed, size, at }: Zipped, bytesMax: number): Buffer | undefined {
  if (size > bytesMax || packed > bytesMax + 4096) return undefined;
  const head = readPart(archive, at, 30);
  if (head.byteLength < 30 || head.readUInt32LE(0) !== LOCAL) return undefined;
  const body = readPart(archive, at + 30 + head.readUInt16LE(26) + head.readUInt16LE(28), packed);
  if (method === STORED) return body;
  try {
    return method === DEFLATED ? inflateRawSync(body, { maxOutputLength: Math.max(1, size) }) : undefined;
  } catch {
    return undefined;
  }
}
