import { AUDIT_ARCH, HIGHEST, refusedCalls, SYSCALLS, unseenMemory, type Architecture, type Syscall } from './syscalls.ts';

/** What may be started in a jail: threads only, processes, or processes in jails of their own. */
export type Spawning = 'none' | 'processes' | 'jails';

/**
 * The filter of system calls of a jail, as bubblewrap's `--seccomp` takes it: an array of `struct sock_filter`
 * (linux/filter.h) in the machine's byte order, for a program that sees `struct seccomp_data` (linux/seccomp.h).
 *
 * It refuses by name instead of allowing by name: what runs here are two JavaScript engines, Python and whatever native code
 * a server brings, whose needs change with each release, and a filter that breaks them is a filter that gets switched off.
 * The list is what container engines refuse, and more; and it is closed upwards: a call that is newer than the list does
 * not exist (ENOSYS, so that programs fall back). What is refused gets EPERM and lives on: a program that merely tried, as
 * many do, works. A foreign calling convention (32-bit, x32) would be a way around the numbers: it kills, or does not exist.
 */
export function seccompFilter(
  architecture: Architecture, spawning: Spawning, { unixSockets, memory }: { readonly unixSockets?: 'pairs'; readonly memory?: 'seen' } = {},
): Uint8Array {
  const nests = spawning === 'jails';
  const at = (syscall: Syscall): number => syscall[architecture] ?? ABSENT;
  return encode([
    load(ARCH),
    ...unless(JEQ, AUDIT_ARCH[architecture], [give(KILL)]),
    load(NUMBER),
    ...when(JGT, HIGHEST, [give(ERRNO | ENOSYS)]),
    ...refusedCalls(architecture, nests).flatMap((number) => when(JEQ, number, [give(ERRNO | EPERM)])),
    // Its flags lie in memory, where no filter can look; libraries fall back to clone.
    ...[SYSCALLS.clone3, SYSCALLS.openat2].flatMap((one) => when(JEQ, at(one), [give(ERRNO | ENOSYS)])),
    ...(memory === 'seen' ? unseenMemory(architecture) : []).flatMap((number) => when(JEQ, number, [give(ERRNO | ENOSYS)])),
    ...MODES.flatMap(([call, place]) => when(JEQ, at(SYSCALLS[call]), modeRules(place))),
    ...MAKING.flatMap(([call, flags]) => when(JEQ, at(SYSCALLS[call]), newFileRules(flags))),
    ...(spawning === 'none' ? [SYSCALLS.fork, SYSCALLS.vfork].flatMap((one) => when(JEQ, at(one), [give(ERRNO | EPERM)])) : []),
    ...when(JEQ, at(SYSCALLS.clone), cloneRules(spawning)),
    ...when(JEQ, at(SYSCALLS.socket), socketRules(unixSockets === 'pairs' ? IP : [AF_UNIX, ...IP])),
    ...when(JEQ, at(SYSCALLS.socketpair), socketRules([AF_UNIX, ...IP])),
    ...when(JEQ, at(SYSCALLS.ioctl), ioctlRules()),
    ...when(JEQ, at(SYSCALLS.personality), personalityRules()),
    give(ALLOW),
  ]);
}

/** A thread shares everything, so it is in the jail; a process is refused where none is needed, a new namespace everywhere but where jails are made. */
function cloneRules(spawning: Spawning): readonly Instruction[] {
  const rules = [
    ...(spawning === 'jails' ? [] : when(JSET, NEW_NAMESPACES, [give(ERRNO | EPERM)])),
    ...(spawning === 'none' ? unless(JSET, CLONE_THREAD, [give(ERRNO | EPERM)]) : []),
  ];
  return [load(lowOf(0)), ...rules, give(ALLOW)];
}

/**
 * Of the families that are given (unix, IPv4, IPv6), and of netlink what lists interfaces: a network namespace keeps these in. It does not keep in AF_VSOCK
 * (the way to a hypervisor), AF_ALG and the families of buses and radios.
 */
function socketRules(families: readonly number[]): readonly Instruction[] {
  return [
    load(lowOf(0)),
    ...families.flatMap((family) => when(JEQ, family, [give(ALLOW)])),
    ...unless(JEQ, AF_NETLINK, [give(ERRNO | EAFNOSUPPORT)]),
    load(lowOf(2)),
    ...when(JEQ, NETLINK_ROUTE, [give(ALLOW)]),
    give(ERRNO | EAFNOSUPPORT),
  ];
}

/**
 * No file gets the right to be run as its owner: what is shown to be written is the machine's, its owner may be root, and outside of the
 * jail anybody may run what was left there.
 */
function modeRules(place: number): readonly Instruction[] {
  return [load(lowOf(place)), ...when(JSET, RUN_AS_OWNER, [give(ERRNO | EPERM)]), give(ALLOW)];
}

function newFileRules(flags: number): readonly Instruction[] {
  return [load(lowOf(flags)), ...unless(JSET, NEW_FILE, [give(ALLOW)]), ...modeRules(flags + 1)];
}

/** Input pushed into the terminal would be typed by the person who started the gate. */
function ioctlRules(): readonly Instruction[] {
  return [load(lowOf(1)), ...[TIOCSTI, TIOCLINUX].flatMap((request) => when(JEQ, request, [give(ERRNO | EPERM)])), give(ALLOW)];
}

/** Only asking: other personalities switch off the randomisation of addresses. */
function personalityRules(): readonly Instruction[] {
  return [load(lowOf(0)), ...[0, 0xffffffff].flatMap((one) => when(JEQ, one, [give(ALLOW)])), give(ERRNO | EPERM)];
}

interface Instruction { readonly code: number; readonly jt: number; readonly jf: number; readonly k: number }

const [LD_W_ABS, RET_K] = [0x20, 0x06];
const [JEQ, JGT, JSET] = [0x15, 0x25, 0x45];
const [NUMBER, ARCH] = [0, 4];
const [KILL, ERRNO, ALLOW] = [0x80000000, 0x00050000, 0x7fff0000];
const [EPERM, ENOSYS, EAFNOSUPPORT] = [1, 38, 97];
const CLONE_THREAD = 0x00010000;
/** CLONE_NEWCGROUP | NEWUTS | NEWIPC | NEWUSER | NEWPID | NEWNET | NEWNS. */
const NEW_NAMESPACES = 0x7e020000;
const [AF_UNIX, AF_INET, AF_INET6, AF_NETLINK, NETLINK_ROUTE] = [1, 2, 10, 16, 0];
const [TIOCSTI, TIOCLINUX] = [0x5412, 0x541c];
const IP: readonly number[] = [AF_INET, AF_INET6];
/** S_ISUID | S_ISGID. */
const RUN_AS_OWNER = 0o6000;
/** O_CREAT and the bit of O_TMPFILE: without them the mode is whatever lies in the register. */
const NEW_FILE = 0x00400040;
/** Calls with the place of the mode among their arguments; and those with the place of the flags, after which the mode comes. */
const MODES = [['chmod', 1], ['fchmod', 1], ['fchmodat', 2], ['fchmodat2', 2], ['mknod', 1], ['mknodat', 2], ['creat', 1]] as const;
const MAKING = [['open', 1], ['openat', 2]] as const;
/** A number that no call has. */
const ABSENT = 0xfffffffe;

/** Both architectures are little-endian: the low half of a 64-bit argument comes first. The kernel, too, reads only that half of these. */
const lowOf = (argument: number): number => 16 + 8 * argument;
const load = (offset: number): Instruction => ({ code: LD_W_ABS, jt: 0, jf: 0, k: offset });
const give = (action: number): Instruction => ({ code: RET_K, jt: 0, jf: 0, k: action });

function when(test: number, k: number, then: readonly Instruction[]): readonly Instruction[] {
  return [{ code: test, jt: 0, jf: then.length, k }, ...then];
}

function unless(test: number, k: number, then: readonly Instruction[]): readonly Instruction[] {
  return [{ code: test, jt: then.length, jf: 0, k }, ...then];
}

function encode(program: readonly Instruction[]): Uint8Array {
  const bytes = new Uint8Array(program.length * 8);
  const view = new DataView(bytes.buffer);
  for (const [index, { code, jt, jf, k }] of program.entries()) {
    view.setUint16(index * 8, code, true);
    view.setUint8(index * 8 + 2, jt);
    view.setUint8(index * 8 + 3, jf);
    view.setUint32(index * 8 + 4, k, true);
  }
  return bytes;
}
