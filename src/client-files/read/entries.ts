import { isArray, isObject } from '../../domain/json.ts';
import type { Json, JsonObject } from '../../domain/json.ts';
import type { Path } from './region.ts';

/** One entry of a client's file, as the file has it. */
export interface RawEntry {
  readonly name: string;
  readonly at: Path;
  readonly said: Json;
  /** The folder that it counts in, where the file says one. */
  readonly project?: string;
  /** The file says so elsewhere: the client does not start it. */
  readonly isOff?: boolean;
}

/** Of a file that no client is known to own: every name under which one keeps servers. */
const ROOTS: readonly string[] = [
  'mcpServers', 'projects/*/mcpServers', 'servers', 'mcp/servers', 'mcp.servers', 'mcp/mcpServers', 'customizations/vscode/mcp/servers', 'settings/mcp/servers',
  'settings/mcp.servers', 'context_servers', 'mcp_servers', 'amp.mcpServers', 'experimental/modelContextProtocolServers', 'extensions', 'mcp',
];

/**
 * Every server in a file: under the names where its client keeps them, or where any client does. `isMap`: a file that has none
 * of the names is a map of servers where everything in it is one.
 */
export function entriesIn(json: Json, roots: readonly string[] = ROOTS, isMap = true): readonly RawEntry[] {
  const places = roots.flatMap((root) => expand(json, root.split('/'), []));
  const found = places.flatMap((path) => entriesAt(json, path).filter(({ said }) => isSure(path) || looksLikeServer(said)));
  if (found.length > 0 || places.some(isSure) || !isMap) return found.map((entry) => inProject(json, entry));
  const whole = entriesAt(json, []).filter(({ name }) => name !== '$schema');
  return whole.length > 0 && whole.every(({ said }) => looksLikeServer(said)) ? whole : [];
}

/** The places that a root with `*` in it means in this file. */
function expand(json: Json, [first, ...rest]: readonly string[], before: Path): readonly Path[] {
  if (first === undefined) return [before];
  const here = valueAt(json, before);
  if (!isObject(here)) return [];
  const names = first === '*' ? Object.keys(here) : Object.hasOwn(here, first) ? [first] : [];
  return names.flatMap((name) => expand(json, rest, [...before, name]));
}

/** Names that nothing but servers stands under: what of it is none is broken. */
function isSure(path: Path): boolean {
  return /^(?:mcpServers|mcp_servers|amp\.mcpServers)$/.test(String(path.at(-1)));
}

/** `~/.claude.json` has servers of single folders, and there says which of them are off. */
function inProject(json: Json, entry: RawEntry): RawEntry {
  const [first, project] = entry.at;
  if (first !== 'projects' || typeof project !== 'string') return entry;
  const off = valueAt(json, ['projects', project, 'disabledMcpServers']);
  return { ...entry, project, isOff: isArray(off) && off.includes(entry.name) };
}

/** The members of one place: of a map by their names, of a list by the `name` that each has; an address alone is a server, too. */
function entriesAt(json: Json, path: Path): readonly RawEntry[] {
  const place = valueAt(json, path);
  if (isArray(place)) {
    return place.map((item, index) => {
      const said: Json = typeof item === 'string' && /^https?:/i.test(item) ? { url: item } : item;
      return { name: nameOf(said) ?? `#${index}`, at: [...path, index], said };
    });
  }
  if (!isObject(place)) return [];
  return Object.entries(place).map(([name, said]) => ({ name, at: [...path, name], said }));
}

function nameOf(said: Json): string | undefined {
  const name = isObject(said) ? said['name'] : undefined;
  return typeof name === 'string' && name !== '' ? name : undefined;
}

const ADDRESSES = ['url', 'uri', 'serverUrl', 'httpUrl', 'cmd'] as const;

function looksLikeServer(said: Json): boolean {
  if (!isObject(said)) return false;
  const command = said['command'];
  if (typeof command === 'string' || isArray(command) || (isObject(command) && typeof command['path'] === 'string')) return true;
  const { transport } = said;
  return ADDRESSES.some((name) => typeof said[name] === 'string') || (isObject(transport) && looksLikeServer(transport));
}

/** What stands at a path; undefined where nothing does. */
export function valueAt(json: Json | undefined, path: Path): Json | undefined {
  return path.reduce<Json | undefined>((at, name) => {
    if (isArray(at)) return typeof name === 'number' ? at[name] : undefined;
    return memberOf(at, name);
  }, json);
}

function memberOf(at: Json | undefined, name: string | number): Json | undefined {
  const object: JsonObject | undefined = isObject(at) ? at : undefined;
  return object !== undefined && Object.hasOwn(object, name) ? object[name] : undefined;
}
