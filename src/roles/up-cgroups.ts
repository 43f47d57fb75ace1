import { mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { LIMITS } from '../domain/limits.ts';
import { makeCgroups, placeInJail, removeCgroups } from '../sandbox/cgroup-folders.ts';
import type { Mount } from '../sandbox/jail/jail.ts';

/** What puts the runner into its group, and what shows it the folders below which it makes one for each server. */
export interface RunnerGroups {
  /** Written before its command. */
  readonly entrance: readonly string[];
  readonly mounts: readonly Mount[];
}

const PARTS = ['role', 'servers'] as const;

/**
 * The kernel's own count of the runner's processes, which no other limit keeps where root started it (RLIMIT_NPROC exempts
 * that user). The limit stands on a folder that the runner does not see: it and its servers lie below. Nothing where this
 * process may make no groups; `doctor` tells from the kernel which it is.
 */
export function makeRunnerGroups(home: string): RunnerGroups {
  const groups = makeCgroups(home).filter((group) => attempt(() => {
    if (group.controllers.includes('pids')) writeFileSync(join(group.folder, 'pids.max'), String(LIMITS.jailProcessesMax));
    if (group.version === 2) writeFileSync(join(group.folder, 'cgroup.subtree_control'), group.controllers.map((one) => `+${one}`).join(' '));
    for (const part of PARTS) mkdirSync(join(group.folder, part), { recursive: true });
  }));
  if (groups.length === 0) return { entrance: [], mounts: [] };
  const entering = groups.map(({ folder }) => `{ echo 0 > '${join(folder, 'role', 'cgroup.procs')}'; } 2>/dev/null`);
  return {
    entrance: ['/bin/sh', '-c', `${entering.join('; ')}; exec "$@"`, 'enter'],
    mounts: groups.map((group) => ({ kind: 'write', from: join(group.folder, 'servers'), at: placeInJail(group) })),
  };
}

/** When nothing is left in them. */
export function removeRunnerGroups(home: string): void {
  const groups = makeCgroups(home);
  for (const { folder } of groups) for (const part of PARTS) attempt(() => rmdirSync(join(folder, part)));
  removeCgroups(groups);
}

function attempt(act: () => void): boolean {
  try {
    act();
    return true;
  } catch {
    return false;
  }
}
