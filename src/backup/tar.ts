import { SallyportError } from '../domain/errors.ts';

/*
 * The container of a backup: POSIX ustar with regular files only, so that `age -d | tar t` shows what is in it without us.
 * Folders, links and devices are neither written nor taken: what they could do at a restore is nobody's need.
 */

const BLOCK = 512;
const NAME_BYTES = 100;
const PREFIX_BYTES = 155;
const PREFIX_AT = 345;
const SIZE_AT = 124;
const SIZE_BYTES = 12;
const CHECKSUM_AT = 148;
const CHECKSUM_BYTES = 8;
const TYPE_AT = 156;
const REGULAR = '0'.charCodeAt(0);
/** What eleven octal digits hold; larger sizes are written in base 256, as GNU and BSD tar do. */
const OCTAL_SIZE_MAX = 8 ** 11 - 1;
const SEGMENT = /^[^\p{Cc}\\/]{1,255}$/u;
const SEGMENTS_MAX = 40;

/** One file of an archive. `body` must be read to its end before the next one is asked for. */
export interface TarFile {
  readonly name: string;
  readonly size: number;
  readonly mode: number;
  readonly body: AsyncIterable<Uint8Array>;
}

/** Whether a name leads to a place below where it is laid, on every system, by its text alone. */
function isPlainName(name: string): boolean {
  const segments = name.split('/');
  return segments.length <= SEGMENTS_MAX && segments.every((segment) => SEGMENT.test(segment) && segment !== '.' && segment !== '..');
}

/** A file's header, its bytes, and what fills the last block. Throws `ERR_FILE_CHANGED` when the body is not as long as was said. */
export async function* tarFile({ name, size, mode, body }: TarFile): AsyncGenerator<Uint8Array> {
  yield header(name, size, mode);
  let given = 0;
  for await (const chunk of body) {
    given += chunk.byteLength;
    if (given > size) break;
    yield chunk;
  }
  if (given !== size) throw new SallyportError('ERR_FILE_CHANGED', `${name} changed while it was read`, { remedy: 'Make the backup again.' });
  yield new Uint8Array((BLOCK - (size % BLOCK)) % BLOCK);
}

/** Two empty blocks: the end of an archive. */
export function tarEnd(): Uint8Array {
  return new Uint8Array(2 * BLOCK);
}

/** The files of an archive in order. Throws `ERR_BACKUP_INVALID` for anything but plain files under plain names, and for an archive without its end. */
export async function* readTar(source: AsyncIterable<Uint8Array>): AsyncGenerator<TarFile> {
  const bytes = new Bytes(source);
  for (;;) {
    const block = await bytes.exactly(BLOCK);
    if (block === undefined) throw invalid('it ends before its end');
    if (block.every((byte) => byte === 0)) return;
    const file = readHeader(block);
    let left = file.size;
    yield {
      ...file,
      body: (async function* body() {
        while (left > 0) {
          const part = await bytes.some(left);
          if (part === undefined) throw invalid(`it ends within ${file.name}`);
          left -= part.byteLength;
          yield part;
        }
      })(),
    };
    if (left > 0) throw invalid(`${file.name} was not read`);
    const fill = (BLOCK - (file.size % BLOCK)) % BLOCK;
    if (fill > 0 && (await bytes.exactly(fill)) === undefined) throw invalid('it ends before its end');
  }
}

function header(name: string, size: number, mode: number): Uint8Array {
  const block = Buffer.alloc(BLOCK);
  const [prefix, rest] = split(name);
  block.write(rest, 0, 'utf8');
  block.write(octal(mode & 0o777, 7), 100);
  block.write(octal(0, 7), 108);
  block.write(octal(0, 7), 116);
  if (size <= OCTAL_SIZE_MAX) block.write(octal(size, 11), SIZE_AT);
  else {
    block.writeBigUInt64BE(BigInt(size), SIZE_AT + SIZE_BYTES - 8);
    block[SIZE_AT] = 0x80;
  }
  block.write(octal(0, 11), 136);
  block[TYPE_AT] = REGULAR;
  block.write('ustar\u000000', 257, 'latin1');
  block.write(prefix, PREFIX_AT, 'utf8');
  block.write(`${octal(checksum(block), 6)}\0 `, CHECKSUM_AT, 'latin1');
  return block;
}

/** A long name is cut at a slash into prefix and name (POSIX.1-1988). */
function split(name: string): readonly [string, string] {
  if (!isPlainName(name)) throw new SallyportError('ERR_BACKUP_FAILED', `the name ${JSON.stringify(name)} cannot be kept`, { remedy: 'Rename that file.' });
  if (Buffer.byteLength(name) <= NAME_BYTES) return ['', name];
  for (let at = name.indexOf('/'); at !== -1; at = name.indexOf('/', at + 1)) {
    const [prefix, rest] = [name.slice(0, at), name.slice(at + 1)];
    if (Buffer.byteLength(prefix) <= PREFIX_BYTES && Buffer.byteLength(rest) <= NAME_BYTES) return [prefix, rest];
  }
  throw new SallyportError('ERR_BACKUP_FAILED', `the path ${name} is too long for an archive`, { remedy: 'Shorten it.' });
}

function readHeader(block: Uint8Array): Pick<TarFile, 'name' | 'size' | 'mode'> {
  const view = Buffer.from(block.buffer, block.byteOffset, BLOCK);
  if (Number.parseInt(text(view, CHECKSUM_AT, CHECKSUM_BYTES).trim(), 8) !== checksum(view)) throw invalid('a header is damaged');
  const [prefix, rest] = [text(view, PREFIX_AT, PREFIX_BYTES), text(view, 0, NAME_BYTES)];
  const name = prefix === '' ? rest : `${prefix}/${rest}`;
  if (view[TYPE_AT] !== REGULAR) throw invalid(`${JSON.stringify(name)} is no regular file`);
  if (!isPlainName(name)) throw invalid(`the name ${JSON.stringify(name)} leads out of its place`);
  const isLarge = ((view[SIZE_AT] ?? 0) & 0x80) !== 0;
  const size = isLarge ? Number(view.readBigUInt64BE(SIZE_AT + SIZE_BYTES - 8)) : Number.parseInt(text(view, SIZE_AT, SIZE_BYTES), 8);
  if (!Number.isSafeInteger(size) || size < 0) throw invalid(`${name} has no size`);
  return { name, size, mode: Number.parseInt(text(view, 100, 8), 8) & 0o777 };
}

function checksum(block: Uint8Array): number {
  let sum = 0;
  for (let at = 0; at < BLOCK; at += 1) sum += at >= CHECKSUM_AT && at < CHECKSUM_AT + CHECKSUM_BYTES ? 0x20 : (block[at] ?? 0);
  return sum;
}

function octal(value: number, digits: number): string {
  return value.toString(8).padStart(digits, '0');
}

function text(block: Buffer, at: number, length: number): string {
  const field = block.subarray(at, at + length);
  const end = field.indexOf(0);
  return field.subarray(0, end === -1 ? length : end).toString('utf8');
}

function invalid(why: string): SallyportError {
  return new SallyportError('ERR_BACKUP_INVALID', `the archive cannot be used: ${why}`, { remedy: 'Take another copy of it, or an older backup.' });
}

/** A stream cut anew: no more than one chunk of it is held. */
class Bytes {
  readonly #source: AsyncIterator<Uint8Array>;
  #held: Uint8Array = new Uint8Array(0);

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  /** At most `max` bytes; undefined at the end. */
  async some(max: number): Promise<Uint8Array | undefined> {
    while (this.#held.byteLength === 0) {
      const next = await this.#source.next();
      if (next.done === true) return undefined;
      this.#held = next.value;
    }
    const part = this.#held.subarray(0, max);
    this.#held = this.#held.subarray(part.byteLength);
    return part;
  }

  /** Undefined when fewer are left. */
  async exactly(count: number): Promise<Uint8Array | undefined> {
    const whole = new Uint8Array(count);
    for (let at = 0; at < count;) {
      const part = await this.some(count - at);
      if (part === undefined) return undefined;
      whole.set(part, at);
      at += part.byteLength;
    }
    return whole;
  }
}
