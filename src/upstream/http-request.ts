import { SallyportError } from '../domain/errors.ts';
import type { Exchange } from '../domain/exchange.ts';
import { LIMITS } from '../domain/limits.ts';
import { REGISTRY_PRINCIPAL_ID } from '../domain/principal.ts';
import type { Endpoint } from '../domain/server.ts';
import type { AddressGuard, Target } from './address.ts';
import type { Credential, CredentialRefusal, Credentials } from './credentials/leases.ts';
import { toFault } from './faults.ts';

export type RemoteEndpoint = Endpoint & { readonly transport: 'http' | 'sse' };

/** One HTTP request to a server: everything that is said, before it is known where. */
export interface HttpRequest {
  readonly method: 'POST' | 'GET' | 'DELETE';
  /** Absolute URL of the endpoint as configured (or, for HTTP+SSE, as announced under the same origin). */
  readonly url: string;
  /** Ours to complete: host and credential are added. */
  readonly headers: Record<string, string>;
  readonly body?: string;
}

export interface Wire {
  readonly guard: AddressGuard;
  readonly credentials: Credentials;
}

const PROXY_VARIABLES = ['HTTP_PROXY', 'http_proxy', 'HTTPS_PROXY', 'https_proxy', 'ALL_PROXY', 'all_proxy'];

/**
 * Takes the proxies out of this process's environment: `fetch` would follow them even to a checked address, and has no
 * option against it. A proxy is a setting of the network, like every other way out.
 */
export function ignoreProxyVariables(): void {
  for (const name of PROXY_VARIABLES) delete process.env[name];
}

/** A server may refuse what it is shown once for its age and once for its scopes; then it means it. */
const OTHER_CREDENTIALS_MAX = 2;

/**
 * Sends one request to a server at its checked address, with the server's own credential and no header of the client. A
 * refusal of the credential proves that nothing was done: another one is asked for and shown, at most twice. Redirects stay
 * on the origin, keep method and body (307, 308), and are at most `LIMITS.redirectsMax`. Bodies come as they are on the
 * wire (`decompress: false`): inflating is ours to count. Throws `ERR_UPSTREAM_*`.
 */
export async function request(wire: Wire, sent: HttpRequest, exchange: Exchange, signal: AbortSignal): Promise<Response> {
  const examine = exchange.principal.id === REGISTRY_PRINCIPAL_ID ? exchange.examine : undefined;
  const known = wire.guard.reach(remote(exchange), exchange.snapshot.network);
  if (known instanceof Promise) await known;
  const offered = examine === 'anonymous' ? undefined : wire.credentials.present(exchange);
  let shown = offered instanceof Promise ? await offered : offered;
  sent.headers['user-agent'] = 'sallyport';
  // A compressed answer costs more than it saves on the hop, and must be counted as it inflates.
  sent.headers['accept-encoding'] = 'identity';
  if (examine === 'foreign-origin') sent.headers['origin'] = FOREIGN_ORIGIN;
  for (let tries = 0; ; tries += 1) {
    const response = await follow(wire, sent, shown, exchange, signal);
    if (examine !== undefined && isRefusal(response.status)) throw await refusedExamination(response, exchange.server.id);
    const refusal = examine === undefined && tries < OTHER_CREDENTIALS_MAX ? credentialRefusal(response) : undefined;
    if (refusal === undefined) return response;
    const next = await other(wire, exchange, shown, refusal, response);
    if (next === undefined) return response;
    await discard(response);
    shown = next;
  }
}

async function follow(wire: Wire, sent: HttpRequest, shown: Credential | undefined, exchange: Exchange, signal: AbortSignal): Promise<Response> {
  const { server: { id }, snapshot: { network } } = exchange;
  const endpoint = remote(exchange);
  const known = wire.guard.reach(endpoint, network);
  let target = known instanceof Promise ? await known : known;
  const { headers } = sent;
  headers['host'] = target.host;
  if (shown?.kind === 'header') headers[shown.name] = shown.value;
  let url = sent.url === endpoint.url ? target.url : target.origin + pathOf(new URL(sent.url));
  for (let hops = 0; ; hops += 1) {
    const response = await fetchOnce(url, sent, withCertificate(target, shown), id, signal, () => wire.guard.forget(endpoint));
    if (response.status < 300 || response.status > 399) return response;
    const location = await followable(response, sent, endpoint, id, hops);
    target = await wire.guard.reach(endpoint, network);
    url = target.origin + pathOf(location);
  }
}

/** A client certificate is shown in the handshake; in clear text there is none, and the server's entry said that it must see one. */
function withCertificate(target: Target, shown: Credential | undefined): Target {
  if (shown?.kind !== 'certificate') return target;
  if (target.tls === undefined) {
    throw new SallyportError('ERR_UPSTREAM_CREDENTIAL', 'A client certificate needs an https URL.', { dispatched: false });
  }
  return { ...target, tls: { ...target.tls, cert: shown.cert, key: shown.key } };
}

/** Only what says that the credential is at fault: a plain 403 is the server's own decision about this caller. */
function credentialRefusal({ status, headers }: Response): CredentialRefusal | undefined {
  const challenge = headers.get('www-authenticate');
  if (status === 401) return { status, challenge };
  return status === 403 && challenge !== null && /\berror="?insufficient_scope\b/.test(challenge) ? { status, challenge } : undefined;
}

async function other(
  wire: Wire, exchange: Exchange, shown: Credential | undefined, refusal: CredentialRefusal, response: Response,
): Promise<Credential | undefined> {
  try {
    return await wire.credentials.another(exchange, shown, refusal);
  } catch (fault) {
    await discard(response);
    throw fault;
  }
}

/** A web page's that no server knows: the name can't exist (RFC 2606). */
const FOREIGN_ORIGIN = 'https://foreign-page.invalid';

/** What says "not like this", rather than "not now". */
function isRefusal(status: number): boolean {
  return status >= 400 && status <= 499 && status !== 408 && status !== 425 && status !== 429;
}

/** Whatever the body says: it is no answer to the question, and the credential that was left out is not at fault. */
async function refusedExamination(response: Response, server: string): Promise<SallyportError> {
  await discard(response);
  return new SallyportError('ERR_UPSTREAM_REFUSED', `Server ${server} refused what it should refuse.`, { internal: `status ${response.status}` });
}

export function remote(exchange: Exchange): RemoteEndpoint {
  const { endpoint, id } = exchange.server;
  if (endpoint.transport === 'stdio') throw new SallyportError('ERR_INTERNAL', `Server ${id} is not reached over HTTP.`, { dispatched: false });
  return endpoint;
}

async function fetchOnce(
  url: string, sent: HttpRequest, target: Target, server: string, signal: AbortSignal, unreachable: () => void,
): Promise<Response> {
  const init: BunFetchRequestInit = { method: sent.method, headers: sent.headers, signal, redirect: 'manual', decompress: false };
  if (sent.body !== undefined) init.body = sent.body;
  if (target.tls !== undefined) init.tls = target.tls;
  if (target.proxy !== undefined) init.proxy = target.proxy;
  try {
    return await fetch(url, init);
  } catch (cause) {
    const fault = toFault(cause, server, signal);
    if (!fault.dispatched) unreachable();
    throw fault;
  }
}

async function followable(response: Response, sent: HttpRequest, endpoint: RemoteEndpoint, server: string, hops: number): Promise<URL> {
  await discard(response);
  const refuse = (internal: string): SallyportError =>
    new SallyportError('ERR_UPSTREAM_REDIRECT', `Server ${server} redirects to where Sallyport does not follow.`, {
      remedy: `Enter the final URL of server ${server}.`,
      internal,
    });
  const location = response.headers.get('location');
  if (location === null || !URL.canParse(location, sent.url)) throw refuse(`status ${response.status} without a usable location`);
  if (hops >= LIMITS.redirectsMax) throw refuse('too many redirects');
  const to = new URL(location, sent.url);
  if (to.origin !== new URL(endpoint.url).origin || to.username !== '' || to.password !== '') throw refuse('other origin');
  // 301 to 303 would turn a POST into a GET: what arrives would not be what was permitted.
  const keepsMethod = response.status === 307 || response.status === 308 || (sent.method === 'GET' && response.status < 304);
  if (!keepsMethod) throw refuse(`status ${response.status} changes the method`);
  return to;
}

/** What a failing status means when no JSON-RPC error came with it. A credential that was refused is asked for anew. */
export function toStatusFault(status: number, wire: Wire, exchange: Exchange): SallyportError {
  const { id: server } = exchange.server;
  if (status !== 401 && status !== 403) {
    return new SallyportError('ERR_UPSTREAM_STATUS', `Server ${server} answered with HTTP status ${status}.`, { internal: `status ${status}` });
  }
  wire.credentials.forget(exchange);
  // Never the client's 401: it is our credential that the server refused, and the client can do nothing about it.
  return new SallyportError('ERR_UPSTREAM_CREDENTIAL', `Server ${server} refused Sallyport's credential.`, {
    remedy: `Ask the administrator to check the credential of server ${server}.`,
    internal: `status ${status}`,
    dispatched: status !== 401,
  });
}

function pathOf(url: URL): string {
  return url.pathname + url.search;
}

const DRAINED_BYTES_MAX = 64 * 1024;

/** Ends a response whose body is of no interest: a short one is read, so that the connection is kept; any other is cut off. */
export async function discard(response: Response): Promise<void> {
  const length = response.headers.get('content-length');
  const isShort = length !== null && Number(length) <= DRAINED_BYTES_MAX && !response.headers.has('transfer-encoding');
  try {
    if (isShort) await response.arrayBuffer();
    else await response.body?.cancel();
  } catch {
    // A body that already failed has nothing left to free.
  }
}
