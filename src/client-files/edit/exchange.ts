import { dlopen, FFIType, ptr } from 'bun:ffi';

type Exchange = (one: string, other: string) => boolean;

/**
 * Lets two files of one folder change names in one step: whoever opens either sees one or the other, and whatever stood there in
 * that very moment is kept. (Linux `renameat2` with RENAME_EXCHANGE, macOS `renamex_np` with RENAME_SWAP; neither is in
 * node's or Bun's own API.) False where the system or the file system has no such thing; nothing has happened then.
 */
export function exchangeFiles(one: string, other: string): boolean {
  open ??= process.platform === 'darwin' ? onMac() : onLinux();
  return open(one, other);
}

let open: Exchange | undefined;

const AT_FDCWD = -100;
const RENAME_EXCHANGE = 2;

function onLinux(): Exchange {
  try {
    const { i32, u32, cstring } = FFIType;
    const { symbols } = dlopen('libc.so.6', { renameat2: { args: [i32, cstring, i32, cstring, u32], returns: i32 } });
    return (one, other) => symbols.renameat2(AT_FDCWD, ptr(named(one)), AT_FDCWD, ptr(named(other)), RENAME_EXCHANGE) === 0;
  } catch {
    return () => false;
  }
}

const RENAME_SWAP = 2;

function onMac(): Exchange {
  try {
    const { symbols } = dlopen('libSystem.B.dylib', { renamex_np: { args: [FFIType.cstring, FFIType.cstring, FFIType.u32], returns: FFIType.i32 } });
    return (one, other) => symbols.renamex_np(ptr(named(one)), ptr(named(other)), RENAME_SWAP) === 0;
  } catch {
    return () => false;
  }
}

function named(path: string): Uint8Array {
  return new TextEncoder().encode(`${path}\0`);
}
