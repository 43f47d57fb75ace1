import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** More is not looked at: whoever wrote a moment ago is gone by then anyway. */
const LINKS_MAX = 50_000;

/**
 * Who may have changed a file, as far as the system tells: whose it is now (a file that is put in another's place is its writer's),
 * and which processes hold it open. Without audit of the kernel nobody knows more; what is not known is not guessed.
 * `users`: the system's names of users by their numbers; what a variable says a user is called is no name.
 */
export function whoChanged(path: string, uid: number | undefined, users: ReadonlyMap<number, string>): string {
  const name = uid === undefined ? undefined : users.get(uid);
  const owner = uid === undefined ? 'not known' : `uid ${uid}${name === undefined ? '' : ` (${name})`}`;
  const holders = holdersOf(path);
  return holders.length === 0 ? owner : `${owner}; open in ${holders.join(', ')}`;
}

function holdersOf(path: string): readonly string[] {
  const found: string[] = [];
  let left = LINKS_MAX;
  for (const pid of names('/proc').filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)) {
    const open = names(`/proc/${pid}/fd`);
    left -= open.length;
    if (left < 0 || found.length >= 5) break;
    if (open.some((fd) => leadsTo(`/proc/${pid}/fd/${fd}`, path))) found.push(`${programOf(pid)} (pid ${pid})`);
  }
  return found;
}

function names(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function leadsTo(link: string, path: string): boolean {
  try {
    return readlinkSync(link) === path;
  } catch {
    return false;
  }
}

function programOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8').trim();
  } catch {
    return 'a process';
  }
}
