import { readdirSync, statSync } from 'node:fs';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { LIMITS } from '../../../domain/limits.ts';
import { readWhole } from '../../bounded-file.ts';

/** Where one repository keeps what. Read as files: no program of Git runs, so that no hook, filter or setting of a stranger does. */
export interface GitStore {
  /** The folder with the files; absent for a bare repository. */
  readonly worktree?: string;
  /** `HEAD` of this worktree. */
  readonly gitFolder: string;
  /** References and objects, shared by all worktrees. */
  readonly commonFolder: string;
  /** Folders of objects: its own, then those that it borrows from. */
  readonly objects: readonly string[];
  readonly hashBytes: 20 | 32;
  /** The address of `origin`, without user and password. */
  readonly origin?: string;
}

const SMALL = 1024 * 1024;

/** The repository whose files stand in `folder`, or that `folder` is (a bare one); undefined: it is none. Throws where it is broken. */
export function openStore(folder: string): GitStore | undefined {
  const gitFolder = gitFolderOf(folder);
  if (gitFolder === undefined) return undefined;
  const common = textOf(join(gitFolder, 'commondir'))?.trim();
  const commonFolder = common === undefined || common === '' ? gitFolder : resolve(gitFolder, common);
  const settings = textOf(join(commonFolder, 'config')) ?? '';
  const origin = originOf(settings);
  return {
    gitFolder, commonFolder, objects: objectFolders(join(commonFolder, 'objects')),
    hashBytes: /^[ \t]*objectformat[ \t]*=[ \t]*sha256[ \t]*$/im.test(settings) ? 32 : 20,
    ...(gitFolder !== folder && { worktree: folder }),
    ...(origin !== undefined && { origin }),
  };
}

/** `.git` is a folder, or a file that says where it is (a second worktree, a submodule). */
function gitFolderOf(folder: string): string | undefined {
  const inside = join(folder, '.git');
  const found = statSync(inside, { throwIfNoEntry: false });
  if (found?.isDirectory() === true) return isStore(inside) ? inside : undefined;
  if (found?.isFile() === true) {
    const said = /^gitdir: (.+)$/m.exec(textOf(inside) ?? '')?.[1];
    const target = said === undefined ? undefined : resolve(folder, said.trim());
    return target !== undefined && statSync(join(target, 'HEAD'), { throwIfNoEntry: false })?.isFile() === true ? target : undefined;
  }
  return isStore(folder) ? folder : undefined;
}

function isStore(folder: string): boolean {
  const is = (name: string, kind: 'isFile' | 'isDirectory'): boolean => statSync(join(folder, name), { throwIfNoEntry: false })?.[kind]() === true;
  return is('HEAD', 'isFile') && is('objects', 'isDirectory') && is('refs', 'isDirectory');
}

/** Borrowed objects may themselves be borrowed; a circle ends. */
function objectFolders(first: string): readonly string[] {
  const folders: string[] = [];
  const waiting = [first];
  for (let next = waiting.shift(); next !== undefined && folders.length < LIMITS.gitAlternatesMax; next = waiting.shift()) {
    if (folders.includes(next)) continue;
    folders.push(next);
    const lines = (textOf(join(next, 'info', 'alternates')) ?? '').split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    for (const line of lines) waiting.push(isAbsolute(line) ? line : resolve(next, line));
  }
  return folders;
}

/** Settings are read as text for this one address; a name or a password in it stays behind. */
function originOf(settings: string): string | undefined {
  const section = /^[ \t]*\[remote "origin"\][ \t]*$([^[]*)/m.exec(settings)?.[1];
  const url = section === undefined ? undefined : /^[ \t]*url[ \t]*=[ \t]*(\S+)[ \t]*$/m.exec(section)?.[1];
  if (url === undefined || url.length > LIMITS.uriLengthMax) return undefined;
  if (!URL.canParse(url)) return /^[\w.-]+@[\w.-]+:[\w./~-]+$/.test(url) ? url.replace(/^[^@]*@/, '') : undefined;
  const { protocol, host, pathname } = new URL(url);
  return host === '' ? undefined : `${protocol}//${host}${pathname}`;
}

const OBJECT_ID = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;
const REFERENCE = /^refs\/[\w./@+-]{1,500}$/;
const LINKS_MAX = 5;

/** The commit of `HEAD`; undefined: there is none yet. A reference names a path, and may name none outside the repository. */
export function headOf(store: GitStore): string | undefined {
  let text = textOf(join(store.gitFolder, 'HEAD'))?.trim();
  for (let links = 0; links < LINKS_MAX && text !== undefined; links += 1) {
    if (OBJECT_ID.test(text)) return text;
    const reference = /^ref: (\S+)$/.exec(text)?.[1];
    if (reference === undefined || !REFERENCE.test(reference) || reference.split('/').includes('..')) return undefined;
    text = textOf(join(store.gitFolder, reference))?.trim() ?? textOf(join(store.commonFolder, reference))?.trim() ?? packedReference(store, reference);
  }
  return undefined;
}

function packedReference(store: GitStore, reference: string): string | undefined {
  const text = textOf(join(store.commonFolder, 'packed-refs'), LIMITS.gitReferencesBytesMax) ?? '';
  const line = text.split('\n').find((each) => each.endsWith(` ${reference}`));
  return line?.slice(0, line.indexOf(' '));
}

/** A repository in the form that keeps its references in a table of its own is not read. */
export function usesReferenceTable(store: GitStore): boolean {
  return statSync(join(store.commonFolder, 'reftable'), { throwIfNoEntry: false })?.isDirectory() === true;
}

/** The packs of a folder of objects, without their ending, newest name last. */
export function packsIn(objects: string): readonly string[] {
  try {
    const names = readdirSync(join(objects, 'pack')).filter((name) => /^pack-[0-9a-f]+\.idx$/.test(name)).slice(0, LIMITS.gitPacksMax);
    return names.map((name) => join(objects, 'pack', name.slice(0, -4)));
  } catch {
    return [];
  }
}

function textOf(path: string, bytesMax: number = SMALL): string | undefined {
  try {
    return readWhole(path, bytesMax);
  } catch {
    return undefined;
  }
}

/** The folder that a repository is known by: its files', or for a bare one its own. */
export function folderOf(store: GitStore): string {
  return store.worktree ?? (store.gitFolder.endsWith('/.git') ? dirname(store.gitFolder) : store.gitFolder);
}
