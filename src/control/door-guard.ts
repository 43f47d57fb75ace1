import { SallyportError } from '../domain/errors.ts';
import { isRegistryPath } from './registry/door.ts';

const LOOPBACK_NAMES = ['localhost', '127.0.0.1', '[::1]'];

/** What of a request is judged before anything else is. */
interface Knock {
  readonly method: string;
  /** As the request line has it. */
  readonly path: string;
  readonly host: string | undefined;
  readonly origin: string | undefined;
}

/** Refuses names that are not ours (DNS rebinding) and whatever another site's page would have changed. Throws `ERR_HOST_FORBIDDEN`, `ERR_ORIGIN_FORBIDDEN`. */
export type CheckKnock = (knock: Knock) => void;

/** `loopback`: it listens on this machine only, so the machine's own names are good too, with any port. */
export function createDoorGuard(publicUrl: string, loopback: boolean): CheckKnock {
  const url = new URL(publicUrl);
  const hosts = new Set([url.hostname, ...(loopback ? LOOPBACK_NAMES : [])]);
  return ({ method, path, host, origin }) => {
    const name = hostnameOf(host);
    if (name === undefined || !hosts.has(name)) {
      throw new SallyportError('ERR_HOST_FORBIDDEN', 'Control does not answer under that name.', { remedy: `Use ${url.origin}.` });
    }
    // A page of another site has no business with anything but links into this one and reading the registry, before which browsers ask.
    if (method === 'OPTIONS' && isRegistryPath(path)) return;
    if (method === 'GET' || method === 'HEAD' || origin === undefined || origin === url.origin) return;
    if (loopback && origin === originOf(url, host)) return;
    throw new SallyportError('ERR_ORIGIN_FORBIDDEN', 'Another site\'s page may not do that here.', { remedy: `Do it at ${url.origin}.` });
  };
}

/** The page was loaded from this very door under another of the machine's names. */
function originOf(url: URL, host: string | undefined): string {
  return `${url.protocol}//${(host ?? '').toLowerCase()}`;
}

function hostnameOf(host: string | undefined): string | undefined {
  return /^(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+)(?::\d{1,5})?$/.exec(host ?? '')?.[1]?.toLowerCase();
}

/** What every answer of the door carries unless it says otherwise itself. */
export function securityHeaders(secure: boolean): Readonly<Record<string, string>> {
  return {
    'content-security-policy': "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    'x-frame-options': 'DENY',
    'x-content-type-options': 'nosniff',
    // With `no-referrer` browsers send `Origin: null` with our own forms, and the check above would be blind.
    'referrer-policy': 'same-origin',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'permissions-policy': 'camera=(), microphone=(), geolocation=(), payment=()',
    'cache-control': 'no-store',
    ...(secure ? { 'strict-transport-security': 'max-age=63072000' } : {}),
  };
}
