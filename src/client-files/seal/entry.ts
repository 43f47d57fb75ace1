import { isArray, isObject } from '../../domain/json.ts';
import type { Json, JsonObject } from '../../domain/json.ts';

/** What stands in a file for a value that the launcher puts in its place; 16 hexadecimal digits follow. */
export const SEALED = 'sallyport-sealed:';

/** Settings of an entry that say when it is used and what is asked about it, and not what is run or where it is. */
const USE: ReadonlySet<string> = new Set([
  'name', 'description', 'disabled', 'enabled', 'isActive', 'required', 'timeout', 'connectionTimeout', 'startup_timeout_sec', 'tool_timeout_sec',
  'tools', 'enabled_tools', 'disabled_tools', 'disabledTools', 'includeTools', 'excludeTools', 'available_tools', 'autoApprove', 'alwaysAllow', 'bundled',
  'display_name',
]);

/** What of an entry says what is started or reached, and with what: two that are alike in it are the same server. */
export function launchOf(said: Json): JsonObject {
  return isObject(said) ? Object.fromEntries(Object.entries(said).filter(([name]) => !USE.has(name))) : {};
}

/** How clients write a local command that do not write it as most do. */
const WRITERS: Readonly<Record<string, (command: string, args: readonly string[]) => JsonObject>> = {
  'github-copilot-cli': (command, args) => ({ type: 'local', command, args }),
  opencode: (command, args) => ({ type: 'local', command: [command, ...args] }),
  'kilo-code': (command, args) => ({ type: 'local', command: [command, ...args] }),
  fx: (command, args) => ({ type: 'local', command: [command, ...args] }),
  goose: (command, args) => ({ type: 'stdio', cmd: command, args }),
  zed: (command, args) => ({ source: 'custom', command, args }),
  'mistral-vibe': (command, args) => ({ transport: 'stdio', command, args }),
  'kimi-code': (command, args) => ({ transport: 'stdio', command, args }),
  sema4: (command, args) => ({ transport: 'stdio', command, args }),
};

/** Clients that know a local server by its command alone, and are told no type. */
const UNTYPED: ReadonlySet<string> = new Set(['cursor', 'claude-desktop', 'codex', 'grok-build', 'gemini-cli', 'qwen-code', 'windsurf', 'unknown']);

/** The entry that starts `sallyport` in its server's place; what says when it is used stays. */
export function entryThrough(
  { client, said }: { readonly client: string; readonly said: JsonObject }, [command, ...leading]: readonly [string, ...string[]], args: readonly string[],
): JsonObject {
  const write = Object.hasOwn(WRITERS, client) ? WRITERS[client] : undefined;
  const all = [...leading, ...args];
  const started = write?.(command, all) ?? { ...(UNTYPED.has(client) ? {} : { type: 'stdio' }), command, args: all };
  const use = Object.fromEntries(Object.entries(said).filter(([name]) => USE.has(name)));
  const tools = client === 'github-copilot-cli' && use['tools'] === undefined ? { tools: ['*'] } : {};
  // A list's entry is known by its name, which stands first.
  const { name, ...others } = use;
  return { ...(name === undefined ? {} : { name }), ...started, ...others, ...tools };
}

export interface LauncherParts {
  readonly program: readonly [string, ...string[]];
  readonly launcher: readonly string[];
  readonly file: string;
}

/** The entry whose command is started by the launcher, in whatever way it is written; undefined where it has no command. */
export function launchedBy(said: JsonObject, { program: [program, ...leading], launcher, file }: LauncherParts): JsonObject | undefined {
  // Behind these the entry's own command follows.
  const before = [...leading, 'config', 'exec', ...launcher, '--file', file, '--'];
  const { command, cmd, args } = said;
  const rest = isArray(args) ? args : [];
  if (isArray(command)) return { ...said, command: [program, ...before, ...command] };
  if (isObject(command)) {
    const inner = isArray(command['args']) ? command['args'] : [];
    return { ...said, command: { ...command, path: program, args: [...before, command['path'] ?? '', ...inner] } };
  }
  if (typeof command === 'string') return { ...said, command: program, args: [...before, command, ...rest] };
  return typeof cmd === 'string' ? { ...said, cmd: program, args: [...before, cmd, ...rest] } : undefined;
}

/** The entry without the launcher before its command; undefined where there is none. */
export function unlaunched(said: JsonObject, file: string): JsonObject | undefined {
  const { command, cmd } = said;
  const words = launchedWords(said, file);
  if (words === undefined) return undefined;
  if (isArray(command)) return { ...said, command: words };
  const [program, ...rest] = words;
  if (program === undefined) return undefined;
  if (isObject(command)) return { ...said, command: { ...command, path: program, args: rest } };
  return { ...said, ...(typeof cmd === 'string' && command === undefined ? { cmd: program } : { command: program }), args: rest };
}

/** What an entry has the launcher start, in whatever way it is written; undefined where it has no launcher. */
export function launchedWords({ command, args }: JsonObject, file: string): readonly Json[] | undefined {
  const inner = isObject(command) ? command['args'] : args;
  const words = isArray(command) ? command : isArray(inner) ? inner : [];
  const at = words.findIndex((word, index) => word === '--file' && words[index + 1] === file && words[index + 2] === '--');
  const isOurs = words.slice(0, Math.max(0, at)).some((word, index) => word === 'config' && words[index + 1] === 'exec');
  return isOurs ? words.slice(at + 3) : undefined;
}
