import { SallyportError } from '../domain/errors.ts';
import { LIMITS } from '../domain/limits.ts';
import type { NetworkSettings } from '../domain/snapshot.ts';
import { isLoopbackHost } from '../domain/loopback.ts';
import type { AddressGuard, Target } from './address.ts';
import { toFault } from './faults.ts';

/** `fetch` as OAuth libraries take it. */
export type OAuthFetch = (input: string | URL, init?: RequestInit) => Promise<Response>;

export interface GuardedFetchOptions {
  readonly guard: AddressGuard;
  readonly network: NetworkSettings;
  /** Hosts whose address may be private: what an administrator declared, never what metadata names. */
  readonly privateHosts: ReadonlySet<string>;
  /** Whose provider is asked; for errors. */
  readonly server: string;
  readonly signal?: AbortSignal;
}

/**
 * Asks authorization servers, whose URLs come out of other people's metadata: HTTPS (plain HTTP on loopback only), each
 * address checked and pinned, no redirect followed, bodies and time bounded. A redirected GET counts as "not found", so that
 * discovery goes on; a redirected POST, which would carry a credential elsewhere, throws. Throws `ERR_UPSTREAM_*`.
 */
export function createGuardedFetch(options: GuardedFetchOptions): OAuthFetch {
  return async (input, init = {}) => {
    const url = checkedUrl(input, options.server);
    const endpoint = { transport: 'http', url: url.href, allowPrivate: options.privateHosts.has(url.hostname) } as const;
    const late = AbortSignal.timeout(LIMITS.oauthRequestMs);
    const signal = options.signal === undefined ? late : AbortSignal.any([late, options.signal]);
    const target = await options.guard.reach(endpoint, options.network);
    try {
      const response = await fetch(target.url, sentOf(init, target, signal));
      if (response.status >= 300 && response.status <= 399) {
        await response.body?.cancel();
        if ((init.method ?? 'GET') === 'GET') return new Response(null, { status: 404 });
        throw new SallyportError('ERR_UPSTREAM_REDIRECT', `The authorization server of ${options.server} redirects a request for a token.`);
      }
      return await bounded(response, options.server);
    } catch (cause) {
      throw toFault(cause, options.server, signal);
    }
  };
}

function checkedUrl(input: string | URL, server: string): URL {
  const url = URL.canParse(String(input)) ? new URL(String(input)) : undefined;
  const isSafe = url !== undefined && (url.protocol === 'https:' || (url.protocol === 'http:' && isLoopbackHost(url.hostname)));
  if (isSafe && url.username === '' && url.password === '') return url;
  throw new SallyportError('ERR_UPSTREAM_ADDRESS', `The authorization server of ${server} is not at an https URL.`, { dispatched: false });
}

function sentOf(init: RequestInit, target: Target, signal: AbortSignal): BunFetchRequestInit {
  const headers = new Headers(init.headers);
  headers.set('host', target.host);
  headers.set('user-agent', 'sallyport');
  headers.set('accept-encoding', 'identity');
  const sent: BunFetchRequestInit = { method: init.method ?? 'GET', headers, signal, redirect: 'manual', decompress: false };
  if (init.body !== undefined && init.body !== null) sent.body = init.body;
  if (target.tls !== undefined) sent.tls = target.tls;
  if (target.proxy !== undefined) sent.proxy = target.proxy;
  return sent;
}

/** The same response with its whole body read, as libraries read bodies without a limit. */
async function bounded(response: Response, server: string): Promise<Response> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of response.body ?? []) {
    bytes += part.byteLength;
    if (bytes > LIMITS.oauthBodyBytesMax) {
      throw new SallyportError('ERR_UPSTREAM_TOO_LARGE', `The authorization server of ${server} answers with more than ${LIMITS.oauthBodyBytesMax} bytes.`);
    }
    parts.push(part);
  }
  const { status } = response;
  const headers = new Headers(response.headers);
  return new Response(status === 204 || status === 304 ? null : Buffer.concat(parts, bytes), { status, headers });
}
