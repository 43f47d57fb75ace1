import { readdirSync, readFileSync, statfsSync } from 'node:fs';
import { LIMITS } from '../domain/limits.ts';
import type { SandboxSpec } from '../domain/server.ts';

/** Which limit a process went beyond. */
export type Breach = 'memory' | 'processes' | 'wall' | 'idle' | 'disk';

export interface Watched {
  /** The root of everything that it started. */
  readonly pid: number;
  readonly spec: SandboxSpec;
  readonly startedAt: number;
  /** When something was last said to it or by it. */
  readonly saidAt: () => number;
  readonly onBreach: (breach: Breach) => void;
}

/**
 * Looks at all servers at short intervals and tells of those that went beyond a limit. Where a cgroup holds memory and
 * processes this finds nothing; where none can be had it is what holds them, up to what can happen between two looks.
 */
export interface Watchdog {
  watch(one: Watched): () => void;
  close(): void;
}

const LOOK_MS = 200;
/** Folders are looked at less often: asking a disk may take its time. */
const DISK_LOOKS = 5;

export function createWatchdog(now: () => number, diskFreeBytesMin: number = LIMITS.sandboxDiskFreeBytesMin): Watchdog {
  const watched = new Set<Watched>();
  let looks = 0;
  const look = (): void => {
    looks += 1;
    if (watched.size === 0) return;
    const children = readChildren();
    const full = looks % DISK_LOOKS === 0 ? fullFolders(watched, diskFreeBytesMin) : new Set<string>();
    for (const one of watched) {
      const breach = breachOf(one, familyOf(one.pid, children), full, now());
      if (breach === undefined) continue;
      watched.delete(one);
      one.onBreach(breach);
    }
  };
  const timer = setInterval(look, LOOK_MS);
  timer.unref();
  return {
    watch(one) {
      watched.add(one);
      return () => void watched.delete(one);
    },
    close: () => clearInterval(timer),
  };
}

function breachOf({ spec, startedAt, saidAt }: Watched, family: readonly number[], full: ReadonlySet<string>, at: number): Breach | undefined {
  if (at - startedAt > (spec.wallMs ?? LIMITS.sandboxWallMs)) return 'wall';
  if (at - saidAt() > (spec.idleMs ?? LIMITS.sandboxIdleMs)) return 'idle';
  // Bubblewrap's own two processes are not the server's.
  if (family.length - OWN_PROCESSES > spec.processesMax) return 'processes';
  if (spec.writes.some((path) => full.has(path))) return 'disk';
  let bytes = 0;
  for (const pid of family) {
    bytes += heldBytes(pid);
    if (bytes > spec.memoryBytesMax) return 'memory';
  }
  return undefined;
}

const OWN_PROCESSES = 2;

/** Children of each process, from one look at all of them. */
function readChildren(): ReadonlyMap<number, readonly number[]> {
  const children = new Map<number, number[]>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const stat = readProc(`/proc/${name}/stat`);
    // The name in parentheses may hold anything (proc_pid_stat(5)).
    const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
    const known = children.get(parent);
    if (known === undefined) children.set(parent, [Number(name)]);
    else known.push(Number(name));
  }
  return children;
}

function familyOf(pid: number, children: ReadonlyMap<number, readonly number[]>): readonly number[] {
  const family = [pid];
  for (const one of family) family.push(...(children.get(one) ?? []));
  return family;
}

/**
 * What a process holds that no file of a disk backs: its own memory, what it shares with others, and what of it was swapped out
 * (proc_pid_status(5), in KiB). What several share counts for each: nobody can say whose it is.
 */
function heldBytes(pid: number): number {
  return [...readProc(`/proc/${pid}/status`).matchAll(HELD)].reduce((sum, [, kib]) => sum + Number(kib), 0) * 1024;
}

const HELD = /^(?:RssAnon|RssShmem|VmSwap):\s+(\d+) kB$/gm;

function readProc(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}

/** Folders on disks that are all but full: the machine and Sallyport's own records need the rest. */
function fullFolders(watched: ReadonlySet<Watched>, freeBytesMin: number): ReadonlySet<string> {
  const folders = new Set([...watched].flatMap(({ spec }) => spec.writes));
  return new Set([...folders].filter((folder) => isFull(folder, freeBytesMin)));
}

function isFull(folder: string, freeBytesMin: number): boolean {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize < freeBytesMin;
  } catch {
    return false;
  }
}
