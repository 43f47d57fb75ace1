import { createHash } from 'node:crypto';
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer, TLSSocket } from 'node:tls';
import { LIMITS } from '../domain/limits.ts';
import { isLoopbackHost } from '../domain/loopback.ts';
import { bodyOf, headersOf, writeResponse } from '../link/node-exchange.ts';
import { answer, watchBodies } from './answer.ts';
import { createDoors } from './doors.ts';
import type { Listener, ListenOptions } from './listen.ts';
import { broken } from './reply.ts';

export type MtlsOptions = ListenOptions & { readonly tls: NonNullable<ListenOptions['tls']> };

/**
 * The door for clients with certificates (RFC 8705). The runtime's own server doesn't show what the peer presented; TLS and
 * HTTP put together do. Whose certificate it is doesn't matter: the token names it by thumbprint, and the handshake proves
 * that the caller has its key. Without one the door is like the other. Rejects with what the socket says.
 */
export async function listenMtls(options: MtlsOptions): Promise<Listener> {
  const cuts = new WeakMap<Request, () => void>();
  const arriving = watchBodies((request) => cuts.get(request)?.());
  const answering = { ...options, doors: createDoors(options.publicUrl, isLoopbackHost(options.hostname)), arriving };
  const sockets = new Set<TLSSocket>();
  const http = createHttpServer({ maxHeaderSize: LIMITS.headerBytesMax, headersTimeout: LIMITS.bodyTimeoutMs, requestTimeout: 0 }, (incoming, outgoing) => {
    const work = async (): Promise<void> => {
      const { socket } = incoming;
      const request = toRequest(incoming, outgoing, options.publicUrl);
      cuts.set(request, () => socket.destroy());
      const certificate = socket instanceof TLSSocket ? thumbprintOf(socket) : undefined;
      const peer = { address: socket.remoteAddress ?? '', longLived: () => void socket.setTimeout(0), ...(certificate === undefined ? {} : { certificate }) };
      await writeResponse(await answer(request, peer, answering), outgoing);
    };
    work().catch(async () => {
      if (outgoing.headersSent) outgoing.destroy();
      else await writeResponse(broken(), outgoing);
    }).catch(() => outgoing.destroy());
  });
  const limits = { handshakeTimeout: LIMITS.connectTimeoutMs };
  const tls = { ...options.tls, ...limits, minVersion: 'TLSv1.3', requestCert: true, rejectUnauthorized: false, ALPNProtocols: ['http/1.1'] } as const;
  const server = createTlsServer({ ...tls, ALPNProtocols: [...tls.ALPNProtocols] }, (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket)).once('error', () => socket.destroy());
    socket.setTimeout(LIMITS.connectionIdleMs, () => socket.destroy());
    http.emit('connection', socket);
  });
  server.maxConnections = LIMITS.openExchangesMax;
  server.on('tlsClientError', (_fault, socket) => socket.destroy());
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject).listen({ host: options.hostname, port: options.port }, resolve);
  await promise;
  const bound = server.address();
  return {
    port: typeof bound === 'object' && bound !== null ? bound.port : options.port,
    async close(graceMs) {
      arriving.stop();
      const ended = new Promise<void>((done) => void server.close(() => done()));
      const timer = setTimeout(() => sockets.forEach((socket) => socket.destroy()), sockets.size === 0 ? 0 : graceMs);
      await ended;
      clearTimeout(timer);
      http.close();
    },
  };
}

function thumbprintOf(socket: TLSSocket): string | undefined {
  // Empty, where the peer presented none, whatever the types say.
  const { raw } = socket.getPeerCertificate(true) as { readonly raw?: Buffer };
  return raw === undefined ? undefined : createHash('sha256').update(raw).digest('base64url');
}

function toRequest(incoming: IncomingMessage, outgoing: ServerResponse, publicUrl: string): Request {
  const gone = new AbortController();
  outgoing.once('close', () => gone.abort());
  const method = incoming.method ?? 'GET';
  const url = new URL(publicUrl).origin + (incoming.url?.startsWith('/') === true ? incoming.url : '/');
  const body = method === 'POST' ? { body: bodyOf(incoming) } : {};
  return new Request(url, { method, headers: headersOf(incoming), signal: gone.signal, ...body });
}
