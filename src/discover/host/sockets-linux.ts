import { LIMITS } from '../../domain/limits.ts';
import { readStart } from '../bounded-file.ts';

export interface SocketRow {
  readonly address: string;
  readonly port: number;
  readonly inode: string;
  readonly user: number;
  readonly isApart: boolean;
}

/** `0A` is the kernel's TCP_LISTEN. */
const ROW = /^\s*\d+: ([0-9A-F]{8}|[0-9A-F]{32}):([0-9A-F]{4}) [0-9A-F]+:[0-9A-F]{4} 0A(?: \S+){3}\s+(\d+)\s+\d+\s+(\d+)/;

/** The listening TCP sockets of one network, from `/proc/<pid>/net/tcp` and `tcp6`. */
export function readListening(folder: string, isApart: boolean): readonly SocketRow[] {
  return ['tcp', 'tcp6'].flatMap((name) => rowsOf(`${folder}/${name}`)).flatMap((line) => {
    const [, address, port, user, inode] = ROW.exec(line) ?? [];
    if (address === undefined || port === undefined || inode === undefined || inode === '0') return [];
    return [{ address: addressOf(address), port: Number.parseInt(port, 16), inode, user: Number(user), isApart }];
  });
}

function rowsOf(path: string): readonly string[] {
  try {
    return readStart(path, LIMITS.hostSocketTableBytesMax).toString('latin1').split('\n');
  } catch {
    return [];
  }
}

/** The kernel writes each four bytes in the machine's order, which is the little one on all that this runs on. */
function addressOf(hex: string): string {
  const bytes = (hex.match(/.{8}/g) ?? []).flatMap((word) => (word.match(/../g) ?? []).toReversed()).map((byte) => Number.parseInt(byte, 16));
  if (bytes.length === 4) return bytes.join('.');
  const isMapped = bytes.slice(0, 10).every((byte) => byte === 0) && bytes[10] === 255 && bytes[11] === 255;
  if (isMapped) return bytes.slice(12).join('.');
  const groups = Array.from({ length: 8 }, (_, at) => (((bytes[at * 2] ?? 0) << 8) | (bytes[at * 2 + 1] ?? 0)).toString(16)).join(':');
  // Runs of zeros are left out once, the longest one: as everybody writes it.
  const longest = (groups.match(/(?:^|:)0(?::0)+(?=:|$)/g) ?? []).toSorted((a, b) => b.length - a.length)[0];
  return longest === undefined ? groups : groups.replace(longest, ':').replace(/^:(?!:)/, '::').replace(/([^:]):$/, '$1::');
}
