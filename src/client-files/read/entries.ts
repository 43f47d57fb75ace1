import { isArray, isObject } from '../../domain/json.ts';
import type { Json } from '../../domain/json.ts';
import type { Path } from './region.ts';

/** One entry of a client's file, as the file has it. */
export interface RawEntry {
  readonly name: string;
  readonly at: Path;
  readonly said: Json;
  /** The folder that it counts in, where the file says one. */
  readonly project?: string;
}

/** Under which names clients keep servers. `servers` and `mcp` of other files hold other things: an entry must look like one. */
const ROOTS: readonly Path[] = [
  ['mcpServers'], ['servers'], ['mcp', 'servers'], ['mcp.servers'], ['mcp', 'mcpServers'], ['customizations', 'vscode', 'mcp', 'servers'],
  ['settings', 'mcp', 'servers'], ['settings', 'mcp.servers'], ['context_servers'], ['mcp_servers'], ['amp.mcpServers'], ['extensions'], ['mcp'], [],
];
const LOCATORS = ['command', 'cmd', 'url', 'uri', 'serverUrl', 'httpUrl'] as const;

/** Every server in a file of any client; in Claude Code's also those of single projects. */
export function entriesIn(json: Json): readonly RawEntry[] {
  const found = [...ROOTS.map((path) => entriesAt(json, path).filter(({ said }) => isSure(path) || looksLikeServer(said))), entriesOfProjects(json)];
  // A whole file is a map of servers only where nothing in it is one.
  const known = found.filter((_, index) => ROOTS[index]?.length !== 0).flat();
  return known.length > 0 ? known : found.flat();
}

/** Names that nothing but servers stands under: what of it is none is broken. */
function isSure(path: Path): boolean {
  return /^(?:mcpServers|mcp_servers|amp\.mcpServers)$/.test(String(path.at(-1)));
}

/** What `~/.claude.json` has for single folders. */
function entriesOfProjects(json: Json): readonly RawEntry[] {
  const projects = valueAt(json, ['projects']);
  if (!isObject(projects)) return [];
  return Object.keys(projects).flatMap((project) =>
    entriesAt(json, ['projects', project, 'mcpServers']).map((entry) => ({ ...entry, project })));
}

/** The objects at one place: of a map by their names, of a list by the `name` that each has. */
function entriesAt(json: Json, path: Path): readonly RawEntry[] {
  const place = valueAt(json, path);
  if (isArray(place)) {
    return place.map((said, index) => ({ name: (isObject(said) ? textOf(said['name']) : undefined) ?? `#${index}`, at: [...path, index], said }));
  }
  if (!isObject(place)) return [];
  return Object.entries(place).map(([name, said]) => ({ name, at: [...path, name], said }));
}

function looksLikeServer(said: Json): boolean {
  return isObject(said) && LOCATORS.some((name) => {
    const value = said[name];
    return typeof value === 'string' || isArray(value) || isObject(value);
  });
}

/** What stands at a path; undefined where nothing does. */
export function valueAt(json: Json | undefined, path: Path): Json | undefined {
  return path.reduce<Json | undefined>((at, name) => {
    if (isArray(at)) return typeof name === 'number' ? at[name] : undefined;
    return isObject(at) && Object.hasOwn(at, name) ? at[name] : undefined;
  }, json);
}

function textOf(json: Json | undefined): string | undefined {
  return typeof json === 'string' && json !== '' ? json : undefined;
}
