import { createHash } from 'node:crypto';
import { isIP } from 'node:net';
import { SallyportError } from '../domain/errors.ts';
import type { Inbound } from '../domain/inbound.ts';
import { LIMITS } from '../domain/limits.ts';
import type { NetworkSettings } from '../domain/snapshot.ts';
import { METADATA_PATH } from '../identity/metadata.ts';
import { isSameAddress } from '../upstream/address-class.ts';
import { routeOf, type Doors } from './doors.ts';
import type { Gateway } from './gateway.ts';
import { described, reply, turnedAway } from './reply.ts';

export interface AnswerOptions {
  readonly doors: Doors;
  /** As they are in force when a request arrives. */
  readonly network: () => Pick<NetworkSettings, 'origins' | 'trustedProxy'>;
  readonly gateway: Gateway;
  readonly ready: () => boolean;
  readonly arriving: Arriving;
}

/** What a listener knows of one HTTP request besides the request. */
export interface Peer {
  readonly address: string;
  /** Thumbprint of the certificate that the TLS handshake proved. */
  readonly certificate?: string;
  /** Lifts the idle timeout of the connection. */
  readonly longLived: () => void;
}

/** HTTP request → `Inbound` → `gateway.handle` → HTTP response; the same for every door. Rejects only when nothing could be recorded. */
export async function answer(request: Request, peer: Peer, { doors, network, gateway, ready, arriving }: AnswerOptions): Promise<Response> {
  const path = pathOf(request.url);
  if (path === '/healthz') return new Response('ok\n');
  if (path === '/readyz') return new Response(ready() ? 'ready\n' : 'not ready\n', { status: ready() ? 200 : 503 });
  const receivedAt = Date.now();
  const { origins, trustedProxy } = network();
  const isProxied = trustedProxy !== undefined && isSameAddress(peer.address, trustedProxy);
  const address = isProxied ? forwardedAddress(request.headers, peer.address) : peer.address;
  const certificate = isProxied ? forwardedCertificate(request.headers) : peer.certificate;
  const knock = { address, receivedAt, headers: request.headers, ...(certificate === undefined ? {} : { certificate }) };
  let inbound: Inbound;
  try {
    doors.check(request.headers, origins);
    if (request.method === 'GET' && path.startsWith(METADATA_PATH)) return described(describe(path.slice(METADATA_PATH.length), gateway));
    inbound = await inboundOf(request, path, knock, arriving, gateway);
  } catch (fault) {
    const route = routeOf(path);
    const caller = { ...knock, ...(route === undefined ? {} : { route }) };
    const told = await gateway.turnAway(fault, { ...caller, headers: presentedIn(request) });
    return turnedAway(told, gateway.tell(told, caller));
  }
  return reply(gateway.handle(inbound), inbound, peer.longLived, (message, caller) => gateway.tell(message, caller));
}

/** Only a route has metadata of its own; the gate as a whole is no resource (RFC 9728 section 3.1). */
function describe(path: string, gateway: Gateway): NonNullable<ReturnType<Gateway['describe']>> {
  const route = routeOf(path);
  const document = route === undefined ? undefined : gateway.describe(route);
  if (document === undefined) throw new SallyportError('ERR_ROUTE_UNKNOWN', 'There is nothing at this path.');
  return document;
}

type Knock = Pick<Inbound, 'address' | 'receivedAt' | 'headers' | 'certificate'>;

async function inboundOf(request: Request, path: string, knock: Knock, arriving: Arriving, gateway: Gateway): Promise<Inbound> {
  const route = routeOf(path);
  if (route === undefined) {
    throw new SallyportError('ERR_ROUTE_UNKNOWN', 'There is nothing at this path.', { remedy: 'Use /mcp/<server> or /mcp/t/<toolset>.' });
  }
  const httpMethod = request.method;
  if (httpMethod !== 'POST' && httpMethod !== 'GET' && httpMethod !== 'DELETE') {
    throw new SallyportError('ERR_METHOD_NOT_ALLOWED', 'Only POST, GET and DELETE are served.');
  }
  // RFC 6750 section 2.3 and MCP: addresses end up in logs and histories, so a token in one is refused, whether or not it is good.
  if (tokenInQuery(request.url) !== undefined) {
    throw new SallyportError('ERR_TOKEN_QUERY', 'A token may not be in the address.', { remedy: 'Send it in the Authorization header, and revoke this one.' });
  }
  const recognise = (): Promise<void> => gateway.recognise({ ...knock, httpMethod, route });
  const body = httpMethod === 'POST' ? await bodyOf(request, arriving, recognise) : NOTHING;
  // Now, not when its first bytes came: who sends slowly is not judged by a lease, or a token, that has ended meanwhile.
  return { ...knock, receivedAt: Date.now(), route, httpMethod, body, signal: request.signal };
}

const NOTHING = new Uint8Array();

export interface Arriving {
  /** Notes a body that begins to come; the returned function notes that it is there. */
  begin(request: Request): () => void;
  stop(): void;
}

/**
 * A body that trickles in is cut off: the idle timeout alone would let one byte every few seconds hold a call open. One
 * sweep for all of them costs less than a timer for each.
 */
export function watchBodies(cut: (request: Request) => void): Arriving {
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
async function bodyOf(request: Request, arriving: Arriving, recognise: () => Promise<void>): Promise<Uint8Array> {
  const length = request.headers.get('content-length');
  if (Number(length) > LIMITS.bodyBytesMax) throw tooLarge();
  if (Number(length) > LIMITS.strangerBodyBytesMax) await recognise();
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

async function counted(body: ReadableStream<Uint8Array> | null, recognise: () => Promise<void>): Promise<Uint8Array> {
  if (body === null) return NOTHING;
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  let isKnown = false;
  for await (const chunk of body) {
    sizeBytes += chunk.byteLength;
    if (sizeBytes > LIMITS.strangerBodyBytesMax && !isKnown) {
      await recognise();
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

/** The last entry is the one that our own proxy wrote; those before it are the client's claims. */
function forwardedAddress(headers: Headers, peer: string): string {
  const said = headers.get('x-forwarded-for')?.split(',').at(-1)?.trim() ?? '';
  return isIP(said) === 0 ? peer : said;
}

/** RFC 9440 section 2.2, of the proxy that ended TLS: one certificate in DER, as a byte sequence of structured fields. */
function forwardedCertificate(headers: Headers): string | undefined {
  const der = /^:([A-Za-z0-9+/]+={0,2}):$/.exec(headers.get('client-cert') ?? '')?.[1];
  return der === undefined ? undefined : createHash('sha256').update(Buffer.from(der, 'base64')).digest('base64url');
}

function tokenInQuery(url: string): string | undefined {
  const start = url.indexOf('?');
  return start < 0 ? undefined : (new URLSearchParams(url.slice(start)).get('access_token') ?? undefined);
}

/** The headers by which a record finds the credential's fingerprint, wherever it was. */
function presentedIn({ headers, url }: Request): Headers {
  const token = tokenInQuery(url);
  return token === undefined ? headers : new Headers({ authorization: encodeURIComponent(token) });
}

/** The path of an absolute URL; a query is no part of any route here. */
function pathOf(url: string): string {
  const start = url.indexOf('/', url.indexOf('//') + 2);
  const end = url.indexOf('?', start);
  return end < 0 ? url.slice(start) : url.slice(start, end);
}
