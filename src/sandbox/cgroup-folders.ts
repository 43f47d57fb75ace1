import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { CgroupFolders, Controller } from './cgroups.ts';

const ROOT = '/sys/fs/cgroup';
/** Where the runner's jail shows the folders that were made for it. */
const CGROUPS_IN_JAIL = '/run/cgroup';
const CONTROLLERS: readonly Controller[] = ['memory', 'pids', 'cpu'];
const UNIFIED = 'unified';

/**
 * Makes folders of the kernel's below which groups for servers may be made, below the group of whoever asks, whose own limits
 * hold them all: one of each controller (cgroup v1), or one for all (v2, where its controllers were delegated). Best effort:
 * only what is writable is there, and the watchdog holds servers where nothing is.
 */
export function makeCgroups(home: string): CgroupFolders {
  const name = `sallyport-${new Bun.CryptoHasher('sha256').update(home).digest('hex').slice(0, 16)}`;
  return placesOf(read('/proc/self/cgroup')).flatMap(({ place, version, controller }) => {
    const folder = join(place, name);
    try {
      mkdirSync(folder, { recursive: true });
    } catch {
      return [];
    }
    return [folderAt(folder, version, controller)];
  });
}

/** The same in the runner's jail, which shows each by the name of its controller. */
export function cgroupsInJail(): CgroupFolders {
  const unified = join(CGROUPS_IN_JAIL, UNIFIED);
  if (existsSync(unified)) return [folderAt(unified, 2, undefined)];
  return CONTROLLERS.flatMap((one) => (existsSync(join(CGROUPS_IN_JAIL, one)) ? [folderAt(join(CGROUPS_IN_JAIL, one), 1, one)] : []));
}

/** Where the runner's jail shows a folder. */
export function placeInJail({ version, controllers }: CgroupFolders[number]): string {
  return join(CGROUPS_IN_JAIL, version === 2 ? UNIFIED : (controllers[0] ?? UNIFIED));
}

/** Takes them away again; what is not empty stays. */
export function removeCgroups(folders: CgroupFolders): void {
  for (const { folder } of folders) {
    if (!basename(folder).startsWith('sallyport-')) continue;
    for (const name of groupsIn(folder)) attemptRemoval(join(folder, name));
    attemptRemoval(folder);
  }
}

/** Those of servers that were still dying when theirs was to go. */
function groupsIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder).filter((name) => name.startsWith('server-'));
  } catch {
    return [];
  }
}

function attemptRemoval(folder: string): void {
  try {
    rmdirSync(folder);
  } catch {
    // Something in it still dies.
  }
}

interface Place {
  readonly place: string;
  readonly version: 1 | 2;
  readonly controller: Controller | undefined;
}

/** `/proc/self/cgroup`: lines of `id:controllers:path` (cgroups(7)); the one without controllers is v2's. */
function placesOf(text: string): readonly Place[] {
  const lines = text.trim().split('\n').map((line) => line.split(':'));
  const found = lines.flatMap(([, controllers = '', path = '/']): readonly Place[] => {
    const one = CONTROLLERS.find((controller) => controllers.split(',').includes(controller));
    return one === undefined ? [] : [{ place: join(ROOT, controllers, path), version: 1, controller: one }];
  });
  if (found.length > 0) return found;
  const own = lines.find(([id, controllers]) => id === '0' && controllers === '')?.[2];
  return own === undefined ? [] : [{ place: join(ROOT, own), version: 2, controller: undefined }];
}

function folderAt(folder: string, version: 1 | 2, controller: Controller | undefined): CgroupFolders[number] {
  const given = read(join(folder, 'cgroup.controllers')).trim().split(' ');
  return { folder, version, controllers: controller === undefined ? CONTROLLERS.filter((one) => given.includes(one)) : [controller] };
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
