import { join } from 'node:path';
import { LIMITS } from '../../domain/limits.ts';
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

/** What an agent obeys that is no list of servers, in a home. A path that ends in `/` is a folder of such files. */
const OF_HOME: readonly (readonly [path: string, client: string, role: WatchedRole])[] = [
  ['.claude/CLAUDE.md', 'claude-code', 'instructions'], ['.claude/settings.json', 'claude-code', 'servers'],
  ['.claude/commands/', 'claude-code', 'instructions'], ['.claude/agents/', 'claude-code', 'instructions'],
  ['.claude/skills/', 'claude-code', 'instructions'], ['.claude/rules/', 'claude-code', 'instructions'],
  ['.claude/hooks/', 'claude-code', 'programs'], ['.codex/AGENTS.md', 'codex', 'instructions'], ['.codex/prompts/', 'codex', 'instructions'],
  ['.codex/skills/', 'codex', 'instructions'], ['.gemini/GEMINI.md', 'gemini-cli', 'instructions'], ['.gemini/commands/', 'gemini-cli', 'instructions'],
  ['.cursor/hooks.json', 'cursor', 'servers'], ['.cursor/hooks/', 'cursor', 'programs'], ['.cursor/permissions.json', 'cursor', 'servers'],
  ['.cursor/skills/', 'cursor', 'instructions'], ['.copilot/copilot-instructions.md', 'github-copilot-cli', 'instructions'],
  ['.copilot/agents/', 'github-copilot-cli', 'instructions'], ['.codeium/windsurf/memories/', 'windsurf', 'instructions'],
  ['.config/goose/.goosehints', 'goose', 'instructions'], ['.config/opencode/AGENTS.md', 'opencode', 'instructions'],
  ['.agents/skills/', 'codex', 'instructions'],
  ['.kiro/steering/', 'kiro', 'instructions'], ['.qwen/QWEN.md', 'qwen-code', 'instructions'],
];

/** And in a project's folder. */
const OF_PROJECT: readonly (readonly [path: string, client: string, role: WatchedRole])[] = [
  ['CLAUDE.md', 'claude-code', 'instructions'], ['CLAUDE.local.md', 'claude-code', 'instructions'], ['AGENTS.md', 'codex', 'instructions'],
  ['GEMINI.md', 'gemini-cli', 'instructions'], ['.claude/CLAUDE.md', 'claude-code', 'instructions'], ['.claude/commands/', 'claude-code', 'instructions'],
  ['.claude/agents/', 'claude-code', 'instructions'], ['.claude/skills/', 'claude-code', 'instructions'], ['.claude/rules/', 'claude-code', 'instructions'],
  ['.claude/hooks/', 'claude-code', 'programs'], ['.cursorrules', 'cursor', 'instructions'], ['.cursor/rules/', 'cursor', 'instructions'],
  ['.cursor/hooks.json', 'cursor', 'servers'], ['.cursor/hooks/', 'cursor', 'programs'], ['.windsurfrules', 'windsurf', 'instructions'],
  ['.windsurf/rules/', 'windsurf', 'instructions'], ['.clinerules', 'cline-vscode', 'instructions'], ['.clinerules/', 'cline-vscode', 'instructions'],
  ['.roo/rules/', 'roo-code', 'instructions'],
  ['.github/copilot-instructions.md', 'vscode', 'instructions'], ['.github/instructions/', 'vscode', 'instructions'],
  ['.github/agents/', 'vscode', 'instructions'], ['.github/prompts/', 'vscode', 'instructions'], ['.kiro/steering/', 'kiro', 'instructions'],
  ['.kiro/hooks/', 'kiro', 'servers'], ['.amazonq/rules/', 'amazon-q', 'instructions'], ['.continue/rules/', 'continue', 'instructions'],
  ['.agents/skills/', 'codex', 'instructions'], ['.goosehints', 'goose', 'instructions'], ['.junie/guidelines.md', 'junie', 'instructions'],
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
  for (const { folder } of homes) found.push(...OF_HOME.map((each) => named(folder, each)));
  for (const folder of projects) found.push(...OF_PROJECT.map((each) => named(folder, each)));
  return [...new Map(found.toReversed().map((place) => [`${place.path}${place.isFolder === true ? '/' : ''}`, place])).values()].toReversed();
}

function named(base: string, [path, client, role]: (typeof OF_HOME)[number]): WatchedPlace {
  return { path: join(base, path).replace(/\/$/, ''), client, role, ...(path.endsWith('/') ? { isFolder: true } : {}) };
}

async function placesAt({ client, use, scope, pattern }: ClientPlace): Promise<readonly WatchedPlace[]> {
  if (use === 'tokens' || use === 'opaque') return [];
  const role: WatchedRole = use === 'code' ? 'programs' : scope === 'managed' || pattern.startsWith('/etc/') ? 'managed' : 'servers';
  if (!pattern.includes('*')) return [{ path: pattern, role, client }];
  const base = pattern.slice(0, pattern.slice(0, pattern.indexOf('*')).lastIndexOf('/'));
  const found: WatchedPlace[] = [];
  try {
    const glob = new Bun.Glob(pattern.slice(base.length + 1));
    for await (const path of glob.scan({ cwd: base, absolute: true, dot: true, followSymlinks: false, onlyFiles: true })) {
      if (found.length >= LIMITS.watchedFilesMax) break;
      found.push({ path, role, client });
    }
  } catch {
    // The folder is not there, or may not be entered: what is in it is looked for again with the next full scan.
  }
  return found;
}
