import type { Dirent } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { LIMITS } from '../../domain/limits.ts';
import type { Unseen } from '../../domain/observation.ts';

/** One folder, as the walk came by it. */
export interface Folder {
  /** Absolute. */
  readonly path: string;
  /** 0: where the walk began. */
  readonly depth: number;
  readonly entries: readonly Entry[];
}

export interface Entry {
  readonly name: string;
  /** A link is followed by nobody here; who reads a file that is one says so (`readPlainFile`). */
  readonly kind: 'file' | 'folder' | 'link' | 'other';
}

export interface WalkOptions {
  readonly depthMax?: number;
  readonly foldersMax?: number;
  readonly entriesMax?: number;
  /** For the whole walk, from its start. */
  readonly ms?: number;
  /** Whether a folder is left out, by its name and the folder that it is in. */
  readonly skips?: (name: string, within: string) => boolean;
  readonly signal?: AbortSignal;
}

/** Where the system shows itself as files: nothing that anybody wrote. */
const SYSTEM = new Set(['/proc', '/sys', '/dev', '/run']);
/** Folders of programs, histories and copies: what is configured there is somebody else's, and there is too much of it. */
const CROWDED = new Set([
  'node_modules', '.git', '.hg', '.svn', '.venv', 'venv', '__pycache__', '.tox', '.mypy_cache', '.pytest_cache', '.gradle', '.m2', '.cargo', '.rustup', '.npm',
  '.pnpm-store', '.yarn', '.nuget', '.terraform', '.Trash', '.snapshots', 'site-packages',
]);

export function isCrowded(name: string): boolean {
  return CROWDED.has(name);
}

/**
 * Every folder from `root` on, breadth first, so that what is deep is what a limit cuts off. Links to folders are not entered:
 * there are no loops, and nobody is led out of what was to be walked. What could not be listed, and what a limit cut off, is
 * said as unseen. A folder that is gone meanwhile is nothing.
 */
export async function* walk(root: string, options: WalkOptions = {}): AsyncGenerator<Folder | Unseen> {
  const { depthMax = LIMITS.walkDepthMax, foldersMax = LIMITS.walkFoldersMax, entriesMax = LIMITS.walkEntriesMax, ms = LIMITS.walkMs } = options;
  const skips = options.skips ?? isCrowded;
  const endsAt = performance.now() + ms;
  let [folders, entries] = [0, 0];
  let level: readonly string[] = [root];
  for (let depth = 0; level.length > 0; depth += 1) {
    const below: string[] = [];
    for (const path of level) {
      if (options.signal?.aborted === true) return;
      const reached = folders >= foldersMax ? `${foldersMax} folders` : entries >= entriesMax ? `${entriesMax} entries` : undefined;
      const limit = reached ?? (performance.now() > endsAt ? `${Math.round(ms / 1000)} seconds` : undefined);
      if (limit !== undefined) {
        yield { place: path, reason: `the walk ended after ${limit}: name folders one by one` };
        return;
      }
      const listed = await list(path);
      if (!('entries' in listed)) {
        if (listed.reason !== undefined) yield { place: path, reason: listed.reason };
        continue;
      }
      folders += 1;
      entries += listed.entries.length;
      yield { path, depth, entries: listed.entries };
      const deeper = listed.entries.flatMap(({ name, kind }) => (kind === 'folder' && !skips(name, path) ? [join(path, name)] : []));
      if (depth < depthMax) below.push(...deeper.filter((each) => !SYSTEM.has(each)));
      else if (deeper.length > 0) yield { place: path, reason: `folders are looked at ${depthMax} deep` };
    }
    level = below;
  }
}

type Listed = { readonly entries: readonly Entry[] } | { readonly reason?: string };

async function list(path: string): Promise<Listed> {
  try {
    const found = await readdir(path, { withFileTypes: true });
    return { entries: found.map((entry) => ({ name: entry.name, kind: kindOf(entry) })).toSorted((a, b) => (a.name < b.name ? -1 : 1)) };
  } catch (cause) {
    return reasonFor(codeOf(cause));
  }
}

function kindOf(entry: Dirent): Entry['kind'] {
  if (entry.isFile()) return 'file';
  if (entry.isDirectory()) return 'folder';
  return entry.isSymbolicLink() ? 'link' : 'other';
}

function reasonFor(code: string): { readonly reason?: string } {
  if (code === 'ENOENT' || code === 'ENOTDIR') return {};
  if (code === 'EACCES' || code === 'EPERM') return { reason: NOT_ALLOWED };
  return { reason: `it could not be listed (${code})` };
}

/** What another user's rights would show. */
export const NOT_ALLOWED = 'this user may not read it: run it as root to see it';

export function codeOf(cause: unknown): string {
  return cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? cause.code : 'unknown';
}
