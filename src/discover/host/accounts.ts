import { join } from 'node:path';
import { readWhole } from '../bounded-file.ts';

/** An account as the system's own file has it; those of a directory are not in it. */
export interface Account {
  readonly user: string;
  readonly uid: number;
  readonly folder: string;
}

const ACCOUNTS_BYTES = 8 * 1024 * 1024;

/** The accounts of a machine whose disk begins at `root`; none where its file is no plain one, too large, or closed to this user. */
export function accountsOf(root: string): readonly Account[] {
  let text: string;
  try {
    text = readWhole(join(root, 'etc/passwd'), ACCOUNTS_BYTES);
  } catch {
    return [];
  }
  return text.split('\n').flatMap((line) => {
    const [user = '', , uid = '', , , folder = ''] = line.split(':');
    return user === '' || !/^\d{1,10}$/.test(uid) ? [] : [{ user, uid: Number(uid), folder }];
  });
}

/** Names of users by their numbers. */
export function userNames(root: string): ReadonlyMap<number, string> {
  return new Map(accountsOf(root).map(({ user, uid }) => [uid, user]));
}
