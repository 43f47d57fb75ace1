import { SallyportError } from '../../domain/errors.ts';
import { isLoopbackHost } from '../../domain/loopback.ts';
import { LIMITS } from '../../domain/limits.ts';
import type { NetworkSettings } from '../../domain/snapshot.ts';
import type { Ask } from '../../packages/ask.ts';
import { packageFault } from '../../packages/fault.ts';
import type { AddressGuard, Target } from '../../upstream/address.ts';

export interface RegistryAskOptions {
  readonly guard: AddressGuard;
  readonly network: NetworkSettings;
  /** Addresses of the registries that an administrator named; their hosts may be private, no other host may. */
  readonly registries: readonly string[];
  /** How long nothing may come. Default: `LIMITS.bodyTimeoutMs`. */
  readonly idleMs?: number;
  /** Ends everything. */
  readonly signal: AbortSignal;
}

const TRIES = 3;
const AGAIN_MS = 500;
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/**
 * Asks registries: HTTPS (plain HTTP on loopback only), each address checked and pinned, every redirect checked anew, bytes and
 * time bounded, no credential ever sent. Throws `ERR_PACKAGE_UNREACHABLE`, `ERR_PACKAGE_INVALID` for what is too large.
 */
export function createRegistryAsk(options: RegistryAskOptions): Ask {
  const hosts = new Set(options.registries.map((url) => new URL(url).host));
  const origins = new Map<string, { readonly transport: 'http'; readonly url: string; readonly allowPrivate: boolean }>();
  const reach = (url: URL): Target | Promise<Target> => {
    const endpoint = origins.get(url.origin) ?? { transport: 'http' as const, url: url.origin, allowPrivate: hosts.has(url.host) };
    origins.set(url.origin, endpoint);
    return options.guard.reach(endpoint, options.network);
  };
  return async (address, { bytesMax, accept }) => {
    for (let tries = 1; ; tries += 1) {
      try {
        return await follow(address, { reach, bytesMax, accept, options });
      } catch (error) {
        if (!(error instanceof Passing) || tries === TRIES || options.signal.aborted) throw told(error, address);
        await Bun.sleep(AGAIN_MS * tries);
      }
    }
  };
}

/** A failure that may be over the next time. */
class Passing extends Error {}

interface Following {
  readonly reach: (url: URL) => Target | Promise<Target>;
  readonly bytesMax: number;
  readonly accept: string | undefined;
  readonly options: RegistryAskOptions;
}

async function follow(address: string, following: Following): Promise<Uint8Array | undefined> {
  let url = checkedUrl(address);
  for (let hops = 0; hops <= LIMITS.packageRedirectsMax; hops += 1) {
    const { response, watch } = await request(url, following);
    try {
      const location = REDIRECTS.has(response.status) ? response.headers.get('location') : null;
      if (location === null) return await bodyOf(response, following.bytesMax, watch);
      await response.body?.cancel();
      url = checkedUrl(URL.canParse(location, url.href) ? new URL(location, url.href).href : '');
    } finally {
      watch.end();
    }
  }
  throw unreachable(address, 'it redirects too often');
}

function checkedUrl(address: string): URL {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  const isSafe = url !== undefined && (url.protocol === 'https:' || (url.protocol === 'http:' && isLoopbackHost(url.hostname)));
  if (isSafe && url.username === '' && url.password === '') return url;
  throw unreachable(address, 'it is not at an https address');
}

interface Watch {
  readonly signal: AbortSignal;
  /** Something came. */
  readonly alive: () => void;
  readonly end: () => void;
}

/** Ends a request when nothing comes for a while, or all of it takes too long. */
function watchOf({ idleMs = LIMITS.bodyTimeoutMs, signal }: RegistryAskOptions): Watch {
  const silence = new AbortController();
  const stop = (): void => silence.abort();
  let timer = setTimeout(stop, idleMs);
  return {
    signal: AbortSignal.any([silence.signal, signal, AbortSignal.timeout(LIMITS.packageRequestMs)]),
    alive: () => {
      clearTimeout(timer);
      timer = setTimeout(stop, idleMs);
    },
    end: () => clearTimeout(timer),
  };
}

async function request(url: URL, { reach, accept, options }: Following): Promise<{ readonly response: Response; readonly watch: Watch }> {
  const target = await reach(url);
  const watch = watchOf(options);
  const init: BunFetchRequestInit = {
    headers: { host: target.host, 'user-agent': 'sallyport', 'accept-encoding': 'identity', ...(accept === undefined ? {} : { accept }) },
    redirect: 'manual', decompress: false, signal: watch.signal,
  };
  if (target.tls !== undefined) init.tls = target.tls;
  if (target.proxy !== undefined) init.proxy = target.proxy;
  try {
    return { watch, response: await fetch(target.origin + url.pathname + url.search, init) };
  } catch (cause) {
    watch.end();
    throw new Passing(cause instanceof Error ? cause.message : '');
  }
}

async function bodyOf(response: Response, bytesMax: number, watch: Watch): Promise<Uint8Array | undefined> {
  if (response.status === 404 || response.status === 410) {
    await response.body?.cancel();
    return undefined;
  }
  if (response.status !== 200) {
    await response.body?.cancel();
    if (response.status >= 500 || response.status === 429) throw new Passing(`status ${response.status}`);
    throw unreachable(response.url, `it answers with ${response.status}`);
  }
  const parts: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const part of response.body ?? []) {
      watch.alive();
      bytes += part.byteLength;
      if (bytes > bytesMax) throw packageFault('ERR_PACKAGE_INVALID', hostOf(response.url), `it sends more than ${bytesMax} bytes`);
      parts.push(part);
    }
  } catch (cause) {
    throw cause instanceof SallyportError ? cause : new Passing(cause instanceof Error ? cause.message : '');
  }
  return Buffer.concat(parts, bytes);
}

function told(error: unknown, address: string): unknown {
  if (error instanceof Passing) return unreachable(address, 'it does not answer', error.message);
  const isGuards = error instanceof SallyportError && error.code.startsWith('ERR_UPSTREAM_');
  if (isGuards && error.code === 'ERR_UPSTREAM_ADDRESS') {
    return unreachable(address, 'it lies at an address that is not public; name its network under network.internal if that is meant', error.internal);
  }
  if (isGuards) return unreachable(address, 'it cannot be reached from here, or its certificate is of nobody trusted (network.extraRoots)', error.internal);
  return error;
}

function unreachable(address: string, why: string, internal?: string): SallyportError {
  return packageFault('ERR_PACKAGE_UNREACHABLE', `registry ${hostOf(address)}`, why, internal);
}

function hostOf(address: string): string {
  return URL.canParse(address) ? new URL(address).host : 'at no address';
}
