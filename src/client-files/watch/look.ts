import { createHmac } from 'node:crypto';
import { lstat, readdir, readlink, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import type { ConfiguredServer } from '../../domain/configured-server.ts';
import { isObject } from '../../domain/json.ts';
import type { Json } from '../../domain/json.ts';
import { LIMITS } from '../../domain/limits.ts';
import { redact } from '../../domain/redacted.ts';
import type { Runs } from '../../domain/runs.ts';
import { readRegular } from '../file.ts';
import { readLeniently } from '../read/lenient.ts';
import { readFileOf } from '../read/servers.ts';
import { MANAGED, WEIGHED } from './settings.ts';
import type { EntryState, FileState, WatchedPlace, WatchedRole } from './watched.ts';

/** A file as it was seen: its state, and its bytes for who keeps a copy. */
export interface Seen {
  readonly state: FileState;
  readonly bytes: Uint8Array | undefined;
}

/** Folders below a watched one; deeper nothing of an agent lies. */
const DEPTH_MAX = 6;
/** What tools unpack by the thousand, and no agent obeys. */
const SKIPPED: ReadonlySet<string> = new Set(['node_modules', '.git']);

/** Looks at one file without waiting for anything: no FIFO is opened, no device, nothing too large. Undefined: there is none. */
export async function lookAt({ path, role, client }: WatchedPlace, salt: string): Promise<Seen | undefined> {
  const found = await lstat(path).catch(() => undefined);
  if (found === undefined) return undefined;
  const link = found.isSymbolicLink() ? await readlink(path).catch(() => '') : undefined;
  const real = link === undefined ? path : await realpath(path).catch(() => undefined);
  const bytes = real === undefined ? undefined : readBytes(real);
  const { mode, uid, gid } = (real === undefined ? undefined : await lstat(real).catch(() => undefined)) ?? found;
  const hash = (text: string | Uint8Array): string => createHmac('sha256', salt).update(text).digest('hex');
  const common = {
    path, role, ...(client === undefined ? {} : { client }), ...(link === undefined ? {} : { link }), mode: mode & 0o7777, uid, gid,
    digest: bytes === undefined ? '' : hash(bytes),
  };
  if (bytes === undefined) return { state: { ...common, kind: 'unreadable', entries: [], settings: {} }, bytes };
  if (role === 'instructions' || role === 'programs') return { state: { ...common, kind: 'file', entries: [], settings: {} }, bytes };
  return { state: { ...common, ...readState(bytes, { path, role, client }, hash) }, bytes };
}

/** What there is of watched places. */
export interface Found {
  /** Each once, at most so many. */
  readonly files: readonly WatchedPlace[];
  /** Those that were entered, and those to enter that are not there. */
  readonly folders: readonly string[];
  readonly hasMore: boolean;
}

/** Every file of the watched places, folders opened. */
export async function filesOf(places: readonly WatchedPlace[]): Promise<Found> {
  const found = new Map<string, WatchedPlace>();
  const folders: string[] = [];
  let hasMore = false;
  const add = (place: WatchedPlace): void => {
    if (found.size >= LIMITS.watchedFilesMax && !found.has(place.path)) hasMore = true;
    else if (!found.has(place.path)) found.set(place.path, place);
  };
  const enter = async ({ path, role, client }: WatchedPlace, depth: number, fits: (file: string) => boolean): Promise<void> => {
    folders.push(path);
    for (const each of (await readdir(path, { withFileTypes: true }).catch(() => [])).toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
      const inner = { path: join(path, each.name), role, ...(client === undefined ? {} : { client }) };
      if (!each.isDirectory()) {
        if (fits(inner.path)) add(inner);
      } else if (depth < DEPTH_MAX && found.size < LIMITS.watchedFilesMax && !SKIPPED.has(each.name)) await enter(inner, depth + 1, fits);
    }
  };
  for (const place of places) {
    const glob = place.pattern === undefined ? undefined : new Bun.Glob(place.pattern);
    const fits = (file: string): boolean => glob?.match(file.slice(place.path.length + 1)) ?? true;
    if (place.isFolder === true) await enter(place, 0, fits);
    else add(place);
  }
  return { files: [...found.values()], folders, hasMore };
}

function readBytes(path: string): Uint8Array | undefined {
  try {
    return readRegular(path);
  } catch {
    return undefined;
  }
}

type Hash = (text: string) => string;

interface Place {
  readonly path: string;
  readonly role: WatchedRole;
  readonly client: string | undefined;
}

/** Read as leniently as clients do: what is broken is said, and hides no server. */
function readState(bytes: Uint8Array, { path, role, client = 'unknown' }: Place, hash: Hash): Pick<FileState, 'kind' | 'entries' | 'settings'> {
  const text = new TextDecoder().decode(bytes);
  if (text.trim() === '') return { kind: 'file', entries: [], settings: {} };
  const { json, faults } = readLeniently(text, path);
  const { servers } = readFileOf(text, { client, file: path, scope: 'user' });
  const entries = servers.slice(0, LIMITS.watchedEntriesMax).map((server) => entryOf(server, hash));
  const weighed = role === 'managed' ? { ...WEIGHED, ...MANAGED } : WEIGHED;
  return { kind: faults.length === 0 ? 'file' : 'broken', entries, settings: settingsIn(json, weighed, hash) };
}

function entryOf(server: ConfiguredServer, hash: Hash): EntryState {
  const { name, project, command: [program = '', ...args], url, env, headers, cwd, isDisabled, autoApproved } = server;
  const digests = (of: Readonly<Record<string, string>>): Readonly<Record<string, string>> =>
    Object.fromEntries(Object.entries(of).toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([key, value]) => [key, hash(value)]));
  return {
    name, ...(project === undefined ? {} : { project }), runs: describe(server.runs.runs), command: program === '' ? '' : hash(program), args: args.map(hash),
    ...(url === undefined ? {} : { host: hostOf(url), address: hash(url) }), env: digests(env), headers: digests(headers),
    ...(cwd === undefined ? {} : { cwd: hash(cwd) }), isDisabled, approved: autoApproved === 'all' ? 'all' : autoApproved.toSorted(),
  };
}

/** A line for a shell may hold anything, so it is not repeated. */
function describe(runs: Runs): string {
  const words = wordsOf(runs);
  return words.includes('://') ? redact(words.replaceAll(CUSTOMER, '[…]')) : words;
}

/** Some vendors give each customer an address that is the secret. */
const CUSTOMER = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi;

function wordsOf(runs: Runs): string {
  if (runs.kind === 'remote') return runs.url;
  if (runs.kind === 'package') return `${runs.ecosystem}:${runs.name}${runs.version === undefined ? '' : `@${runs.version}`}`;
  if (runs.kind === 'program') return runs.script ?? runs.program;
  return runs.kind === 'shell' ? 'a line for a shell' : `the gate${runs.server === undefined ? '' : `: ${runs.server}`}`;
}

function hostOf(url: string): string {
  if (!URL.canParse(url)) return '';
  const { protocol, host } = new URL(url);
  return `${protocol}//${host}`;
}

function settingsIn(json: Json, weighed: Readonly<Record<string, unknown>>, hash: Hash): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.keys(weighed).flatMap((key) => {
    const value = settingAt(json, key);
    return value === undefined ? [] : [[key, hash(JSON.stringify(value))]];
  }));
}

/** A setting by its dotted name: as one key, as some clients have it, or as a path. */
function settingAt(json: Json, key: string): Json | undefined {
  if (!isObject(json)) return undefined;
  if (Object.hasOwn(json, key)) return json[key];
  return key.split('.').reduce<Json | undefined>((at, name) => (isObject(at) && Object.hasOwn(at, name) ? at[name] : undefined), json);
}
