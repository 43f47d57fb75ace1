import { lstatSync, readdirSync, readFileSync, type Stats } from 'node:fs';
import { dirname, join } from 'node:path';
import { readManifest } from '../control/manifest/files.ts';
import { userName } from '../control/manifest/on-disk.ts';
import { SallyportError } from '../domain/errors.ts';
import type { Role } from '../domain/role.ts';

const FOREIGN_WRITE = 0o022;
const FOREIGN = 0o077;
/** What everybody may read: by which name and key the log is known. */
const PUBLISHED: ReadonlySet<string> = new Set(['log.json']);

/**
 * Looks at what a role is about to trust, before it reads any of it: its home, its own folder with every secret in it, its
 * published key. Throws `ERR_FILE_UNSAFE` where another user owns or may write it, or may read a secret.
 */
export function checkOwnFiles(home: string, role: Role): void {
  checkWritable(home, 'folder');
  const own = join(home, role);
  for (const folder of [own, join(home, 'keys'), join(home, 'keys', role), join(home, 'run')]) checkWritable(folder, 'folder');
  checkWritable(join(home, 'keys', role, 'key.pub'), 'file');
  for (const name of namesIn(own)) if (!PUBLISHED.has(name)) checkPrivate(join(own, name));
}

/** The same of a manifest and all that it names: who may write one of them, or replace it in its folder, decides what is in force. */
export async function checkDeclared(file: string): Promise<void> {
  // One that says something wrong is reported by who reads it.
  const paths = await readManifest(file).then((found) => found.paths, () => [file]);
  for (const path of paths) {
    checkWritable(path, 'file');
    checkWritable(dirname(path), 'folder');
  }
}

/** Only their owner may read what lies in a role's own folder; folders in it hold what is theirs to check. */
function checkPrivate(path: string): void {
  const found = read(path);
  if (found === undefined || found.isDirectory() || found.isSocket()) return;
  if (!found.isFile()) throw unsafe(path, 'is a link, or no plain file', `Look where it leads and who made it; take it away: rm ${path}`);
  checkOwner(path, found);
  if ((found.mode & FOREIGN) === 0) return;
  const remedy = `chmod 600 ${path}; what it holds was open to them: replace it where it is a secret.`;
  throw unsafe(path, `has mode ${octal(found)}: other users may read it`, remedy);
}

function checkWritable(path: string, kind: 'file' | 'folder'): void {
  const found = read(path);
  if (found === undefined) return;
  if (found.isSymbolicLink()) return checkOwner(path, found);
  checkOwner(path, found);
  // In a folder like /tmp nobody replaces what is another one's.
  const isSticky = kind === 'folder' && (found.mode & 0o1000) !== 0;
  const open = found.mode & (isPrivateGroup(found.gid) ? 0o002 : FOREIGN_WRITE);
  if (open === 0 || isSticky) return;
  throw unsafe(path, `has mode ${octal(found)}: other users may write it`, `Look at what it holds, then: chmod go-w ${path}`);
}

function checkOwner(path: string, { uid }: Stats): void {
  const self = process.getuid?.();
  // Root may write everything anyway. In a jail whoever is not this user has the kernel's number for nobody that can be told.
  if (self === undefined || uid === self || uid === 0 || uid === overflowId()) return;
  const remedy = `Find out why; then: chown ${self} ${path}, or start Sallyport as its owner.`;
  throw unsafe(path, `belongs to ${userName(uid)} (uid ${uid}), not to ${userName(self)} (uid ${self})`, remedy);
}

/** A user's own group, as most systems make one for each: it has nobody else in it. */
function isPrivateGroup(gid: number): boolean {
  if (gid !== process.getgid?.()) return false;
  try {
    const [users, groups] = ['/etc/passwd', '/etc/group'].map((file) => readFileSync(file, 'utf8').split('\n').map((line) => line.split(':')));
    const own = userName(process.getuid?.() ?? -1);
    const members = (groups ?? []).filter(([, , id]) => id === String(gid)).flatMap(([, , , names = '']) => names.split(','));
    const primary = (users ?? []).filter(([, , , id]) => id === String(gid)).map(([name = '']) => name);
    return [...members, ...primary].every((name) => name === '' || name === own);
  } catch {
    return false;
  }
}

/** Of files whose owner has no number in this user namespace; undefined: this is none, and every owner can be told. */
function overflowId(): number | undefined {
  try {
    const isWhole = /^\s*0\s+0\s+4294967295/.test(readFileSync('/proc/self/uid_map', 'utf8'));
    return isWhole ? undefined : Number(readFileSync('/proc/sys/kernel/overflowuid', 'utf8'));
  } catch {
    return undefined;
  }
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function read(path: string): Stats | undefined {
  return lstatSync(path, { throwIfNoEntry: false });
}

function octal({ mode }: Stats): string {
  return (mode & 0o777).toString(8).padStart(4, '0');
}

function unsafe(path: string, why: string, remedy: string): SallyportError {
  return new SallyportError('ERR_FILE_UNSAFE', `${path} ${why}`, { remedy });
}
