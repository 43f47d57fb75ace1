import { connect, createServer, type ListenOptions, type Server, type Socket, type SocketConnectOpts } from 'node:net';
import { gone, pump } from '../../egress/jailed/pump.ts';

/** Bytes that come to one place go to another, and back; nothing is read of them. */
export interface Passage {
  /** Of one that listens on TCP. */
  readonly port: number;
  close(): Promise<void>;
}

/** Opens a passage from a place that it listens at. Rejects when it can't listen there. */
export async function openPassage(from: ListenOptions, to: SocketConnectOpts): Promise<Passage> {
  const open = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (socket) => {
    const other = connect({ ...to, allowHalfOpen: true });
    for (const one of [socket, other]) {
      open.add(one);
      // What breaks is gone, and its other half with it.
      one.on('error', () => undefined);
      void gone(one).then(() => {
        open.delete(one);
        (one === socket ? other : socket).destroy();
      });
    }
    pump(socket, other, () => undefined);
    pump(other, socket, () => undefined);
  });
  await listening(server, from);
  const address = server.address();
  return {
    port: address === null || typeof address === 'string' ? 0 : address.port,
    async close() {
      for (const one of open) one.destroy();
      const { promise, resolve } = Promise.withResolvers<void>();
      server.close(() => resolve());
      await promise;
    },
  };
}

async function listening(server: Server, at: ListenOptions): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject).listen(at, resolve);
  await promise;
}
