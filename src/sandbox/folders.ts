import { mkdirSync, readFileSync, realpathSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { SallyportError } from '../domain/errors.ts';
import type { SandboxSpec } from '../domain/server.ts';
import type { Mount } from './jail/jail.ts';

/** Which folders of the machine servers are shown, and which they never are. */
export interface Folders {
  /**
   * What a sandbox shows, each by its real path at the place that its entry names. Throws `ERR_RUNNER_SPAWN`, not dispatched: for what
   * is not there, for Sallyport's own files, and for what lies in a folder that some server may write, because that server
   * could put a link to anything in its place.
   */
  mounts(spec: Pick<SandboxSpec, 'reads' | 'writes'>): readonly Mount[];
}

/**
 * `home` is Sallyport's own. Folders that were ever written by servers are remembered in `file`: a link that one left behind
 * waits there for whoever is started next.
 */
export function createFolders(home: string, file: string): Folders {
  const own = realOf(home) ?? home;
  const written = new Set(readLines(file));
  const remember = (paths: readonly string[]): void => {
    const fresh = paths.filter((path) => !written.has(path));
    if (fresh.length === 0) return;
    for (const path of fresh) written.add(path);
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    writeFileSync(file, [...written].map((path) => `${path}\n`).join(''), { mode: 0o600 });
  };
  const shown = (kind: 'read' | 'write', path: string): Mount => {
    const real = realOf(path);
    if (real === undefined) throw refused('a folder of its sandbox does not exist', path);
    for (const one of [path, real]) {
      if (isWithin(one, own) || isWithin(own, one)) throw refused('its sandbox would show Sallyport\'s own files', path);
      if ([...written].some((folder) => one !== folder && isWithin(one, folder))) {
        throw refused('a folder of its sandbox lies in another one that a server may write: declare that one itself', path);
      }
    }
    if (kind === 'write' && !statSync(real).isDirectory()) throw refused('what its sandbox may write is no folder', path);
    return { kind, from: real, at: path };
  };
  return {
    mounts({ reads, writes }) {
      // Before anything is looked at: what this server may write it must not be able to lead elsewhere either.
      remember(writes.flatMap((path) => [path, realOf(path) ?? path]));
      // Outer folders first, or they would cover what is shown within them.
      const mounts = [...reads.map((path) => shown('read', path)), ...writes.map((path) => shown('write', path))];
      return mounts.toSorted((left, right) => left.at.length - right.at.length);
    },
  };
}

/**
 * What a program needs that is not below `/usr`: the folder of its installation (`…/bin/name`, or `…/shims/name` of a manager of
 * versions), or else the file alone. It is shown where it was found and where it really is, because some find their libraries from
 * the one and some from the other.
 */
export function programMounts(command: string): readonly Mount[] {
  const places = [...new Set([command, realOf(command) ?? command])].map(installationOf).filter((place) => !isSystem(place));
  return [...new Set(places)].map((place) => ({ kind: 'read', from: place, at: place }));
}

function installationOf(command: string): string {
  const folder = dirname(command);
  const above = dirname(folder);
  const isInstallation = /\/(?:bin|shims)$/.test(folder) && above.split('/').length > 2 && !/^\/home\/[^/]+$|^\/Users\/[^/]+$/.test(above);
  return isInstallation ? above : command;
}

function isSystem(path: string): boolean {
  return /^\/(?:usr|bin|sbin|lib|lib32|lib64)(?:\/|$)/.test(path);
}

function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(join(folder, '/'));
}

function realOf(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    return undefined;
  }
}

function readLines(file: string): readonly string[] {
  try {
    return readFileSync(file, 'utf8').split('\n').filter((line) => line !== '');
  } catch {
    return [];
  }
}

function refused(why: string, path: string): SallyportError {
  return new SallyportError('ERR_RUNNER_SPAWN', `The server could not be started: ${why}.`, {
    remedy: 'See `sallyport server show` for the folders of its sandbox, and the runner\'s records for which one it is.', internal: path, dispatched: false,
  });
}
