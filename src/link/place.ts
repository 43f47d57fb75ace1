import { chmodSync, existsSync, lstatSync, mkdirSync, statSync, unlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { SallyportError } from '../domain/errors.ts';
import { GATE_ROLES, type Role } from '../domain/role.ts';
import { callersOf } from './verbs.ts';

/*
 * The home, as every role and every jail knows it:
 *   <home>/<role>/                      private to that role (0700)
 *   <home>/keys/<role>/key.pub          published; written by that role alone
 *   <home>/run/<listener>/              what a listener publishes: its places, and one folder for each role that may call it
 *   <home>/run/<listener>/<caller>/s    the socket of that pair (0600 in 0700)
 * A folder, not a socket's file, is what a jail is given: the file is made anew at each start.
 */

/** What the kernel's `sun_path` holds, with room for the terminating byte. */
const SOCKET_PATH_CHARS_MAX = 107;

/** A listener's name under `run`: the one gateway of a machine has the role's name, replicas beside it carry their own. */
export function listenerOf(role: Role, node: string): string {
  return node === role ? role : `${role}-${node}`;
}

/** The folder in which a listener puts where it is to be found. */
export function placeOf(home: string, listener: string): string {
  return join(home, 'run', listener);
}

export function socketPathOf(home: string, listener: string, caller: Role): string {
  return join(placeOf(home, listener), caller, 's');
}

/** Makes the folders of one listener, its callers' among them. */
export function ensurePlace(home: string, role: Role, listener: string): void {
  for (const folder of [join(home, 'run'), placeOf(home, listener)]) ensureFolder(folder, 0o700);
  for (const caller of callersOf(role)) ensureCallersFolder(dirname(socketPathOf(home, listener, caller)));
}

/**
 * Makes what a listener shows a caller, in a place that the listener may write. Throws `ERR_FILE_UNSAFE` for a link: the mode of
 * whatever it leads to would be changed, and the caller's jail would show that.
 */
export function ensureCallersFolder(folder: string): void {
  if (lstatSync(folder, { throwIfNoEntry: false })?.isSymbolicLink() === true) {
    throw new SallyportError('ERR_FILE_UNSAFE', `${folder} is a link`, { remedy: `Find out who made it and where it leads; then: rm ${folder}` });
  }
  ensureFolder(folder, 0o700);
}

/** Makes all folders of a home that roles share or are confined to, so that each role can be started without seeing the others'. */
export function ensureHome(home: string): void {
  mkdirSync(home, { recursive: true, mode: 0o700 });
  ensureFolder(join(home, 'run'), 0o700);
  for (const folder of ['ca', 'keys', 'packages']) ensureFolder(join(home, folder), 0o755);
  for (const role of GATE_ROLES) {
    ensureFolder(join(home, role), 0o700);
    ensureFolder(join(home, 'keys', role), 0o755);
    ensurePlace(home, role, role);
  }
}

/** A mode is only changed where it is another: what a jail shows read-only is right already. */
export function ensureFolder(folder: string, mode: number): void {
  mkdirSync(folder, { recursive: true, mode });
  if ((statSync(folder).mode & 0o777) !== mode) chmodSync(folder, mode);
}

/**
 * Clears the place of a listening socket. A socket's file outlives a killed process, so one that nobody answers on is
 * removed; one that answers means that the role runs already (`ERR_ALREADY_RUNNING`).
 */
export async function clearSocket(path: string): Promise<void> {
  if (Buffer.byteLength(path) > SOCKET_PATH_CHARS_MAX) {
    const remedy = 'Set SALLYPORT_HOME to a shorter path.';
    throw new SallyportError('ERR_LINK_UNAVAILABLE', `the socket path ${path} is too long for this system`, { remedy });
  }
  if (!existsSync(path)) return;
  if (await answers(path)) {
    throw new SallyportError('ERR_ALREADY_RUNNING', `something listens on ${path} already`, { remedy: 'Stop the running Sallyport first.' });
  }
  unlinkSync(path);
}

async function answers(path: string): Promise<boolean> {
  try {
    const socket = await Bun.connect({ unix: path, socket: { data: () => undefined } });
    socket.terminate();
    return true;
  } catch {
    return false;
  }
}
