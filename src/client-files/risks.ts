import type { ConfiguredServer } from '../domain/configured-server.ts';
import { isLoopbackHost } from '../domain/loopback.ts';
import type { Risk } from '../domain/observation.ts';
import { isReference, looksSecret } from '../domain/secret-forms.ts';
import { knownClient } from './table/table.ts';

/** What of the file counts besides what it says. */
export interface FileFacts {
  /** Its mode, as the system has it; undefined: not known (Windows). */
  readonly mode?: number;
}

/** What is wrong with a server as a client's file has it. */
export function risksOf(server: ConfiguredServer, { mode }: FileFacts): readonly Risk[] {
  const { runs } = server.runs;
  const secret = hasSecret(server);
  const isFetched = runs.kind === 'package' && fetches(server);
  const found: readonly (Risk | false)[] = [
    isFetched && 'remote-fetch',
    // What is installed stays what it is until somebody installs it anew, though no version stands in its path.
    isFetched && !isPinned(runs) && 'unpinned',
    secret && 'secret-in-clear',
    secret && mode !== undefined && (mode & 0o044) !== 0 && 'readable-by-others',
    isCleartext(server) && 'cleartext',
    (runs.kind === 'shell' || runsCommands(nameOf(server))) && 'shell',
    server.command.slice(1).some(isBroad) && 'broad-folder',
    server.autoApproved !== 'all' ? server.autoApproved.length > 0 && 'auto-approve' : 'auto-approve',
    knownClient(server.client)?.ended !== undefined && 'end-of-life',
  ];
  return found.filter((risk) => risk !== false);
}

/** Servers whose purpose is to run what they are told. */
const RUNS_COMMANDS = /(?:^|[/@_-])(?:shell|terminal|commands?|bash|powershell|desktop-commander|iterm)(?:$|[@_-])/i;

export function runsCommands(name: string): boolean {
  return RUNS_COMMANDS.test(name);
}

function nameOf({ runs: { runs } }: ConfiguredServer): string {
  return runs.kind === 'package' ? runs.name : '';
}

/** Whether it is fetched when it starts, rather than installed before. */
export function fetches({ runs: { wrappers } }: ConfiguredServer): boolean {
  return wrappers.some((one) => /^(?:npx|bunx|pnpx|npm-|pnpm-|yarn-|bun-|uvx|uv-|pipx|go-run|dnx|docker|podman|nerdctl|finch)/.test(one));
}

/** By a digest, or by one exact version that its registry gives out once. */
export function isPinned({ ecosystem, version }: { readonly ecosystem: string; readonly version?: string }): boolean {
  if (version === undefined) return false;
  return ecosystem === 'oci' ? version.startsWith('sha256:') : /^v?\d+(?:\.\d+){1,}[\w.+-]*$|^[0-9a-f]{40}$/.test(version);
}

/** Whether a value that is no reference is a secret by its form or by its name. */
function hasSecret({ command, env, headers, url }: ConfiguredServer): boolean {
  const named = [...Object.entries(env), ...Object.entries(headers)].some(([name, value]) => !isReference(value) && looksSecret(name, value));
  return named || (url !== undefined && looksSecret('', url)) || command.some((word, at) => {
    const [, option, header] = /^(?:--?([\w-]+)=|([A-Za-z-]+):\s?)/.exec(word) ?? [];
    const before = command[at - 1] ?? '';
    const value = option === undefined ? word.slice(header === undefined ? 0 : header.length + 1).trim() : word.slice(word.indexOf('=') + 1);
    return looksSecret(option ?? header ?? (before.startsWith('-') && !word.startsWith('-') ? before : ''), value);
  });
}

/** Also behind a command that only carries it to its client. */
export function isCleartext({ url: own, runs: { runs } }: ConfiguredServer): boolean {
  const url = own ?? (runs.kind === 'remote' ? runs.url : undefined);
  if (url === undefined || !URL.canParse(url)) return false;
  const { protocol, hostname } = new URL(url);
  return (protocol === 'http:' || protocol === 'ws:') && !isLoopbackHost(hostname);
}

/** The whole disk, a home, all homes, or what the system's settings are in: as an argument or as a mount of a container. */
export function isBroad(word: string): boolean {
  const [, mounted] = /^(?:--?[\w-]+=)?(?:type=\w+,)?(?:src=|source=)?([^:,]+)/.exec(word) ?? [];
  const path = (/^[a-z]:/i.test(word) ? word : mounted ?? word).replace(/(?<=.)[/\\]+$/, '');
  return /^(?:\/|~|\$HOME|\$\{HOME\}|%USERPROFILE%|\$\{userHome\}|\/(?:home|Users|root|etc|var|mnt|Volumes)(?:\/[\w.-]+)?|[a-z]:(?:\\+Users(?:\\+[^\\]+)?)?\\?)$/i.test(path)
    && !/^\/(?:etc|var|mnt|Volumes)\/[\w.-]+$/i.test(path);
}
