import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Which processes a runner has started, kept in files so that the next runner can end what a killed one left behind. */
export interface Trail {
  add(pid: number): void;
  remove(pid: number): void;
  /** Kills the groups of processes that still are what was written down: a reused process id is not one of ours. */
  endOrphans(): void;
}

export function createTrail(folder: string): Trail {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return {
    add(pid) {
      writeFileSync(join(folder, String(pid)), startOf(pid) ?? '', { mode: 0o600 });
    },
    remove(pid) {
      rmSync(join(folder, String(pid)), { force: true });
    },
    endOrphans() {
      for (const name of readdirSync(folder)) {
        const path = join(folder, name);
        const started = readFileSync(path, 'utf8');
        if (/^\d+$/.test(name) && started !== '' && startOf(Number(name)) === started) endGroup(Number(name));
        rmSync(path, { force: true });
      }
    },
  };
}

/** The kernel's start time of a process, in clock ticks since boot, with the boot's id; `undefined` where there is no /proc. */
function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name in parentheses may hold anything; the start time is the 20th field after it (proc_pid_stat(5)).
    const ticks = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
    return ticks === undefined ? undefined : `${ticks} ${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()}`;
  } catch {
    return undefined;
  }
}

function endGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It ended meanwhile.
  }
}
