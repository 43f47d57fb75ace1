import { SallyportError } from '../domain/errors.ts';
import type { ErrorCode } from '../domain/errors.ts';
import type { CredentialSpec, Endpoint } from '../domain/server.ts';
import { checkLaunch } from './launch.ts';
import { isReference, looksSecret } from './secrets.ts';

/** What a client's file says of one server, in the words of a manifest. Holds references, never secrets. */
export interface ReadEntry {
  readonly endpoint: Endpoint;
  readonly credentials: CredentialSpec;
}

export interface EntryOptions {
  /** Puts one secret away and says where it is (`env:…`, `file:…`); the value is given to nobody else. */
  keep(name: string, value: string | undefined): string;
  /** Whether a package may be named without an exact version: whoever declares it finds one. */
  readonly isLoose: boolean;
}

/** Why an entry can't be enrolled as it is. */
export class EntryProblem extends Error {
  readonly code: ErrorCode;
  readonly remedy: string;

  constructor(message: string, remedy: string, code: ErrorCode = 'ERR_CONFIG_INVALID') {
    super(message);
    this.name = 'EntryProblem';
    this.code = code;
    this.remedy = remedy;
  }
}

type Texts = Readonly<Record<string, string>>;
type Entry = Readonly<Record<string, unknown>>;

/** Reads one entry of any of the supported clients. Throws `EntryProblem`; no message holds a value of env, headers or arguments. */
export function readEntry(value: unknown, options: EntryOptions): ReadEntry {
  if (!isEntry(value)) throw new EntryProblem('it is not an object', 'correct the entry in the client');
  if (value['disabled'] === true || value['enabled'] === false || value['isActive'] === false) {
    throw new EntryProblem('it is switched off in the client', 'switch it on there, or add it by hand: sallyport server add');
  }
  const env = stringsOf(value['env'], 'env');
  const address = value['url'] ?? value['serverUrl'] ?? value['httpUrl'];
  const type = typeof value['type'] === 'string' ? value['type'].toLowerCase() : '';
  if (typeof address === 'string') return readRemote(address, type, stringsOf(value['headers'], 'headers'), env, options);
  const command = unwrapCmd(commandOf(value));
  if (command[0]?.split(/[/\\]/).at(-1)?.startsWith('sallyport')) {
    throw new EntryProblem('it already goes through Sallyport', 'nothing is left to do for it');
  }
  const bridged = unwrapBridge(command);
  if (bridged) return readRemote(bridged.url, bridged.type, bridged.headers, env, options);
  return { endpoint: readStdio(command, env, value['cwd'], options), credentials: { type: 'none' } };
}

function isEntry(value: unknown): value is Entry {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function stringsOf(value: unknown, key: string): Texts {
  if (value === undefined || value === null) return {};
  if (!isEntry(value)) throw new EntryProblem(`its ${key} is not an object`, 'correct the entry in the client');
  const texts: Record<string, string> = {};
  for (const [name, text] of Object.entries(value)) {
    if (typeof text === 'string' || typeof text === 'number' || typeof text === 'boolean') texts[name] = String(text);
  }
  return texts;
}

function commandOf(entry: Entry): readonly string[] {
  const { command, args } = entry;
  const list = Array.isArray(command) ? command : [command, ...(Array.isArray(args) ? args : [])];
  const words = list.map((word: unknown) => (typeof word === 'number' ? String(word) : word));
  if (words.length > 0 && words.every((word) => typeof word === 'string')) return words;
  throw new EntryProblem('it has neither a url nor a command', 'correct the entry in the client');
}

/** Windows clients put `cmd /c` before every script. */
function unwrapCmd(command: readonly string[]): readonly string[] {
  const program = command[0]?.split(/[/\\]/).at(-1)?.toLowerCase();
  return (program === 'cmd' || program === 'cmd.exe') && command[1]?.toLowerCase() === '/c' ? command.slice(2) : command;
}

interface Bridged {
  readonly url: string;
  readonly type: string;
  readonly headers: Texts;
}

/** `npx mcp-remote URL --header "K: V"` and `npx supergateway --sse URL` hide a remote server behind a command. */
function unwrapBridge(command: readonly string[]): Bridged | undefined {
  const at = command.findIndex((word) => /^(?:mcp-remote|supergateway)(?:@.+)?$/.test(word.split(/[/\\]/).at(-1) ?? ''));
  if (at < 0) return undefined;
  const rest = command.slice(at + 1);
  const url = rest.find((word) => /^https?:\/\//i.test(word));
  if (url === undefined) return undefined;
  const headers = rest.flatMap((word, index) => {
    const match = /^([A-Za-z0-9-]+):\s*(.*)$/s.exec(word);
    return rest[index - 1] === '--header' && match ? [[match[1] ?? '', match[2] ?? ''] as const] : [];
  });
  const type = rest.includes('--sse') || rest[rest.indexOf('--transport') + 1] === 'sse-only' ? 'sse' : 'http';
  return { url, type, headers: Object.fromEntries(headers) };
}

function readRemote(address: string, type: string, headers: Texts, env: Texts, options: EntryOptions): ReadEntry {
  if (!URL.canParse(address) || !/^https?:$/.test(new URL(address).protocol) || type.startsWith('ws')) {
    throw new EntryProblem('its address is not http or https', 'only streamable HTTP and HTTP+SSE servers can be reached');
  }
  const url = new URL(address);
  const query = [...url.searchParams].some(([name, value]) => looksSecret(name, value));
  if (url.username !== '' || url.password !== '' || query || address.includes('${')) {
    throw new EntryProblem('its address holds a secret or a variable', 'give the server the secret by a header, and write the address out');
  }
  const [first, ...others] = Object.entries(headers);
  if (others.length > 0) {
    const remedy = 'add it by hand with the one header that carries its credential';
    throw new EntryProblem(`it needs ${others.length + 1} headers; one can be sent for it`, remedy);
  }
  const endpoint: Endpoint = { transport: type === 'sse' ? 'sse' : 'http', url: address, allowPrivate: false };
  if (!first) return { endpoint, credentials: { type: 'none' } };
  return { endpoint, credentials: { type: 'header', header: first[0], secret: keepText(first[0], first[1], env, options) } };
}

function readStdio(command: readonly string[], env: Texts, cwd: unknown, options: EntryOptions): Endpoint {
  if (command.some((word) => /\$\{|\$\(/.test(word))) {
    throw new EntryProblem('its command holds a variable of the client', 'write the value out, or give it to the server by env');
  }
  const kept = Object.entries(env).map(([name, value]) => {
    const clear = !isReference(value) && !value.includes('${') && !looksSecret(name, value);
    return [name, clear ? value : keepText(name, value, env, options)] as const;
  });
  try {
    const { launch, findings } = checkLaunch({ command, env: Object.fromEntries(kept), isLoose: options.isLoose, ...(typeof cwd === 'string' && { cwd }) });
    const open = findings[0];
    if (open) throw new EntryProblem(open.message, 'give the secret to the server by env, in the client’s file, and import again');
    return { transport: 'stdio', launch };
  } catch (error) {
    if (!(error instanceof SallyportError)) throw error;
    throw new EntryProblem(error.message, error.remedy ?? '', error.code);
  }
}

const VARIABLE = /^\$\{(?:env:)?([A-Za-z_]\w*)(?::-[^}]*)?\}$|^\$([A-Z_]\w*)$|^\{env:([A-Za-z_]\w*)\}$/;

/** A text that must not be written down: a plain variable becomes `env:NAME`, anything else is put away under a name. */
function keepText(name: string, value: string, env: Texts, options: EntryOptions): string {
  const match = VARIABLE.exec(value);
  const variable = match?.[1] ?? match?.[2] ?? match?.[3];
  if (variable !== undefined) {
    return Object.hasOwn(env, variable) ? options.keep(variable, plainOrNothing(env[variable])) : `env:${variable}`;
  }
  const filled = value.replace(/\$\{([A-Za-z_]\w*)\}/g, (whole, own: string) => (Object.hasOwn(env, own) ? (env[own] ?? '') : whole));
  return options.keep(name, plainOrNothing(filled));
}

/** A value that still needs the client to be complete is not known here. */
function plainOrNothing(value: string | undefined): string | undefined {
  return value === undefined || value.includes('${') || isReference(value) ? undefined : value;
}
