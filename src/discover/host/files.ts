import { createHash } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { basename } from 'node:path';
import type { ConfiguredServer } from '../../domain/configured-server.ts';
import { LIMITS } from '../../domain/limits.ts';
import type { Looked, Observation, Unseen } from '../../domain/observation.ts';
import { observeClient, observeServer, observeTokens } from './file-observation.ts';
import type { FilePlace, FilesLook } from './file-place.ts';
import { nameMatcher, pathsOf } from './find.ts';
import type { PersonHome } from './homes.ts';
import { openedFolders } from './opened.ts';
import { ownerOf, readPlainFile } from './plain-file.ts';
import type { PlainFile } from './plain-file.ts';
import { codeOf, isCrowded, NOT_ALLOWED, walk } from './walk.ts';
import type { Folder } from './walk.ts';

type Item = Observation | Unseen;

/**
 * What the files of clients say: of every home, of the machine, and of projects, those in the homes and those that clients
 * remember. Files are read and nothing else: nothing in them is evaluated, started or connected to. A file that several
 * clients read is seen once, and so is one that has several names.
 */
export async function* lookAtFiles(look: FilesLook): Looked {
  const state: State = { look, chars: new Map(), read: new Set(), walked: new Set(), counts: new Map(), carried: new Map(), opened: new Set(),
    images: new Map() };
  for (const place of look.files.placesOfMachine) yield* atPlace(place, place.pattern, state, {});
  for (const home of look.homes) {
    const closed = closedReason(home.folder);
    if (closed !== undefined) yield { place: home.folder, reason: closed };
    else yield* inHome(home, state);
  }
  for (const folder of look.projects) yield* inProjects(folder, state);
  for (const home of look.walksHomes ? look.homes : []) if (closedReason(home.folder) === undefined) yield* inProjects(home.folder, state);
  // What clients remember to have opened may lie elsewhere.
  for (const remembered of [...state.opened].filter(isLocal).slice(0, LIMITS.clientFoldersMax)) {
    const folder = isWithin(remembered, look.root) ? remembered : `${look.root}${remembered}`;
    if (![...state.walked].some((walked) => isWithin(folder, walked))) yield* inProjects(folder, state, REMEMBERED_DEPTH);
  }
  for (const { client, person, place, servers } of state.counts.values()) yield observeClient(client, person, place, servers, look);
}

/** A remembered folder is a project itself; below it lie its parts. */
const REMEMBERED_DEPTH = 2;

interface State {
  readonly look: FilesLook;
  /** How much was read of each home, and of what is in none. */
  readonly chars: Map<string, number>;
  /** Files that were read, by what they are. */
  readonly read: Set<string>;
  readonly walked: Set<string>;
  /** Clients that somebody has, with the first of their files. */
  readonly counts: Map<string, { readonly client: string; readonly person: string; readonly place: string; readonly servers: number }>;
  /** Remote servers by the names under which `mcp-remote` keeps their tokens. */
  readonly carried: Map<string, string>;
  /** Folders that a client remembers. */
  readonly opened: Set<string>;
  readonly images: Map<string, string>;
}

async function* inHome(home: PersonHome, state: State): AsyncGenerator<Item> {
  const places = state.look.files.placesOfHome(home);
  // What others refer to is read before them, and tokens after all that they could belong to.
  const ordered = [...places.filter(({ scope }) => scope === 'cache'), ...places.filter(({ scope }) => scope !== 'cache')]
    .toSorted((one, other) => Number(one.use === 'tokens') - Number(other.use === 'tokens'));
  for (const place of ordered) yield* atPlace(place, place.pattern, state, { home });
  for (const folder of await openedFolders(home)) state.opened.add(folder);
}

/** Whose files are read, and in which project. */
interface Within {
  readonly home?: PersonHome;
  readonly project?: string;
}

async function* atPlace(place: FilePlace, pattern: string, state: State, within: Within): AsyncGenerator<Item> {
  // What governs servers holds none.
  if (place.use === 'settings') return;
  for (const path of await pathsOf(pattern)) {
    if (place.use === 'opaque') {
      if (existsSync(path)) yield { place: path, reason: `${place.client} keeps servers here in a form that is not read` };
    } else if (place.use === 'tokens') yield* atTokens(path, place.client, state, within);
    else yield* atFile(path, place, state, within);
  }
}

async function* atFile(path: string, place: FilePlace, state: State, within: Within): AsyncGenerator<Item> {
  const budget = within.home?.folder ?? '';
  const spent = state.chars.get(budget) ?? 0;
  if (spent > LIMITS.clientCharsOfHomeMax) {
    if (existsSync(path)) yield { place: path, reason: `files of clients are read up to ${LIMITS.clientCharsOfHomeMax} characters of one home` };
    return;
  }
  const file = await readPlainFile(path);
  if (file === undefined) return;
  if ('reason' in file) {
    yield file;
    return;
  }
  state.chars.set(budget, spent + file.text.length);
  if (!state.read.has(file.identity)) yield* inFile(file, place, state, within);
}

/** That they lie there is told, and what they open; nobody reads them. */
async function* atTokens(path: string, client: string, { look, carried }: State, { home }: Within): AsyncGenerator<Item> {
  const uid = await ownerOf(path);
  const user = uid === undefined ? undefined : home?.user ?? look.userName(uid);
  if (user !== undefined) yield observeTokens(path, client, `${user}@${look.machine}`, carried.get(basename(path).split('_')[0] ?? ''), look);
}

async function* inFile(file: PlainFile, place: FilePlace, state: State, { home, project }: Within): AsyncGenerator<Item> {
  const { look } = state;
  const person = personOf(file, home, look);
  const { client, scope, use } = place;
  state.read.add(file.identity);
  if (scope === 'cache') {
    for (const [name, image] of look.files.imagesIn(file.text, file.path)) state.images.set(name, image);
    return;
  }
  if (use === 'code') {
    yield { place: file.path, reason: `${client} runs this script when it starts: it is not evaluated, look at it` };
    note(state, client, person, file.path, 0, scope);
    return;
  }
  const source = { client, file: file.path, scope, ...(project === undefined ? {} : { project }) };
  const { servers, unread } = look.files.read(file.text, source, state.images);
  for (const server of servers) {
    remember(server, state);
    const alsoReadBy = project === undefined ? [] : look.files.alsoReading(place.pattern);
    yield observeServer({
      server, mode: file.mode, alsoReadBy, ...(home === undefined ? {} : { home: home.folder }), ...(person === undefined ? {} : { person }),
    }, look);
  }
  for (const { name, line, reason } of unread) yield { place: `${file.path}:${line}`, reason: name === '' ? reason : `${name}: ${reason}` };
  note(state, client, person, file.path, servers.length, scope);
}

/** A project's file says nothing of whether its client is here. */
function note(state: State, client: string, person: string | undefined, place: string, servers: number, scope: FilePlace['scope']): void {
  if (person === undefined || (scope !== 'user' && scope !== 'extension')) return;
  const key = `${client} ${person}`;
  const before = state.counts.get(key);
  state.counts.set(key, before === undefined ? { client, person, place, servers } : { ...before, servers: before.servers + servers });
}

/** `mcp-remote` names its files by the MD5 of the address: a name, not a protection. */
function remember({ command, project, runs: { runs, wrappers } }: ConfiguredServer, { carried, opened }: State): void {
  if (project !== undefined) opened.add(project);
  if (runs.kind !== 'remote' || !wrappers.includes('mcp-remote')) return;
  const address = command.find((word) => /^https?:\/\//i.test(word));
  if (address !== undefined) carried.set(createHash('md5').update(address).digest('hex'), runs.url);
}

/** Of a file that a link in a home leads to elsewhere, who owns it: nobody makes another's servers their own. */
function personOf({ real, path, uid }: PlainFile, home: PersonHome | undefined, { machine, userName }: FilesLook): string | undefined {
  const isOwn = home !== undefined && (real === path || isWithin(real, home.folder));
  const user = isOwn ? home.user : userName(uid) ?? home?.user;
  return user === undefined ? undefined : `${user}@${machine}`;
}

/** Every project below a folder. What is hidden is a program's or a copy, and no project, unless it was named. */
async function* inProjects(root: string, state: State, depthMax: number = LIMITS.projectDepthMax): AsyncGenerator<Item> {
  const places = placesByFirst(state.look.files.placesOfProject);
  const home = state.look.homes.find(({ folder }) => isWithin(root, folder));
  const { signal } = state.look;
  state.walked.add(root);
  for await (const item of walk(root, { depthMax, skips: isNoProject, ...(signal === undefined ? {} : { signal }) })) {
    if (!('entries' in item)) yield item;
    else {
      const within = { project: item.path, ...(home === undefined ? {} : { home }) };
      for (const [place, pattern] of placesIn(item, places)) yield* atPlace(place, pattern, state, within);
    }
  }
}

const COPIES = new Set(['Library', 'AppData', 'snap', 'pkg', 'dist', 'build', 'target', 'vendor', 'Applications']);

function isNoProject(name: string): boolean {
  return isCrowded(name) || COPIES.has(name) || (name.startsWith('.') && name !== '.worktrees');
}

interface ByFirst {
  readonly exact: ReadonlyMap<string, readonly FilePlace[]>;
  readonly loose: readonly (readonly [(name: string) => boolean, FilePlace])[];
}

function first({ pattern }: FilePlace): string {
  return pattern.split('/')[0] ?? '';
}

function placesByFirst(places: readonly FilePlace[]): ByFirst {
  return {
    exact: Map.groupBy(places.filter((place) => !first(place).includes('*')), first),
    loose: places.filter((place) => first(place).includes('*')).map((place) => [nameMatcher(first(place)), place] as const),
  };
}

/** The places of which a folder has at least the first name, and their paths there. */
function placesIn({ path, entries }: Folder, { exact, loose }: ByFirst): readonly (readonly [FilePlace, string])[] {
  const found = entries.flatMap(({ name }) => (exact.get(name) ?? []).map((place) => [place, `${path}/${place.pattern}`] as const));
  const matched = loose.flatMap(([matches, place]) => entries.flatMap(({ name }) => (matches(name) ? [[place, `${path}/${name}`] as const] : [])));
  return [...found, ...matched];
}

/** A folder of this machine: to look at another's (`//host/share`) would be to connect to it. */
function isLocal(folder: string): boolean {
  return /^(?:\/(?!\/)|[a-z]:[\\/])/i.test(folder);
}

function closedReason(folder: string): string | undefined {
  try {
    readdirSync(folder);
    return undefined;
  } catch (cause) {
    const code = codeOf(cause);
    return code === 'EACCES' || code === 'EPERM' ? NOT_ALLOWED : `it could not be listed (${code})`;
  }
}

function isWithin(path: string, folder: string): boolean {
  return folder === '' || path === folder || path.startsWith(`${folder.replace(/\/+$/, '')}/`);
}
