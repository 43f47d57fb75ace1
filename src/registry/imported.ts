import type { ConfiguredServer } from '../domain/configured-server.ts';
import type { ErrorCode } from '../domain/errors.ts';
import { showHidden } from '../domain/hidden.ts';
import { isLoopbackHost } from '../domain/loopback.ts';
import { EntryProblem, readEntry } from './imported-entry.ts';
import type { Carried, EntryOptions, ReadEntry } from './imported-entry.ts';
import { renderArgv } from './launch.ts';
import { isSamePackage } from './packages.ts';
import type { ServerDeclaration } from './manifest.ts';

export interface ImportedServer {
  readonly declaration: ServerDeclaration;
  /** Its name in the client, and for whom: `user`, or a project's folder. */
  readonly name: string;
  readonly scope: string;
}

export interface Import {
  readonly servers: readonly ImportedServer[];
  readonly skipped: readonly SkippedEntry[];
  /** Where each secret is to be found from now on, and what of the file it was. */
  readonly secrets: readonly KeptSecret[];
}

export interface SkippedEntry {
  readonly name: string;
  readonly scope: string;
  readonly code: ErrorCode;
  readonly reason: string;
  readonly remedy: string;
}

export interface KeptSecret {
  readonly server: string;
  readonly name: string;
  readonly reference: string;
}

/** A server that is declared, with the command that named its package, where it has one. */
export interface Declared {
  readonly id: string;
  readonly endpoint: string;
  readonly command?: readonly string[];
}

/** What a client's file says: its servers, and the entries that are none that anything could start or reach. */
export interface ReadFile {
  readonly servers: readonly ConfiguredServer[];
  readonly unread: readonly { readonly name: string; readonly project?: string; readonly reason: string }[];
}

export interface ImportOptions {
  /** Who is accountable for what is imported, until somebody says otherwise. */
  readonly owner: string;
  /** Ids that exist already. */
  readonly taken?: readonly string[];
  /** What is declared already, and where it is reached: a URL, or a command with its arguments. */
  readonly declared?: readonly Declared[];
  /** Puts a secret away and says where; without it, a secret is expected in an environment variable of Sallyport's. */
  keep?(server: string, name: string, value: string): string | undefined;
  /** The remote server that a command only carries to its client. */
  carriedBy?(command: readonly string[]): Carried | undefined;
}

/**
 * Turns what a client's file has into declarations for a manifest. Nothing in the answer is a secret: values of env and
 * headers become references. What can't be enrolled as it is is named with the reason.
 */
export function importServers(file: ReadFile, options: ImportOptions): Import {
  const servers: ImportedServer[] = [];
  const skipped: SkippedEntry[] = file.unread.map(({ name, project, reason }) => ({
    name: showHidden(name), scope: project ?? 'user', code: 'ERR_CONFIG_INVALID', reason, remedy: 'correct the entry in the client',
  }));
  const secrets: KeptSecret[] = [];
  const taken = new Set(options.taken);
  for (const server of file.servers) {
    const { name, project: scope = 'user' } = server;
    const id = freeId(name, taken);
    const kept: KeptSecret[] = [];
    const keep: EntryOptions['keep'] = (secret, plain) => {
      const given = plain === undefined ? undefined : options.keep?.(id, secret, plain);
      const reference = given ?? `env:${variableName(id, secret)}`;
      kept.push({ server: id, name: secret, reference });
      return reference;
    };
    try {
      const read = readEntry(server, options.carriedBy?.(server.command), { keep, isLoose: true });
      if (servers.some((other) => sameServer(other.declaration, read))) continue;
      const there = options.declared?.find((one) => isThere(one, read));
      if (there !== undefined) throw new EntryProblem(`it is declared already, as ${there.id}`, 'nothing is left to do for it', 'ERR_CONFLICT');
      taken.add(id);
      servers.push({ declaration: declare(id, read, options.owner), name, scope });
      secrets.push(...kept);
    } catch (error) {
      if (!(error instanceof EntryProblem)) throw error;
      skipped.push({ name: showHidden(name), scope, code: error.code, reason: error.message, remedy: error.remedy });
    }
  }
  return { servers, skipped, secrets };
}

/** Under which id a client's server is declared already; undefined: under none, or it is none that could be. */
export function declaredAs(server: ConfiguredServer, declared: readonly Declared[], carriedBy: ImportOptions['carriedBy']): string | undefined {
  try {
    const read = readEntry(server, carriedBy?.(server.command), { keep: (secret) => `env:${variableName('', secret)}`, isLoose: true });
    return declared.find((one) => isThere(one, read))?.id;
  } catch (error) {
    if (error instanceof EntryProblem) return undefined;
    throw error;
  }
}

/** `My Server!` → `my-server`: the id under which an entry of a client is imported. */
export function importedId(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^-+|-+$/g, '').slice(0, 58).replace(/-+$/, '') || 'server';
}

/** `my-server-2` when `my-server` is taken. */
function freeId(name: string, taken: ReadonlySet<string>): string {
  const base = importedId(name);
  let id = base;
  for (let count = 2; taken.has(id); count += 1) id = `${base}-${count}`;
  return id;
}

function variableName(id: string, secret: string): string {
  return `${id}_${secret}`.toUpperCase().replace(/[^A-Z0-9]+/g, '_').replace(/^(\d)/, '_$1');
}

/** The same server in two scopes of one file is one server. */
function sameServer(declared: ServerDeclaration, read: ReadEntry): boolean {
  return (declared.endpoint.transport === 'stdio') === (read.endpoint.transport === 'stdio') && placeOf(declared) === placeOf(read);
}

/** Reached at the same place, or by the same package: of a file that names no version, whichever version it was pinned to. */
function isThere(declared: Declared, read: ReadEntry): boolean {
  const { endpoint } = read;
  if (declared.endpoint === placeOf(read)) return true;
  return endpoint.transport === 'stdio' && declared.command !== undefined
    && isSamePackage([endpoint.launch.command, ...endpoint.launch.args], declared.command);
}

function placeOf({ endpoint }: Pick<ServerDeclaration, 'endpoint'>): string {
  return endpoint.transport === 'stdio' ? renderArgv(endpoint.launch) : endpoint.url;
}

function declare(id: string, read: ReadEntry, owner: string): ServerDeclaration {
  const { endpoint } = read;
  const remote = endpoint.transport !== 'stdio' && !isLoopback(endpoint.url);
  return {
    id,
    // The person runs it on this machine and has it in their client; whoever approves it sees the address.
    endpoint: remote || endpoint.transport === 'stdio' ? endpoint : { ...endpoint, allowPrivate: true },
    owner,
    hosting: remote ? 'vendor' : 'self',
    tier: remote ? 'vendor' : 'internal',
    labels: { confidentiality: 'confidential', categories: [], integrity: 'untrusted' },
    credentials: read.credentials,
    tools: {},
    allow: [],
  };
}

function isLoopback(url: string): boolean {
  return isLoopbackHost(new URL(url).hostname);
}
