import { chmodSync, rmSync } from 'node:fs';
import type { Socket } from 'bun';
import { LIMITS } from '../domain/limits.ts';
import type { Json } from '../domain/json.ts';
import type { Role } from '../domain/role.ts';
import type { Handler, Refusal, SessionContext } from './handler.ts';
import { ensureRoleKey } from './keys.ts';
import type { MachineAddress } from './machines/address.ts';
import type { Credentials } from './machines/credentials.ts';
import { openMachineDoor } from './machines/door.ts';
import { clearSocket, ensurePlace, listenerOf, socketPathOf } from './place.ts';
import { Session } from './session.ts';
import { callersOf } from './verbs.ts';

export interface ServeOptions {
  readonly home: string;
  readonly self: Role;
  /** Which replica of the role this is. Default: the one that has the role's name. */
  readonly node?: string;
  readonly handlers: Readonly<Record<string, Handler>>;
  readonly onRefused?: (refusal: Refusal) => void;
}

/** Lets a machine in that has no certificate yet: gives what it said to control, and control's answer back. Throws why not. */
export type Enrol = (asked: Json, address: string) => Promise<Json>;

export interface LinkServer {
  /**
   * Listens for other machines too, until `close`: mutual TLS 1.3 in place of the proof by role keys, then the same table.
   * With renewed credentials a new listener takes over; what is open goes on. Only control enrols.
   */
  open(address: MachineAddress, credentials: Credentials, enrol?: Enrol): { readonly port: number };
  /** Stops accepting, ends streams, lets calls under way answer (up to 2 s), then ends the connections. */
  close(): Promise<void>;
}

/**
 * Listens for the other roles, at one socket for each that may ask anything. Nothing of a connection is heard before both
 * sides have proven their role and the caller's is the one whose socket it is; then only the verbs that the table in
 * `verbs.ts` gives to that role. Throws `ERR_ALREADY_RUNNING`, `ERR_LINK_AUTH` (the role's own key).
 */
export async function serveLink(options: ServeOptions): Promise<LinkServer> {
  const { home, self } = options;
  const listener = listenerOf(self, options.node ?? self);
  const key = ensureRoleKey(home, self);
  ensurePlace(home, self, listener);
  const sessions = new Set<Session>();
  const doors: { close(): void }[] = [];
  const sockets: PairSocket[] = [];
  try {
    for (const expected of callersOf(self)) {
      sockets.push(await listenFor(socketPathOf(home, listener, expected), sessions, { ...options, key, expected }));
    }
  } catch (error) {
    for (const socket of sockets) socket.stop();
    throw error;
  }
  let closing: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    for (const socket of sockets) socket.refuse();
    for (const door of doors) door.close();
    await Promise.all([...sessions].map((session) => session.finish()));
    for (const socket of sockets) socket.stop();
  };
  return {
    open: (address, credentials, enrol) => {
      const door = openMachineDoor({ address, credentials, enrol, sessions, context: { ...options, key } });
      doors.push(door);
      return door;
    },
    close: () => (closing ??= close()),
  };
}

interface PairSocket {
  /** Takes no more connections. */
  refuse(): void;
  /** Ends those that there are, and takes the file away. */
  stop(): void;
}

async function listenFor(path: string, sessions: Set<Session>, context: SessionContext): Promise<PairSocket> {
  await clearSocket(path);
  const listener = Bun.listen<Session | undefined>({
    unix: path,
    socket: {
      open: (socket) => openSession(socket, sessions, context),
      data: (socket, bytes) => socket.data?.receive(bytes),
      drain: (socket) => socket.data?.drain(),
      close: (socket) => endSession(socket, sessions),
      error: (socket) => socket.terminate(),
    },
  });
  chmodSync(path, 0o600);
  return {
    refuse: () => listener.stop(false),
    stop: () => {
      listener.stop(true);
      rmSync(path, { force: true });
    },
  };
}

function openSession(socket: Socket<Session | undefined>, sessions: Set<Session>, context: SessionContext): void {
  if (sessions.size >= LIMITS.linkConnectionsMax) {
    context.onRefused?.({ code: 'ERR_LINK_UNAVAILABLE' });
    socket.terminate();
    return;
  }
  const session = new Session(socket, context);
  socket.data = session;
  sessions.add(session);
}

function endSession(socket: Socket<Session | undefined>, sessions: Set<Session>): void {
  if (socket.data === undefined) return;
  sessions.delete(socket.data);
  socket.data.lost();
}
