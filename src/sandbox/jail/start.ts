import { closeSync, constants, openSync, readFileSync, readSync, writeSync } from 'node:fs';
import { isObject, type Json } from '../../domain/json.ts';
import type { JailCommand } from './jail.ts';

/** `O_TMPFILE` (open(2)), which Node does not name: a file without a name, gone with its last descriptor. */
const NAMELESS = 0o20000000 | constants.O_DIRECTORY | constants.O_RDWR;
const MEMORY = '/dev/shm';
const TOLD_BYTES_MAX = 4096;
const LOOK_MS = 2;

/**
 * Starts a jail's command: opens what it is to be handed, calls `spawn` with the descriptors for `stdio` after the first
 * three, and closes them here. What is handed over lies in memory only, and each start has its own.
 */
export function startJailed<Child>(command: JailCommand, spawn: (argv: readonly string[], descriptors: readonly number[]) => Child): Started<Child> {
  const descriptors: number[] = [];
  let told: number | undefined;
  try {
    for (const bytes of command.descriptors) {
      const descriptor = openSync(MEMORY, NAMELESS, 0o600);
      descriptors.push(descriptor);
      // At a place, so that the descriptor itself still stands at the beginning for who reads it.
      for (let done = 0; done < bytes.byteLength;) done += writeSync(descriptor, bytes, done, bytes.byteLength - done, done);
    }
    told = openSync(MEMORY, NAMELESS, 0o600);
    return { child: spawn(command.argv, [...descriptors, told]), told };
  } catch (fault) {
    if (told !== undefined) closeSync(told);
    throw fault;
  } finally {
    for (const descriptor of descriptors) closeSync(descriptor);
  }
}

export interface Started<Child> {
  readonly child: Child;
  /** A descriptor for `pidInJail`, which closes it. */
  readonly told: number;
}

/**
 * The machine's process id of what runs in a jail (not of bubblewrap, which waits outside, nor of the jail's first process,
 * which reaps). Undefined when the jail ended before there was one. Closes `told`.
 */
export async function pidInJail(told: number, hasEnded: () => boolean): Promise<number | undefined> {
  try {
    while (!hasEnded()) {
      const first = firstProcess(told);
      const pid = first === undefined ? undefined : childOf(first);
      if (pid !== undefined) return pid;
      await Bun.sleep(LOOK_MS);
    }
    return undefined;
  } finally {
    closeSync(told);
  }
}

function firstProcess(told: number): number | undefined {
  const bytes = Buffer.alloc(TOLD_BYTES_MAX);
  const read = readSync(told, bytes, 0, TOLD_BYTES_MAX, 0);
  try {
    const value: Json = JSON.parse(bytes.toString('utf8', 0, read));
    const pid = isObject(value) ? value['child-pid'] : undefined;
    return typeof pid === 'number' ? pid : undefined;
  } catch {
    // Not yet written, or not yet all of it.
    return undefined;
  }
}

function childOf(pid: number): number | undefined {
  try {
    const [child] = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ');
    return child === undefined || child === '' ? undefined : Number(child);
  } catch {
    return undefined;
  }
}
