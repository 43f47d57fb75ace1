import { lstatSync, realpathSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Copies } from '../../client-files/watch/copies.ts';
import { putBack } from '../../client-files/watch/copies.ts';
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
    const now = Date.now();
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

/** Stops an agent's calls at the gate until somebody lets it go on. */
export async function block(client: Client, agent: string, path: string): Promise<string> {
  try {
    await client.send('PUT', '/kill', { target: 'agent', name: agent, on: true, reason: `the file ${plain(path).slice(0, 500)} was changed without approval` });
    return `agent ${agent} blocked`;
  } catch (error) {
    return `agent ${agent} not blocked: ${error instanceof SallyportError ? error.code : 'ERR_INTERNAL'}`;
  }
}

/** Command lines of the servers that a change brought or changed: they live here only. */
export function commandsOf({ path, after, bytes, differences }: Change): readonly (readonly string[])[] {
  // Else whoever turns a link to a file of root has root's programs ended.
  if (bytes === undefined || !isWayOf(path, after?.uid)) return [];
  const changed = new Set(differences.filter(({ severity }) => severity === 'critical' || severity === 'high').flatMap(({ server }) => server ?? []));
  const { servers } = readFileOf(new TextDecoder().decode(bytes), { client: after?.client ?? 'unknown', file: path, scope: 'user' });
  return servers.filter(({ name, command }) => changed.has(name) && command.length > 0).map(({ command }) => command);
}

/**
 * Ends what was started by changed entries since the change: processes of the file's owner whose command line is, or ends with,
 * an entry's, and what they started. Gives how many.
 */
export function killStarted(commands: readonly (readonly string[])[], owner: number, sinceMs: number): number {
  if (commands.length === 0 || !hasProc()) return 0;
  const { processes } = readLinux();
  const since = Math.floor(sinceMs / 1000) - 1;
  const young = processes.filter((one) => one.pid !== process.pid && one.startedAt >= since && one.user === owner);
  const roots = young.filter((one) => commands.some((command) => runs(one, command)));
  const doomed = new Map<number, RunningProcess>();
  const add = (one: RunningProcess): void => {
    if (doomed.has(one.pid) || one.pid === process.pid) return;
    doomed.set(one.pid, one);
    for (const child of processes) if (child.parent === one.pid) add(child);
  };
  for (const root of roots) add(root);
  return [...doomed.values()].filter(kill).length;
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
