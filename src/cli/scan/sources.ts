import { readClientFile } from '../../client-files/file.ts';
import { readText } from '../../client-files/read/document.ts';
import type { ReadDocument } from '../../client-files/read/document.ts';
import { valueAt } from '../../client-files/read/entries.ts';
import type { Locate } from '../../client-files/read/region.ts';
import { readServers } from '../../client-files/read/servers.ts';
import { carriedBy } from '../../client-files/runs/carriers.ts';
import type { ConfiguredServer } from '../../domain/configured-server.ts';
import { SallyportError } from '../../domain/errors.ts';
import { isArray } from '../../domain/json.ts';
import { EntryProblem, readEntry } from '../../registry/imported-entry.ts';
import type { ReadEntry } from '../../registry/imported-entry.ts';
import { renderArgv } from '../../registry/launch.ts';
import { looksSecret } from '../../domain/secret-forms.ts';
import { showHidden } from '../../domain/hidden.ts';
import { findingsOf, pathOf } from './config-findings.ts';
import { differences } from './differs.ts';
import type { ScanFinding } from './judge.ts';
import { OWN_NAME, readLive } from './live.ts';
import type { Reach } from './live.ts';
import { baseOf, saidIn, toTarget } from './target.ts';
import type { Said, Target } from './target.ts';

export interface Sources {
  readonly targets: readonly Target[];
  /** What was seen besides what servers say: entries of a client's file, and what a server tells others. */
  readonly findings: readonly ScanFinding[];
  /** What was not read, and why; a person must not take it for clean. */
  readonly skipped: readonly Skipped[];
}

export interface Skipped {
  readonly name: string;
  readonly reason: string;
  /** It was asked, and could not be read. */
  readonly failed: boolean;
}

export interface Allowed {
  /** Servers at URLs may be asked. */
  readonly connect: boolean;
  /** Local commands may be started. */
  readonly start: boolean;
  /** Clients that a server is asked as, besides ourselves. */
  readonly as: readonly string[];
  readonly timeoutMs: number;
}

/**
 * A file: lists of definitions as a server answered them, or a client's configuration. Throws `ERR_FILE_UNREADABLE`,
 * `ERR_CONFIG_SYNTAX`, `ERR_SURFACE_INVALID`, `ERR_SURFACE_TOO_LARGE`. `from`: the file as it was typed.
 */
export async function readFileSources(file: string, from: string, allowed: Allowed): Promise<Sources> {
  const { bytes, text } = await readClientFile(file);
  if (bytes === undefined) throw new SallyportError('ERR_FILE_UNREADABLE', `there is no file ${showHidden(file)}`,
    { remedy: 'Name a file, or the id of a server.' });
  const read = readText(text, file);
  const said = saidIn(read.json);
  if (said !== undefined) return { targets: [{ ...toTarget(nameOf(file), from, said), locate: within(read) }], findings: [], skipped: [] };
  const { servers, unread } = readServers(read, { client: 'unknown', file, scope: 'user' });
  if (servers.length + unread.length === 0) throw new SallyportError('ERR_SURFACE_INVALID', `${showHidden(file)} holds neither definitions nor servers`, {
    remedy: 'Give a result of tools/list, or the configuration file of a client.',
  });
  const all: Sources[] = [{ targets: [], findings: [], skipped: unread.map(({ name, reason }) => ({ name, reason, failed: false })) }];
  for (const server of servers) all.push(await readOne(server, read, from, allowed));
  return { targets: all.flatMap(({ targets }) => targets), findings: all.flatMap(({ findings }) => findings), skipped: all.flatMap(({ skipped }) => skipped) };
}

/** Asks a server what it says of itself, as ourselves and as others. Throws `ERR_UPSTREAM_UNREACHABLE`. */
export async function readServer(name: string, from: string, reach: Reach, { as, timeoutMs }: Pick<Allowed, 'as' | 'timeoutMs'>): Promise<Sources> {
  const read = async (called: string): Promise<Target> => toTarget(name, from, await readLive(reach, { as: called, timeoutMs }));
  const ours = await read(OWN_NAME);
  const [targets, findings]: [Target[], ScanFinding[]] = [[ours], []];
  for (const other of as) {
    const theirs = await read(other);
    const differs = differences(ours, theirs, other);
    findings.push(...differs);
    if (differs.length > 0) targets.push({ ...theirs, name: `${name} as ${showHidden(other)}`, isAnother: true });
  }
  return { targets, findings, skipped: [] };
}

/** Where the pointers of a target lead in the file that it was read from. */
function within({ json, locate }: ReadDocument): (pointer: string) => ReturnType<Locate> {
  const base = baseOf(json);
  const said: Said = saidIn(json) ?? {};
  return (pointer) => {
    const path = pathOf(pointer, JSON.parse(JSON.stringify(said)));
    return locate(isArray(json) ? path.slice(1) : [...base, ...path]);
  };
}

/** One entry: judged as it would be on import, before anything of it is started or asked. */
async function readOne(server: ConfiguredServer, { json, locate }: ReadDocument, file: string, allowed: Allowed): Promise<Sources> {
  const seen = findingsOf(server, valueAt(json, server.at) ?? null, file, locate);
  const region = locate(server.at);
  const checked = check(server);
  const common = { server: server.name, from: file, item: '', at: [], excerpt: '', ...(region === undefined ? {} : { region }) };
  const launch: readonly ScanFinding[] = checked.problem === undefined || !isLaunch(checked.problem) ? [] : [{
    ...common, message: checked.problem.message,
    ...(checked.problem.code === 'ERR_LAUNCH_FORBIDDEN' ? { rule: 'launch/forbidden', severity: 'high' } : { rule: 'launch/unpinned', severity: 'medium' }),
  }];
  const findings = [...seen, ...launch];
  const skip = (reason: string, failed = false): Sources => ({ targets: [], findings, skipped: [{ name: server.name, reason, failed }] });
  const { reach } = checked;
  if (reach === undefined) return skip(checked.problem?.message ?? 'it can\'t be reached');
  const isLocal = 'command' in reach;
  const where = isLocal ? renderArgv({ command: reach.command, args: masked(reach.args) }) : publicUrl(reach.url);
  if (isLocal && !allowed.start) return skip(`--start would start: ${where}`);
  if (!isLocal && !allowed.connect) return skip(`--connect would ask: ${where}`);
  try {
    const read = await readServer(server.name, where, reach, allowed);
    return { ...read, findings: [...findings, ...read.findings] };
  } catch (error) {
    if (!(error instanceof SallyportError)) throw error;
    return skip(`${error.code} ${error.message}`, true);
  }
}

function isLaunch({ code }: EntryProblem): boolean {
  return code === 'ERR_LAUNCH_FORBIDDEN' || code === 'ERR_LAUNCH_UNPINNED';
}

interface Checked {
  readonly reach?: Reach;
  readonly problem?: EntryProblem;
}

/** How a server is reached; what hides what it starts is reached by nobody. */
function check(server: ConfiguredServer): Checked {
  const carried = carriedBy(server.command);
  const { env, headers } = carried === undefined ? server : { ...server, headers: carried.headers };
  try {
    // References stand for secrets: nothing of them is shown.
    const read: ReadEntry = readEntry(server, carried, { keep: (secret) => `env:${secret.replaceAll(/\W/g, '_')}`, isLoose: false });
    const { endpoint } = read;
    if (endpoint.transport !== 'stdio') return { reach: { url: endpoint.url, headers } };
    const { command, args, cwd } = endpoint.launch;
    return { reach: { command, args, env, ...(cwd === undefined ? {} : { cwd }) } };
  } catch (error) {
    if (!(error instanceof EntryProblem)) throw error;
    const [command, ...args] = server.command;
    // What is only not pinned is what most people have: they may look at it.
    return error.code === 'ERR_LAUNCH_UNPINNED' && command !== undefined ? { problem: error, reach: { command, args, env } } : { problem: error };
  }
}

/** What stands behind an option that names a secret is not shown. */
function masked(args: readonly string[]): readonly string[] {
  return args.map((word, index) => {
    if (looksSecret(args[index - 1] ?? '', word)) return '•••';
    const [option = '', value] = word.split('=', 2);
    return value !== undefined && looksSecret(option, value) ? `${option}=•••` : word;
  });
}

/** An address without what may be secret in it. */
export function publicUrl(url: string): string {
  if (!URL.canParse(url)) return '';
  const { origin, pathname } = new URL(url);
  return `${origin}${pathname}`;
}

function nameOf(file: string): string {
  return file.split(/[/\\]/).at(-1)?.replace(/\.jsonc?$/i, '') ?? file;
}
