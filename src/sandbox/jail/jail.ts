import { seccompFilter, type Spawning } from './seccomp.ts';
import type { Architecture } from './syscalls.ts';

/**
 * One thing that is seen in a jail. All paths are absolute; nothing else of the machine's files exists there.
 * `read`/`write` show a file or folder of the machine (`optional`: nothing, where there is none); what is a folder is shown
 * with all below it. `tmp` is memory, of that size at most; `text` a read-only file that exists in memory only (no argument,
 * no variable and no disk ever holds it), handed over by descriptor; `folder` and `link` are the jail's own. `closed`: what of the
 * jail's own making lies there already can be written no more (what is mounted below keeps its own way).
 */
export type Mount =
  | { readonly kind: 'read' | 'write'; readonly from: string; readonly at: string; readonly optional?: true }
  | { readonly kind: 'tmp'; readonly at: string; readonly bytes: number }
  | { readonly kind: 'text'; readonly at: string; readonly text: string }
  | { readonly kind: 'folder' | 'closed'; readonly at: string }
  | { readonly kind: 'link'; readonly at: string; readonly to: string };

/** Limits of each process (setrlimit(2)); those of a whole jail are a cgroup's, or for memory the sizes of its `tmp`. */
export interface JailLimits {
  /** Memory that it may have written to (RLIMIT_DATA: heap, stacks and private mappings). Address space is no measure: engines reserve terabytes. */
  readonly dataBytesMax: number;
  readonly filesMax: number;
  readonly fileBytesMax?: number;
  /**
   * Processes and threads of the jail's user (RLIMIT_NPROC, counted in the jail's own user namespace). Needs `/usr` in the jail.
   * Does nothing where the machine's root made the jail: the kernel exempts that user, so there it takes a cgroup.
   */
  readonly processesMax?: number;
}

/** Everything about how a process is confined; a closed type, so that nothing that is read anywhere can add to it (invariant 9). */
export interface Jail {
  /** In this order; later ones cover earlier ones. */
  readonly mounts: readonly Mount[];
  /** `none`: an own network namespace with nothing but its own loopback. `machine`: the machine's, abstract unix sockets included. */
  readonly network: 'none' | 'machine';
  readonly spawning: Spawning;
  /**
   * With the right to ports below 1024 of its own network, and to give that right back (CAP_NET_BIND_SERVICE, CAP_SETPCAP): what is
   * started gives both back before it becomes anything that isn't ours. Runs as user 0 of its own namespace, which is whoever started it.
   */
  readonly lowPorts?: true;
  readonly limits: JailLimits;
  readonly cwd: string;
  /**
   * The whole environment in the jail, handed over by descriptor: bubblewrap itself, which is outside, must not obey what is
   * meant for who is inside (`LD_LIBRARY_PATH`), nor show it in its own `/proc/<pid>/environ`. Absent: that of whoever starts it.
   */
  readonly environment?: Readonly<Record<string, string>>;
  /**
   * `pairs`: a process may have connected pairs, but reaches no unix socket by its path. Folders of the machine that are shown
   * may hold some, and neither a network namespace nor a read-only mount is in the way of those. Absent: all.
   */
  readonly unixSockets?: 'pairs';
  /**
   * `seen`: no memory but what counts as some process's, and the jail's `tmp`s. For where it is added up from outside and no cgroup
   * holds it. Absent: any.
   */
  readonly memory?: 'seen';
  /** What the machine is called in it. Absent: by a name that says nothing. */
  readonly hostname?: string;
}

/** What the machine can do about it; `probeJails` asks it. */
export interface Machine {
  readonly architecture: Architecture;
  /** Absolute paths of the programs that make jails. */
  readonly bwrap: string;
  readonly prlimit: string;
  /** Namespaces can also be forbidden by their count. Not in a jail in a jail, where the filter of system calls alone forbids them. */
  readonly countsNamespaces: boolean;
}

/** How to start it: `argv` as it is, and `descriptors[i]` readable as file descriptor `3 + i` of the started process. */
export interface JailCommand {
  readonly argv: readonly string[];
  readonly descriptors: readonly Uint8Array[];
  /** The descriptor, to be given writable, on which bubblewrap tells the process id as JSON (`child-pid`: the jail's first process). */
  readonly told: number;
}

const FIRST_DESCRIPTOR = 3;
/** Where programs of all kinds keep shared memory. */
const SHARED_MEMORY_BYTES = 64 * 1024 * 1024;
const INNER = '/run/jail';

/**
 * The command that runs `command` in `jail`. One that nests needs `/usr`, `/bin/sh` and a `/tmp`. Pure: it looks at nothing and
 * starts nothing. The environment is that of whoever starts it: as arguments, every user of the machine would see the variables.
 */
export function jailCommand(jail: Jail, command: readonly string[], machine: Machine): JailCommand {
  const descriptors: Uint8Array[] = [];
  const give = (bytes: Uint8Array): string => String(FIRST_DESCRIPTOR + descriptors.push(bytes) - 1);
  const filter = give(seccompFilter(machine.architecture, jail.spawning, jail));
  const mounts = jail.mounts.flatMap((mount) => mountArguments(mount, give));
  const environment = jail.environment === undefined ? [] : ['--args', give(environmentArguments(jail.environment))];
  const told = FIRST_DESCRIPTOR + descriptors.length;
  const nests = jail.spawning === 'jails';
  return {
    argv: [
      ...limited(machine, jail.limits),
      machine.bwrap,
      '--unshare-all', '--unshare-user',
      ...(jail.network === 'machine' ? ['--share-net'] : []),
      ...(nests ? CAPABILITIES_TO_NEST : ['--cap-drop', 'ALL', ...ownRights(jail, machine)]),
      // A terminal of its own (none): what is written to the person's terminal can't type into it. Nobody outlives who started it.
      '--new-session', '--die-with-parent',
      '--hostname', jail.hostname ?? 'jail',
      '--seccomp', filter, '--info-fd', String(told),
      ...devices(),
      ...mounts,
      ...processes(nests),
      // The jail's root is memory, too, and would be writable without a limit.
      '--remount-ro', '/',
      '--chdir', jail.cwd,
      ...environment,
      '--',
      ...(nests ? ['/bin/sh', '-c', NESTING, 'nest'] : []),
      ...(jail.limits.processesMax === undefined ? [] : ['/usr/bin/prlimit', `--nproc=${jail.limits.processesMax}`, '--']),
      ...command,
    ],
    descriptors,
    told,
  };
}

function limited(machine: Machine, limits: JailLimits): readonly string[] {
  const { dataBytesMax, filesMax, fileBytesMax } = limits;
  return [
    // A core holds everything that was in memory.
    machine.prlimit, '--core=0', `--data=${dataBytesMax}`, `--nofile=${filesMax}`,
    ...(fileBytesMax === undefined ? [] : [`--fsize=${fileBytesMax}`]),
    '--',
  ];
}

/** As bubblewrap reads them from a descriptor: each ends with NUL. */
function environmentArguments(environment: Readonly<Record<string, string>>): Uint8Array {
  const words = Object.entries(environment).flatMap(([name, value]) => ['--setenv', name, value]);
  return Buffer.from(['--clearenv', ...words].map((word) => `${word}\0`).join(''));
}

function mountArguments(mount: Mount, give: (bytes: Uint8Array) => string): readonly string[] {
  switch (mount.kind) {
    case 'read':
      return [mount.optional === true ? '--ro-bind-try' : '--ro-bind', mount.from, mount.at];
    case 'write':
      return [mount.optional === true ? '--bind-try' : '--bind', mount.from, mount.at];
    case 'tmp':
      return ['--size', String(mount.bytes), '--tmpfs', mount.at];
    case 'text':
      return ['--ro-bind-data', give(Buffer.from(mount.text)), mount.at];
    case 'folder':
      return ['--dir', mount.at];
    case 'closed':
      return ['--remount-ro', mount.at];
    case 'link':
    default:
      return ['--symlink', mount.to, mount.at];
  }
}

/** `/dev` itself and its `shm` are memory: the first is closed, the second gets a size. */
function devices(): readonly string[] {
  return ['--dev', '/dev', '--size', String(SHARED_MEMORY_BYTES), '--tmpfs', '/dev/shm', '--remount-ro', '/dev'];
}

/**
 * What a jail sees of its processes, and of the kernel's settings. Read-only as a whole: started by root, a process without
 * any capability could otherwise write what belongs to user 0, `/proc/sys/kernel/core_pattern` for one, which the kernel then
 * runs outside of all jails; and `/proc/1/mem`, by which the jail's first process would be made to outlive who started it.
 *
 * Making a jail takes writing to `/proc/self/uid_map`, so where jails are made, the places themselves are covered.
 */
function processes(nests: boolean): readonly string[] {
  if (!nests) return ['--proc', '/proc', '--remount-ro', '/proc'];
  return [
    '--proc', '/proc',
    ...KERNEL_SETTINGS.flatMap((name) => ['--ro-bind-try', `/proc/${name}`, `/proc/${name}`]),
    '--tmpfs', '/proc/1', '--remount-ro', '/proc/1',
    '--dir', `${INNER}/proc`,
  ];
}

const KERNEL_SETTINGS: readonly string[] = ['sys', 'sysrq-trigger', 'irq', 'bus', 'fs', 'acpi', 'scsi', 'mtrr', 'driver', 'tty'];

/** Namespaces are counted from one below, which has no say over the network of this one: there the filter alone forbids them. */
function ownRights({ lowPorts }: Jail, { countsNamespaces }: Machine): readonly string[] {
  // Any other user would be mapped in one more namespace, which has no say over the network either.
  if (lowPorts === true) return ['--uid', '0', '--gid', '0', '--cap-add', 'CAP_NET_BIND_SERVICE', '--cap-add', 'CAP_SETPCAP'];
  return countsNamespaces ? ['--disable-userns'] : [];
}

/**
 * A jail that nests runs as user 0 of its own namespace, which is whoever started it. To mount what follows it gets three
 * capabilities over its own namespaces; `NESTING` gives back all but CAP_SETFCAP (which the kernel asks of whoever maps
 * user 0 into a namespace below) before anything else runs.
 */
const CAPABILITIES_TO_NEST: readonly string[] = [
  '--uid', '0', '--gid', '0', '--cap-drop', 'ALL', '--cap-add', 'CAP_SYS_ADMIN', '--cap-add', 'CAP_SETPCAP', '--cap-add', 'CAP_SETFCAP',
];

/**
 * A kernel mounts a new `/proc` only for who sees one already that nothing covers (else it would show what was covered). So
 * there is one, below a folder that nobody can enter: it is seen by that check, and reached by no path. The tools are the
 * system's, whatever `PATH` the operator has: what that finds first may not be in the jail.
 */
const NESTING = [
  `/usr/bin/mount -t proc proc ${INNER}/proc`,
  `/usr/bin/mount -t tmpfs -o ro,mode=000,size=4k none ${INNER}`,
  'exec /usr/bin/setpriv --bounding-set=-all,+setfcap --inh-caps=-all --ambient-caps=-all "$@"',
].join(' && ');
