/** A name with a dot, as it may stand in any text: with or without a scheme, behind an `@`, between slashes of either kind. */
const NAMED = /[a-z0-9_][a-z0-9_-]{0,62}(?:[.\u3002\uFF0E\uFF61][a-z0-9_-]{1,63}){1,126}/gi;
const DOTS = /[\u3002\uFF0E\uFF61]/g;
const NUMBERS = /^[0-9a-fx.]+$/;

/** Hosts that a containment blocks: a name, an address, or `*.<domain>`. */
export interface Blocked {
  /** `host`: as it is written, also another spelling of an address. */
  readonly has: (host: string) => boolean;
  /** Where a text names one. */
  readonly namedIn: (text: string) => readonly { readonly start: number; readonly end: number }[];
}

export function createBlocked(blockedHosts: readonly string[]): Blocked {
  const bare = blockedHosts.map((host) => host.replace(/^\[|\]$/g, ''));
  const exact = new Set(bare.filter((host) => !host.startsWith('*.')));
  const below = new Set(bare.flatMap((host) => (host.startsWith('*.') ? [host.slice(2)] : [])));
  const isNamed = (host: string): boolean => {
    if (exact.has(host)) return true;
    for (let at = below.size === 0 ? -1 : host.indexOf('.'); at >= 0; at = host.indexOf('.', at + 1)) if (below.has(host.slice(at + 1))) return true;
    return false;
  };
  const has = (written: string): boolean => {
    const host = written.toLowerCase().replaceAll(DOTS, '.').replace(/\.{1,8}$/, '');
    return isNamed(host) || (NUMBERS.test(host) || host.includes(':') ? isNamed(plainAddress(host)) : false);
  };
  return {
    has,
    namedIn: (text) => (blockedHosts.length === 0 ? [] : [...text.matchAll(NAMED)].flatMap(({ 0: name, index }) =>
      (has(name) ? [{ start: index, end: index + name.length }] : []))),
  };
}

/** `0x7f.1` and `2130706433` are `127.0.0.1` to whatever connects there. */
function plainAddress(host: string): string {
  return URL.parse(`http://${host.includes(':') ? `[${host}]` : host}/`)?.hostname.replace(/^\[|\]$/g, '') ?? host;
}
