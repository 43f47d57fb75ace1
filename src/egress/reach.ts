import { connect, type Socket } from 'node:net';
import { SallyportError } from '../domain/errors.ts';
import { LIMITS } from '../domain/limits.ts';

/** Connects to the first of these addresses that answers. They are addresses: nothing is resolved. Throws `ERR_UPSTREAM_UNREACHABLE`. */
export async function reach(addresses: readonly string[], port: number, signal: AbortSignal): Promise<{ readonly socket: Socket; readonly address: string }> {
  const timeout = AbortSignal.timeout(LIMITS.connectTimeoutMs);
  const either = AbortSignal.any([signal, timeout]);
  for (const address of addresses) {
    if (either.aborted) break;
    const socket = await dial(address, port, either);
    if (socket !== undefined) return { socket, address };
  }
  signal.throwIfAborted();
  throw new SallyportError('ERR_UPSTREAM_UNREACHABLE', timeout.aborted ? 'The host did not answer in time.' : 'The host refused the connection.');
}

function dial(host: string, port: number, signal: AbortSignal): Promise<Socket | undefined> {
  const { promise, resolve } = Promise.withResolvers<Socket | undefined>();
  const socket = connect({ host, port, allowHalfOpen: true });
  const fail = (): void => {
    socket.destroy();
    resolve(undefined);
  };
  const settled = (): void => {
    signal.removeEventListener('abort', fail);
    socket.off('error', fail);
    // From here on how it ends is told by `close`.
    socket.on('error', () => undefined);
    socket.pause();
    resolve(socket);
  };
  signal.addEventListener('abort', fail, { once: true });
  socket.once('connect', settled).once('error', fail);
  return promise;
}
