import { lstat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { instructionPatterns } from '../../client-files/audit/instruction-files.ts';
import { clientOf } from '../../client-files/table/client-of.ts';
import { placesOfHome, placesOfMachine, placesOfProject } from '../../client-files/table/places.ts';
import type { FileUse } from '../../client-files/table/places.ts';
import type { ConfiguredScope } from '../../domain/configured-server.ts';
import { SallyportError } from '../../domain/errors.ts';
import { showHidden } from '../../domain/hidden.ts';
import { LIMITS } from '../../domain/limits.ts';
import type { Io } from '../command.ts';

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
  readonly isCut: boolean;
}

interface Pattern extends Omit<FileToAudit, 'path'> {
  readonly pattern: string;
}

/**
 * The files that are there of those which are named, of the project in a folder that is named, or else of the person, the machine
 * and the folder that one is in. `isCut`: there are more than are ever looked at.
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
  let isCut = false;
  for (const { pattern, ...file } of patterns) {
    let count = 0;
    for await (const path of existing(pattern)) {
      // The first of the table that has it owns it.
      if (!files.has(path)) files.set(path, { path, ...file });
      count += 1;
      isCut ||= count > LIMITS.auditPatternFilesMax || files.size > LIMITS.auditFilesMax;
      if (isCut) break;
    }
  }
  return { files: [...files.values()].slice(0, LIMITS.auditFilesMax), isCut };
}

const OF_NO_CLIENT = { client: '', use: 'instructions' } as const;

function isProse(path: string): boolean {
  return /\.(?:md|mdc|txt)$|[/\\]\.\w*rules$|goosehints$/i.test(path);
}

function ofPerson({ env }: Pick<Io, 'env'>): readonly Pattern[] {
  const folder = env['HOME'] ?? homedir();
  const platform = process.platform === 'darwin' ? 'darwin' : process.platform === 'win32' ? 'win32' : 'linux';
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

/** What of a pattern is there. No link to a folder is entered. */
async function* existing(pattern: string): AsyncGenerator<string> {
  const magic = pattern.search(/[*{]/);
  if (magic < 0) {
    const found = await lstat(pattern).catch(() => undefined);
    if (found !== undefined && !found.isDirectory()) yield pattern;
    return;
  }
  const cwd = pattern.slice(0, pattern.lastIndexOf('/', magic) + 1);
  if ((await lstat(cwd).catch(() => undefined))?.isDirectory() !== true) return;
  try {
    yield* new Bun.Glob(pattern.slice(cwd.length)).scan({ cwd, dot: true, absolute: true, onlyFiles: true, followSymlinks: false });
  } catch {
    // A folder that may not be listed, or is gone meanwhile.
  }
}
