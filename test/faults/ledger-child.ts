import { dlopen, FFIType, ptr } from 'bun:ffi';
import { runLedger } from '../../src/roles/ledger.ts';

/*
 * The ledger role as a process of its own: `bun ledger-child.ts <home> [strict]`. On SIGUSR2 its disk fails: a seccomp
 * program on all its threads has the kernel answer every fsync and fdatasync with EIO, as a dying disk does. There is no way back.
 */

const PR_SET_NO_NEW_PRIVS = 38;
const SECCOMP = { call: 317, setModeFilter: 1, flagAllThreads: 1 };
const FSYNC = 74;
const FDATASYNC = 75;
const EIO = 5;
const RETURN_ERRNO = 0x00050000;
const RETURN_ALLOW = 0x7fff0000;

/** One instruction of classic BPF: code, how far to jump if it holds and if not, operand. */
function instruction(code: number, jumpTrue: number, jumpFalse: number, operand: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt16LE(code, 0);
  bytes.writeUInt8(jumpTrue, 2);
  bytes.writeUInt8(jumpFalse, 3);
  bytes.writeUInt32LE(operand, 4);
  return bytes;
}

const LOAD_WORD = 0x20;
const JUMP_IF_EQUAL = 0x15;
const RETURN = 0x06;

function failSyncs(): void {
  if (process.arch !== 'x64') throw new Error('the numbers of system calls here are those of x86-64');
  const program = Buffer.concat([
    instruction(LOAD_WORD, 0, 0, 0),
    instruction(JUMP_IF_EQUAL, 1, 0, FDATASYNC),
    instruction(JUMP_IF_EQUAL, 0, 1, FSYNC),
    instruction(RETURN, 0, 0, RETURN_ERRNO | EIO),
    instruction(RETURN, 0, 0, RETURN_ALLOW),
  ]);
  const header = Buffer.alloc(16);
  header.writeUInt16LE(program.length / 8, 0);
  header.writeBigUInt64LE(BigInt(ptr(program)), 8);
  const { u64, i64, i32 } = FFIType;
  const { symbols } = dlopen('libc.so.6', {
    prctl: { args: [i32, u64, u64, u64, u64], returns: i32 },
    syscall: { args: [i64, u64, u64, u64], returns: i64 },
  });
  const refused = symbols.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) !== 0
    || symbols.syscall(SECCOMP.call, SECCOMP.setModeFilter, SECCOMP.flagAllThreads, ptr(header)) !== 0n;
  console.log(refused ? 'the kernel took no seccomp program' : 'broken');
}

const [home = '', mode] = process.argv.slice(2);
process.on('SIGUSR2', failSyncs);
const role = await runLedger({ home, strict: mode === 'strict' });
console.log('up');
await role.stopped;
