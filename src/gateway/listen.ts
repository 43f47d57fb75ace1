import { isIP } from 'node:net';
import { SallyportError } from '../domain/errors.ts';
import type { Inbound } from '../domain/inbound.ts';
import { LIMITS } from '../domain/limits.ts';
import type { NetworkSettings } from '../domain/snapshot.ts';
import { createDoors, routeOf } from './doors.ts';
import type { Gateway } from './gateway.ts';
import { isSameAddress } from '../upstream/address-class.ts';
import { broken, reply, turnedAway } from './reply.ts';

export interface ListenOptions {
  readonly hostname: string;
  readonly port: number;
  /** Absent only by the explicit loopback exception. */
  readonly tls?: { readonly cert: string; readonly key: string };
  readonly publicUrl: string;
  /** As they are in force when a request arrives. */
  readonly network: () => Pick<NetworkSettings, 'origins' | 'trustedProxy'>;
  readonly gateway: Gateway;
  readonly ready: () => boolean;
}

export interface Listener {
  readonly port: number;
  /** Stops accepting, lets open calls end for `graceMs`, then closes. */
  close(graceMs: number): Promise<void>;
}

const TLS_1_3 = 0x0304;

/** Bytes from downstream → `Inbound` → `gateway.handle` → bytes. Decides nothing but what addresses it answers under. */
export function listen(options: ListenOptions): Listener {
  const loopback = ['127.0.0.1', '::1', 'localhost'].includes(options.hostname);
  const doors = createDoors(options.publicUrl, loopback);
  const arriving = watchBodies((request) => server.timeout(request, 1));
  const server = Bun.serve({
    hostname: options.hostname,
    port: options.port,
    ...(options.tls === undefined ? {} : { tls: { ...options.tls, minVersion: TLS_1_3 } as Bun.TLSOptions }),
    // Counted here instead, so that a body that is too large gets an answer with an exchange id, and a record.
    maxRequestBodySize: Number.MAX_SAFE_INTEGER,
    // A silent peer costs one socket for this long; one whose headers trickle in is cut by the runtime itself, sooner. Streams are exempt.
    idleTimeout: LIMITS.connectionIdleMs / 1000,
    development: false,
    // Outside development the runtime would share the port with whoever else asks for it, and requests with them.
    reusePort: false,
    async fetch(request, bun) {
      const path = pathOf(request.url);
      if (path === '/healthz') return new Response('ok\n');
      if (path === '/readyz') return new Response(options.ready() ? 'ready\n' : 'not ready\n', { status: options.ready() ? 200 : 503 });
      const receivedAt = Date.now();
      const { origins, trustedProxy } = options.network();
      const address = addressOf(request, bun, trustedProxy);
      let inbound: Inbound;
      try {
        doors.check(request.headers, origins);
        inbound = await inboundOf(request, path, address, receivedAt, arriving, options.gateway);
      } catch (fault) {
        return turnedAway(await options.gateway.turnAway(fault, { address, receivedAt }));
      }
      return reply(options.gateway.handle(inbound), inbound, () => bun.timeout(request, 0));
    },
    error: broken,
  });
  return {
    port: server.port ?? options.port,
    async close(graceMs) {
      arriving.stop();
      const late = Promise.withResolvers<void>();
      // Cleared when calls ended in time: a timer left behind would keep the process from ending.
      const timer = setTimeout(late.resolve, graceMs);
      await Promise.race([server.stop(false), late.promise]);
      clearTimeout(timer);
      await server.stop(true);
    },
  };
}

async function inboundOf(request: Request, path: string, address: string, receivedAt: number, arriving: Arriving, gateway: Gateway): Promise<Inbound> {
  const route = routeOf(path);
  if (route === undefined) {
    throw new SallyportError('ERR_ROUTE_UNKNOWN', 'There is nothing at this path.', { remedy: 'Use /mcp/<server> or /mcp/t/<toolset>.' });
  }
  const httpMethod = request.method;
  if (httpMethod !== 'POST' && httpMethod !== 'GET' && httpMethod !== 'DELETE') {
    throw new SallyportError('ERR_METHOD_NOT_ALLOWED', 'Only POST, GET and DELETE are served.');
  }
  const { headers, signal } = request;
  const recognise = (): void => gateway.recognise({ headers, route, receivedAt });
  const body = httpMethod === 'POST' ? await bodyOf(request, arriving, recognise) : NOTHING;
  return { route, httpMethod, headers, body, address, receivedAt, signal };
}

const NOTHING = new Uint8Array();

interface Arriving {
  /** Notes a body that begins to come; the returned function notes that it is there. */
  begin(request: Request): () => void;
  stop(): void;
}

/**
 * A body that trickles in is cut off: the idle timeout alone would let one byte every few seconds hold a call open. One
 * sweep for all of them costs less than a timer for each.
 */
function watchBodies(cut: (request: Request) => void): Arriving {
  const arriving = new Map<Request, number>();
  const sweep = setInterval(() => {
    const before = Date.now() - LIMITS.bodyTimeoutMs;
    for (const [request, since] of arriving) if (since < before) cut(request);
  }, LIMITS.bodyTimeoutMs / 10);
  sweep.unref();
  return {
    begin(request) {
      arriving.set(request, Date.now());
      return () => arriving.delete(request);
    },
    stop: () => clearInterval(sweep),
  };
}

/** What many strangers send at once is held in memory before anyone reads it, so only a caller that is known may send much. */
async function bodyOf(request: Request, arriving: Arriving, recognise: () => void): Promise<Uint8Array> {
  const length = request.headers.get('content-length');
  if (Number(length) > LIMITS.bodyBytesMax) throw tooLarge();
  if (Number(length) > LIMITS.strangerBodyBytesMax) recognise();
  const arrived = arriving.begin(request);
  try {
    // The declared length is all that is read of a body; one without is counted as it comes.
    return await (length === null ? counted(request.body, recognise) : request.bytes());
  } catch (cause) {
    throw cause instanceof SallyportError ? cause : new SallyportError('ERR_DEADLINE', 'The body did not arrive.', { cause });
  } finally {
    arrived();
  }
}

async function counted(body: ReadableStream<Uint8Array> | null, recognise: () => void): Promise<Uint8Array> {
  if (body === null) return NOTHING;
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  let isKnown = false;
  for await (const chunk of body) {
    sizeBytes += chunk.byteLength;
    if (sizeBytes > LIMITS.strangerBodyBytesMax && !isKnown) {
      recognise();
      isKnown = true;
    }
    if (sizeBytes > LIMITS.bodyBytesMax) throw tooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function tooLarge(): SallyportError {
  return new SallyportError('ERR_BODY_TOO_LARGE', `A body has at most ${LIMITS.bodyBytesMax} bytes.`);
}

function addressOf(request: Request, bun: Bun.Server<unknown>, trustedProxy: string | undefined): string {
  const peer = bun.requestIP(request)?.address ?? '';
  if (trustedProxy === undefined || !isSameAddress(peer, trustedProxy)) return peer;
  // The last entry is the one that our own proxy wrote; those before it are the client's claims.
  const said = request.headers.get('x-forwarded-for')?.split(',').at(-1)?.trim() ?? '';
  return isIP(said) === 0 ? peer : said;
}

/** The path of an absolute URL; a query is no part of any route here, and a token in one is therefore never read. */
function pathOf(url: string): string {
  const start = url.indexOf('/', url.indexOf('//') + 2);
  const end = url.indexOf('?', start);
  return end < 0 ? url.slice(start) : url.slice(start, end);
}
