import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { nameOf, readEntry } from './entry.ts';
import type { Entry } from './entry.ts';
import { packageFault } from './fault.ts';
import { removeFolder } from './stage.ts';

export interface Stored {
  readonly digest: string;
  /** Epoch ms. */
  readonly installedAt: number;
  /** Absent: its list of files is not what it was. */
  readonly entry?: Entry;
}

/** Every entry of the store, oldest first. What is no entry is left out. */
export async function listEntries(store: string): Promise<readonly Stored[]> {
  const names = await readdir(store).catch(() => []);
  const entries = await Promise.all(names.filter((name) => /^[0-9a-f]{64}$/.test(name)).map(async (digest): Promise<Stored> => {
    const { mtimeMs } = await stat(join(store, digest));
    const entry = await readEntry(store, digest).catch(() => undefined);
    return { digest, installedAt: Math.round(mtimeMs), ...(entry === undefined ? {} : { entry }) };
  }));
  return entries.toSorted((a, b) => a.installedAt - b.installedAt);
}

/** The one entry whose digest begins so. Throws `ERR_PACKAGE_MISSING`. */
export async function findEntry(store: string, beginning: string): Promise<Stored> {
  const found = /^[0-9a-f]{8,64}$/.test(beginning) ? (await listEntries(store)).filter(({ digest }) => digest.startsWith(beginning)) : [];
  const [only] = found;
  if (only !== undefined && found.length === 1) return only;
  throw packageFault('ERR_PACKAGE_MISSING', nameOf(beginning), 'no entry, or more than one, has a digest that begins so');
}

/** Takes an entry out of the store; servers that run from it go on until they end. */
export async function removeEntry(store: string, digest: string): Promise<void> {
  await removeFolder(join(store, digest));
}

/** What one entry has that another has not: packages by version, and how many files differ. */
export interface EntryDifference {
  readonly packages: readonly { readonly name: string; readonly before: string; readonly after: string }[];
  readonly files: readonly { readonly path: string; readonly change: 'added' | 'removed' | 'changed' }[];
  /** What a person must see: who builds it changed, or nobody says any more. */
  readonly warnings: readonly string[];
}

export function compareEntries(before: Entry, after: Entry): EntryDifference {
  const [was, is] = [versionsOf(before), versionsOf(after)];
  const names = [...new Set([...was.keys(), ...is.keys()])].toSorted();
  const [old, young] = [digestsOf(before), digestsOf(after)];
  const paths = [...new Set([...old.keys(), ...young.keys()])].toSorted();
  return {
    packages: names.map((name) => ({ name, before: was.get(name) ?? '', after: is.get(name) ?? '' })).filter((one) => one.before !== one.after),
    files: paths.flatMap((path) => {
      if (old.get(path) === young.get(path)) return [];
      return [{ path, change: old.has(path) ? (young.has(path) ? 'changed' as const : 'removed' as const) : 'added' as const }];
    }),
    warnings: [...sameWarnings(before, after), ...provenanceWarnings(before, after), ...after.notes.filter((note) => !before.notes.includes(note))],
  };
}

/** Of some packages several versions stand in one tree. */
function versionsOf({ packages }: Entry): ReadonlyMap<string, string> {
  const byName = [...Map.groupBy(packages, ({ name }) => name)];
  return new Map(byName.map(([name, all]) => [name, [...new Set(all.map(({ version }) => version))].toSorted().join(', ')]));
}

function digestsOf({ files }: Entry): ReadonlyMap<string, string> {
  return new Map(files.map(({ path, sha256, executable }) => [path, `${sha256}${executable ? '+x' : ''}`]));
}

/** What was published once under a version is never anything else: where it is, somebody put it there. */
function sameWarnings(before: Entry, after: Entry): readonly string[] {
  return after.packages.flatMap(({ name, version, integrity }) => {
    const was = before.packages.filter((one) => one.name === name && one.version === version);
    const isOther = was.length > 0 && was.every((one) => one.integrity !== integrity);
    return isOther ? [`${name} ${version}: another archive than before has this same version; find out why before you approve it`] : [];
  });
}

function provenanceWarnings(before: Entry, after: Entry): readonly string[] {
  return after.packages.flatMap(({ name, version, provenance }) => {
    const was = before.packages.find((one) => one.name === name)?.provenance;
    if (was === undefined || was.repository === provenance?.repository) return [];
    return [provenance === undefined
      ? `${name} ${version}: nobody says any more who built it; before it was ${was.repository}`
      : `${name} ${version}: it is built from ${provenance.repository}; before it was ${was.repository}`];
  });
}
