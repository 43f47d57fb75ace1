import { connect, createServer } from 'node:net';
import type { Socket } from 'node:net';

/** What went over one connection, in the order in which it passed. */
export type Conversation = readonly { readonly from: 'client' | 'server'; readonly bytes: Buffer }[];

export interface Relay {
  readonly url: string;
  readonly conversations: readonly Conversation[];
  stop(): void;
}

/** Stands before a server of this machine, passes every byte on, and keeps them. */
export async function startRelay(target: string): Promise<Relay> {
  const { hostname, port, pathname } = new URL(target);
  const conversations: Conversation[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const kept: { readonly from: 'client' | 'server'; readonly bytes: Buffer }[] = [];
    conversations.push(kept);
    const upstream = connect(Number(port), hostname);
    const join = (from: 'client' | 'server', socket: Socket, other: Socket): void => {
      sockets.add(socket);
      socket.on('data', (bytes: Buffer) => {
        kept.push({ from, bytes });
        other.write(bytes);
      });
      socket.on('end', () => other.end());
      socket.on('error', () => other.destroy());
      socket.on('close', () => {
        sockets.delete(socket);
        other.destroy();
      });
    };
    join('client', client, upstream);
    join('server', upstream, client);
  });
  const { promise, resolve } = Promise.withResolvers<void>();
  server.listen(0, '127.0.0.1', resolve);
  await promise;
  const address = server.address();
  return {
    url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}${pathname}`,
    conversations,
    stop() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
