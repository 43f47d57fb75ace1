import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { accountsOf } from './accounts.ts';

/** A person's home on this machine. */
export interface PersonHome {
  readonly folder: string;
  readonly user: string;
  /** Of a system whose disk is mounted here (`/mnt/c/Users` under WSL) it may be another than this one. */
  readonly platform: 'linux' | 'darwin' | 'win32';
}

/** Accounts of services have homes that are no person's. */
const PERSON_MIN = 1000;
const NOBODY = 65_534;

/**
 * Every person's home: of the accounts of the machine, and of folders where homes are (directories of accounts are not always
 * in a file). `root`: where its disk begins. `own`: that of who looks, which no account may name (`HOME`).
 */
export function homesOf(root: string, system: PersonHome['platform'], own?: Pick<PersonHome, 'folder' | 'user'>): readonly PersonHome[] {
  const parents: readonly (readonly [string, PersonHome['platform']])[] = [
    [system === 'win32' ? 'C:/Users' : system === 'darwin' ? join(root, 'Users') : join(root, 'home'), system], [join(root, 'mnt/c/Users'), 'win32'],
  ];
  const homes = [
    ...personAccounts(root).map((home): PersonHome => ({ ...home, platform: system })),
    ...(own === undefined || own.folder === '/' ? [] : [{ ...own, platform: system } satisfies PersonHome]),
    ...parents.flatMap(([parent, of]) => foldersIn(parent).map((user): PersonHome => ({ folder: join(parent, user), user, platform: of }))),
  ];
  const seen = new Set<string>();
  return homes.filter(({ folder }) => !seen.has(folder) && seen.add(folder) && existsSync(folder));
}

function personAccounts(root: string): readonly Pick<PersonHome, 'folder' | 'user'>[] {
  return accountsOf(root).filter(({ uid, folder }) => (uid === 0 || (uid >= PERSON_MIN && uid !== NOBODY)) && /^\/[^/]/.test(folder))
    .map(({ user, folder }) => ({ folder: join(root, folder), user }));
}

const NO_PERSON = new Set(['Public', 'Default', 'Default User', 'All Users', 'Shared', 'lost+found']);

function foldersIn(parent: string): readonly string[] {
  try {
    const isHome = (name: string): boolean => !NO_PERSON.has(name) && statSync(join(parent, name), { throwIfNoEntry: false })?.isDirectory() === true;
    return readdirSync(parent).filter(isHome).toSorted();
  } catch {
    return [];
  }
}
