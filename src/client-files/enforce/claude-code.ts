import { isArray, isObject } from '../../domain/json.ts';
import type { Json, JsonObject } from '../../domain/json.ts';
import { deniedOf, isAllowed, isNamed, matchersOf, readMatchers } from './matchers.ts';
import type { Offered, Sanctioned, Situation, System, Target } from './plan.ts';

const FOLDERS = { linux: '/etc/claude-code', darwin: '/Library/Application Support/ClaudeCode', win32: 'C:\\Program Files\\ClaudeCode' } as const;
const SETTINGS = 'claude-code/managed-settings';
const EXCLUSIVE = 'claude-code/managed-mcp';

function pathsOf(name: string): Readonly<Record<System, string>> {
  return { linux: `${FOLDERS.linux}/${name}`, darwin: `${FOLDERS.darwin}/${name}`, win32: `${FOLDERS.win32}\\${name.replace('/', '\\')}` };
}

/** Claude Code merges managed sources itself: a file of our own beside the organisation's, so that neither overwrites the other. */
export const claudeCode: Target = {
  id: 'claude-code', title: 'Claude Code', clients: ['claude-code'],
  compile: ({ servers, isExclusive, denied }) => [
    {
      id: SETTINGS, paths: pathsOf('managed-settings.d/50-sallyport.json'), format: 'json',
      keys: [
        { at: ['allowManagedMcpServersOnly'], value: true },
        { at: ['allowedMcpServers'], value: matchersOf(servers) },
        // Always written: what was denied for an incident goes again with it.
        { at: ['deniedMcpServers'], value: deniedOf(denied) },
        { at: ['disableClaudeAiConnectors'], value: true },
        { at: ['disableSideloadFlags'], value: true },
      ],
    },
    ...(isExclusive ? [{
      id: EXCLUSIVE, paths: pathsOf('managed-mcp.json'), format: 'json' as const,
      keys: [{ at: ['mcpServers'], value: Object.fromEntries(servers.map((one) => [one.name, definition(one)])) }],
    }] : []),
  ],
  simulate,
  gaps: [
    'Servers that the program which starts a session registers in its own process (an editor\'s own, the desktop app\'s connectors) pass both lists.',
    'Whoever may write its managed folder, or runs another build of it, is not bound.',
  ],
};

function definition({ command, url }: Sanctioned): JsonObject {
  if (command === undefined) return { type: 'http', url: url ?? '' };
  const [program, ...args] = command;
  return { type: 'stdio', command: program, args };
}

/**
 * Three steps: lists of all sources are merged (of allow lists only the managed one, where it says so), a denied server never
 * loads, and an allow list that is set anywhere lets through what it matches. An exclusive file comes before all of them.
 */
function simulate({ deployed, user, offered }: Situation): readonly Offered[] {
  const managed = deployed[SETTINGS];
  const exclusive = deployed[EXCLUSIVE];
  const candidates = exclusive === undefined ? offered : [
    ...managedServers(exclusive), ...offered.filter(({ origin }) => origin === 'built-in' || (origin === 'connector' && isOn(managed, 'allowAllClaudeAiMcps'))),
  ];
  const allows = isOn(managed, 'allowManagedMcpServersOnly') ? [managed] : [managed, user];
  const allowed = listed(allows, 'allowedMcpServers');
  const denied = listed([managed, user], 'deniedMcpServers') ?? [];
  const pluginsOnly = isObject(managed) && isArray(managed['strictPluginOnlyCustomization']) && managed['strictPluginOnlyCustomization'].includes('mcp');
  return candidates.filter((server) => {
    if (server.origin === 'built-in') return true;
    if (server.origin === 'connector' && isOn(managed, 'disableClaudeAiConnectors')) return false;
    if (pluginsOnly && (server.origin === 'user' || server.origin === 'project')) return false;
    if (isNamed(server, denied)) return false;
    return allowed === undefined || isAllowed(server, allowed);
  });
}

function managedServers(exclusive: Json): readonly Offered[] {
  const servers = isObject(exclusive) ? exclusive['mcpServers'] : undefined;
  if (!isObject(servers)) return [];
  return Object.entries(servers).map(([name, entry]): Offered => {
    const { command, args, url } = isObject(entry) ? entry : {};
    if (typeof url === 'string') return { name, url, origin: 'managed' };
    const words = [command, ...(isArray(args) ? args : [])].filter((word) => typeof word === 'string');
    return { name, command: words, origin: 'managed' };
  });
}

/** Undefined where none of the sources has the list; a list that can't be read lets nothing through and denies nothing. */
function listed(sources: readonly (Json | undefined)[], key: string): Exclude<ReturnType<typeof readMatchers>, 'malformed'> {
  const lists = sources.map((source) => readMatchers(source, key)).filter((list) => list !== undefined);
  return lists.length === 0 ? undefined : lists.flatMap((list) => (list === 'malformed' ? [] : list));
}

function isOn(settings: Json | undefined, key: string): boolean {
  return isObject(settings) && settings[key] === true;
}
