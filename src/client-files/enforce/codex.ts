import { isArray, isObject } from '../../domain/json.ts';
import type { Json, JsonObject } from '../../domain/json.ts';
import type { EnforcePlan, Offered, Sanctioned, Situation, Target } from './plan.ts';

const REQUIREMENTS = 'codex/requirements';

/** Codex's requirements: by name and by identity, every argument in its place. An empty table leaves no server on. */
export const codex: Target = {
  id: 'codex', title: 'Codex', clients: ['codex'],
  compile: (plan) => [{
    id: REQUIREMENTS, format: 'toml',
    paths: { linux: '/etc/codex/requirements.toml', darwin: '/etc/codex/requirements.toml', win32: 'C:\\ProgramData\\OpenAI\\Codex\\requirements.toml' },
    keys: [{ at: ['mcp_servers'], value: requirements(plan) }, { at: ['features', 'plugins'], value: false }],
  }],
  simulate,
  gaps: [
    'Directory and environment of a command are not compared: a variable can still change what a sanctioned program does.',
    'A server that is reached by command and by address needs two names: the one by address ends in -url.',
  ],
};

/** One name has one identity; a server that is reached both ways has two. */
function requirements({ servers }: EnforcePlan): JsonObject {
  return Object.fromEntries(servers.flatMap(({ name, command, url }: Sanctioned): readonly (readonly [string, JsonObject])[] => {
    const byUrl: JsonObject | undefined = url === undefined ? undefined : { identity: { url } };
    if (command === undefined) return byUrl === undefined ? [] : [[name, byUrl]];
    const [executable, ...args] = command;
    const byCommand = { identity: { command: { executable, args: args.map((value) => ({ match: 'exact', value })) } } };
    return [[name, byCommand], ...(byUrl === undefined ? [] : [[`${name}-url`, byUrl] as const])];
  }));
}

/** Name and identity must both be in the table; servers of plug-ins have tables of their own, and none without. */
function simulate({ deployed, offered }: Situation): readonly Offered[] {
  const file = deployed[REQUIREMENTS];
  if (!isObject(file)) return offered;
  const table = file['mcp_servers'];
  if (table === undefined) return offered;
  const features = isObject(file['features']) ? file['features'] : {};
  return offered.filter((server) => {
    if (server.origin === 'plugin' && (features['plugins'] === false || isObject(table))) return false;
    const entry = isObject(table) && Object.hasOwn(table, server.name) ? table[server.name] : undefined;
    const identity = isObject(entry) ? entry['identity'] : undefined;
    return isObject(identity) && fits(server, identity);
  });
}

function fits({ command = [], url }: Offered, identity: JsonObject): boolean {
  if (url !== undefined) return identity['url'] !== undefined && fitsText(url, identity['url']);
  const wanted = identity['command'];
  if (typeof wanted === 'string') return command[0] === wanted;
  if (!isObject(wanted) || wanted['executable'] !== command[0]) return false;
  const args = wanted['args'];
  const given = command.slice(1);
  return isArray(args) && args.length === given.length && args.every((rule, index) => fitsText(given[index] ?? '', rule));
}

/** A text is exact; a rule says which of exact, prefix and whole-value pattern it is. */
function fitsText(text: string, rule: Json): boolean {
  if (typeof rule === 'string') return rule === text;
  if (!isObject(rule)) return false;
  const { match, value, expression } = rule;
  if (match === 'exact') return value === text;
  if (match === 'prefix') return typeof value === 'string' && text.startsWith(value);
  const pattern = expression ?? value;
  return match === 'regex' && typeof pattern === 'string' && new RegExp(`^(?:${pattern})$`, 'u').test(text);
}
