import { chmod, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ArchiveProblem } from './archive/member.ts';
import type { Member } from './archive/member.ts';
import { createPlaces } from './archive/paths.ts';
import { encodeEntry, ENTRY_FILE, sha256, TREE } from './entry.ts';
import type { Entry, EntryFile } from './entry.ts';
import { verifyWhole } from './verify.ts';

const STAGING = '.staging-';
const FILE_MODE = 0o444;
const PROGRAM_MODE = 0o555;
const FOLDER_MODE = 0o555;

/** An entry while it is filled; nobody sees it before `commit`. */
export interface Staging {
  /** Puts files below a folder of the entry. Throws `ArchiveProblem` for what may not stand there. */
  add(at: string, members: readonly Member[]): Promise<void>;
  /** Gives the entry its name. One that is there already is verified and kept. Throws `ERR_PACKAGE_TAMPERED`. */
  commit(entry: Omit<Entry, 'files' | 'form'>): Promise<string>;
  discard(): Promise<void>;
}

/** Begins an entry in the store's folder, on the same file system, so that it comes into being at once and whole. */
export async function stageEntry(store: string): Promise<Staging> {
  await mkdir(store, { recursive: true, mode: 0o755 });
  const folder = join(store, `${STAGING}${crypto.randomUUID()}`);
  const tree = join(folder, TREE);
  await mkdir(tree, { recursive: true, mode: 0o700 });
  const places = createPlaces();
  const files = new Map<string, EntryFile>();
  const folders = new Set<string>([tree]);
  const makeFolder = async (path: string): Promise<void> => {
    if (folders.has(path)) return;
    await mkdir(path, { recursive: true, mode: 0o700 });
    for (let one = path; !folders.has(one); one = dirname(one)) folders.add(one);
  };
  return {
    async add(at, members) {
      for (const { path: inner, bytes, executable } of members) {
        const path = at === '' ? inner : `${at}/${inner}`;
        const digest = sha256(bytes);
        // Wheels share a folder, and repeat empty files of namespaces in it.
        if (files.get(path)?.sha256 === digest) continue;
        places.take(path, bytes.length);
        files.set(path, { path, sizeBytes: bytes.length, sha256: digest, executable });
        const file = join(tree, path);
        if (!file.startsWith(`${tree}/`)) throw new ArchiveProblem('a path in it leaves its folder');
        await makeFolder(dirname(file));
        // `wx` follows no link and replaces nothing, whatever came before.
        await writeFile(file, bytes, { flag: 'wx', mode: executable ? PROGRAM_MODE : FILE_MODE });
      }
    },
    async commit(entry) {
      const sorted = [...files.values()].toSorted((a, b) => (a.path < b.path ? -1 : 1));
      const { text, digest } = encodeEntry({ form: 1, ...entry, files: sorted });
      await writeFile(join(folder, ENTRY_FILE), text, { flag: 'wx', mode: FILE_MODE });
      for (const one of [...folders, folder].toSorted((a, b) => b.length - a.length)) await chmod(one, FOLDER_MODE);
      try {
        await rename(folder, join(store, digest));
      } catch {
        // It is there already: the same files, or something that took their name.
        await verifyWhole(store, digest);
        await removeFolder(folder);
      }
      return digest;
    },
    discard: () => removeFolder(folder),
  };
}

/** What was left by a control that was killed in between. */
export async function clearStaging(store: string): Promise<void> {
  const names = await readdir(store).catch(() => []);
  for (const name of names.filter((one) => one.startsWith(STAGING))) await removeFolder(join(store, name));
}

/** Nothing in an entry may be written, and so nothing be removed, until its folders are opened again. */
export async function removeFolder(folder: string): Promise<void> {
  await openFolders(folder);
  await rm(folder, { recursive: true, force: true });
}

async function openFolders(folder: string): Promise<void> {
  try {
    await chmod(folder, 0o700);
    const inner = await readdir(folder, { withFileTypes: true });
    for (const one of inner) if (one.isDirectory()) await openFolders(join(folder, one.name));
  } catch {
    // What isn't there needs no opening.
  }
}
