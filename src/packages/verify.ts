import type { BigIntStats } from 'node:fs';
import { lstat, readdir, readFile } from 'node:fs/promises';
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
    if (known !== undefined && (await fingerprint(join(store, digest)).catch(() => undefined)) === known) return folder;
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
  const before = await fingerprint(join(store, digest)).catch(() => '');
  const found = await filesOf(folder, '').catch(() => []);
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
  const print = await fingerprint(join(store, digest)).catch(() => '');
  if (print === '' || print !== before) throw tampered('it was written to while it was read', TREE);
  return { entry, print };
}

interface Found {
  readonly path: string;
  readonly stats: BigIntStats;
}

/** Everything in a folder that is no folder, links as themselves, sorted by path. */
async function filesOf(root: string, at: string): Promise<readonly Found[]> {
  const names = (await readdir(join(root, at))).toSorted();
  const parts = await eachOf(names, AT_ONCE, async (name): Promise<readonly Found[]> => {
    const path = at === '' ? name : `${at}/${name}`;
    const stats = await lstat(join(root, path), { bigint: true });
    return stats.isDirectory() ? filesOf(root, path) : [{ path, stats }];
  });
  return parts.flat();
}

/**
 * Which files there are and when each was last touched. Whatever writes to a file, replaces or links it changes its change time or
 * its number, and nothing but the kernel sets those.
 */
async function fingerprint(root: string): Promise<string> {
  const files = await filesOf(root, '');
  return sha256(files.map(({ path, stats: { ino, size, mode, uid, nlink, mtimeNs, ctimeNs } }) => [path, ino, size, mode, uid, nlink, mtimeNs, ctimeNs].join(' ')).join('\n'));
}
