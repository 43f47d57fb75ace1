import { join } from 'node:path';
import { LIMITS } from '../../domain/limits.ts';
import type { AssetKey, Looked, Observation, Unseen } from '../../domain/observation.ts';
import { readStart } from '../bounded-file.ts';
import { isCrowded, walk } from '../host/walk.ts';
import { keyOfProgram, keysOfRuns } from '../keys.ts';
import { publicRuns } from '../public-runs.ts';
import { folderOf, openStore } from './git/store.ts';
import type { GitStore } from './git/store.ts';
import { bytesMaxOf, isWanted, readRepository } from './repository.ts';
import type { CodeFile, RepositoryClues } from './repository.ts';
import type { CodeLook } from './clue.ts';

type PlacedClue = RepositoryClues['clues'][number];

/**
 * The servers and clients in the code below some folders: every Git repository by its files as they stand and as they are
 * committed, other folders by their files. Nothing of a repository runs: no program of Git, no hook, no setting, no script.
 */
export async function* lookAtCode(roots: readonly string[], look: CodeLook): Looked {
  const endsAt = performance.now() + LIMITS.codeMs;
  const isOver = (): boolean => performance.now() > endsAt;
  for (const root of roots) {
    const { places, unseen } = await placesBelow(root, look);
    for (const { folder, files, store, broken } of places) {
      if (broken !== undefined) yield { place: folder, reason: broken };
      const { clues, unseen: hidden } = readSafely({ folder, files, ...(store !== undefined && { store }) }, look, isOver);
      yield* hidden.map(({ place, reason }) => ({ place: join(folder, place), reason }));
      yield* observe(clues, folder, store, look);
    }
    // What could not be read is known once everything was.
    yield* unseen;
  }
}

/** What is broken in one repository hides no other. */
function readSafely({ files, store }: Place, look: CodeLook, isOver: () => boolean): RepositoryClues {
  try {
    return readRepository(files, store, look, isOver);
  } catch {
    const { clues, unseen } = readRepository(files, undefined, look, isOver);
    return { clues, unseen: [...unseen, { place: '', reason: UNREADABLE }] };
  }
}

const UNREADABLE = 'the repository could not be read: its files were, not what is committed';

interface Place {
  readonly folder: string;
  readonly files: CodeFile[];
  readonly store?: GitStore;
  readonly broken?: string;
}

/** Each repository with its own files; one within another has its own. What is in none belongs to the root. */
async function placesBelow(root: string, look: CodeLook): Promise<{ readonly places: readonly Place[]; readonly unseen: readonly Unseen[] }> {
  const places = new Map<string, Place>([[root, { folder: root, files: [] }]]);
  const unseen: Unseen[] = [];
  let files = 0;
  for await (const item of walk(root, { skips: (name) => isCrowded(name) && name !== 'venv' })) {
    if (!('entries' in item)) {
      unseen.push(item);
      continue;
    }
    const isStore = item.entries.some(({ name }) => name === '.git') || isBare(item.entries);
    if (isStore && places.size <= LIMITS.repositoriesMax) places.set(item.path, opened(item.path));
    const place = placeOf(item.path, places) ?? { folder: root, files: [] };
    if (place.store?.worktree === undefined && place.store !== undefined) continue;
    for (const { name, kind } of item.entries) {
      const full = join(item.path, name);
      const path = full.slice(place.folder.length + (place.folder.endsWith('/') ? 0 : 1));
      if (kind !== 'file' || !isWanted(path, look)) continue;
      files += 1;
      if (files > LIMITS.codeFilesMax) {
        unseen.push({ place: full, reason: `more than ${LIMITS.codeFilesMax} files` });
        return { places: [...places.values()], unseen };
      }
      place.files.push({ path, read: () => readText(full, unseen) });
    }
  }
  return { places: [...places.values()], unseen };
}

function isBare(entries: readonly { readonly name: string }[]): boolean {
  return ['HEAD', 'objects', 'refs'].every((wanted) => entries.some(({ name }) => name === wanted));
}

function opened(folder: string): Place {
  try {
    const store = openStore(folder);
    return store === undefined ? { folder, files: [] } : { folder: folderOf(store), files: [], store };
  } catch {
    return { folder, files: [], broken: UNREADABLE };
  }
}

function placeOf(path: string, places: ReadonlyMap<string, Place>): Place | undefined {
  for (let folder = path; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/')))) {
    const found = places.get(folder);
    if (found !== undefined || folder === '') return found;
  }
}

function readText(path: string, unseen: Unseen[]): Buffer | undefined {
  try {
    const most = bytesMaxOf(path);
    const bytes = readStart(path, most + 1);
    if (bytes.byteLength <= most) return bytes;
    unseen.push({ place: path, reason: `it is larger than ${most} bytes` });
    return undefined;
  } catch {
    unseen.push({ place: path, reason: 'this user may not read it: run it as root to see it' });
    return undefined;
  }
}

/** One observation for each thing of a repository, however many files speak of it. */
function* observe(clues: readonly PlacedClue[], folder: string, store: GitStore | undefined, look: CodeLook): Generator<Observation> {
  const groups = new Map<string, { readonly keys: readonly AssetKey[]; readonly clues: PlacedClue[] }>();
  for (const clue of clues) {
    const keys = keysOf(clue, folder, look.machine);
    const [first] = keys;
    if (first === undefined) continue;
    const group = groups.get(`${clue.kind} ${first}`);
    if (group === undefined) groups.set(`${clue.kind} ${first}`, { keys, clues: [clue] });
    else group.clues.push(clue);
  }
  for (const { clues: same } of groups.values()) {
    const surest = same.reduce((best, each) => (each.confidence > best.confidence ? each : best));
    const keys = [...new Set(same.flatMap((each) => keysOf(each, folder, look.machine)))];
    const states = new Set(same.map(({ state }) => state));
    const state = states.has('both') || states.size > 1 ? undefined : surest.state;
    yield {
      sensor: surest.sensor, kind: surest.kind, host: look.machine, place: `${join(folder, surest.path)}:${surest.line}`, keys,
      confidence: surest.confidence, risks: [...new Set(same.flatMap(({ risks }) => risks))], seenAt: look.now,
      ...(surest.name !== undefined && { name: surest.name.slice(0, LIMITS.nameLengthMax) }),
      ...(surest.runs !== undefined && { runs: publicRuns(surest.runs) }),
      ...(surest.client !== undefined && { client: surest.client }),
      facts: {
        ...surest.facts, ...(state !== undefined && { only: state === 'HEAD' ? 'committed, not in the worktree' : 'in the worktree, not committed' }),
        ...(same.length > 1 && { places: same.length }), ...(store?.origin !== undefined && { repository: store.origin }),
      },
    };
  }
}

function keysOf({ runs, also = [], project, name, path }: PlacedClue, folder: string, machine: string): readonly AssetKey[] {
  const own = runs === undefined ? [keyOfProgram(machine, join(folder, project ?? ''))] : keysOfRuns(runs, machine);
  const keys = [...own, ...also.flatMap((each) => keysOfRuns(each, machine))];
  // What is declared without a package, an address or a project of its own is known by where it is declared.
  return keys.length > 0 ? keys : [keyOfProgram(machine, `${join(folder, path)}#${name ?? ''}`)];
}
