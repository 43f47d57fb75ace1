import { createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import type { RemoteEndpoint } from './http-request.ts';

/** A server that does to each request exactly what a test says, byte for byte. */
export interface RawServer {
  readonly endpoint: RemoteEndpoint;
  /** The requests, as they came. */
  readonly heard: string[];
  /** The first connection that asked something has ended. */
  readonly closed: Promise<void>;
  readonly stop: () => void;
}

export async function startRawServer(behave: (socket: Socket, request: string) => void): Promise<RawServer> {
  const heard: string[] = [];
  const closed = Promise.withResolvers<void>();
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    let text = '';
    socket.on('error', () => undefined).on('close', () => {
      if (text !== '') closed.resolve();
    });
    socket.on('data', (bytes) => {
      text += bytes.toString();
      if (!text.includes('\r\n\r\n')) return;
      heard.push(text);
      text = ' ';
      behave(socket, heard.at(-1) ?? '');
    });
  });
  const port = await listening(server);
  const stop = (): void => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
  return { endpoint: { transport: 'http', url: `http://127.0.0.1:${port}/mcp`, allowPrivate: true }, heard, closed: closed.promise, stop };
}

export function listening(server: Server): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>();
  server.listen(0, '127.0.0.1', () => {
    const address = server.address();
    resolve(typeof address === 'object' && address !== null ? address.port : 0);
  });
  return promise;
}

export function head(type: string, more = ''): string {
  return `HTTP/1.1 200 OK\r\ncontent-type: ${type}\r\n${more}\r\n`;
}

export function whole(body: string, status = '200 OK', more = ''): string {
  return `HTTP/1.1 ${status}\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n${more}\r\n${body}`;
}

export function event(data: string): string {
  return `data: ${data}\n\n`;
}

export function sse(...events: string[]): string {
  return head('text/event-stream') + events.join('');
}

/** Says `first`, and then `chunk` for ever, as fast as it is taken. */
export function flood(first: string, chunk: Buffer): (socket: Socket) => void {
  return (socket) => {
    socket.write(first);
    const more = (): void => {
      while (!socket.destroyed && socket.write(chunk));
      if (!socket.destroyed) socket.once('drain', more);
    };
    more();
  };
}
