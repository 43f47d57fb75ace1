import { homedir, hostname } from 'node:os';
import { basename, join, resolve } from 'node:path';
import type { Looked } from '../../domain/observation.ts';
import { readWhole } from '../../discover/bounded-file.ts';
import { userNames } from '../../discover/host/accounts.ts';
import { lookAtFiles } from '../../discover/host/files.ts';
import { homesOf } from '../../discover/host/homes.ts';
import { currentKnowledge } from '../knowledge/current.ts';
import { ownPlatform } from '../own-platform.ts';
import { ownPrograms } from '../own-program.ts';
import type { Verb } from '../verbs.ts';
import { namedFolders } from './folders.ts';
import { look, LOOK_OPTIONS, LOOK_USAGE } from './look.ts';

export const host: Verb = {
  usage: `host [FOLDER...] [--only-files] [--only-folders] [--root FOLDER] ${LOOK_USAGE}
    clients' files of every home that may be read, projects, what runs, listens, is contained and installed; nothing is started
    FOLDER: where projects lie, besides the homes; --only-folders: only there
    --only-files: not what runs; --root: the disk of another machine that is mounted there, of which only files are looked at`,
  options: { ...LOOK_OPTIONS, 'only-files': { type: 'boolean' }, 'only-folders': { type: 'boolean' }, root: { type: 'string' } },
  run: async (call) => {
    const { io, options } = call;
    const root = options.text('root');
    const disk = root === undefined ? '/' : resolve(io.cwd, root);
    const isFilesOnly = options.flag('only-files') || root !== undefined;
    const knowledge = await currentKnowledge(call.client);
    return look(call, 'looking at this host', lookAtHost({
      root: disk, machine: root === undefined ? hostname() : nameOf(disk), env: io.env, ownHome: io.env['HOME'] ?? homedir(),
      projects: namedFolders(options.positionals, io.cwd), isFoldersOnly: options.flag('only-folders'), isFilesOnly, signal: io.signal,
      advisoriesFor: knowledge.affectedBy,
    }), { whole: isFilesOnly || options.flag('only-folders') || options.positionals.length > 0 ? [] : HOST_SENSORS });
  },
};

/** What one look at the whole of a host looks at: what they do not see again is gone. */
export const HOST_SENSORS = ['client-file', 'process', 'listener', 'container', 'manifest'] as const;

export interface HostOptions {
  /** Where the machine's disk begins. */
  readonly root: string;
  readonly machine: string;
  /** Of this person alone. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly ownHome: string;
  readonly projects: readonly string[];
  readonly isFoldersOnly: boolean;
  /** Nothing of what runs: of a disk that is only mounted here, nothing does. */
  readonly isFilesOnly: boolean;
  /** Ids of the advisories that a version of a package is affected by. */
  readonly advisoriesFor: (ecosystem: string, name: string, version: string) => readonly string[];
  readonly signal?: AbortSignal;
}

/** One look at a host: what clients' files say, and what runs. */
export async function* lookAtHost(options: HostOptions): Looked {
  const [{ clientFilesFor }, { unwrap }, { lookRunning }] = await Promise.all([
    import('./client-files.ts'), import('../../client-files/runs/unwrap.ts'), import('../../discover/host/running.ts'),
  ]);
  const { root, machine, projects, isFoldersOnly, isFilesOnly, advisoriesFor, signal } = options;
  const [now, users] = [Date.now(), userNames(root)];
  const own = { folder: options.ownHome, user: users.get(process.getuid?.() ?? -1) ?? basename(options.ownHome) };
  const homes = homesOf(root, ownPlatform(), root === '/' ? own : undefined);
  yield* lookAtFiles({
    files: clientFilesFor(root, options.env, options.ownHome), root: root === '/' ? '' : root, machine, now, projects,
    homes: isFoldersOnly ? [] : homes, walksHomes: true, userName: (uid) => users.get(uid), advisoriesFor, ...(signal === undefined ? {} : { signal }),
  });
  if (!isFilesOnly && !isFoldersOnly) yield* lookRunning({ machine, now, unwrap, gates: ownPrograms(), advisoriesFor, homes, root });
}

const NAME_BYTES = 4096;

/** A disk says itself whose it is; else it is called by the folder that it is mounted on. */
function nameOf(root: string): string {
  try {
    return readWhole(join(root, 'etc/hostname'), NAME_BYTES).trim() || basename(root);
  } catch {
    return basename(root);
  }
}
