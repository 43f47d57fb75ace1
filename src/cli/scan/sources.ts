import { SallyportError } from '../../domain/errors.ts';
import { isObject } from '../../domain/json.ts';
import type { Json, JsonObject } from '../../domain/json.ts';
import { EntryProblem, readEntry } from '../../registry/client-entry.ts';
import type { ReadEntry } from '../../registry/client-entry.ts';
import { readClientFile } from '../../registry/client-file.ts';
import { entriesAt, parseClientText, placesIn } from '../../registry/client-text.ts';
import { renderArgv } from '../../registry/launch.ts';
import { showHidden } from '../../registry/text.ts';
import type { ScanFinding } from './judge.ts';
import { readLive } from './live.ts';
import type { Reach } from './live.ts';
import { saidIn, toTarget } from './target.ts';
import type { Target } from './target.ts';

export interface Sources {
  readonly targets: readonly Target[];
  /** What was seen before anything was asked: entries of a client's file. */
  readonly findings: readonly ScanFinding[];
  /** What was not read, and why; a person must not take it for clean. */
  readonly skipped: readonly { readonly name: string; readonly reason: string }[];
}

export interface Allowed {
  /** Servers at URLs may be asked. */
  readonly connect: boolean;
  /** Local commands may be started. */
  readonly command: boolean;
}

/**
 * A file: lists of definitions as a server answered them, or a client's configuration. Throws `ERR_FILE_UNREADABLE`,
 * `ERR_CONFIG_SYNTAX`, `ERR_SURFACE_INVALID`.
 */
export async function readFileSources(file: string, allowed: Allowed): Promise<Sources> {
  const { bytes, text } = await readClientFile(file);
  if (bytes === undefined) throw new SallyportError('ERR_FILE_UNREADABLE', `there is no file ${showHidden(file)}`,
    { remedy: 'Name a file, or the id of a server.' });
  const said = saidIn(parseLoose(text) ?? null);
  if (said !== undefined) return { targets: [toTarget(nameOf(file), file, said)], findings: [], skipped: [] };
  const tree = parseClientText(text, file);
  const entries = placesIn(tree).flatMap(({ path }) => [...entriesAt(tree, path)]);
  if (entries.length === 0) throw new SallyportError('ERR_SURFACE_INVALID', `${showHidden(file)} holds neither definitions nor servers`, {
    remedy: 'Give a result of tools/list, or the configuration file of a client.',
  });
  const read = entries.map(([name, value]) => readOne(name, value, file));
  const live = await Promise.all(read.map((one) => ask(one, file, allowed)));
  return {
    targets: live.flatMap(({ target }) => (target === undefined ? [] : [target])),
    findings: read.flatMap(({ finding }) => (finding === undefined ? [] : [finding])),
    skipped: live.flatMap(({ skipped }) => (skipped === undefined ? [] : [skipped])),
  };
}

function parseLoose(text: string): Json | undefined {
  try {
    const json: Json = JSON.parse(text);
    return json;
  } catch {
    return undefined;
  }
}

interface ReadOne {
  readonly name: string;
  readonly entry?: ReadEntry;
  readonly finding?: ScanFinding;
  readonly env: JsonObject;
  readonly headers: JsonObject;
}

/** One entry, judged as it would be on import: how it would be started, before it is. */
function readOne(name: string, value: unknown, file: string): ReadOne {
  const json = plainOf(value);
  const given = { env: objectAt(json, 'env'), headers: objectAt(json, 'headers') };
  try {
    // References stand for secrets: nothing of them is shown.
    return { name, ...given, entry: readEntry(value, { keep: (secret) => `env:${secret.replaceAll(/\W/g, '_')}`, versions: {} }) };
  } catch (error) {
    if (!(error instanceof EntryProblem)) throw error;
    const severity = error.code === 'ERR_LAUNCH_FORBIDDEN' ? 'high' : 'medium';
    const isLaunch = error.code === 'ERR_LAUNCH_FORBIDDEN' || error.code === 'ERR_LAUNCH_UNPINNED';
    return {
      name, ...given,
      ...(isLaunch ? { finding: {
        rule: error.code === 'ERR_LAUNCH_FORBIDDEN' ? 'launch/forbidden' : 'launch/unpinned', severity, server: name, from: file, item: '', at: [],
        message: error.message, excerpt: '',
      } as const } : {}),
    };
  }
}

async function ask({ name, entry, env, headers }: ReadOne, file: string,
  allowed: Allowed): Promise<{ readonly target?: Target; readonly skipped?: Sources['skipped'][number] }> {
  if (entry === undefined) return { skipped: { name, reason: 'it would not be imported as it is' } };
  const { endpoint } = entry;
  const isLocal = endpoint.transport === 'stdio';
  if (isLocal ? !allowed.command : !allowed.connect) {
    return { skipped: { name, reason: isLocal ? 'a local command is started only with --command' : 'a URL is asked only with --connect' } };
  }
  const reach: Reach = isLocal
    ? { command: endpoint.launch.command, args: endpoint.launch.args, env: textsOf(env),
      ...(endpoint.launch.cwd === undefined ? {} : { cwd: endpoint.launch.cwd }) }
    : { url: endpoint.url, headers: textsOf(headers) };
  try {
    return { target: toTarget(name, isLocal ? renderArgv(endpoint.launch) : endpoint.url, await readLive(reach)) };
  } catch (error) {
    if (!(error instanceof SallyportError)) throw error;
    return { skipped: { name, reason: `${error.code} ${error.message} (${file})` } };
  }
}

function objectAt(json: Json, key: string): JsonObject {
  const value = isObject(json) ? json[key] : undefined;
  return isObject(value) ? value : {};
}

function textsOf(json: JsonObject): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(json).flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : [])));
}

function plainOf(value: unknown): Json {
  const json: Json = JSON.parse(JSON.stringify(value ?? null));
  return json;
}

function nameOf(file: string): string {
  return file.split(/[/\\]/).at(-1)?.replace(/\.jsonc?$/i, '') ?? file;
}
