import { readdirSync, readlinkSync, statSync } from 'node:fs';
import { LIMITS } from '../../domain/limits.ts';
import { readStart } from '../bounded-file.ts';
import type { HostTable, ListeningSocket, RunningProcess } from './process-table.ts';
import { splitTitle } from './process-table.ts';
import { readListening } from './sockets-linux.ts';
import type { SocketRow } from './sockets-linux.ts';

/** Jiffies of `/proc/<pid>/stat`: 100 a second for every program on Linux, whatever the kernel counts in. */
const TICKS = 100;
const DELETED = / \(deleted\)$/;
/** Who would see what is shut to this process; a container or a security module can shut it to its root, too. */
const WHO_SEES = process.geteuid?.() === 0 ? '; here the system hides it from root, too' : '; root sees it';

/** Reads what runs here from `/proc`: nothing is started, signalled or asked. */
export function readLinux(proc = '/proc'): HostTable {
  const bootedAt = Number(/^btime (\d+)$/m.exec(text(`${proc}/stat`))?.[1] ?? 0);
  const pids = readdirSync(proc).filter((name) => /^\d+$/.test(name)).map(Number).toSorted((a, b) => a - b);
  const own = { root: rootOf(`${proc}/self`), network: link(`${proc}/self/ns/net`) };
  const processes: RunningProcess[] = [];
  const networks = new Map<string, number>();
  let hidden = 0;
  for (const pid of pids.slice(0, LIMITS.hostProcessesMax)) {
    const found = readProcess(proc, pid, bootedAt, own.root);
    if (found === undefined) continue;
    processes.push(found);
    const network = link(`${proc}/${pid}/ns/net`);
    if (network === undefined) hidden += 1;
    else if (!networks.has(network)) networks.set(network, pid);
  }
  if (own.network !== undefined) networks.delete(own.network);
  const rows = [...readListening(`${proc}/self/net`, false), ...[...networks.values()].flatMap((pid) => readListening(`${proc}/${pid}/net`, true))];
  const owners = ownersOf(proc, processes, new Set(rows.map(({ inode }) => inode)));
  return {
    processes, sockets: socketsOf(rows, owners),
    unseen: [
      ...(hidden === 0 ? [] : [{
        place: proc, reason: `programs, files and sockets of ${hidden === 1 ? '1 process' : `${hidden} processes`} of others${WHO_SEES}`,
      }]),
      ...(pids.length > LIMITS.hostProcessesMax ? [{ place: proc, reason: `more than ${LIMITS.hostProcessesMax} processes` }] : []),
      ...rows.filter(({ inode }) => !owners.has(inode)).map(({ address, port, user }) =>
        ({ place: `${address}:${port}`, reason: `which process of user ${user} listens${WHO_SEES}` })),
    ],
  };
}

function socketsOf(rows: readonly SocketRow[], owners: ReadonlyMap<string, number>): readonly ListeningSocket[] {
  return rows.map(({ address, port, inode, isApart }) => {
    const pid = owners.get(inode);
    return { address, port, isApart, ...(pid !== undefined && { pid }) };
  });
}

/** Undefined: it has ended meanwhile, or is a thread of the kernel. */
function readProcess(proc: string, pid: number, bootedAt: number, ownRoot: string | undefined): RunningProcess | undefined {
  const folder = `${proc}/${pid}`;
  const stat = text(`${folder}/stat`);
  // A name may hold spaces, parentheses and line breaks: what follows its last parenthesis is the kernel's.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const argv = argumentsOf(`${folder}/cmdline`);
  const [parent, terminal, started] = [Number(fields[1]), Number(fields[4]), Number(fields[19])];
  if (argv.length === 0 || !Number.isFinite(started)) return undefined;
  const root = rootOf(folder);
  const [program, working] = [link(`${folder}/exe`)?.replace(DELETED, ''), link(`${folder}/cwd`)];
  const container = /(?:docker|libpod|cri-containerd|crio|nerdctl|containerd)?[-/:]([0-9a-f]{64})(?:\.scope)?(?:\/|$)/m.exec(text(`${folder}/cgroup`))?.[1];
  const piped = pipedOf(folder);
  return {
    pid, parent, startedAt: bootedAt + Math.floor(started / TICKS), argv: splitTitle(argv), hasTerminal: terminal !== 0,
    user: Number(/^Uid:\s+\d+\s+(\d+)/m.exec(text(`${folder}/status`))?.[1] ?? -1),
    // Of another user's nothing is known but its group: that of a container has an image of its own.
    ...((root === undefined ? container !== undefined : root !== ownRoot) && { image: `${folder}/root` }),
    root: `${folder}/root`,
    ...(program !== undefined && { program }),
    ...(working !== undefined && { folder: working }),
    ...(piped !== undefined && { isPiped: piped }),
    ...(container !== undefined && { container }),
  };
}

/** Which folder it has for `/`: services with mounts of their own have the machine's all the same, containers have another. */
function rootOf(folder: string): string | undefined {
  try {
    const { dev, ino } = statSync(`${folder}/root/`);
    return `${dev}:${ino}`;
  } catch {
    return undefined;
  }
}

function argumentsOf(path: string): readonly string[] {
  const words = text(path, LIMITS.hostArgumentsBytesMax).replace(/\0+$/, '').split('\0').slice(0, LIMITS.hostArgumentsMax);
  return words.length === 1 && words[0] === '' ? [] : words;
}

function pipedOf(folder: string): boolean | undefined {
  const [input, output] = [link(`${folder}/fd/0`), link(`${folder}/fd/1`)];
  if (input === undefined || output === undefined) return undefined;
  return [input, output].every((target) => /^(?:pipe|socket):/.test(target));
}

/** Which process has each of these sockets open: the first one, where it was handed on. */
function ownersOf(proc: string, processes: readonly RunningProcess[], wanted: ReadonlySet<string>): ReadonlyMap<string, number> {
  const owners = new Map<string, number>();
  for (const { pid } of wanted.size === 0 ? [] : processes) {
    for (const name of names(`${proc}/${pid}/fd`).slice(0, LIMITS.hostDescriptorsMax)) {
      const inode = /^socket:\[(\d+)\]$/.exec(link(`${proc}/${pid}/fd/${name}`) ?? '')?.[1];
      if (inode !== undefined && wanted.has(inode) && !owners.has(inode)) owners.set(inode, pid);
    }
    if (owners.size === wanted.size) break;
  }
  return owners;
}

function names(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function link(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}

function text(path: string, bytesMax = 64 * 1024): string {
  try {
    return readStart(path, bytesMax).toString('utf8');
  } catch {
    return '';
  }
}

/** Whether this system tells of its processes in this way. */
export function hasProc(proc = '/proc'): boolean {
  return statSync(`${proc}/self/stat`, { throwIfNoEntry: false }) !== undefined;
}
