import { connect } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { Place } from './place.ts';

/** The head of a request whose body is announced, and half of it; then nothing more. A text: it could not be tried. */
export async function leaveUnfinished(place: Place, url: URL, waitMs: number, signal: AbortSignal): Promise<{ readonly isEnded: boolean } | string> {
  const { promise, resolve } = Promise.withResolvers<{ readonly isEnded: boolean } | string>();
  const where = { host: place.address, port: place.port };
  const socket = place.scheme === 'http' ? connect(where)
    : connectTls({ ...where, rejectUnauthorized: false, ca: [...place.roots], ...(place.isLiteral ? {} : { servername: place.name }) });
  let isSaid = false;
  const end = (seen: { readonly isEnded: boolean } | string): void => {
    clearTimeout(late);
    signal.removeEventListener('abort', stop);
    socket.destroy();
    resolve(seen);
  };
  const stop = (): void => end('the run was stopped');
  const late = setTimeout(() => end(isSaid ? { isEnded: false } : 'it could not be connected to'), waitMs);
  signal.addEventListener('abort', stop);
  socket.once(place.scheme === 'http' ? 'connect' : 'secureConnect', () => {
    isSaid = true;
    socket.write(`POST ${url.pathname} HTTP/1.1\r\nhost: ${url.host}\r\ncontent-type: application/json\r\naccept: application/json, text/event-stream\r\n`
      + 'content-length: 1000\r\n\r\n{"jsonrpc":"2.0"');
  });
  // Whatever it says, it says it without the rest.
  socket.once('data', () => end({ isEnded: true }));
  socket.once('close', () => end(isSaid ? { isEnded: true } : 'closed'));
  socket.once('error', (error) => end(isSaid ? { isEnded: true } : error.message));
  return promise;
}
