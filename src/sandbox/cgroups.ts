import { accessSync, constants, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SandboxSpec } from '../domain/server.ts';

/** What the kernel counts for one server and all that it starts. */
export interface Cgroup {
  /** Put before a command, it enters the group and then is that command. */
  readonly entrance: readonly string[];
  /** Whether the kernel killed something in it for want of memory. */
  wasFull(): boolean;
  /** Where something in it still dies, again when the next one is made. */
  remove(): void;
}

export interface Cgroups {
  make(spec: SandboxSpec): Cgroup;
}

/**
 * Groups below folders that this process may write: one unified folder (cgroup v2), or one of each controller (v1). Undefined
 * where a group that is made on trial doesn't take its limits: then nothing is pretended.
 */
export function openCgroups(folders: CgroupFolders): Cgroups | undefined {
  const usable = folders.filter(isWritable);
  const needed = usable.some((one) => one.controllers.includes('memory')) && usable.some((one) => one.controllers.includes('pids'));
  if (!needed) return undefined;
  // What still died when its group was to go.
  const left = new Set<string>();
  const removeAll = (groups: readonly string[]): void => {
    for (const group of groups) {
      if (removeGroup(group)) left.delete(group);
      else left.add(group);
    }
  };
  const cgroups: Cgroups = {
    make(spec) {
      removeAll([...left]);
      return make(usable, spec, removeAll);
    },
  };
  try {
    for (const one of usable) prepare(one);
    cgroups.make(TRIAL).remove();
    return cgroups;
  } catch {
    return undefined;
  }
}

export type Controller = 'memory' | 'pids' | 'cpu';
export type CgroupFolders = readonly { readonly folder: string; readonly version: 1 | 2; readonly controllers: readonly Controller[] }[];

const TRIAL: SandboxSpec = {
  reads: [], writes: [], network: [], memoryBytesMax: 64 * 1024 * 1024, processesMax: 8, filesMax: 64, tmpBytesMax: 1024, secretFiles: {},
};
const CPU_PERIOD_US = 100_000;
/** Bubblewrap's own, as the watchdog counts them; the shell that enters becomes the first. */
const OWN_PROCESSES = 2;

function make(folders: CgroupFolders, spec: SandboxSpec, removeAll: (groups: readonly string[]) => void): Cgroup {
  const name = `server-${crypto.randomUUID()}`;
  // What limits nothing would only cost time.
  const limiting = folders.filter(({ version, controllers }) => settingsOf(version, controllers, spec).length > 0);
  const made = limiting.map((one) => ({ ...one, folder: join(one.folder, name) }));
  for (const { folder, version, controllers } of made) {
    mkdirSync(folder);
    for (const [file, value] of settingsOf(version, controllers, spec)) writeFileSync(join(folder, file), value);
  }
  return {
    // "0" is whoever writes it. The shell is outside of every jail, and gets nothing that anybody else wrote.
    entrance: ['/bin/sh', '-c', `${made.map(({ folder }) => `echo 0 > '${folder}/cgroup.procs'`).join(' && ')} && exec "$@"`, 'enter'],
    wasFull: () => made.some(({ folder }) => killsIn(folder) > 0),
    remove: () => removeAll(made.map(({ folder }) => folder)),
  };
}

function settingsOf(version: 1 | 2, controllers: readonly Controller[], spec: SandboxSpec): readonly (readonly [string, string])[] {
  const memory = String(spec.memoryBytesMax);
  const quota = spec.cpuShare === undefined ? undefined : Math.round(spec.cpuShare * CPU_PERIOD_US);
  const has = (one: Controller): boolean => controllers.includes(one);
  return [
    ...(has('memory') ? [version === 2 ? ['memory.max', memory] as const : ['memory.limit_in_bytes', memory] as const] : []),
    ...(has('memory') && version === 2 ? [['memory.swap.max', '0'] as const, ['memory.oom.group', '1'] as const] : []),
    ...(has('pids') ? [['pids.max', String(spec.processesMax + OWN_PROCESSES)] as const] : []),
    ...(has('cpu') && quota !== undefined ? quotaOf(version, quota) : []),
  ];
}

function quotaOf(version: 1 | 2, quotaUs: number): readonly (readonly [string, string])[] {
  if (version === 2) return [['cpu.max', `${quotaUs} ${CPU_PERIOD_US}`]];
  return [['cpu.cfs_period_us', String(CPU_PERIOD_US)], ['cpu.cfs_quota_us', String(quotaUs)]];
}

/** `oom_kill` of memory.events (v2) or memory.oom_control (v1). */
function killsIn(folder: string): number {
  for (const file of ['memory.events', 'memory.oom_control']) {
    try {
      const found = /^oom_kill (\d+)$/m.exec(readFileSync(join(folder, file), 'utf8'))?.[1];
      if (found !== undefined) return Number(found);
    } catch {
      // The other version's file, or another controller's folder.
    }
  }
  return 0;
}

function isWritable({ folder }: CgroupFolders[number]): boolean {
  try {
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** Groups that an earlier runner left go; and in v2 what is below takes part only where that is said above. */
function prepare({ folder, version, controllers }: CgroupFolders[number]): void {
  if (version === 2) writeFileSync(join(folder, 'cgroup.subtree_control'), controllers.map((one) => `+${one}`).join(' '));
  for (const name of readdirSync(folder)) if (name.startsWith('server-')) removeGroup(join(folder, name));
}

function removeGroup(folder: string): boolean {
  try {
    rmdirSync(folder);
    return true;
  } catch {
    return false;
  }
}
