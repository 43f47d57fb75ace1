import { createServer as createPlain } from 'node:http';
import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import { createServer as createSecure } from 'node:https';
import { SallyportError } from '../domain/errors.ts';
import { LIMITS } from '../domain/limits.ts';
import { isLoopbackHost } from '../domain/loopback.ts';
import { writeResponse } from '../link/node-exchange.ts';
import { whyNotListening } from '../link/why-not-listening.ts';
import { answerApiAtDoor, type ApiEntry } from './admins/api-door.ts';
import { isConsolePath, openConsoleSite } from './console/serve.ts';
import type { ConsoleSite } from './console/serve.ts';
import type { Control } from './control.ts';
import { createDoorGuard, securityHeaders, type CheckKnock } from './door-guard.ts';
import { addressOf, toRequest } from './door-exchange.ts';
import { findRoute } from './match-path.ts';
import { refuse } from './refuse.ts';
import { answerRegistry, isRegistryPath } from './registry/door.ts';
import { WEB_ROUTES } from './web-routes.ts';

export interface DoorOptions {
  readonly hostname: string;
  readonly port: number;
  /** Absent only by the explicit loopback exception. */
  readonly tls: { readonly cert: string; readonly key: string } | undefined;
  /** The origin under which control is reached, once its port is known. */
  readonly publicUrlAt: (port: number) => string;
  readonly trustedProxy: string | undefined;
  readonly control: Control;
  readonly api: ApiEntry;
  /** Where the built console is. */
  readonly consoleFolder: string;
  /** Makes what answers everything at `/oauth/` and the issuer's metadata; requests wait for it. */
  readonly openIssuer: (origin: string) => Promise<RequestListener>;
  readonly report: (line: string) => void;
}

export interface Door {
  /** The origin under which control is reached. */
  readonly url: string;
  readonly close: () => Promise<void>;
}

const METADATA = ['/.well-known/oauth-authorization-server', '/.well-known/openid-configuration'];
const GRACE_MS = 500;

/** Control's own TCP door: pages, OAuth, SCIM and the API for people's browsers. Throws `ERR_LISTEN`. */
export async function openDoor(options: DoorOptions): Promise<Door> {
  const { hostname, port, tls } = options;
  const ending = new AbortController();
  const site = Promise.withResolvers<Site>();
  site.promise.catch(() => undefined);
  const answer = answerOf(options, site.promise, ending.signal);
  const server = tls === undefined ? createPlain(answer) : createSecure({ ...tls, minVersion: 'TLSv1.3' }, answer);
  await listening(server, hostname, port);
  const address = server.address();
  const url = options.publicUrlAt(typeof address === 'object' && address !== null ? address.port : port);
  try {
    const [check, files] = [createDoorGuard(url, isLoopbackHost(hostname)), openConsoleSite(options.consoleFolder, '')];
    site.resolve({ url, check, consoleSite: files, oauth: await options.openIssuer(url) });
  } catch (fault) {
    site.reject(fault);
    server.close();
    throw fault;
  }
  return {
    url,
    close: async () => {
      ending.abort();
      const { promise, resolve } = Promise.withResolvers<void>();
      server.close(() => resolve());
      const late = setTimeout(() => {
        server.closeAllConnections();
        resolve();
      }, GRACE_MS);
      server.closeIdleConnections();
      await promise;
      clearTimeout(late);
    },
  };
}

async function listening(server: Server, hostname: string, port: number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  server.listen(port, hostname, resolve);
  try {
    await promise;
  } catch (cause) {
    throw new SallyportError('ERR_LISTEN', `Control can't listen on ${hostname}:${port}: ${whyNotListening(cause)}.`, {
      remedy: 'Choose another address with control.listen in sallyport.yaml, or --control-listen HOST:PORT.', cause,
    });
  } finally {
    server.off('error', reject);
  }
}

/** What the door serves under its one name. */
interface Site {
  readonly url: string;
  readonly check: CheckKnock;
  readonly oauth: RequestListener;
  readonly consoleSite: ConsoleSite;
}

/** What one request needs to be answered. */
interface Knocking {
  readonly site: Site;
  readonly incoming: IncomingMessage;
  readonly outgoing: ServerResponse;
  readonly url: URL;
  readonly signal: AbortSignal;
}

function answerOf(options: DoorOptions, ready: Promise<Site>, ending: AbortSignal): RequestListener {
  const secure = options.tls !== undefined;
  let open = 0;
  return (incoming, outgoing) => {
    const gone = new AbortController();
    const late = setTimeout(() => incoming.destroy(), LIMITS.bodyTimeoutMs);
    incoming.once('end', () => clearTimeout(late));
    open += 1;
    outgoing.once('close', () => {
      open -= 1;
      clearTimeout(late);
      gone.abort();
    });
    for (const [name, value] of Object.entries(securityHeaders(secure))) outgoing.setHeader(name, value);
    const work = async (): Promise<void> => {
      if (open > LIMITS.doorRequestsMax) throw new SallyportError('ERR_LIMIT_OPEN_EXCHANGES', 'Control is busy.', { remedy: 'Try again soon.' });
      const { method = '', headers } = incoming;
      const site = await ready;
      site.check({ method, path: incoming.url ?? '', host: headers.host, origin: headers.origin });
      await dispatch(options, { site, incoming, outgoing, url: urlOf(incoming, site.url), signal: AbortSignal.any([gone.signal, ending]) });
    };
    // An async function's rejection would end the process: everything that can go wrong ends here.
    work().catch(async (error: unknown) => fail(error, outgoing, options.report)).catch(() => outgoing.destroy());
  };
}

async function fail(error: unknown, outgoing: ServerResponse, report: DoorOptions['report']): Promise<void> {
  if (outgoing.headersSent) outgoing.destroy();
  else await writeResponse(refuse(error, report), outgoing);
}

async function dispatch(options: DoorOptions, knocking: Knocking): Promise<void> {
  const { site, incoming, outgoing, url, signal } = knocking;
  const path = url.pathname;
  if (path.startsWith('/oauth/') || METADATA.includes(path)) return site.oauth(incoming, outgoing);
  const address = addressOf(incoming, options.trustedProxy);
  if (path === '/api/v1' || path.startsWith('/api/v1/')) {
    const request = toRequest(incoming, url, LIMITS.bodyBytesMax, signal);
    return writeResponse(await answerApiAtDoor({ request, origin: site.url, address, signal }, options.api, options.control), outgoing);
  }
  if (isRegistryPath(path)) {
    const request = toRequest(incoming, url, LIMITS.strangerBodyBytesMax, signal);
    return writeResponse(await answerRegistry({ request, origin: site.url, address, signal }, options.api, options.control), outgoing);
  }
  const secure = options.tls !== undefined;
  if (isConsolePath(path)) {
    const request = toRequest(incoming, url, 0, signal);
    return writeResponse(await site.consoleSite.answer({ request, url, params: {}, address, secure }), outgoing);
  }
  const { route, params } = findRoute(WEB_ROUTES, incoming.method ?? '', path);
  const request = toRequest(incoming, url, route.bodyBytesMax ?? LIMITS.strangerBodyBytesMax, signal);
  return writeResponse(await route.run({ request, url, params, address, secure }, options.control), outgoing);
}

/** What the request line says, on our own origin whatever its Host header says. */
function urlOf(incoming: IncomingMessage, publicUrl: string): URL {
  const target = incoming.url ?? '/';
  const url = URL.canParse(target, publicUrl) && target.startsWith('/') && !target.startsWith('//') ? new URL(target, publicUrl) : undefined;
  if (url === undefined) throw new SallyportError('ERR_ROUTE_UNKNOWN', 'There is nothing at this address.');
  return url;
}
