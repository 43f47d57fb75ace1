import { inflateRawSync } from 'node:zlib';
import { ArchiveProblem } from './member.ts';
import type { Member } from './member.ts';

const END = 0x06054b50;
const END_BYTES = 22;
const ENTRY = 0x02014b50;
const ENTRY_BYTES = 46;
const LOCAL = 0x04034b50;
const LOCAL_BYTES = 30;
const utf8 = new TextDecoder('utf-8', { fatal: true });

interface Entry {
  readonly path: string;
  readonly method: number;
  readonly packedBytes: number;
  readonly sizeBytes: number;
  readonly mode: number;
  readonly offset: number;
}

/**
 * The files of a ZIP archive (APPNOTE 4.3), as its central directory lists them; stored and deflated only. At most `bytesMax`
 * in all. What lets readers disagree is refused: several ends, local headers that say otherwise, entries that share bytes,
 * encryption, ZIP64, links. Throws `ArchiveProblem`.
 */
export function readZip(archive: Uint8Array, bytesMax: number): readonly Member[] {
  const view = new DataView(archive.buffer, archive.byteOffset, archive.byteLength);
  const entries = readDirectory(archive, view);
  if (entries.reduce((sum, entry) => sum + entry.sizeBytes, 0) > bytesMax) throw new ArchiveProblem(`it unpacks to more than ${bytesMax} bytes`);
  let end = 0;
  const members: Member[] = [];
  for (const entry of entries.toSorted((a, b) => a.offset - b.offset)) {
    if (entry.offset < end) throw new ArchiveProblem('two of its files share bytes');
    const from = dataOf(archive, view, entry);
    end = from + entry.packedBytes;
    if (end > archive.length) throw new ArchiveProblem('it is cut off');
    if (entry.path.endsWith('/')) continue;
    members.push({ path: entry.path, bytes: unpack(archive.subarray(from, end), entry), executable: (entry.mode & 0o111) !== 0 });
  }
  return members;
}

function readDirectory(archive: Uint8Array, view: DataView): readonly Entry[] {
  const at = findEnd(view);
  const [count, sizeBytes, start] = [view.getUint16(at + 10, true), view.getUint32(at + 12, true), view.getUint32(at + 16, true)];
  if (start + sizeBytes !== at) throw new ArchiveProblem('its directory is not where its end says, or it is a ZIP64');
  const entries: Entry[] = [];
  let next = start;
  for (let index = 0; index < count; index += 1) {
    if (next + ENTRY_BYTES > at || view.getUint32(next, true) !== ENTRY) throw new ArchiveProblem('its directory is damaged');
    const [nameBytes, extraBytes, commentBytes] = [view.getUint16(next + 28, true), view.getUint16(next + 30, true), view.getUint16(next + 32, true)];
    if ((view.getUint16(next + 8, true) & 1) !== 0) throw new ArchiveProblem('it is encrypted');
    entries.push({
      path: name(archive.subarray(next + ENTRY_BYTES, next + ENTRY_BYTES + nameBytes)), method: view.getUint16(next + 10, true),
      packedBytes: view.getUint32(next + 20, true), sizeBytes: view.getUint32(next + 24, true), mode: view.getUint32(next + 38, true) >>> 16,
      offset: view.getUint32(next + 42, true),
    });
    next += ENTRY_BYTES + nameBytes + extraBytes + commentBytes;
  }
  if (next !== at) throw new ArchiveProblem('its directory holds more than it says');
  for (const { mode, path } of entries) {
    const kind = mode & 0o170000;
    if (kind === 0 || kind === 0o100000 || kind === 0o040000) continue;
    throw new ArchiveProblem(`it holds something that is neither a file nor a folder at ${JSON.stringify(path)}`);
  }
  return entries;
}

/** The last end whose comment reaches the end of the archive; a second one would be read by others. */
function findEnd(view: DataView): number {
  const ends: number[] = [];
  for (let at = view.byteLength - END_BYTES; at >= 0 && at >= view.byteLength - END_BYTES - 0xffff; at -= 1) {
    if (view.getUint32(at, true) === END && at + END_BYTES + view.getUint16(at + 20, true) === view.byteLength) ends.push(at);
  }
  const [end] = ends;
  if (end === undefined || ends.length > 1) throw new ArchiveProblem('it is no ZIP archive with one end');
  return end;
}

/** Where the data of an entry begins; its local header must name the same file. */
function dataOf(archive: Uint8Array, view: DataView, { offset, path }: Entry): number {
  if (offset + LOCAL_BYTES > archive.length || view.getUint32(offset, true) !== LOCAL) throw new ArchiveProblem('a file of it has no header');
  const nameBytes = view.getUint16(offset + 26, true);
  const start = offset + LOCAL_BYTES;
  if (name(archive.subarray(start, start + nameBytes)) !== path) throw new ArchiveProblem('a file of it has two names');
  return start + nameBytes + view.getUint16(offset + 28, true);
}

function unpack(packed: Uint8Array, { method, sizeBytes, packedBytes }: Entry): Uint8Array {
  if (method === 0 && sizeBytes === packedBytes) return packed;
  if (method !== 8) throw new ArchiveProblem('a file of it is packed in an unknown way');
  try {
    const bytes = inflateRawSync(packed, { maxOutputLength: Math.max(sizeBytes, 1) });
    if (bytes.length === sizeBytes) return bytes;
  } catch {
    // Told below: too long is as wrong as damaged.
  }
  throw new ArchiveProblem('a file of it is damaged, or larger than it says');
}

function name(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw new ArchiveProblem('a name in it is not UTF-8');
  }
}
