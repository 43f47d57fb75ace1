import type { Socket } from 'node:net';

/** Bytes from one socket to the other, no faster than it takes them; the end of one is the end of the other's input. */
export function pump(from: Socket, to: Socket, onBytes: (count: number) => void): void {
  from.on('data', (chunk: Uint8Array) => {
    onBytes(chunk.length);
    if (!to.destroyed && !to.write(chunk)) from.pause();
  });
  to.on('drain', () => void from.resume());
  from.once('end', () => void to.end());
  from.resume();
}

/** Resolves when a socket is gone, with whether it broke. */
export function gone(socket: Socket): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  if (socket.destroyed) resolve(false);
  socket.once('close', (isBroken: boolean) => resolve(isBroken));
  return promise;
}
