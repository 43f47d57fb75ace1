import { lstat, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { instructionPatterns } from '../../client-files/audit/instruction-files.ts';
import { clientOf } from '../../client-files/table/client-of.ts';
import { placesOfHome, placesOfMachine, placesOfProject } from '../../client-files/table/places.ts';
import type { FileUse } from '../../client-files/table/places.ts';
import type { ConfiguredScope } from '../../domain/configured-server.ts';
import { isCrowded, walk } from '../../discover/host/walk.ts';
import { SallyportError } from '../../domain/errors.ts';
import { showHidden } from '../../domain/hidden.ts';
import { LIMITS } from '../../domain/limits.ts';
import type { Unseen } from '../../domain/observation.ts';
import type { Io } from '../command.ts';
import { ownPlatform } from '../own-platform.ts';

/** One file to look at, and what it is to whom. */
export interface FileToAudit {
  readonly path: string;
  /** Id of the table of clients; '' of none. */
  readonly client: string;
  readonly use: FileUse | 'instructions';
  readonly scope: ConfiguredScope;
  readonly project?: string;
}

interface FilesToAudit {
  readonly files: readonly FileToAudit[];
  readonly unseen: readonly Unseen[];
}

interface Pattern extends Omit<FileToAudit, 'path'> {
  readonly pattern: string;
}

/**
 * The files that are there of those which are named, of the project in a folder that is named, or else of the person, the machine
 * and the folder that one is in; and what could not be looked at.
 */
export async function filesToAudit(named: readonly string[], io: Pick<Io, 'env' | 'cwd'>): Promise<FilesToAudit> {
  const patterns: Pattern[] = [];
  const files = new Map<string, FileToAudit>();
  for (const name of named) {
    const path = resolve(io.cwd, name);
    const found = await lstat(path).catch(() => undefined);
    if (found === undefined) {
      throw new SallyportError('ERR_FILE_UNREADABLE', `there is no ${showHidden(path)}`, { remedy: 'Name a file, or the folder of a project.' });
    }
    if (found.isDirectory()) patterns.push(...inProject(path));
    else files.set(path, { path, client: clientOf(path), use: isProse(path) ? 'instructions' : 'servers', scope: 'user' });
  }
  if (named.length === 0) patterns.push(...ofPerson(io), ...inProject(io.cwd));
  const cut: Unseen[] = [];
  for await (const one of existing(patterns)) {
    if ('reason' in one) {
      if (cut.length < LIMITS.unseenShownMax) cut.push(one);
    } else if (files.size >= LIMITS.auditFilesMax) {
      cut.push({ place: one.path, reason: `one audit looks at ${LIMITS.auditFilesMax} files at most: name folders one by one` });
      break;
      // The first of the table that has it owns it.
    } else if (!files.has(one.path)) files.set(one.path, one);
  }
  return { files: [...files.values()], unseen: cut };
}

const OF_NO_CLIENT = { client: '', use: 'instructions' } as const;

function isProse(path: string): boolean {
  return /\.(?:md|mdc|txt)$|[/\\]\.\w*rules$|goosehints$/i.test(path);
}

function ofPerson({ env }: Pick<Io, 'env'>): readonly Pattern[] {
  const folder = env['HOME'] ?? homedir();
  const platform = ownPlatform();
  return [
    ...placesOfHome({ folder, platform, env }), ...placesOfMachine(platform),
    ...instructionPatterns('user').map((pattern) => ({ ...OF_NO_CLIENT, scope: 'user', pattern: join(folder, pattern) } as const)),
  ];
}

function inProject(project: string): readonly Pattern[] {
  return [
    ...placesOfProject().map((place) => ({ ...place, project, pattern: join(project, place.pattern) })),
    ...instructionPatterns('project').map((pattern) => ({ ...OF_NO_CLIENT, scope: 'project', project, pattern: join(project, pattern) } as const)),
  ];
}

/** What of the patterns is there. No link to a folder is entered; each folder is walked once, within the limits of all walks. */
async function* existing(patterns: readonly Pattern[]): AsyncGenerator<FileToAudit | Unseen> {
  const walks = new Map<string, (Omit<Pattern, 'pattern'> & { readonly end: string })[]>();
  for (const { pattern, ...file } of patterns) {
    const magic = pattern.search(/[*{]/);
    const root = pattern.slice(0, pattern.lastIndexOf('/', magic) + 1);
    if (magic >= 0) walks.set(root, [...(walks.get(root) ?? []), { ...file, end: pattern.slice(root.length) }]);
    else if (await isFile(pattern)) yield { path: pattern, ...file };
  }
  for (const [root, ends] of walks) {
    const globs = ends.map(({ end, ...file }) => ({ glob: new Bun.Glob(end), file }));
    const deepest = Math.max(...ends.map(({ end }) => (end.includes('**') ? Infinity : end.split('/').length - 1)));
    // What no pattern asks for is no gap.
    const skips = (name: string, within: string): boolean => isCrowded(name) || relative(root, join(within, name)).split('/').length > deepest;
    for await (const folder of walk(root.replace(/(?<=.)\/$/, ''), { skips })) {
      if ('reason' in folder) {
        yield folder;
        continue;
      }
      for (const { name, kind } of folder.entries) {
        const path = join(folder.path, name);
        const within = relative(root, path);
        const match = kind === 'folder' ? undefined : globs.find(({ glob }) => glob.match(within));
        if (match !== undefined && await isFile(path)) yield { path, ...match.file };
      }
    }
  }
}

/** Or what passes for one: what is no plain file is said to be none, and is not opened. */
async function isFile(path: string): Promise<boolean> {
  const itself = await lstat(path).catch(() => undefined);
  if (itself === undefined || itself.isDirectory()) return false;
  return !itself.isSymbolicLink() || (await stat(path).catch(() => undefined))?.isDirectory() !== true;
}
