import type { VendorEndpoint } from './shape.ts';

/**
 * Finds whose server a host is. With a path, the endpoint below whose path it lies; without one (a name in DNS or in a TLS handshake)
 * only a host that serves MCP and nothing else. Host in any case, with or without the final dot.
 */
export type VendorOf = (host: string, path?: string) => VendorEndpoint | undefined;

export function vendorsOf(endpoints: readonly VendorEndpoint[]): VendorOf {
  const exact = Map.groupBy(endpoints.filter(({ host }) => !host.startsWith('*.')), ({ host }) => host);
  const wild = endpoints.filter(({ host }) => host.startsWith('*.'));
  return (host, path) => {
    const name = host.toLowerCase().replace(/\.$/, '');
    const known = [...(exact.get(name) ?? []), ...wild.filter((endpoint) => name.endsWith(endpoint.host.slice(1)))];
    const at = path === undefined ? undefined : known.find((endpoint) => isBelow(path, pathOf(endpoint)));
    return at ?? known.find(({ isDedicated }) => isDedicated);
  };
}

/** A host's root says nothing of what else it serves. */
function isBelow(path: string, root: string): boolean {
  return root !== '' && (path === root || path.startsWith(`${root}/`) || path.startsWith(`${root}?`));
}

function pathOf({ url }: VendorEndpoint): string {
  return url.replace(/^https?:\/\/[^/]+/, '').replace(/\/$/, '');
}
