import { chmodSync, rmSync } from 'node:fs';
import type { Socket } from 'bun';
import { LIMITS } from '../domain/limits.ts';
import type { Role } from '../domain/role.ts';
import type { Handler, Refusal, SessionContext } from './handler.ts';
import { ensureRoleKey } from './keys.ts';
import { preparePlace, socketPathOf } from './place.ts';
import { Session } from './session.ts';

export interface ServeOptions {
  readonly home: string;
  readonly self: Role;
  /** Default: `<home>/run/<self>.sock`. */
  readonly socketPath?: string;
  readonly handlers: Readonly<Record<string, Handler>>;
  readonly onRefused?: (refusal: Refusal) => void;
}

export interface LinkServer {
  readonly path: string;
  /** Stops accepting, ends streams, lets calls under way answer (up to 2 s), then ends the connections. */
  close(): Promise<void>;
}

/**
 * Listens for the other roles. Nothing of a connection is heard before both sides have proven their role, and then only
 * the verbs that the table in `verbs.ts` gives to that role. Throws `ERR_ALREADY_RUNNING`, `ERR_LINK_AUTH` (the role's own key).
 */
export async function serveLink(options: ServeOptions): Promise<LinkServer> {
  const path = options.socketPath ?? socketPathOf(options.home, options.self);
  const context: SessionContext = { ...options, key: ensureRoleKey(options.home, options.self) };
  await preparePlace(path);
  const sessions = new Set<Session>();
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
  let closing: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    listener.stop(false);
    await Promise.all([...sessions].map((session) => session.finish()));
    listener.stop(true);
    rmSync(path, { force: true });
  };
  return { path, close: () => (closing ??= close()) };
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
