import { isIP } from 'node:net';
import { rootCertificates } from 'node:tls';
import type { Permission } from './permission.ts';

/** One origin that may be asked, at a judged address, which nothing resolves anew. */
export interface Place {
  readonly origin: string;
  readonly scheme: 'http' | 'https';
  readonly name: string;
  readonly isLiteral: boolean;
  readonly address: string;
  readonly port: number;
  /** PEM: whom certificates are trusted by. */
  readonly roots: readonly string[];
}

export interface Finder {
  /** All addresses of a name. */
  readonly resolve: (name: string) => Promise<readonly string[]>;
  /** Why an address may not be reached, with these networks allowed; undefined: it may. */
  readonly refusalOf: (address: string, allowed: readonly string[]) => string | undefined;
  /** PEM: roots besides those of the runtime. */
  readonly extraRoots: readonly string[];
}

/** Finds the place of an address that a permission covers. A text: why nothing may be sent there, or cannot. */
export async function findPlace(url: URL, permission: Permission, { resolve, refusalOf, extraRoots }: Finder): Promise<Place | string> {
  if (!isPermitted(url, permission)) return `${url.origin} is not covered by the permission`;
  const name = url.hostname.replace(/^\[|\]$/g, '');
  const isLiteral = isIP(name) !== 0;
  const addresses = isLiteral ? [name] : await resolve(name).catch(() => []);
  const [address] = addresses;
  if (address === undefined) return `${name} has no address here`;
  // One address that must not be reached makes the name unfit: the next look-up may begin with it.
  for (const one of addresses) {
    const refusal = refusalOf(one, permission.private);
    if (refusal !== undefined) return `${name} is at ${refusal}, which the permission does not allow`;
  }
  const scheme = url.protocol === 'https:' ? 'https' : 'http';
  const port = url.port === '' ? (scheme === 'https' ? 443 : 80) : Number(url.port);
  return { origin: url.origin, scheme, name, isLiteral, address, port, roots: [...rootCertificates, ...extraRoots] };
}

/** The origins of its endpoints and those that it names besides; of a host on the usual port of TLS also the usual one without. */
function isPermitted(url: URL, { endpoints, origins }: Permission): boolean {
  const permitted = [...endpoints, ...origins].map((one) => new URL(one));
  return permitted.some((one) => one.origin === url.origin) || permitted.some((one) => isPlainTwin(url, one));
}

function isPlainTwin(url: URL, one: URL): boolean {
  return url.protocol === 'http:' && url.port === '' && one.protocol === 'https:' && one.port === '' && one.hostname === url.hostname;
}
