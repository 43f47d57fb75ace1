import { lstatSync, realpathSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Copies } from '../../client-files/watch/copies.ts';
import { putBack } from '../../client-files/watch/copies.ts';
import { visible } from '../../client-files/watch/differences.ts';
import type { Difference } from '../../client-files/watch/watched.ts';
import type { Change } from '../../client-files/watch/watcher.ts';
import { readFileOf } from '../../client-files/read/servers.ts';
import { readLinux, hasProc } from '../../discover/host/processes-linux.ts';
import type { RunningProcess } from '../../discover/host/process-table.ts';
import { SallyportError } from '../../domain/errors.ts';
import { LIMITS } from '../../domain/limits.ts';
import type { Client } from '../client.ts';
import { plain } from '../terminal.ts';

/** What a watcher can do of itself about a change, besides putting it on record, which it always does. */
export const WATCH_ACTIONS = ['notify', 'revert', 'block', 'kill'] as const;
export type WatchAction = (typeof WATCH_ACTIONS)[number];

const MINUTE_MS = 60_000;

/** Puts a file back, a few times a minute at most: with a program that writes it again and again nobody wins by going on. */
export class Reverting {
  readonly #copies: Copies;
  readonly #done = new Map<string, readonly number[]>();

  constructor(copies: Copies) {
    this.#copies = copies;
  }

  /** Gives what was done, in words. */
  async revert({ path, before, after, bytes }: Change): Promise<string> {
    // Who may write the folders of a path decides where it leads: only for its own user does a watcher write there.
    const uid = process.getuid?.();
    if ((before ?? after)?.uid !== uid || !isWayOf(path, uid)) return 'not reverted: it is another user\'s file, or lies in another user\'s folder';
    const now = performance.now();
    const lately = (this.#done.get(path) ?? []).filter((at) => at > now - MINUTE_MS);
    if (lately.length >= LIMITS.watchRevertsPerMinuteMax) return 'not reverted: something writes it again and again';
    this.#done.set(path, [...lately, now]);
    try {
      await putBack(path, before, bytes, this.#copies);
      return before === undefined ? 'put away' : 'reverted';
    } catch (error) {
      return `not reverted: ${error instanceof SallyportError ? error.code : 'it could not be written'}`;
    }
  }
}

/** Whether nobody but one user, and root, made the way to a file: whoever has a folder or a link of it says where it leads. */
function isWayOf(path: string, uid: number | undefined): boolean {
  const isTheirs = (one: string): boolean => {
    const owner = lstatSync(one, { throwIfNoEntry: false })?.uid;
    return (owner === undefined || owner === uid || owner === 0) && (one === dirname(one) || isTheirs(dirname(one)));
  };
  try {
    return isTheirs(path) && isTheirs(realpathSync(dirname(path)));
  } catch {
    return false;
  }
}

/** Changes that come without end are one reason to block: it is tried again after so long. */
const BLOCK_AGAIN_MS = 5_000;

/** Stops an agent's calls at the gate until somebody lets it go on, whatever else comes too fast to be told. */
export class Blocking {
  #triedAt = -Infinity;

  /** What was done, in words; undefined: it was done a moment ago. `isTold`: the change has a report of its own. */
  async block(client: Client, agent: string, path: string, isTold: boolean): Promise<string | undefined> {
    if (!isTold && performance.now() - this.#triedAt < BLOCK_AGAIN_MS) return undefined;
    this.#triedAt = performance.now();
    return block(client, agent, path);
  }
}

async function block(client: Client, agent: string, path: string): Promise<string> {
  try {
    await client.send('PUT', '/kill', { target: 'agent', name: agent, on: true, reason: `the file ${plain(path).slice(0, 500)} was changed without approval` });
    return `agent ${agent} blocked`;
  } catch (error) {
    return `agent ${agent} not blocked: ${error instanceof SallyportError ? error.code : 'ERR_INTERNAL'}`;
  }
}

/** How long after a change what it brought is looked for: a client starts its servers a little after it read its file. */
const SOUGHT_MS = 10_000;
const SOUGHT_MAX = 10_000;

/** One command line that a change brought. It lives here only. */
interface Sought {
  readonly command: readonly string[];
  readonly owner: number;
  readonly since: number;
  readonly until: number;
  readonly change: Change;
}

/** Ends what changed entries started since: of many changes at once each counts, and all are looked for together. */
export class Killing {
  #sought: readonly Sought[] = [];

  /** Whether nothing was looked for until now: who asks has to look from now on. */
  add(change: Change): boolean {
    const wasIdle = this.#sought.length === 0;
    const owner = change.after?.uid ?? -1;
    // Not when it was seen: a watcher comes late where a machine is busy, and the client has started its servers by then.
    const { asBeforeAt: since } = change;
    const fresh = commandsOf(change).map((command): Sought => ({ command, owner, since, until: performance.now() + SOUGHT_MS, change }));
    this.#sought = [...this.#sought, ...fresh].slice(-SOUGHT_MAX);
    return wasIdle && this.#sought.length > 0;
  }

  /** Looks once: how many processes were ended, and by which changes they came. `isOver`: nothing is looked for any more. */
  look(): { readonly ended: number; readonly differences: readonly Difference[]; readonly isOver: boolean } {
    const { ended, by } = killStarted(this.#sought);
    this.#sought = this.#sought.filter(({ until }) => until > performance.now());
    return { ended, differences: [...by].flatMap(({ differences }) => differences), isOver: this.#sought.length === 0 };
  }
}

/** Command lines of the servers that a change brought or changed. */
function commandsOf({ path, after, bytes, differences }: Change): readonly (readonly string[])[] {
  // Else whoever turns a link to a file of root has root's programs ended.
  if (bytes === undefined || !isWayOf(path, after?.uid)) return [];
  const changed = new Set(differences.filter(({ severity }) => severity === 'critical' || severity === 'high').flatMap(({ server }) => server ?? []));
  const { servers } = readFileOf(new TextDecoder().decode(bytes), { client: after?.client ?? 'unknown', file: path, scope: 'user' });
  return servers.filter(({ name, command }) => changed.has(visible(name)) && command.length > 0).map(({ command }) => command);
}

/** Processes of the file's owner whose command line is, or ends with, an entry's, and what they started. */
function killStarted(sought: readonly Sought[]): { readonly ended: number; readonly by: ReadonlySet<Change> } {
  const by = new Set<Change>();
  if (sought.length === 0 || !hasProc()) return { ended: 0, by };
  const { processes } = readLinux();
  const roots = processes.filter((one) => {
    if (one.pid === process.pid) return false;
    const found = sought.find(({ command, owner, since }) => one.startedAt >= Math.floor(since / 1000) - 1 && one.user === owner && runs(one, command));
    if (found !== undefined) by.add(found.change);
    return found !== undefined;
  });
  const doomed = new Map<number, RunningProcess>();
  const add = (one: RunningProcess): void => {
    if (doomed.has(one.pid) || one.pid === process.pid) return;
    doomed.set(one.pid, one);
    for (const child of processes) if (child.parent === one.pid) add(child);
  };
  for (const root of roots) add(root);
  return { ended: [...doomed.values()].filter(kill).length, by };
}

/** `npx -y x` is seen as `npm exec -y x` or `node /usr/bin/npx -y x`: the last words are the entry's. */
function runs({ argv }: RunningProcess, [program = '', ...args]: readonly string[]): boolean {
  const tail = argv.slice(argv.length - args.length);
  if (args.length === 0) return argv.length === 1 && baseOf(argv[0]) === baseOf(program);
  if (tail.join('\0') !== args.join('\0')) return false;
  return argv.slice(0, argv.length - args.length).some((word) => baseOf(word) === baseOf(program) || (baseOf(program) === 'npx' && baseOf(word) === 'exec'));
}

function baseOf(path = ''): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** Looked at once more: a number that meanwhile is somebody else's is left alone. */
function kill({ pid, startedAt }: RunningProcess): boolean {
  try {
    if (readLinux().processes.find((one) => one.pid === pid)?.startedAt !== startedAt) return false;
    process.kill(pid, 'SIGKILL');
    return true;
  } catch {
    return false;
  }
}
