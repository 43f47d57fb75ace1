import { chmodSync, existsSync, mkdirSync, unlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { SallyportError } from '../domain/errors.ts';
import type { Role } from '../domain/role.ts';

/** What the kernel's `sun_path` holds, with room for the terminating byte. */
const SOCKET_PATH_CHARS_MAX = 107;

export function socketPathOf(home: string, role: Role): string {
  return join(home, 'run', `${role}.sock`);
}

/**
 * Makes the place for a listening socket: a 0700 folder and no stale socket file. A socket file outlives a killed process,
 * so one that nobody answers on is removed; one that answers means that the role runs already (`ERR_ALREADY_RUNNING`).
 */
export async function preparePlace(path: string): Promise<void> {
  if (Buffer.byteLength(path) > SOCKET_PATH_CHARS_MAX) {
    const remedy = 'Set SALLYPORT_HOME to a shorter path.';
    throw new SallyportError('ERR_LINK_UNAVAILABLE', `the socket path ${path} is too long for this system`, { remedy });
  }
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  chmodSync(dirname(path), 0o700);
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
