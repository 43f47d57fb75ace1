import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { ArchiveProblem } from './member.ts';
import type { Member } from './member.ts';

const BLOCK = 512;
const decompress = promisify(gunzip);
const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * The files of a gzipped tar archive (POSIX ustar and pax, GNU long names). At most `bytesMax` decompressed; links, devices,
 * sparse files and anything else that is no plain file or folder is refused, not skipped. Throws `ArchiveProblem`.
 */
export async function readTarball(archive: Uint8Array, bytesMax: number): Promise<readonly Member[]> {
  let bytes: Uint8Array;
  try {
    bytes = await decompress(archive, { maxOutputLength: bytesMax });
  } catch {
    throw new ArchiveProblem(`it is no gzip archive of at most ${bytesMax} bytes`);
  }
  return [...membersOf(bytes)];
}

interface Header {
  readonly path: string;
  readonly sizeBytes: number;
  readonly mode: number;
  readonly type: string;
}

function* membersOf(bytes: Uint8Array): Generator<Member> {
  let said: Partial<Pick<Header, 'path' | 'sizeBytes'>> = {};
  for (let at = 0; at + BLOCK <= bytes.length; ) {
    const block = bytes.subarray(at, at + BLOCK);
    if (block.every((byte) => byte === 0)) return;
    const header = { ...readHeader(block), ...said };
    const from = at + BLOCK;
    if (from + header.sizeBytes > bytes.length) throw new ArchiveProblem('it is cut off');
    const data = bytes.subarray(from, from + header.sizeBytes);
    at = from + Math.ceil(header.sizeBytes / BLOCK) * BLOCK;
    if (header.type === 'x') said = { ...said, ...readPax(data) };
    else if (header.type === 'L') said = { ...said, path: text(data) };
    else if (header.type === 'g') refuseGlobal(data);
    else {
      if (isFile(header)) yield { path: header.path, bytes: data, executable: (header.mode & 0o111) !== 0 };
      said = {};
    }
  }
}

function isFile({ type, path, sizeBytes }: Header): boolean {
  if (type === '0' || type === '\0' || type === '7') return true;
  if (type === '5' && sizeBytes === 0) return false;
  throw new ArchiveProblem(`it holds something that is neither a file nor a folder (type ${JSON.stringify(type)}) at ${JSON.stringify(path)}`);
}

function readHeader(block: Uint8Array): Header {
  const sum = block.reduce((all, byte, index) => all + (index >= 148 && index < 156 ? 32 : byte), 0);
  if (octal(block.subarray(148, 156)) !== sum) throw new ArchiveProblem('a header of it is damaged');
  const isPosix = text(block.subarray(257, 263)) === 'ustar' && block[263] === 0x30;
  const prefix = isPosix ? text(block.subarray(345, 500)) : '';
  const name = text(block.subarray(0, 100));
  return {
    path: prefix === '' ? name : `${prefix}/${name}`, sizeBytes: octal(block.subarray(124, 136)), mode: octal(block.subarray(100, 108)),
    type: String.fromCharCode(block[156] ?? 0),
  };
}

/** Up to the first NUL, as names are written. */
function text(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  try {
    return utf8.decode(end < 0 ? bytes : bytes.subarray(0, end));
  } catch {
    throw new ArchiveProblem('a name in it is not UTF-8');
  }
}

/** Sizes in base 256 (over 8 GB) are no sizes of packages. */
function octal(bytes: Uint8Array): number {
  const digits = text(bytes).trim();
  if (!/^[0-7]*$/.test(digits)) throw new ArchiveProblem('a number in it is not octal');
  return digits === '' ? 0 : Number.parseInt(digits, 8);
}

/** `<length> <key>=<value>\n`, as often as there is room (POSIX pax). */
function readPax(data: Uint8Array): Partial<Pick<Header, 'path' | 'sizeBytes'>> {
  const found: { path?: string; sizeBytes?: number } = {};
  for (let at = 0; at < data.length; ) {
    const space = data.indexOf(0x20, at);
    const length = Number(text(data.subarray(at, Math.max(at, space))));
    if (space < 0 || !Number.isSafeInteger(length) || length < 5 || at + length > data.length) throw new ArchiveProblem('an extended header of it is damaged');
    const [key = '', value = ''] = text(data.subarray(space + 1, at + length - 1)).split(/=(.*)/s);
    if (key === 'path') found.path = value;
    if (key === 'size') found.sizeBytes = sizeOf(value);
    if (key === 'linkpath' || key.startsWith('GNU.sparse')) throw new ArchiveProblem('it holds a link or a sparse file');
    at += length;
  }
  return found;
}

function sizeOf(value: string): number {
  if (/^\d{1,15}$/.test(value)) return Number(value);
  throw new ArchiveProblem('a size in it is no number');
}

/** A header for all that follows would let one file speak for others; only comments are harmless. */
function refuseGlobal(data: Uint8Array): void {
  if (Object.keys(readPax(data)).length > 0) throw new ArchiveProblem('a header of it speaks for all its files');
}
