import { lstat, rm } from 'node:fs/promises';
import { SallyportError } from '../../domain/errors.ts';
import { isArray, isObject } from '../../domain/json.ts';
import type { Json } from '../../domain/json.ts';
import { applyChanges, dataOf } from '../edit/edit.ts';
import type { Change } from '../edit/edit.ts';
import { valueAt } from '../read/entries.ts';
import { digestOf, leftBeside, replaceFile } from '../edit/replace.ts';
import { readClientFile } from '../file.ts';
import type { ClientFile } from '../file.ts';
import type { Path } from '../read/region.ts';
import { launchOf, SEALED, unlaunched } from './entry.ts';
import { spent } from './kept.ts';
import { trustIn } from './release.ts';
import type { FileKeep, Kept } from './kept.ts';
import type { SealPlan } from './plan.ts';

/** Whose files, and where what was kept of them is. */
export interface SealingPlace {
  readonly keep: FileKeep;
  readonly now: () => number;
}

/** A file with secrets is for its owner alone, and so is one that had some. */
const PRIVATE = 0o600;

/**
 * Writes a sealed file. What it was is kept, encrypted and on the disk, before anything is changed: whatever kills this, the secrets are
 * in the file still, or can be had from what was kept. Throws what `replaceFile` does; then the file is what it was.
 */
export async function writeSealed(
  place: SealingPlace, read: ClientFile, plan: Pick<SealPlan, 'text' | 'values' | 'entries' | 'launches'>,
): Promise<void> {
  const bytes = new TextEncoder().encode(plan.text);
  await changeFile(place, read, { act: 'seal', toMode: PRIVATE, bytes, values: plan.values, entries: plan.entries, launches: plan.launches });
}

export interface Unsealed {
  /** `whole`: the very bytes that it had before it was sealed; `places`: somebody wrote it since, and each value is back in its place. */
  readonly how: 'whole' | 'places';
  /** Servers whose entries or values are back. */
  readonly servers: readonly string[];
  /** Servers whose values are not: their entries start something else than what was sealed. */
  readonly withheld: readonly string[];
}

/**
 * Puts back what was taken out of a file; `isMeant`: also into entries that were changed since. Throws `ERR_NOT_FOUND` where
 * nothing was, and what `replaceFile` does.
 */
export async function unsealFile(place: SealingPlace, path: string, isMeant: boolean): Promise<Unsealed> {
  const read = await readClientFile(path);
  const all = await place.keep.list(read.path);
  const whole = beforeSeals(all, read.bytes);
  if (whole !== undefined) {
    await changeFile(place, read, { act: 'unseal', toMode: PRIVATE, bytes: whole.bytes, ...NOTHING });
    return { how: 'whole', servers: serversOf(whole.seals.flatMap(({ values, entries }) => [...values, ...entries])), withheld: [] };
  }
  const { text, from, withheld } = inPlaces(read, all, isMeant);
  if (text === read.text) {
    if (withheld.length > 0) throw changedEntries(path, withheld);
    throw new SallyportError('ERR_NOT_FOUND', `nothing in ${path} was sealed here`, {
      remedy: 'See what was kept of it: sallyport config restore FILE --list',
    });
  }
  await changeFile(place, read, { act: 'unseal', toMode: PRIVATE, bytes: new TextEncoder().encode(text), ...NOTHING });
  return { how: 'places', servers: serversOf(from), withheld };
}

function serversOf(taken: readonly { readonly server: string }[]): readonly string[] {
  return [...new Set(taken.map(({ server }) => server))];
}

/** Makes a file what it was at one of the times that were kept. What it is now is kept first. */
export async function restoreFile(place: SealingPlace, path: string, kept: Kept): Promise<void> {
  const read = await readClientFile(path);
  if (kept.before === undefined) {
    throw new SallyportError('ERR_NOT_FOUND', `${path} did not exist then`, { remedy: 'Remove it by hand, if that is meant.' });
  }
  await changeFile(place, read, { act: 'restore', toMode: kept.mode, bytes: kept.before, ...NOTHING });
}

/**
 * Looks after what a killed act left beside a file: kept, encrypted, where nobody knows it; then gone. Every act on a file begins
 * with it.
 */
export async function tidyFile({ keep, now }: SealingPlace, path: string): Promise<readonly string[]> {
  const left = await leftBeside(path);
  if (left.length === 0) return [];
  const all = await keep.list(path);
  const known = new Set(all.flatMap(({ beforeDigest, afterDigest }) => [beforeDigest, afterDigest]));
  known.add(digestOf((await readClientFile(path)).bytes));
  for (const draft of left) {
    const { bytes } = await readClientFile(draft);
    const digest = digestOf(bytes);
    const state = { at: now(), act: 'left', mode: PRIVATE, before: bytes, beforeDigest: digest, afterDigest: digest, ...NOTHING } as const;
    if (!known.has(digest)) await keep.add(path, state);
    await rm(draft, { force: true });
  }
  return left;
}

const NOTHING = { values: [], entries: [], launches: [] } as const;

type Act = Pick<Kept, 'act' | 'values' | 'entries' | 'launches'> & { readonly bytes: Uint8Array; readonly toMode: number };

/** Keeps what a file is, then makes it what it is to be. */
export async function changeFile({ keep, now }: SealingPlace, read: ClientFile, { bytes, toMode, act, ...taken }: Act): Promise<void> {
  const [beforeDigest, afterDigest] = [digestOf(read.bytes), digestOf(bytes)];
  const mode = read.bytes === undefined ? PRIVATE : (await lstat(read.path)).mode & 0o777;
  const kept = await keep.add(read.path, { at: now(), act, mode, before: read.bytes, beforeDigest, afterDigest, ...taken });
  try {
    await replaceFile({ path: read.path, expected: beforeDigest, bytes, mode: toMode });
  } catch (error) {
    await keep.drop(read.path, [kept.id]);
    throw error;
  }
  const all = await keep.list(read.path);
  // What was kept for a seal that a kill prevented, and for the same file again, says nothing that this one does not.
  const void_ = all.filter((one) => one.id !== kept.id && one.act === act && act === 'seal' && one.beforeDigest === beforeDigest);
  await keep.drop(read.path, [...void_.map(({ id }) => id), ...spent(all, new TextDecoder().decode(bytes))]);
}

/** Back over every seal, as long as each was of exactly what the next found. */
function beforeSeals(all: readonly Kept[], bytes: Uint8Array | undefined): { readonly bytes: Uint8Array; readonly seals: readonly Kept[] } | undefined {
  const seals: Kept[] = [];
  let [found, digest]: [Uint8Array | undefined, string] = [undefined, digestOf(bytes)];
  for (;;) {
    const seal = all.find((one) => one.act === 'seal' && one.afterDigest === digest && !seals.includes(one));
    if (seal?.before === undefined) return found === undefined ? undefined : { bytes: found, seals };
    seals.push(seal);
    [found, digest] = [seal.before, seal.beforeDigest];
  }
}

/** Every value back where its name stands now, every launcher off, every entry that is still as it was written what it was. */
function inPlaces(read: ClientFile, all: readonly Kept[], isMeant: boolean): InPlaces {
  const seals = all.filter(({ act }) => act === 'seal');
  const data = dataOf(read.text, read.path);
  const named = seals.flatMap((kept) => kept.values.filter(({ token }) => read.text.includes(token)));
  const isTrusted = trustIn(data, all);
  const values = named.filter(({ token }) => isMeant || isTrusted(token));
  const replaced = seals.flatMap(({ entries }) => entries)
    .filter(({ at, is }) => JSON.stringify(launchOf(valueAt(data, at) ?? null)) === JSON.stringify(launchOf(is)));
  const put = (json: Json, at: Path): readonly Change[] => {
    if (typeof json === 'string') {
      const to = values.reduce((text, { token, value }) => text.replaceAll(token, () => value), json);
      return to === json ? [] : [{ at, to }];
    }
    if (isArray(json)) return json.flatMap((item, index) => put(item, [...at, index]));
    return isObject(json) ? Object.entries(json).flatMap(([name, value]) => put(value, [...at, name])) : [];
  };
  const back = applyChanges(read.text, read.path, [...replaced.map(({ at, was }) => ({ at, to: was })), ...put(data, [])]);
  return {
    text: applyChanges(back, read.path, unwrapped(dataOf(back, read.path), read.path, [])), from: [...replaced, ...values],
    withheld: [...new Set(named.filter((one) => !values.includes(one)).map(({ server }) => server))],
  };
}

interface InPlaces extends Pick<Unsealed, 'withheld'> {
  readonly text: string;
  readonly from: readonly { readonly server: string }[];
}

function changedEntries(path: string, servers: readonly string[]): SallyportError {
  return new SallyportError('ERR_FILE_CHANGED', `what ${servers.join(', ')} of ${path} starts is not what was sealed: no secret was put there`, {
    remedy: 'Look at it. If it is meant: sallyport config unseal FILE --changed. If not: sallyport config restore FILE --list',
  });
}

function unwrapped(json: Json, file: string, at: Path): readonly Change[] {
  if (isArray(json)) return json.flatMap((item, index) => unwrapped(item, file, [...at, index]));
  if (!isObject(json)) return [];
  // What is withheld still needs its launcher.
  const without = JSON.stringify(json).includes(SEALED) && json['command'] !== undefined ? undefined : unlaunched(json, file);
  if (without === undefined) return Object.entries(json).flatMap(([name, value]) => unwrapped(value, file, [...at, name]));
  return Object.entries(without).flatMap(([name, value]) => (JSON.stringify(value) === JSON.stringify(json[name]) ? [] : [{ at: [...at, name], to: value }]));
}
