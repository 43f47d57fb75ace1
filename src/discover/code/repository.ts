import { createHash } from 'node:crypto';
import { basename, dirname } from 'node:path/posix';
import { SallyportError } from '../../domain/errors.ts';
import { LIMITS } from '../../domain/limits.ts';
import { rolesIn } from '../clues/source-roles.ts';
import { connectionsIn, isHinted, mayTell, sourceLanguage, cluesIn } from './files.ts';
import { filesOf, objectsOf } from './git/objects.ts';
import { headOf, usesReferenceTable } from './git/store.ts';
import type { GitStore } from './git/store.ts';
import { projectFolderOf, cluesOfProject } from './projects.ts';
import type { PlacedClue, Project } from './projects.ts';
import { lockReader } from './read/locks.ts';
import { manifestReader } from './read/manifests.ts';
import type { CodeLook } from './clue.ts';

/** One file as it is in a place; its text is read when it is wanted. */
export interface CodeFile {
  /** From the repository's root. */
  readonly path: string;
  /** Undefined: no text, too large, or not readable. */
  readonly read: () => Buffer | undefined;
}

/** What one repository, or a folder that is none, tells. */
export interface RepositoryClues {
  readonly clues: readonly (PlacedClue & { readonly state: 'HEAD' | 'worktree' | 'both'; readonly project?: string })[];
  readonly unseen: readonly { readonly place: string; readonly reason: string }[];
}

/** Whether a path is worth reading at all. */
export function isWanted(path: string, look: CodeLook): boolean {
  const name = basename(path);
  return manifestReader(name) !== undefined || lockReader(name) !== undefined || mayTell(path) || look.isClientFile(path);
}

/** Every manifest marks a project; anything else tells only where it names the protocol. */
function mayHold(path: string, text: string, look: CodeLook): boolean {
  return manifestReader(basename(path)) !== undefined || look.isClientFile(path) || isHinted(path, text);
}

/** How much of a file is read: lock files are long, and nothing else that tells is. */
export function bytesMaxOf(path: string): number {
  return lockReader(basename(path)) === undefined ? LIMITS.codeFileBytesMax : LIMITS.codeLockBytesMax;
}

/**
 * Reads the files as they stand and as they are committed: what is only in one of both is told with which. A file that is the
 * same in both is read once, known by its id.
 */
export function readRepository(worktree: readonly CodeFile[], store: GitStore | undefined, look: CodeLook, isOver: () => boolean): RepositoryClues {
  const unseen: { place: string; reason: string }[] = [];
  const committed = store === undefined ? new Map<string, string>() : committedFiles(store, look, unseen, isOver);
  const objects = store === undefined ? undefined : objectsOf(store);
  const [same, changed, old]: [Read[], Read[], Read[]] = [[], [], []];
  const put = (into: Read[], path: string, bytes: Buffer | undefined): void => {
    const text = bytes === undefined || bytes.includes(0) ? undefined : bytes.toString('utf8');
    // What says nothing is not kept: repositories are larger than memory.
    if (text !== undefined && mayHold(path, text, look)) into.push({ path, text });
  };
  for (const { path, read } of worktree) {
    if (isOver()) break;
    const bytes = read();
    const id = committed.get(path);
    const isSame = bytes !== undefined && id !== undefined && idOf(bytes, id.length) === id;
    if (isSame) committed.delete(path);
    put(isSame ? same : changed, path, bytes);
  }
  for (const [path, id] of committed) {
    if (isOver()) break;
    put(old, path, objects?.read(id, bytesMaxOf(path))?.bytes);
  }
  const now = tell([...same, ...changed], look, unseen, isOver);
  const before = old.length + changed.length === 0 ? now : tell([...same, ...old], look, [], isOver);
  if (isOver()) unseen.push({ place: '', reason: `not all of it was read: a look takes at most ${LIMITS.codeMs / 1000} seconds` });
  const [nowKeys, beforeKeys] = [new Set(now.map(identityOf)), new Set(before.map(identityOf))];
  return {
    unseen,
    clues: [
      ...now.map((clue) => ({ ...clue, state: beforeKeys.has(identityOf(clue)) || store === undefined ? 'both' as const : 'worktree' as const })),
      ...before.filter((clue) => !nowKeys.has(identityOf(clue))).map((clue) => ({ ...clue, state: 'HEAD' as const })),
    ],
  };
}

function identityOf({ path, line, kind, runs, name }: PlacedClue): string {
  return JSON.stringify([path, line, kind, runs, name]);
}

interface Read {
  readonly path: string;
  readonly text: string;
}

function committedFiles(
  store: GitStore, look: CodeLook, unseen: { place: string; reason: string }[], isOver: () => boolean,
): Map<string, string> {
  if (usesReferenceTable(store)) {
    unseen.push({ place: '', reason: 'what is committed: this form of repository (reftable) is not read' });
    return new Map();
  }
  const commit = headOf(store);
  if (commit === undefined) return new Map();
  const gap = ({ path, reason }: { readonly path: string; readonly reason: string }): void => void unseen.push({ place: path, reason });
  const files = [...filesOf(store, objectsOf(store), commit, (path) => isWanted(path, look), gap, isOver)];
  return new Map(files.slice(0, LIMITS.codeFilesMax).map(({ path, id }) => [path, id]));
}

/** As Git names a blob. */
function idOf(bytes: Buffer, digits: number): string {
  return createHash(digits === 64 ? 'sha256' : 'sha1').update(`blob ${bytes.byteLength}\0`).update(bytes).digest('hex');
}

/** A file that is broken is said with its place, and hides no other. */
function tell(
  files: readonly Read[], look: CodeLook, unseen: { place: string; reason: string }[], isOver: () => boolean,
): readonly (PlacedClue & { readonly project?: string })[] {
  const manifests = files.filter(({ path }) => manifestReader(basename(path)) !== undefined);
  const folders = new Set(manifests.map(({ path }) => dirname(path)).filter((folder) => folder !== '.'));
  const projects = new Map<string, Project>();
  const projectOf = (path: string): Project => {
    const folder = projectFolderOf(path, folders);
    const found = projects.get(folder) ?? { folder, manifests: [], locks: [], sources: [] };
    projects.set(folder, found);
    return found;
  };
  const clues: PlacedClue[] = [];
  for (const { path, text } of files) {
    if (isOver()) break;
    try {
      clues.push(...readOne(path, text, projectOf(path), look));
    } catch (error) {
      unseen.push({ place: path, reason: error instanceof SallyportError ? error.message : 'it is broken: it could not be read as what its name says' });
    }
  }
  clues.push(...[...projects.values()].flatMap((project) => cluesOfProject(project, look)));
  return clues.map((clue) => (clue.runs === undefined ? { ...clue, project: projectFolderOf(clue.path, folders) } : clue));
}

function readOne(path: string, text: string, project: Project, look: CodeLook): readonly PlacedClue[] {
  const name = basename(path);
  const manifest = manifestReader(name)?.(text);
  if (manifest !== undefined) project.manifests.push({ path, manifest });
  const packages = lockReader(name)?.(text);
  if (packages !== undefined) project.locks.push({ path, packages });
  const language = sourceLanguage(path, text);
  const roles = language === undefined ? undefined : rolesIn(text, language);
  if (roles !== undefined) project.sources.push({ path, roles });
  const connections = language === undefined ? [] : connectionsIn(text, roles !== undefined, look);
  return [...cluesIn(path, text, look), ...connections].map((clue) => ({ ...clue, path }));
}
