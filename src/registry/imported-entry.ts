import type { ConfiguredServer } from '../domain/configured-server.ts';
import { SallyportError } from '../domain/errors.ts';
import type { ErrorCode } from '../domain/errors.ts';
import type { CredentialSpec, Endpoint } from '../domain/server.ts';
import { checkLaunch } from './launch.ts';
import { isReference, looksSecret } from '../domain/secret-forms.ts';

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
type Reached = Pick<ConfiguredServer, 'transport' | 'headers'> & { readonly url: string };

/** A remote server that a command of the client's carries to it, with its address and headers as they stand there. */
export interface Carried {
  readonly url: string;
  readonly transport: 'http' | 'sse';
  readonly headers: Texts;
}

/**
 * One server of a client's file, in the words of a manifest. `carried`: what it brings to the client from elsewhere, where it
 * only does that. Throws `EntryProblem`; no message holds a value of env, headers or arguments.
 */
export function readEntry(server: ConfiguredServer, carried: Carried | undefined, options: EntryOptions): ReadEntry {
  if (server.isDisabled) {
    throw new EntryProblem('it is switched off in the client', 'switch it on there, or add it by hand: sallyport server add');
  }
  const { url, transport, headers, env, cwd } = server;
  if (url !== undefined) return readRemote({ url, transport, headers }, env, options);
  if (server.runs.runs.kind === 'gate') throw new EntryProblem('it already goes through Sallyport', 'nothing is left to do for it');
  if (carried) return readRemote(carried, env, options);
  return { endpoint: readStdio(withoutCmd(server.command), env, cwd, options), credentials: { type: 'none' } };
}

/** Windows clients put `cmd /c` before every script. */
function withoutCmd(command: readonly string[]): readonly string[] {
  const program = command[0]?.split(/[/\\]/).at(-1)?.toLowerCase();
  return (program === 'cmd' || program === 'cmd.exe') && command[1]?.toLowerCase() === '/c' ? command.slice(2) : command;
}

function readRemote({ url: address, transport, headers }: Reached, env: Texts, options: EntryOptions): ReadEntry {
  if (!URL.canParse(address) || !/^https?:$/.test(new URL(address).protocol) || transport === 'ws') {
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
  const endpoint: Endpoint = { transport: transport === 'sse' ? 'sse' : 'http', url: address, allowPrivate: false };
  if (!first) return { endpoint, credentials: { type: 'none' } };
  return { endpoint, credentials: { type: 'header', header: first[0], secret: keepText(first[0], first[1], env, options) } };
}

function readStdio(command: readonly string[], env: Texts, cwd: string | undefined, options: EntryOptions): Endpoint {
  if (command.some((word) => /\$\{|\$\(/.test(word))) {
    throw new EntryProblem('its command holds a variable of the client', 'write the value out, or give it to the server by env');
  }
  const kept = Object.entries(env).map(([name, value]) => {
    const clear = !isReference(value) && !value.includes('${') && !looksSecret(name, value);
    return [name, clear ? value : keepText(name, value, env, options)] as const;
  });
  try {
    const { launch, findings } = checkLaunch({ command, env: Object.fromEntries(kept), isLoose: options.isLoose, ...(cwd !== undefined && { cwd }) });
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
