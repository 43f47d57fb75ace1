import { getNodeValue } from 'jsonc-parser';
import { parseDocument } from 'yaml';
import { SallyportError } from '../../domain/errors.ts';
import { isArray, isObject } from '../../domain/json.ts';
import type { Json, JsonObject } from '../../domain/json.ts';
import { LIMITS } from '../../domain/limits.ts';
import { parseClientText } from '../../registry/client-text.ts';
import { showHidden } from '../../registry/text.ts';
import { locateJson, locateToml, locateYaml } from './region.ts';
import type { Locate, Path } from './region.ts';

/** A file as data, and where in it everything stands. */
export interface ReadFile {
  readonly json: Json;
  readonly locate: Locate;
}

/** One server of a client's file: as the file has it, and in the words that most clients use. */
export interface ConfigEntry {
  readonly name: string;
  readonly at: Path;
  readonly said: Json;
  readonly entry: Json;
}

/** Reads JSON with comments, YAML and TOML. Throws `ERR_CONFIG_SYNTAX`, and `ERR_SURFACE_TOO_LARGE` where it is nested too deeply. */
export function readText(text: string, file: string): ReadFile {
  if (nestingOf(text) > LIMITS.schemaDepthMax) {
    throw new SallyportError('ERR_SURFACE_TOO_LARGE', `${showHidden(file)} is nested more than ${LIMITS.schemaDepthMax} deep`,
      { remedy: 'No client reads such a file; look at how it was made.' });
  }
  if (/\.ya?ml$/i.test(file)) return readYaml(text, file);
  if (/\.toml$/i.test(file)) return readToml(text, file);
  // A list has no names that could stand twice.
  if (text.trimStart().startsWith('[')) return { json: listOf(text, file), locate: locateJson(text) };
  const tree = parseClientText(text, file);
  return { json: tree === undefined ? null : plainOf(getNodeValue(tree)), locate: locateJson(text) };
}

function listOf(text: string, file: string): Json {
  try {
    const json: Json = JSON.parse(text);
    return json;
  } catch (cause) {
    throw syntax(file, cause);
  }
}

function readYaml(text: string, file: string): ReadFile {
  const document = parseDocument(text, { uniqueKeys: true });
  const [problem] = document.errors;
  if (problem !== undefined) throw syntax(file, problem);
  try {
    return { json: plainOf(document.toJS({ maxAliasCount: 100 })), locate: locateYaml(text, document) };
  } catch (cause) {
    throw syntax(file, cause);
  }
}

function readToml(text: string, file: string): ReadFile {
  try {
    return { json: plainOf(Bun.TOML.parse(text)), locate: locateToml(text) };
  } catch (cause) {
    throw syntax(file, cause);
  }
}

function syntax(file: string, cause: unknown): SallyportError {
  const why = cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : '';
  return new SallyportError('ERR_CONFIG_SYNTAX', `${showHidden(file)}: ${showHidden(why)}`, { remedy: 'Correct the file, or let the client write it anew.' });
}

/** How deep brackets stand in each other outside of strings: known before anything that recurses reads it. */
function nestingOf(text: string): number {
  let [depth, deepest, quoted] = [0, 0, false];
  for (let at = 0; at < text.length; at += 1) {
    const sign = text.charCodeAt(at);
    if (sign === 0x5c && quoted) at += 1;
    else if (sign === 0x22 || sign === 0x0a) quoted = sign === 0x22 && !quoted;
    else if (!quoted && (sign === 0x7b || sign === 0x5b)) deepest = Math.max(deepest, depth += 1);
    else if (!quoted && (sign === 0x7d || sign === 0x5d)) depth -= 1;
  }
  return deepest;
}

/** Under which names clients keep servers. `servers` and `mcp` of other files hold other things: an entry must look like one. */
const PLACES: readonly Path[] = [
  ['mcpServers'], ['servers'], ['mcp', 'servers'], ['mcp.servers'], ['mcp', 'mcpServers'], ['customizations', 'vscode', 'mcp', 'servers'],
  ['context_servers'], ['mcp_servers'], ['amp.mcpServers'], ['extensions'], ['mcp'], [],
];
const LOCATORS = ['command', 'cmd', 'url', 'uri', 'serverUrl', 'httpUrl'] as const;

/** Every server in a client's file; in Claude Code's also those of single projects. */
export function entriesIn(json: Json): readonly ConfigEntry[] {
  const projects = valueAt(json, ['projects']);
  const all: readonly Path[] = [...PLACES, ...(isObject(projects) ? Object.keys(projects).map((folder) => ['projects', folder, 'mcpServers']) : [])];
  const found = all.map((path) => entriesAt(json, path));
  // A whole file is a map of servers only where nothing in it is one.
  const known = found.filter((_, index) => all[index]?.length !== 0).flat();
  return known.length > 0 ? known : found.flat();
}

function entriesAt(json: Json, path: Path): readonly ConfigEntry[] {
  const place = valueAt(json, path);
  if (isArray(place)) {
    return place.flatMap((said, index) => (isServer(said) ? [entryOf(textOf(said['name']) ?? `#${index}`, [...path, index], said)] : []));
  }
  if (!isObject(place)) return [];
  return Object.entries(place).flatMap(([name, said]) => (isServer(said) ? [entryOf(name, [...path, name], said)] : []));
}

function isServer(json: Json | undefined): json is JsonObject {
  return isObject(json) && LOCATORS.some((name) => {
    const value = json[name];
    return typeof value === 'string' || isArray(value) || isObject(value);
  });
}

/** The other words that clients have for the same: Zed's command, Goose's, OpenCode's, Codex's and Continue's keys. */
function entryOf(name: string, at: Path, said: JsonObject): ConfigEntry {
  const { cmd, uri, envs, environment, http_headers: codex, requestOptions, transport, ...rest } = said;
  const command = said['command'] ?? cmd;
  const nested = isObject(command) ? { command: command['path'] ?? '', args: command['args'] ?? [], env: command['env'] ?? {} } : undefined;
  const env = said['env'] ?? envs ?? environment;
  const headers = said['headers'] ?? codex ?? (isObject(requestOptions) ? requestOptions['headers'] : undefined);
  const entry = {
    ...rest, ...(cmd === undefined ? {} : { command: cmd }), ...nested, ...(uri === undefined ? {} : { url: uri }),
    ...(env === undefined ? {} : { env }), ...(headers === undefined ? {} : { headers }), ...(transport === undefined ? {} : { type: transport }),
  };
  return { name, at, said, entry };
}

function valueAt(json: Json | undefined, path: Path): Json | undefined {
  return path.reduce<Json | undefined>((at, name) => {
    if (isArray(at)) return typeof name === 'number' ? at[name] : undefined;
    return isObject(at) && Object.hasOwn(at, name) ? at[name] : undefined;
  }, json);
}

function textOf(json: Json | undefined): string | undefined {
  return typeof json === 'string' && json !== '' ? json : undefined;
}

function plainOf(value: unknown): Json {
  const json: Json = JSON.parse(JSON.stringify(value ?? null));
  return json;
}
