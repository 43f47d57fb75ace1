import type { BigIntStats } from 'node:fs';
import { lstatSync, readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { PackagePin } from '../domain/server.ts';
import { eachOf } from './ask.ts';
import { nameOf, readEntry, sha256, TREE } from './entry.ts';
import type { Entry } from './entry.ts';
import { packageFault } from './fault.ts';

const AT_ONCE = 16;

/** Finds entries to run from. */
export interface PackageFinder {
  /**
   * The real folder of what a pin names, once it is known to hold what was approved: every byte the first time, later only that
   * nothing was touched since. Throws `ERR_PACKAGE_MISSING`, `ERR_PACKAGE_TAMPERED`.
   */
  find(pin: PackagePin): Promise<string>;
}

/** Remembers, in memory, what each file was like when its bytes were last read. */
export function createPackageFinder(store: string): PackageFinder {
  const seen = new Map<string, string>();
  const looking = new Map<string, Promise<string>>();
  const look = async ({ digest, ecosystem, name, version }: PackagePin): Promise<string> => {
    const folder = join(store, digest, TREE);
    const known = seen.get(digest);
    if (known !== undefined && fingerprint(join(store, digest)) === known) return folder;
    seen.delete(digest);
    const { entry, print } = await verifyWhole(store, digest);
    if (entry.ecosystem !== ecosystem || entry.name !== name || entry.version !== version) {
      throw packageFault('ERR_PACKAGE_TAMPERED', nameOf(digest), 'it is another package than the one that was approved');
    }
    seen.set(digest, print);
    return folder;
  };
  return {
    find(pin) {
      const key = JSON.stringify(pin);
      const found = looking.get(key) ?? look(pin).finally(() => void looking.delete(key));
      looking.set(key, found);
      return found;
    },
  };
}

/**
 * Reads every byte of an entry and compares it with its list. Throws `ERR_PACKAGE_MISSING`, `ERR_PACKAGE_TAMPERED`. The fingerprint
 * is taken before and after: what is written while it is read is noticed.
 */
export async function verifyWhole(store: string, digest: string): Promise<{ readonly entry: Entry; readonly print: string }> {
  const entry = await readEntry(store, digest);
  const folder = join(store, digest, TREE);
  const tampered = (why: string, path: string): Error => packageFault('ERR_PACKAGE_TAMPERED', nameOf(digest), `${why}: ${path}`);
  const before = fingerprint(join(store, digest));
  // A link in place of a folder would have what it leads to read now, and something else run later.
  const links = [join(store, digest), folder].filter((place) => lstatSync(place, { throwIfNoEntry: false })?.isSymbolicLink() === true);
  if (links.length > 0) throw tampered('a folder was replaced', TREE);
  if (before === undefined) throw tampered('its files cannot be read', TREE);
  const found = filesOf(folder);
  const listed = new Map(entry.files.map((file) => [file.path, file]));
  const extra = found.find(({ path }) => !listed.has(path));
  if (extra !== undefined) throw tampered('a file was added', extra.path);
  if (found.length !== listed.size) throw tampered('a file is gone', entry.files.find(({ path }) => !found.some((one) => one.path === path))?.path ?? '');
  await eachOf(found, AT_ONCE, async ({ path, stats }) => {
    const wanted = listed.get(path);
    const isPlain = stats.isFile() && stats.nlink === 1n && ((stats.mode & 0o111n) !== 0n) === wanted?.executable;
    if (!isPlain || Number(stats.size) !== wanted.sizeBytes) throw tampered('a file was replaced', path);
    if (sha256(await readFile(join(folder, path))) !== wanted.sha256) throw tampered('a file was changed', path);
  });
  const print = fingerprint(join(store, digest));
  if (print !== before) throw tampered('it was written to while it was read', TREE);
  return { entry, print: before };
}

interface Found {
  readonly path: string;
  readonly stats: BigIntStats;
}

/**
 * Everything in a folder that is no folder, links as themselves, sorted by path. Synchronous: of thousands of files it takes half
 * the time, some 20 ms, and a server is waiting.
 */
function filesOf(root: string, at = ''): readonly Found[] {
  const entries = readdirSync(join(root, at), { withFileTypes: true }).toSorted((a, b) => (a.name < b.name ? -1 : 1));
  return entries.flatMap((entry) => {
    const path = at === '' ? entry.name : `${at}/${entry.name}`;
    return entry.isDirectory() ? filesOf(root, path) : [{ path, stats: lstatSync(join(root, path), { bigint: true }) }];
  });
}

/**
 * Which files there are and when each was last touched; undefined: it can't be read. Whatever writes to a file, replaces or links it
 * changes its change time or its number, and nothing but the kernel sets those.
 */
function fingerprint(root: string): string | undefined {
  try {
    const lines = filesOf(root).map(({ path, stats: { ino, size, mode, uid, nlink, mtimeNs, ctimeNs } }) =>
      [path, ino, size, mode, uid, nlink, mtimeNs, ctimeNs].join(' '));
    return sha256(lines.join('\n'));
  } catch {
    return undefined;
  }
}
