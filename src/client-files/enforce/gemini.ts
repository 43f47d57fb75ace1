import { isArray, isObject } from '../../domain/json.ts';
import type { Json, JsonObject } from '../../domain/json.ts';
import type { EnforcePlan, Offered, Sanctioned, Situation, Target } from './plan.ts';

const SYSTEM = 'gemini-cli/settings';
/** Stands in the list when nothing is sanctioned: an empty one means nothing in some versions and everything in others. */
const NONE = 'sallyport-none';

/** Gemini CLI's settings of the system, which stand above a person's and a project's: names, and what each of them is. */
export const gemini: Target = {
  id: 'gemini-cli', title: 'Gemini CLI', clients: ['gemini-cli'],
  compile: (plan) => [{
    id: SYSTEM, format: 'json',
    paths: {
      linux: '/etc/gemini-cli/settings.json', darwin: '/Library/Application Support/GeminiCli/settings.json',
      win32: 'C:\\ProgramData\\gemini-cli\\settings.json',
    },
    keys: [{ at: ['mcp', 'allowed'], value: namesOf(plan) }, { at: ['mcpServers'], value: definitions(plan) }],
  }],
  simulate,
  gaps: [
    'The flag --allowed-mcp-server-names takes the place of the list: start it by a wrapper that refuses that flag, or shut other servers out at the network.',
    'Some versions run the tools of listed servers without asking; the gate still decides each call.',
  ],
};

function namesOf({ servers }: EnforcePlan): readonly string[] {
  return servers.length === 0 ? [NONE] : servers.map(({ name }) => name);
}

/** A name alone could be given to any command: with its definition in the file that stands above, it is that command. */
function definitions({ servers }: EnforcePlan): JsonObject {
  if (servers.length === 0) return { [NONE]: { command: '/bin/false' } };
  return Object.fromEntries(servers.map((one) => [one.name, definition(one)]));
}

function definition({ command, url }: Sanctioned): JsonObject {
  if (command === undefined) return { httpUrl: url ?? '' };
  const [program, ...args] = command;
  return { command: program, args };
}

/** Definitions are merged by name, the system's last; then the list of names applies, a flag's before the system's before the person's. */
function simulate({ deployed, user, flags = {}, offered }: Situation): readonly Offered[] {
  const system = deployed[SYSTEM];
  const defined = isObject(system) && isObject(system['mcpServers']) ? system['mcpServers'] : {};
  const merged = new Map<string, Offered>();
  for (const server of offered) if (!(server.origin === 'plugin' && merged.has(server.name))) merged.set(server.name, server);
  for (const [name, entry] of Object.entries(defined)) merged.set(name, offeredOf(name, entry));
  const allowed = flags['--allowed-mcp-server-names'] ?? allowedIn(system) ?? allowedIn(user);
  return [...merged.values()].filter(({ name }) => allowed === undefined || allowed.includes(name));
}

function allowedIn(settings: Json | undefined): readonly string[] | undefined {
  const mcp = isObject(settings) ? settings['mcp'] : undefined;
  const allowed = isObject(mcp) ? mcp['allowed'] : undefined;
  return isArray(allowed) ? allowed.filter((name) => typeof name === 'string') : undefined;
}

function offeredOf(name: string, entry: Json): Offered {
  const { command, args, httpUrl, url } = isObject(entry) ? entry : {};
  const address = httpUrl ?? url;
  if (typeof address === 'string') return { name, url: address, origin: 'managed' };
  return { name, command: [command, ...(isArray(args) ? args : [])].filter((word) => typeof word === 'string'), origin: 'managed' };
}
