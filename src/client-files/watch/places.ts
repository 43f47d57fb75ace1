import { join } from 'node:path';
import { LIMITS } from '../../domain/limits.ts';
import { instructionPatterns } from '../audit/instruction-files.ts';
import { placesOfHome, placesOfMachine, placesOfProject } from '../table/places.ts';
import type { ClientPlace, Home } from '../table/places.ts';
import type { WatchedPlace, WatchedRole } from './watched.ts';

export interface WatchedScope {
  readonly homes: readonly Home[];
  /** Folders of projects whose files count as well. */
  readonly projects: readonly string[];
  /** Files named by hand. */
  readonly files: readonly string[];
  readonly platform: Home['platform'];
  /** Before the machine's own paths; empty but for an image that is mounted somewhere. */
  readonly root: string;
}

/** Settings that name programs or permissions and stand in no table of servers, in a home and in a project. */
const SETTINGS: readonly (readonly [path: string, client: string])[] = [
  ['.claude/settings.json', 'claude-code'], ['.cursor/hooks.json', 'cursor'], ['.cursor/permissions.json', 'cursor'],
];

/**
 * Every file that decides what agents do, there or not: what appears later counts too. Tokens, which clients rewrite by themselves,
 * and what nobody can read are left out. Each path once; what a hand named counts first.
 */
export async function watchedPlaces({ homes, projects, files, platform, root }: WatchedScope): Promise<readonly WatchedPlace[]> {
  const found: WatchedPlace[] = files.map((path) => ({ path, role: /\.(?:md|mdc|txt)$|rules$/i.test(path) ? 'instructions' : 'servers' }));
  const fixed = [
    ...homes.flatMap((home) => placesOfHome(home)), ...placesOfMachine(platform, root),
    ...projects.flatMap((folder) => placesOfProject().map((place) => ({ ...place, pattern: join(folder, place.pattern) }))),
  ];
  for (const place of fixed) found.push(...await placesAt(place));
  for (const [folders, scope] of [[homes.map(({ folder }) => folder), 'user'], [projects, 'project']] as const) {
    for (const folder of folders) {
      found.push(...SETTINGS.map(([path, client]): WatchedPlace => ({ path: join(folder, path), role: 'servers', client })));
      for (const pattern of instructionPatterns(scope).flatMap(alternatives)) found.push(...await instructionsAt(folder, pattern));
    }
  }
  return [...new Map(found.toReversed().map((place) => [`${place.path}\0${place.pattern ?? ''}`, place])).values()].toReversed();
}

/** `a/{b,c}/**` is two patterns, so that each has a folder to listen to. */
function alternatives(pattern: string): readonly string[] {
  const [, before = '', inner, after = ''] = /^([^{]*)\{([^{}]*)\}(.*)$/.exec(pattern) ?? [];
  return inner === undefined ? [pattern] : inner.split(',').flatMap((each) => alternatives(`${before}${each}${after}`));
}

/** A file; a folder of which what fits is watched as it comes; or, below folders of any name, what there is now. */
async function instructionsAt(base: string, pattern: string): Promise<readonly WatchedPlace[]> {
  const role: WatchedRole = /(?:^|\/)hooks\//i.test(pattern) ? 'programs' : 'instructions';
  if (!pattern.includes('*')) return [{ path: join(base, pattern), role }];
  const fixed = pattern.slice(0, pattern.indexOf('*'));
  const folder = fixed.slice(0, fixed.lastIndexOf('/'));
  const rest = pattern.slice(folder.length + 1);
  if (folder !== '' && folder !== '.claude/plugins' && /^\*\*\/[^/]+$|^[^/]+$/.test(rest)) {
    return [{ path: join(base, folder), role, isFolder: true, pattern: rest }];
  }
  return (await scan(join(base, folder), rest)).map((path) => ({ path, role }));
}

async function placesAt({ client, use, scope, pattern }: ClientPlace): Promise<readonly WatchedPlace[]> {
  if (use === 'tokens' || use === 'opaque') return [];
  const role: WatchedRole = use === 'code' ? 'programs' : scope === 'managed' || pattern.startsWith('/etc/') ? 'managed' : 'servers';
  if (!pattern.includes('*')) return [{ path: pattern, role, client }];
  const base = pattern.slice(0, pattern.slice(0, pattern.indexOf('*')).lastIndexOf('/'));
  return (await scan(base, pattern.slice(base.length + 1))).map((path) => ({ path, role, client }));
}

async function scan(folder: string, pattern: string): Promise<readonly string[]> {
  const found: string[] = [];
  try {
    for await (const path of new Bun.Glob(pattern).scan({ cwd: folder, absolute: true, dot: true, followSymlinks: false, onlyFiles: true })) {
      if (found.length >= LIMITS.watchedFilesMax) break;
      found.push(path);
    }
  } catch {
    // The folder is not there, or may not be entered: what is in it is looked for again with the next full scan.
  }
  return found;
}
