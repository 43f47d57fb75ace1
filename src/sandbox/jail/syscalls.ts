/** Architectures that the filter is built for, as Node names them. */
export const ARCHITECTURES = ['x64', 'arm64'] as const;
export type Architecture = (typeof ARCHITECTURES)[number];

/** The kernel's own name of each calling convention (`AUDIT_ARCH_*`): a call made in another one is never let through. */
export const AUDIT_ARCH: Readonly<Record<Architecture, number>> = { x64: 0xc000003e, arm64: 0xc00000b7 };

/** The last system call that was looked at (Linux 6.18). What a later kernel adds does not exist in a jail until it was looked at, too. */
export const HIGHEST = 469;

/** Number by architecture; absent where that architecture never had it. */
export interface Syscall { readonly x64?: number; readonly arm64?: number }

const call = (x64: number, arm64?: number): Syscall => ({ x64, ...(arm64 === undefined ? {} : { arm64 }) });
/** Numbers from 424 on are the same everywhere. */
const shared = (number: number): Syscall => call(number, number);

export const SYSCALLS = {
  clone: call(56, 220), fork: call(57), vfork: call(58), clone3: shared(435),
  chmod: call(90), fchmod: call(91, 52), fchmodat: call(268, 53), fchmodat2: shared(452), mknod: call(133), mknodat: call(259, 33),
  creat: call(85), open: call(2), openat: call(257, 56), openat2: shared(437),
  ioctl: call(16, 29), socket: call(41, 198), socketpair: call(53, 199), personality: call(135, 92),
} as const;

/** The machine itself: its kernel, clock, disks, name and devices. All of these need privileges that a jail has not; a bug may lend them. */
const MACHINE: Readonly<Record<string, Syscall>> = {
  kexec_load: call(246, 104), kexec_file_load: call(320, 294), init_module: call(175, 105), finit_module: call(313, 273),
  delete_module: call(176, 106), create_module: call(174), query_module: call(178), get_kernel_syms: call(177), reboot: call(169, 142),
  swapon: call(167, 224), swapoff: call(168, 225), syslog: call(103, 116), acct: call(163, 89), settimeofday: call(164, 170),
  clock_settime: call(227, 112), clock_adjtime: call(305, 266), adjtimex: call(159, 171),
  setdomainname: call(171, 162), iopl: call(172), ioperm: call(173), nfsservctl: call(180, 42), quotactl: call(179, 60),
  quotactl_fd: shared(443), vhangup: call(153, 58), uselib: call(134), ustat: call(136), sysfs: call(139), _sysctl: call(156),
  lookup_dcookie: call(212, 18), modify_ldt: call(154),
};

/** Other processes' memory and descriptors, and their place in memory: what a debugger does. */
const PROCESSES: Readonly<Record<string, Syscall>> = {
  ptrace: call(101, 117), process_vm_readv: call(310, 270), process_vm_writev: call(311, 271), process_madvise: shared(440),
  process_mrelease: shared(448), kcmp: call(312, 272), pidfd_getfd: shared(438), migrate_pages: call(256, 238), move_pages: call(279, 239),
  mbind: call(237, 235), set_mempolicy: call(238, 237), get_mempolicy: call(239, 236), set_mempolicy_home_node: shared(450),
};

/**
 * Large, often broken, and needed by nothing that runs here: keyrings belong to a user id and not to a jail; bpf, perf,
 * userfaultfd and io_uring are where most escapes of recent years began; handles open files beyond the mounts of a jail.
 */
const SURFACE: Readonly<Record<string, Syscall>> = {
  add_key: call(248, 217), request_key: call(249, 218), keyctl: call(250, 219), bpf: call(321, 280), perf_event_open: call(298, 241),
  userfaultfd: call(323, 282), io_uring_setup: shared(425), io_uring_enter: shared(426), io_uring_register: shared(427),
  fanotify_init: call(300, 262), fanotify_mark: call(301, 263), open_by_handle_at: call(304, 265), name_to_handle_at: call(303, 264),
};

/** The newer calls that mount and look into mounts; bubblewrap needs none of them, so not even a jail that nests has them. */
const NEW_MOUNTS: Readonly<Record<string, Syscall>> = {
  open_tree: shared(428), move_mount: shared(429), fsopen: shared(430), fsconfig: shared(431), fsmount: shared(432), fspick: shared(433),
  mount_setattr: shared(442), statmount: shared(457), listmount: shared(458), open_tree_attr: shared(467),
};

/** What makes a jail: refused wherever no jail is to be made. */
const JAILING: Readonly<Record<string, Syscall>> = {
  mount: call(165, 40), umount2: call(166, 39), pivot_root: call(155, 41), unshare: call(272, 97),
  sethostname: call(170, 161),
};

/** Never needed, not even to make a jail: a root that is only changed can be left again, and another's namespace is entered. */
const ENTERING: Readonly<Record<string, Syscall>> = { chroot: call(161, 51), setns: call(308, 268) };

/** Memory that belongs to no process, and so is seen by nobody who adds up what processes hold. */
const UNSEEN: Readonly<Record<string, Syscall>> = {
  memfd_create: call(319, 279), memfd_secret: shared(447), shmget: call(29, 194), msgget: call(68, 186),
};

const numbersOf = (architecture: Architecture, groups: readonly Readonly<Record<string, Syscall>>[]): readonly number[] =>
  groups.flatMap((group) => Object.values(group)).flatMap((one) => one[architecture] ?? []).toSorted((left, right) => left - right);

/** Numbers that are refused with EPERM in every jail; with those that make jails unless this one nests. */
export function refusedCalls(architecture: Architecture, nests: boolean): readonly number[] {
  return numbersOf(architecture, [MACHINE, PROCESSES, SURFACE, NEW_MOUNTS, ENTERING, ...(nests ? [] : [JAILING])]);
}

/** Numbers that do not exist in a jail whose memory is added up from outside: programs have other ways, files in memory among them. */
export function unseenMemory(architecture: Architecture): readonly number[] {
  return numbersOf(architecture, [UNSEEN]);
}
