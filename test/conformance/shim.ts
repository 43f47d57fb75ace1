import type { Socket } from 'node:net';
import { connect, createServer } from 'node:net';

const HEAD_BYTES_MAX = 64 * 1024;

export interface Shim {
  readonly url: string;
  readonly stop: () => Promise<void>;
}

/**
 * A loopback hop that adds headers to each request, for a harness that can send none: the gateway has no anonymous mode.
 * All else passes as bytes. A Host or Origin that names the shim is made to name the target, as in any honest hop; any
 * other stays, so that a test of DNS rebinding still tests the target. Each connection carries one request.
 */
export async function startShim(target: string, headers: Readonly<Record<string, string>>): Promise<Shim> {
  const { hostname, port, host, protocol, pathname } = new URL(target);
  if (protocol !== 'http:') throw new Error('the shim speaks plain HTTP on loopback only');
  const open = new Set<Socket>();
  let own = '';
  const server = createServer((downstream) => {
    const upstream = connect({ host: hostname, port: Number(port) });
    for (const [socket, peer] of [[downstream, upstream], [upstream, downstream]] as const) {
      open.add(socket);
      socket.on('error', () => peer.destroy());
      socket.on('close', () => {
        open.delete(socket);
        peer.destroy();
      });
    }
    pass(downstream, upstream, (field) => (/^(host|origin):/i.test(field) ? field.replace(own, host) : field), headers);
    // Said to the client too, which would otherwise send its next request on a connection that is about to close.
    pass(upstream, downstream, (field) => field, {});
    upstream.on('end', () => downstream.end());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('the shim has no port');
  own = `127.0.0.1:${address.port}`;
  return {
    url: `http://${own}${pathname}`,
    stop: () => new Promise((resolve) => {
      for (const socket of open) socket.destroy();
      server.close(() => resolve());
    }),
  };
}

/** Passes one HTTP message on, its head changed field by field, its body as it comes. */
function pass(from: Socket, to: Socket, change: (field: string) => string, added: Readonly<Record<string, string>>): void {
  let head = Buffer.alloc(0);
  const readHead = (chunk: Buffer): void => {
    head = Buffer.concat([head, chunk]);
    const end = head.indexOf('\r\n\r\n');
    if (end < 0 && head.length > HEAD_BYTES_MAX) from.destroy();
    if (end < 0) return;
    from.off('data', readHead);
    const [startLine = '', ...fields] = head.toString('latin1', 0, end).split('\r\n');
    const kept = fields.filter((field) => !/^connection:/i.test(field)).map(change);
    const lines = [startLine, ...kept, 'Connection: close', ...Object.entries(added).map(([name, value]) => `${name}: ${value}`)];
    to.write(Buffer.concat([Buffer.from(lines.join('\r\n'), 'latin1'), head.subarray(end)]));
    from.on('data', (more) => to.write(more));
  };
  from.on('data', readHead);
}
