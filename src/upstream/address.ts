import { lookup } from 'node:dns/promises';
import { connect } from 'node:net';
import { rootCertificates } from 'node:tls';
import { SallyportError } from '../domain/errors.ts';
import { LIMITS } from '../domain/limits.ts';
import type { NetworkSettings } from '../domain/snapshot.ts';
import { hostMatches, refusalOf } from './address-class.ts';
import type { RemoteEndpoint } from './http-request.ts';

const TLS13 = 0x0304;

/** Where a request goes: a checked address instead of a name, so that nothing can resolve it anew. */
export interface Target {
  /** `https://203.0.113.7:8443`, as fetch gets it. */
  readonly origin: string;
  /** The endpoint's own URL on that origin. */
  readonly url: string;
  /** What the Host header says: the name and port of the configured URL. */
  readonly host: string;
  readonly tls?: { readonly minVersion: number; readonly serverName?: string; readonly ca?: string; readonly cert?: string; readonly key?: string };
  readonly proxy?: string;
}

export interface AddressGuard {
  /** The checked target of an endpoint; synchronous while the last check is fresh. Throws `ERR_UPSTREAM_ADDRESS|UNREACHABLE`. */
  reach(endpoint: RemoteEndpoint, network: NetworkSettings): Target | Promise<Target>;
  /** Forgets a target that could not be connected to, so that the next call resolves anew. */
  forget(endpoint: RemoteEndpoint): void;
}

export interface AddressGuardOptions {
  /** All addresses of a name. */
  readonly resolve?: (name: string) => Promise<readonly string[]>;
  readonly connectTimeoutMs?: number;
  readonly now?: () => number;
}

interface Known {
  readonly network: NetworkSettings;
  readonly until: number;
  readonly target: Target | Promise<Target>;
}

/**
 * The SSRF guard: a name is resolved once, all its addresses are checked, and the connection goes to a checked address
 * that accepts TCP. Endpoints are objects of a snapshot: another snapshot is checked anew.
 */
export function createAddressGuard(options: AddressGuardOptions = {}): AddressGuard {
  const resolve = options.resolve ?? resolveAll;
  const connectTimeoutMs = options.connectTimeoutMs ?? LIMITS.connectTimeoutMs;
  const now = options.now ?? Date.now;
  const known = new WeakMap<RemoteEndpoint, Known>();

  async function check(endpoint: RemoteEndpoint, network: NetworkSettings): Promise<Target> {
    const url = parseUrl(endpoint.url);
    const name = url.hostname.replace(/^\[|\]$/g, '');
    const isInternal = hostMatches(name, network.internal);
    if (network.proxy !== undefined && !endpoint.allowPrivate && !isInternal) return viaProxy(url, name, network, network.proxy);
    const timeout = AbortSignal.timeout(connectTimeoutMs);
    const addresses = await resolveName(name, resolve, timeout);
    for (const address of addresses) {
      const refusal = refusalOf(address, { internal: network.internal, isInternalName: isInternal, allowPrivate: endpoint.allowPrivate });
      if (refusal !== undefined) throw refused(name, refusal);
    }
    const port = url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port);
    return pinned(url, name, await firstOpen(addresses, port, timeout), network);
  }

  return {
    reach(endpoint, network) {
      const entry = known.get(endpoint);
      if (entry !== undefined && entry.network === network && entry.until > now()) return entry.target;
      const target = check(endpoint, network).then(
        (checked) => {
          known.set(endpoint, { network, until: now() + LIMITS.addressCacheMs, target: checked });
          return checked;
        },
        (cause: unknown) => {
          known.delete(endpoint);
          throw cause;
        },
      );
      // Callers that arrive meanwhile share the check.
      known.set(endpoint, { network, until: Number.POSITIVE_INFINITY, target });
      return target;
    },
    forget: (endpoint) => void known.delete(endpoint),
  };
}

async function resolveAll(name: string): Promise<readonly string[]> {
  return (await lookup(name, { all: true, verbatim: true })).map((entry) => entry.address);
}

function parseUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || (url.protocol !== 'https:' && url.protocol !== 'http:') || url.username !== '' || url.password !== '') {
    throw new SallyportError('ERR_UPSTREAM_ADDRESS', 'The URL of the server is not a plain http(s) URL.', { dispatched: false });
  }
  return url;
}

async function resolveName(name: string, resolve: (name: string) => Promise<readonly string[]>, timeout: AbortSignal): Promise<readonly string[]> {
  if (isLiteral(name)) return [name];
  const late = Promise.withResolvers<never>();
  const giveUp = (): void => late.reject(unreachable('name not resolved in time'));
  timeout.addEventListener('abort', giveUp);
  let addresses: readonly string[] = [];
  try {
    addresses = await Promise.race([resolve(name), late.promise]);
  } catch (cause) {
    throw unreachable('name not resolved', cause);
  } finally {
    timeout.removeEventListener('abort', giveUp);
  }
  if (addresses.length === 0) throw unreachable('name without address');
  return addresses;
}

function isLiteral(name: string): boolean {
  return name.includes(':') || /^\d{1,3}(?:\.\d{1,3}){3}$/.test(name);
}

/** Behind a corporate proxy the proxy resolves names (this machine often can't): only literal addresses are ours to check. */
function viaProxy(url: URL, name: string, network: NetworkSettings, proxy: string): Target {
  const refusal = isLiteral(name) ? refusalOf(name, { internal: network.internal, isInternalName: false, allowPrivate: false }) : undefined;
  if (refusal !== undefined) throw refused(name, refusal);
  const isLocalName = name === 'localhost' || name.endsWith('.localhost') || !(name.includes('.') || isLiteral(name));
  if (isLocalName) throw refused(name, 'local name');
  return { origin: url.origin, url: url.origin + url.pathname + url.search, host: url.host, proxy, ...tlsOf(url, name, network) };
}

function pinned(url: URL, name: string, address: string, network: NetworkSettings): Target {
  const literal = address.includes(':') ? `[${address}]` : address;
  const origin = `${url.protocol}//${literal}${url.port === '' ? '' : `:${url.port}`}`;
  return { origin, url: origin + url.pathname + url.search, host: url.host, ...tlsOf(url, name, network) };
}

function tlsOf(url: URL, name: string, network: NetworkSettings): Pick<Target, 'tls'> {
  if (url.protocol !== 'https:') return {};
  return {
    tls: {
      minVersion: TLS13,
      ...(isLiteral(name) ? {} : { serverName: name }),
      // `ca` replaces the runtime's roots, so they are named again.
      ...(network.extraRoots === undefined ? {} : { ca: [...rootCertificates, network.extraRoots].join('\n') }),
    },
  };
}

/** The first address that accepts a connection: fetch has no connect timeout of its own, and a blackhole must not hold a call. */
async function firstOpen(addresses: readonly string[], port: number, timeout: AbortSignal): Promise<string> {
  for (const address of addresses) {
    if (timeout.aborted) break;
    if (await accepts(address, port, timeout)) return address;
  }
  throw unreachable(timeout.aborted ? 'connect timeout' : 'connection refused');
}

function accepts(address: string, port: number, timeout: AbortSignal): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect({ host: address, port });
  const settle = (open: boolean): void => {
    timeout.removeEventListener('abort', giveUp);
    socket.destroy();
    resolve(open);
  };
  const giveUp = (): void => settle(false);
  timeout.addEventListener('abort', giveUp);
  socket.once('connect', () => settle(true)).once('error', () => settle(false));
  return promise;
}

function unreachable(internal: string, cause?: unknown): SallyportError {
  return new SallyportError('ERR_UPSTREAM_UNREACHABLE', 'The server cannot be reached.', { internal, dispatched: false, cause });
}

function refused(name: string, refusal: string): SallyportError {
  return new SallyportError('ERR_UPSTREAM_ADDRESS', 'The server lies at an address that Sallyport may not reach.', {
    remedy: 'Name the network under network.internal, or set allowPrivate on the server, if it is meant to be reached.',
    internal: `${name}: ${refusal}`,
    dispatched: false,
  });
}
