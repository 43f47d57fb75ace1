import type { Risk } from '../../domain/observation.ts';
import type { Runs, Unwrapped } from '../../domain/runs.ts';
import type { Dependency } from '../clues/sdks.ts';
import { nameConfidence } from '../clues/sdks.ts';

/** What the look at code needs of others. */
export interface CodeLook {
  /** The machine's name. */
  readonly machine: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Takes wrappers off a command. */
  readonly unwrap: (command: readonly string[], around: { readonly cwd?: string }) => Unwrapped;
  /** Whose endpoint this is, of those that vendors publish. */
  readonly vendorOf: (host: string, path: string) => string | undefined;
  /** Ids of the advisories that a version of a package is affected by. */
  readonly advisoriesFor: (ecosystem: string, name: string, version: string) => readonly string[];
  /** Whether a path of a project is a file in which a client keeps its servers. */
  readonly isClientFile: (path: string) => boolean;
  /** The servers in such a file. Throws where it is broken. */
  readonly readClientFile: (path: string, text: string) => readonly Clue[];
}

/** One thing in one file that speaks of a server or client. */
export interface Clue {
  readonly line: number;
  readonly sensor: 'code' | 'manifest' | 'client-file';
  readonly kind: 'server' | 'client';
  /** What it runs or reaches; absent: the project that the file is in is it. */
  readonly runs?: Runs;
  /** Other names of the same one: every package and address that a declaration gives. */
  readonly also?: readonly Runs[];
  readonly name?: string;
  readonly client?: string;
  /** 1..100. */
  readonly confidence: number;
  readonly risks: readonly Risk[];
  readonly facts: Readonly<Record<string, string | number | boolean>>;
}

/** What one file says of the project that it is in. */
export interface ProjectSaid {
  readonly name?: string;
  readonly version?: string;
  readonly ecosystem?: Dependency['ecosystem'];
  /** It is meant to be published under its name. */
  readonly isPublic: boolean;
  /** It says by a registry's mark that it is a server. */
  readonly isDeclared: boolean;
}

export interface LocatedDependency extends Dependency {
  readonly line: number;
}

const CONFIDENCE_MIN = 50;

/** What a command in a file runs, where that is a server. Nothing of it is run or evaluated. */
export function clueOfCommand(command: readonly string[], line: number, look: CodeLook): Clue | undefined {
  if (command.length === 0 || command.some((word) => /^\$\(|`/.test(word))) return undefined;
  const added = addedByClient(command);
  if (added !== undefined) return typeof added === 'string' ? clueOfUrl(added, line, 90, 'added to a client', look) : clueOfCommand(added, line, look);
  const { runs, wrappers } = look.unwrap(command, {});
  if (runs.kind === 'remote') return isPlaceholder(runs.url) ? undefined : clueOfUrl(runs.url, line, 90, 'a command that bridges to it', look);
  if (runs.kind !== 'package') return undefined;
  const confidence = nameConfidence(runs.ecosystem, runs.name);
  if (confidence < CONFIDENCE_MIN || /[${}<>]/.test(runs.name)) return undefined;
  return {
    line, sensor: 'code', kind: 'server', runs, name: runs.name, confidence,
    risks: [...(FETCHING.test(wrappers.join(' ')) ? ['remote-fetch' as const] : []), ...(runs.version === undefined ? ['unpinned' as const] : [])],
    facts: { by: 'a command that starts it', ...(wrappers.length > 0 && { wrappers: wrappers.join(', ') }) },
  };
}

const FETCHING = /\b(?:npx|bunx|pnpm|pnpx|yarn|uvx|pipx|uv)\b/;

const ADDS = /(?:^|\/)(?:claude|codex|gemini|qwen|amp|droid|copilot|opencode|kimi)$/;

/** `claude mcp add [options] NAME (-- COMMAND… | URL)` and the clients that do likewise: the command, or the address. */
function addedByClient(command: readonly string[]): readonly string[] | string | undefined {
  const [program = '', noun, verb, ...rest] = command;
  if (noun !== 'mcp' || verb !== 'add' || !ADDS.test(program)) return undefined;
  const url = rest.find((word) => /^https?:\/\//i.test(word));
  if (url !== undefined && !rest.includes('--')) return url;
  const at = rest.indexOf('--');
  return at < 0 ? undefined : rest.slice(at + 1);
}

/** A remote server by its address. Addresses that only show how one is written are none. */
export function clueOfUrl(url: string, line: number, confidence: number, by: string, look: CodeLook): Clue | undefined {
  if (!URL.canParse(url) || isPlaceholder(url)) return undefined;
  const { protocol, host, hostname, pathname } = new URL(url);
  if (!/^(?:https?|wss?):$/.test(protocol) || hostname === '') return undefined;
  const vendor = look.vendorOf(hostname.toLowerCase(), pathname);
  return {
    line, sensor: 'code', kind: 'server', runs: { kind: 'remote', url: `${protocol}//${host}${pathname}` },
    confidence: vendor === undefined ? confidence : Math.max(confidence, 90),
    risks: protocol === 'http:' || protocol === 'ws:' ? ['cleartext'] : [],
    facts: { by, ...(vendor !== undefined && { vendor }) },
    ...(vendor !== undefined && { name: vendor }),
  };
}

const SAMPLE_HOST = new RegExp('(?:^|\\.)(?:example(?:\\.(?:com|org|net))?|test|invalid|localhost|local)$|your-|my-?(?:server|host|domain)'
  + '|^(?:127\\.|0\\.0\\.0\\.0|\\[?::1?\\]?$|host\\.docker\\.internal)', 'i');

/** Of this machine, of documentation, or with a gap that somebody must fill. */
export function isPlaceholder(url: string): boolean {
  if (/[<>{}$%*]|\s/.test(url) || !URL.canParse(url)) return true;
  return SAMPLE_HOST.test(new URL(url).hostname);
}

/** A container image as a server; undefined: its name says nothing of one. */
export function clueOfImage(image: string, line: number, by: string): Clue | undefined {
  if (/[${}<>\s]/.test(image) || image === '') return undefined;
  const confidence = nameConfidence('oci', image);
  if (confidence < CONFIDENCE_MIN) return undefined;
  const untagged = image.replace(/@sha256:.*$/, '');
  const version = /:([^/:]+)$/.exec(untagged)?.[1];
  const name = untagged.replace(/:[^/:]+$/, '');
  return {
    line, sensor: 'code', kind: 'server', name, confidence, facts: { by },
    runs: { kind: 'package', ecosystem: 'oci', name, ...(version !== undefined && { version }) },
    risks: image.includes('@sha256:') ? [] : ['unpinned'],
  };
}

/** The simple commands of a text for a shell, with the line of each, words as they stand: cut at line ends and connectors, never evaluated. */
export function commandsIn(text: string, firstLine: number): readonly { readonly words: readonly string[]; readonly line: number }[] {
  let line = firstLine;
  return text.split(/(?<!\\)\r?\n/).flatMap((row) => {
    const at = line;
    line += row.split('\n').length;
    return splitCommands(row.replaceAll(/\\\r?\n/g, ' ')).map((words) => ({ words, line: at }));
  });
}

function splitCommands(row: string): readonly (readonly string[])[] {
  const commands: string[][] = [[]];
  // Quoted parts, connectors, and what is between.
  for (const [token] of row.matchAll(/(?:"(?:[^"\\]|\\.)*"|'[^']*'|\\.|[^\s"'\\;&|#])+|&&|\|\||[;&|]|#.*/g)) {
    if (token.startsWith('#')) break;
    if (/^(?:&&|\|\||[;&|])$/.test(token)) commands.push([]);
    else commands.at(-1)?.push(token.replaceAll(/^(["'])(.*)\1$/g, '$2'));
  }
  // Settings for one command, and words before it, are no program.
  return commands.map((words) => words.slice(words.findIndex((word) => !/^[A-Za-z_]\w*=|^(?:sudo|exec|time|then|do|else|RUN|@|-)$/.test(word))))
    .filter((words) => words.length > 0);
}
