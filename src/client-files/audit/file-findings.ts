import type { Stats } from 'node:fs';
import { lstat, readdir, readlink, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { showHidden } from '../../domain/hidden.ts';
import { leftBeside } from '../edit/replace.ts';
import { readClientFile } from '../file.ts';
import { isTracked } from './git-index.ts';
import { found } from './rules.ts';
import type { AuditFinding } from './rules.ts';

export interface FileFacts {
  readonly file: string;
  /** Whether what was read of it holds secrets in clear. */
  readonly holdsSecrets: boolean;
  /** Of whose home it is. */
  readonly owner: number;
  /** Whether a text holds a secret that is known by its form. */
  readonly hasSecrets: (text: string) => boolean;
}

/** What is wrong with where a file is and who may do what with it. */
export async function fileFindings({ file, holdsSecrets, owner, hasSecrets }: FileFacts): Promise<readonly AuditFinding[]> {
  const itself = await lstat(file).catch(() => undefined);
  if (itself === undefined) return [];
  const target = itself.isSymbolicLink() ? await stat(file).catch(() => undefined) : itself;
  const link = itself.isSymbolicLink() ? showHidden(await readlink(file).catch(() => '')) : undefined;
  const folder = await stat(dirname(file)).catch(() => undefined);
  const synced = holdsSecrets ? syncedBy(file) : undefined;
  return [
    ...(link === undefined ? [] : [found('file/link', { file }, link)]),
    ...(target === undefined ? [] : modeFindings(file, target, { holdsSecrets, owner })),
    ...(folder !== undefined && isOpen(folder, 0o022) && (folder.mode & 0o1000) === 0 ? [found('file/folder', { file }, octal(folder))] : []),
    ...(holdsSecrets && isTracked(file) === true ? [found('file/git', { file })] : []),
    ...(synced === undefined ? [] : [found('file/synced', { file }, synced)]),
    ...await copiesBeside(file, hasSecrets),
    ...(await leftBeside(file)).map((left) => found('file/left', { file: left })),
  ];
}

function modeFindings(file: string, target: Stats, { holdsSecrets, owner }: Pick<FileFacts, 'holdsSecrets' | 'owner'>): readonly AuditFinding[] {
  return [
    ...(holdsSecrets && isOpen(target, 0o044) ? [found('file/readable', { file }, octal(target))] : []),
    ...(isOpen(target, 0o022) ? [found('file/writable', { file }, octal(target))] : []),
    // What the system's administrator wrote, everybody is held to.
    ...(target.uid === owner || target.uid === 0 ? [] : [found('file/owner', { file }, `uid ${target.uid}`)]),
    ...(target.isFile() && target.nlink > 1 ? [found('file/hard-link', { file }, `${target.nlink} names`)] : []),
  ];
}

function isOpen({ mode }: Stats, bits: number): boolean {
  return process.platform !== 'win32' && (mode & bits) !== 0;
}

function octal({ mode }: Stats): string {
  return `mode ${(mode & 0o7777).toString(8).padStart(4, '0')}`;
}

/** Folders that clients of clouds keep in step, by the names that they give them. */
const SYNCED: readonly (readonly [who: string, path: RegExp])[] = [
  ['Dropbox', /[/\\]Dropbox(?: \([^)/\\]*\))?[/\\]/], ['OneDrive', /[/\\]OneDrive(?: - [^/\\]*)?[/\\]/],
  ['iCloud', /[/\\]Mobile Documents[/\\]|[/\\]iCloud ?Drive[/\\]/i],
  ['a cloud', /[/\\]Library[/\\]CloudStorage[/\\]/], ['Google Drive', /[/\\](?:Google ?Drive|GoogleDrive-[^/\\]*|My Drive)[/\\]/i],
  ['Box', /[/\\]Box(?: Sync)?[/\\]/], ['Nextcloud', /[/\\](?:Nextcloud|ownCloud)[/\\]/i], ['pCloud', /[/\\]pCloud ?Drive[/\\]/i],
  ['Syncthing', /[/\\]Sync[/\\]/],
  ['MEGA', /[/\\]MEGA(?:sync)?[/\\]/], ['Proton Drive', /[/\\]Proton ?Drive[/\\]/i],
];

function syncedBy(file: string): string | undefined {
  return SYNCED.find(([, path]) => path.test(file))?.[0];
}

const COPIES_MAX = 20;

/** What editors, clients and people keep beside a file: `x.bak`, `x~`, `x.backup.1`, `.x.swp`. */
async function copiesBeside(file: string, hasSecrets: FileFacts['hasSecrets']): Promise<readonly AuditFinding[]> {
  const name = basename(file);
  const names = await readdir(dirname(file)).catch((): string[] => []);
  const copies = names.filter((other) => other !== name && isCopy(other, name)).slice(0, COPIES_MAX).map((other) => join(dirname(file), other));
  const texts = await Promise.all(copies.map(async (copy) => ({ copy, text: await readClientFile(copy).then(({ text }) => text, () => '') })));
  return texts.filter(({ text }) => hasSecrets(text)).map(({ copy }) => found('file/copy', { file: copy }));
}

function isCopy(other: string, name: string): boolean {
  const rest = other.startsWith(name) ? other.slice(name.length) : other.startsWith(`.${name}`) ? other.slice(name.length + 1) : undefined;
  const stem = name.replace(/\.\w+$/, '');
  return rest === undefined ? new RegExp(`^${RegExp.escape(stem)}[ ._-]?(?:copy|old|backup|bak|\\(\\d+\\))`, 'i').test(other)
    : /^(?:~|\.(?:bak|backup|old|orig|save|sw[op]|copy|tmp|\d+|corrupted)\b.*|[._-].*(?:bak|backup|old|copy).*)$/i.test(rest);
}
