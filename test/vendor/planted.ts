import { connect } from 'node:net';
import type { Server } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { makeCertificate } from '../fixtures/certificate.ts';
import { callerOf, oauthAnswer } from './planted-oauth.ts';
import type { Faults } from './planted-oauth.ts';
import { isLetInBySession, mcpAnswer } from './planted-mcp.ts';
import type { Sessions } from './planted-mcp.ts';

/** A vendor's endpoint on loopback, by TLS, under a name of its own: everything as it should be, but for its faults. */
export interface Planted {
  readonly url: string;
  /** The same host without TLS. */
  readonly plainOrigin: string;
  /** PEM: who trusts it; empty where nobody should. */
  readonly roots: readonly string[];
  /** Requests that arrived so far, as `METHOD path`. */
  readonly arrived: readonly string[];
  /** Sessions that are open. */
  readonly open: () => number;
  stop(): void;
}

const BODY_BYTES_MAX = 1024 * 1024;
const BODY_MS = 300;

export async function startPlanted(name: string, faults: Faults): Promise<Planted> {
  const { cert, key } = await makeCertificate([name], faults.has('certificate-expiry') ? 5 : 90);
  const [arrived, sessions]: [string[], Sessions] = [[], new Map()];
  let origin = '';
  const serve = async (request: Request): Promise<Response> => {
    const { pathname } = new URL(request.url);
    arrived.push(`${request.method} ${pathname}`);
    const answer = await respond(request, { origin, faults, sessions });
    for (const [header, value] of Object.entries(ownHeaders(request, faults))) answer.headers.set(header, value);
    return answer;
  };
  const inner = Bun.serve({ port: 0, hostname: '127.0.0.1', maxRequestBodySize: 16 * BODY_BYTES_MAX, fetch: serve });
  const front = await tlsFront(inner.port ?? 0, { cert, key, isOld: faults.has('tls-version') });
  const plain = Bun.serve({
    port: 0, hostname: '127.0.0.1',
    fetch: (request) => (faults.has('plaintext') ? serve(request) : Response.redirect(`${origin}${new URL(request.url).pathname}`, 308)),
  });
  origin = `https://${name}:${front.port}`;
  return {
    url: `${origin}/mcp`, plainOrigin: `http://${name}:${plain.port}`, roots: faults.has('certificate') ? [] : [cert], arrived, open: () => sessions.size,
    stop: () => {
      front.server.close();
      void inner.stop(true);
      void plain.stop(true);
    },
  };
}

interface FrontOptions {
  readonly cert: string;
  readonly key: string;
  readonly isOld: boolean;
}

/** TLS in front of the server, so that its versions can be old ones. */
async function tlsFront(port: number, { cert, key, isOld }: FrontOptions): Promise<{ readonly server: Server; readonly port: number }> {
  const versions = isOld ? { minVersion: 'TLSv1', maxVersion: 'TLSv1.2' } as const : { minVersion: 'TLSv1.2' } as const;
  const server = createTlsServer({ cert, key, ...versions }, (socket) => {
    const back = connect(port, '127.0.0.1');
    socket.on('error', () => back.destroy());
    back.on('error', () => socket.destroy());
    socket.pipe(back).pipe(socket);
  });
  server.on('tlsClientError', () => undefined);
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  return { server, port: typeof address === 'object' && address !== null ? address.port : 0 };
}

interface Vendor {
  readonly origin: string;
  readonly faults: Faults;
  readonly sessions: Sessions;
}

function ownHeaders(request: Request, faults: Faults): Readonly<Record<string, string>> {
  const foreign = request.headers.get('origin');
  return {
    ...(faults.has('hsts') ? {} : { 'strict-transport-security': 'max-age=31536000' }),
    ...(faults.has('rate-limit') ? {} : { ratelimit: '"default";r=900;t=60' }),
    ...(faults.has('version-banner') ? { server: 'PlantedMCP/2.4.1' } : {}),
    ...(faults.has('cors') && foreign !== null ? { 'access-control-allow-origin': foreign, 'access-control-allow-credentials': 'true' } : {}),
  };
}

async function respond(request: Request, vendor: Vendor): Promise<Response> {
  const { origin, faults } = vendor;
  const { pathname } = new URL(request.url);
  if (!isOwnHost(request, vendor) && !faults.has('foreign-host')) return new Response(null, { status: 421 });
  const foreign = request.headers.get('origin');
  if (request.method === 'OPTIONS') return new Response(null, { status: 204 });
  if (foreign !== null && foreign !== origin && !faults.has('foreign-origin')) return new Response(null, { status: 403 });
  if (pathname === '/.well-known/security.txt') return securityTxt(faults);
  if (pathname === '/sse') return faults.has('http-sse') ? eventStream() : new Response(null, { status: 404 });
  if (pathname !== '/mcp') return (await oauthAnswer(request, origin, faults)) ?? Response.json({ error: 'not_found' }, { status: 404 });
  return endpoint(request, vendor);
}

/** Behind TLS and, where it is served so, without. */
function isOwnHost(request: Request, { origin, faults }: Vendor): boolean {
  const host = request.headers.get('host') ?? '';
  return host === new URL(origin).host || (faults.has('plaintext') && host.startsWith(`${new URL(origin).hostname}:`));
}

async function endpoint(request: Request, { origin, faults, sessions }: Vendor): Promise<Response> {
  if (request.method === 'GET' && faults.has('redirect')) return Response.redirect('https://elsewhere.test/mcp', 307);
  const caller = callerOf(request, faults);
  const isOpen = faults.has('stranger-hello');
  if (caller === undefined && !isOpen && !isLetInBySession(request.headers, faults)) {
    const named = faults.has('challenge') ? '' : ` resource_metadata="${origin}/.well-known/oauth-protected-resource/mcp"`;
    await bodyOf(request, faults);
    return Response.json({ error: 'invalid_token' }, { status: 401, headers: { 'www-authenticate': `Bearer${named}` } });
  }
  if (request.method === 'DELETE') {
    sessions.delete(request.headers.get('mcp-session-id') ?? '');
    return new Response(null, { status: 204 });
  }
  if (request.method !== 'POST') return new Response(null, { status: 405 });
  const body = await bodyOf(request, faults);
  if (typeof body !== 'string') return new Response(null, { status: body });
  const isRefused = isOpen && caller === undefined && needsCaller(body, faults);
  if (isRefused) return Response.json({ error: 'invalid_token' }, { status: 401, headers: { 'www-authenticate': 'Bearer' } });
  return mcpAnswer({ headers: request.headers, body, caller, faults, sessions });
}

/** An endpoint that greets everybody may still keep its tools to those whom it knows. */
function needsCaller(body: string, faults: Faults): boolean {
  return (body.includes('"tools/list"') && !faults.has('stranger-tools')) || (body.includes('"tools/call"') && !faults.has('stranger-call'));
}

/** A status: why the body was not read to its end. */
async function bodyOf(request: Request, faults: Faults): Promise<string | number> {
  const late = faults.has('slow-body') ? undefined : Bun.sleep(BODY_MS).then(() => 408);
  const body = await Promise.race([request.text(), ...(late === undefined ? [] : [late])]);
  return typeof body === 'string' && body.length > BODY_BYTES_MAX && !faults.has('body-size') ? 413 : body;
}

function securityTxt(faults: Faults): Response {
  if (faults.has('security-txt')) return new Response('Contact: mailto:security@planted.test\nExpires: 2020-01-01T00:00:00Z\n');
  const policy = faults.has('disclosure-policy') ? '' : 'Policy: https://planted.test/policy\n';
  return new Response(`Contact: mailto:security@planted.test\nExpires: 2099-01-01T00:00:00Z\n${policy}`);
}

/** The stream of 2024-11-05: its first event, and then nothing. */
function eventStream(): Response {
  return new Response('event: endpoint\ndata: /messages?session=1\n\n', { headers: { 'content-type': 'text/event-stream' } });
}
