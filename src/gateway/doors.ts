import { SallyportError } from '../domain/errors.ts';
import type { Route } from '../domain/inbound.ts';
import { DEFAULT_SPACE } from '../domain/principal.ts';

/** Which names and origins may address this gate: the defence against DNS rebinding, which no token replaces. */
export interface Doors {
  /** `origins`: those that may call besides our own. Throws ERR_HOST_FORBIDDEN or ERR_ORIGIN_FORBIDDEN; without Origin it is no browser and passes. */
  check(headers: Headers, origins: readonly string[]): void;
}

const LOOPBACK_NAMES = ['localhost', '127.0.0.1', '[::1]'];

/** `hosts` are names without port; on a loopback listener the loopback names are added, with any port. */
export function createDoors(publicUrl: string, loopback: boolean): Doors {
  const url = new URL(publicUrl);
  const hosts = new Set([url.hostname, ...(loopback ? LOOPBACK_NAMES : [])]);
  return {
    check(headers, origins) {
      const host = hostnameOf(headers.get('host'));
      if (host === undefined || !hosts.has(host)) {
        throw new SallyportError('ERR_HOST_FORBIDDEN', 'This gate does not answer under that name.', { remedy: `Use ${url.origin}.` });
      }
      const origin = headers.get('origin');
      if (origin !== null && origin !== url.origin && !origins.includes(origin) && !(loopback && isLoopbackOrigin(origin))) {
        throw new SallyportError('ERR_ORIGIN_FORBIDDEN', 'This origin may not call the gate.', { remedy: 'Add it to network.origins.' });
      }
    },
  };
}

function hostnameOf(host: string | null): string | undefined {
  if (host === null) return undefined;
  return /^(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+)(?::\d{1,5})?$/.exec(host)?.[1]?.toLowerCase();
}

function isLoopbackOrigin(origin: string): boolean {
  return URL.canParse(origin) && LOOPBACK_NAMES.includes(new URL(origin).hostname);
}

const ROUTE = /^(?:\/s\/([a-z0-9][a-z0-9-]{0,62}))?\/mcp\/(t\/)?([A-Za-z0-9][A-Za-z0-9._-]{0,127})$/;

/** `/mcp/<server>`, `/mcp/t/<toolset>`; of another space than the default one under `/s/<space>`. */
export function routeOf(path: string): Route | undefined {
  const match = ROUTE.exec(path);
  if (match === null || match[3] === undefined) return undefined;
  return { kind: match[2] === undefined ? 'server' : 'toolset', space: match[1] ?? DEFAULT_SPACE, name: match[3] };
}
