import { SallyportError } from '../../domain/errors.ts';

const BLOCK = 512;
const NAME_MAX = 100;

/** Files as one POSIX ustar archive, readable by any `tar`; names of at most 100 bytes, nothing of the machine that made it. */
export function toTar(files: ReadonlyMap<string, Uint8Array>, at: number): Uint8Array {
  const blocks: Uint8Array[] = [];
  for (const [name, content] of files) {
    blocks.push(headerOf(name, content.length, at), content, Buffer.alloc((BLOCK - (content.length % BLOCK)) % BLOCK));
  }
  return Buffer.concat([...blocks, Buffer.alloc(2 * BLOCK)]);
}

/**
 * Reads what `toTar` makes; throws `ERR_BUNDLE_INVALID` for anything else in it than plain files with safe names: whatever another
 * `tar` could read differently (a prefix to the name, more after the end), so that what was checked is what is unpacked.
 */
export function fromTar(archive: Uint8Array): ReadonlyMap<string, Uint8Array> {
  const files = new Map<string, Uint8Array>();
  const bytes = Buffer.from(archive.buffer, archive.byteOffset, archive.byteLength);
  let at = 0;
  while (at + BLOCK <= bytes.length && !isZero(bytes.subarray(at, at + BLOCK))) {
    const header = bytes.subarray(at, at + BLOCK);
    const name = textOf(header.subarray(0, NAME_MAX));
    const octal = textOf(header.subarray(124, 136));
    const size = /^[0-7]{1,11}$/.test(octal) ? Number.parseInt(octal, 8) : Number.NaN;
    const kind = header[156];
    const sum = Number.parseInt(textOf(header.subarray(148, 156)), 8);
    const isWhole = at + BLOCK + size <= bytes.length && checksumOf(header) === sum;
    if ((kind !== 0x30 && kind !== 0) || !isWhole || !isZero(header.subarray(345)) || !isSafeName(name) || files.has(name)) throw notOurs(at);
    files.set(name, bytes.subarray(at + BLOCK, at + BLOCK + size));
    at += BLOCK + Math.ceil(size / BLOCK) * BLOCK;
  }
  if (!isZero(bytes.subarray(at))) throw notOurs(at);
  return files;
}

function isZero(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0);
}

function notOurs(at: number): SallyportError {
  return new SallyportError('ERR_BUNDLE_INVALID', `the archive is not whole, or holds something else than plain files, at byte ${at}`);
}

/** Below the bundle's folder, nowhere else. */
export function isSafeName(name: string): boolean {
  return /^[A-Za-z0-9._@/-]{1,100}$/.test(name) && name.split('/').every((part) => part !== '' && !/^\.+$/.test(part));
}

function headerOf(name: string, size: number, at: number): Uint8Array {
  const header = Buffer.alloc(BLOCK);
  const octal = (value: number, from: number, digits: number): void => void header.write(`${value.toString(8).padStart(digits - 1, '0')}\0`, from, 'ascii');
  header.write(name, 0, NAME_MAX, 'utf8');
  octal(0o644, 100, 8);
  octal(0, 108, 8);
  octal(0, 116, 8);
  octal(size, 124, 12);
  octal(Math.floor(at / 1000), 136, 12);
  header.write('0', 156, 'ascii');
  header.write('ustar\x0000', 257, 'ascii');
  octal(checksumOf(header), 148, 7);
  header.write(' ', 155, 'ascii');
  return header;
}

/** POSIX: the sum of all bytes, with the checksum's own field as spaces. */
function checksumOf(header: Uint8Array): number {
  return header.reduce((sum, byte, at) => sum + (at >= 148 && at < 156 ? 0x20 : byte), 0);
}

function textOf(field: Buffer): string {
  const end = field.indexOf(0);
  return field.toString('utf8', 0, end === -1 ? field.length : end).trim();
}
