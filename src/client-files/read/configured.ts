import type { ConfiguredScope, ConfiguredServer } from '../../domain/configured-server.ts';
import { isArray, isObject } from '../../domain/json.ts';
import type { Json, JsonObject } from '../../domain/json.ts';
import { sourceOfEnv } from '../runs/sources.ts';
import { placed } from '../runs/step.ts';
import { unwrap } from '../runs/unwrap.ts';
import { publicAddress } from '../runs/address.ts';
import type { RawEntry } from './entries.ts';

/** Whose file it is that an entry stands in. */
export interface Source {
  /** Id in the table of clients; `unknown` for a file that is none of theirs. */
  readonly client: string;
  readonly file: string;
  readonly scope: ConfiguredScope;
  /** The folder that a project's file counts in. */
  readonly project?: string;
  /** Programs that are Sallyport, besides one that is installed where only the system's administrator can. */
  readonly gates?: readonly string[];
}

/** Why an entry could not be read; never holds a value of it. */
export class EntryFault extends Error {
  override readonly name = 'EntryFault';
}

/**
 * One entry in the words of one type, whatever its client calls them. Throws `EntryFault`: it is no server that anything
 * could start or reach.
 */
export function configuredOf({ name, at, said: entry, project }: RawEntry, source: Source, line: number): ConfiguredServer {
  if (!isObject(entry)) throw new EntryFault('it is not an object');
  const said: JsonObject = isObject(entry['transport']) ? { ...entry, ...entry['transport'] } : entry;
  const [env, headers] = [envOf(said), headersOf(said)];
  const url = addressOf(said);
  const command = url === undefined ? commandOf(said) : [];
  const cwd = textOf(said['cwd']) ?? textOf(said['workingDirectory']);
  const counts = project ?? source.project;
  const folder = cwd === undefined ? counts : placed(cwd, counts === undefined ? {} : { cwd: counts });
  const fetched = sourceOfEnv({ ...nestedEnv(said), ...env });
  const around = { ...(folder === undefined ? {} : { cwd: folder }), ...(fetched === undefined ? {} : { source: fetched }),
    ...(source.gates === undefined ? {} : { gates: source.gates }) };
  return {
    client: source.client, file: source.file, at, line, name, scope: project === undefined ? source.scope : 'project',
    ...(counts === undefined ? {} : { project: counts }), transport: transportOf(said, url, source.client), command, env: { ...nestedEnv(said), ...env },
    ...(url === undefined ? {} : { url }), headers, ...(cwd === undefined ? {} : { cwd }), isDisabled: isOff(said), autoApproved: approvedOf(said),
    runs: url === undefined ? unwrap(command, around) : { runs: { kind: 'remote', url: publicAddress(url) }, wrappers: [] },
  };
}

const ADDRESSES = ['url', 'serverUrl', 'httpUrl', 'uri'] as const;

function addressOf(said: JsonObject): string | undefined {
  return ADDRESSES.map((key) => textOf(said[key])).find((one) => one !== undefined);
}

/** Program and arguments: a text with `args`, a list, Goose's `cmd`, or Zed's older object with a `path`. */
function commandOf(said: JsonObject): readonly string[] {
  const command = said['command'] ?? said['cmd'];
  const nested = isObject(command) ? [command['path'] ?? null, ...listOf(command['args'])] : undefined;
  const words = nested ?? [...(isArray(command) ? command : [command]), ...listOf(said['args'])];
  const texts = words.flatMap((word) => (typeof word === 'string' ? [word] : typeof word === 'number' ? [String(word)] : []));
  if (texts.length === 0 || texts.length !== words.length) throw new EntryFault('it has neither a url nor a command');
  return texts;
}

function listOf(value: Json | undefined): readonly Json[] {
  return isArray(value) ? value : typeof value === 'string' ? [value] : [];
}

/** `env` and its other names; a variable that is only named is one that the client fills in. */
function envOf(said: JsonObject): Readonly<Record<string, string>> {
  const listed = [...listOf(said['env_vars']), ...listOf(said['env_keys'])].flatMap((one) => {
    const variable = isObject(one) ? textOf(one['name']) : textOf(one);
    return variable === undefined ? [] : [[variable, `\${${variable}}`] as const];
  });
  return { ...Object.fromEntries(listed), ...textsOf(said['env'] ?? said['envs'] ?? said['environment'], 'env') };
}

function nestedEnv(said: JsonObject): Readonly<Record<string, string>> {
  return isObject(said['command']) ? textsOf(said['command']['env'], 'env') : {};
}

/** Headers, and those whose values a client takes from a variable. */
function headersOf(said: JsonObject): Readonly<Record<string, string>> {
  const options = said['requestOptions'] ?? said['requestInit'];
  const plain = said['headers'] ?? said['http_headers'] ?? (isObject(options) ? options['headers'] : undefined);
  const named = Object.entries(textsOf(said['env_http_headers'] ?? said['header_env'], 'env_http_headers'))
    .map(([header, variable]) => [header, `\${${variable}}`] as const);
  const bearer = textOf(said['bearer_token_env_var']) ?? textOf(said['bearer_token_env']);
  return {
    ...textsOf(plain, 'headers'), ...Object.fromEntries(named), ...(bearer === undefined ? {} : { Authorization: `Bearer \${${bearer}}` }),
  };
}

function textsOf(value: Json | undefined, key: string): Readonly<Record<string, string>> {
  if (value === undefined || value === null) return {};
  if (isArray(value)) return Object.fromEntries(value.flatMap(assignmentOf));
  if (!isObject(value)) throw new EntryFault(`its ${key} is not an object`);
  return Object.fromEntries(Object.entries(value).flatMap(([name, text]) =>
    (typeof text === 'string' || typeof text === 'number' || typeof text === 'boolean' ? [[name, String(text)] as const] : [])));
}

/** `NAME=value`, as some write what others have as an object. */
function assignmentOf(item: Json): readonly (readonly [string, string])[] {
  const at = typeof item === 'string' ? item.indexOf('=') : -1;
  return typeof item === 'string' && at > 0 ? [[item.slice(0, at), item.slice(at + 1)]] : [];
}

/** Of these, `url` is HTTP+SSE and `httpUrl` streamable HTTP, unless a type is named. */
const SSE_BY_URL = new Set(['gemini-cli', 'qwen-code']);

function transportOf(said: JsonObject, url: string | undefined, client: string): ConfiguredServer['transport'] {
  if (url === undefined) return 'stdio';
  const named = (textOf(said['type']) ?? textOf(said['transport']) ?? '').toLowerCase();
  if (named.startsWith('ws') || named === 'websocket' || /^wss?:/i.test(url)) return 'ws';
  if (named === '') return SSE_BY_URL.has(client) && said['url'] === url ? 'sse' : 'http';
  return named === 'sse' ? 'sse' : 'http';
}

function isOff(said: JsonObject): boolean {
  return said['disabled'] === true || said['enabled'] === false || said['isActive'] === false;
}

const APPROVING = ['autoApprove', 'alwaysAllow', 'auto_approve', 'trust'] as const;

/** What a client is told to call without asking, under all its names. */
function approvedOf(said: JsonObject): ConfiguredServer['autoApproved'] {
  if (said['default_tools_approval_mode'] === 'approve') return 'all';
  const values = APPROVING.map((key) => said[key]);
  const listed = values.flatMap((value) => (isArray(value) ? value : [])).filter((tool) => typeof tool === 'string');
  if (values.some((value) => value === true || value === '*') || listed.includes('*')) return 'all';
  const tools = isObject(said['tools']) ? Object.entries(said['tools']) : [];
  return [...listed, ...tools.flatMap(([tool, set]) => (isObject(set) && set['approval_mode'] === 'approve' ? [tool] : []))];
}

function textOf(value: Json | undefined): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
