import { join } from 'node:path';
import { SallyportError } from '../domain/errors.ts';
import type { ErrorCode } from '../domain/errors.ts';
import { isLoopbackHost } from '../domain/loopback.ts';
import { EntryProblem, readEntry } from './client-entry.ts';
import type { EntryOptions, ReadEntry } from './client-entry.ts';
import { entriesAt, parseClientText, placesIn } from './client-text.ts';
import { renderArgv } from './launch.ts';
import { isSamePackage } from './packages.ts';
import type { ServerDeclaration } from './manifest.ts';
import { showHidden } from './text.ts';

export const CLIENTS = ['claude-code', 'cursor', 'vscode', 'copilot'] as const;
export type Client = (typeof CLIENTS)[number];

export interface Surroundings {
  readonly home: string;
  readonly cwd: string;
  readonly platform: NodeJS.Platform;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** The files in which a client keeps servers, the person's own first, then the project's. Some may not exist. */
export function clientFiles(client: Client, { home, cwd, platform, env }: Surroundings): readonly string[] {
  switch (client) {
    case 'claude-code':
      return [join(env['CLAUDE_CONFIG_DIR'] ?? home, '.claude.json'), join(cwd, '.mcp.json')];
    case 'cursor':
      return [join(home, '.cursor/mcp.json'), join(cwd, '.cursor/mcp.json')];
    case 'vscode': {
      const user = codeFolder(home, platform, env);
      return [join(user, 'mcp.json'), join(user, 'settings.json'), join(cwd, '.vscode/mcp.json'), join(cwd, '.vscode/settings.json')];
    }
    case 'copilot':
      break;
  }
  return [join(env['COPILOT_HOME'] ?? join(home, '.copilot'), 'mcp-config.json'), join(cwd, '.mcp.json'), join(cwd, '.github/mcp.json')];
}

function codeFolder(home: string, platform: NodeJS.Platform, env: Surroundings['env']): string {
  if (platform === 'darwin') return join(home, 'Library/Application Support/Code/User');
  if (platform === 'win32') return join(env['APPDATA'] ?? join(home, 'AppData/Roaming'), 'Code/User');
  return join(env['XDG_CONFIG_HOME'] ?? join(home, '.config'), 'Code/User');
}

/** Which client a name means. Throws `ERR_CLIENT_UNKNOWN`. */
export function clientNamed(name: string): Client {
  const found = CLIENTS.find((client) => client === name);
  if (found) return found;
  throw new SallyportError('ERR_CLIENT_UNKNOWN', `no client is known as ${JSON.stringify(showHidden(name))}`, {
    remedy: `name one of: ${CLIENTS.join(', ')}`,
  });
}

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

export interface ImportOptions {
  /** Who is accountable for what is imported, until somebody says otherwise. */
  readonly owner: string;
  /** Ids that exist already. */
  readonly taken?: readonly string[];
  /** What is declared already, and where it is reached: a URL, or a command with its arguments. */
  readonly declared?: readonly Declared[];
  /** Puts a secret away and says where; without it, a secret is expected in an environment variable of Sallyport's. */
  keep?(server: string, name: string, value: string): string | undefined;
}

/**
 * Turns what a client's file has into declarations for a manifest. Nothing in the answer is a secret: values of env and
 * headers become references. What can't be enrolled as it is is named with the reason. Throws `ERR_CONFIG_SYNTAX`.
 */
export function importServers(text: string, file: string, options: ImportOptions): Import {
  const tree = parseClientText(text, file);
  const servers: ImportedServer[] = [];
  const skipped: SkippedEntry[] = [];
  const secrets: KeptSecret[] = [];
  const taken = new Set(options.taken);
  for (const { path, scope } of placesIn(tree)) {
    for (const [name, value] of entriesAt(tree, path)) {
      const id = freeId(name, taken);
      const kept: KeptSecret[] = [];
      const keep: EntryOptions['keep'] = (secret, plain) => {
        const given = plain === undefined ? undefined : options.keep?.(id, secret, plain);
        const reference = given ?? `env:${variableName(id, secret)}`;
        kept.push({ server: id, name: secret, reference });
        return reference;
      };
      try {
        const read = readEntry(value, { keep, isLoose: true });
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
  }
  return { servers, skipped, secrets };
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
