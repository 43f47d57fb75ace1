/** Where a local server may connect to: one entry of `sandbox.network`, as an administrator wrote it. */
export interface AllowedHost {
  /** In lower case. With `anyBelow` it is what stands after the star. */
  readonly host: string;
  /** `*.domain`: every name below it, and not itself. */
  readonly anyBelow: boolean;
  readonly port: number;
  /** The network (CIDR) that its addresses must lie in; absent: public addresses only. */
  readonly within?: string;
  /** A connection must begin with a TLS ClientHello that names the host. */
  readonly tls: boolean;
}

const LABEL = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?';
/** The last label begins with a letter: what ends in a number is read as an address by somebody. */
const NAME = `(?:${LABEL}\\.)*[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?`;
const HOST = new RegExp(`^${NAME}$`);
const ENTRY = new RegExp(`^(\\*\\.)?(${NAME}):([1-9]\\d{0,4})(?: in ([0-9a-f.:]+/\\d{1,3}))?( without tls)?$`);
const HOST_CHARS_MAX = 253;
const PORT_MAX = 65_535;

/** Reads `host:port` or `*.domain:port`, each with ` in <CIDR>` and ` without tls` after it; `undefined` is none of these. */
export function readAllowedHost(text: string): AllowedHost | undefined {
  const [, star, host = '', digits = '', within, plain] = ENTRY.exec(text) ?? [];
  const port = Number(digits);
  if (host === '' || host.length > HOST_CHARS_MAX || port > PORT_MAX) return undefined;
  // A whole top-level domain is nobody's.
  if (star !== undefined && !host.includes('.')) return undefined;
  return { host, anyBelow: star !== undefined, port, tls: plain === undefined, ...(within === undefined ? {} : { within }) };
}

/** A host name as it is compared: lower case, no dot at its end; `undefined` where it is none, above all where it is an address. */
export function readHost(text: string): string | undefined {
  const host = text.toLowerCase().replace(/\.$/, '');
  return host.length <= HOST_CHARS_MAX && HOST.test(host) ? host : undefined;
}

/** The entry that lets `host` be reached at `port`, one that names it before one with a star. */
export function findAllowedHost(entries: readonly AllowedHost[], host: string, port: number): AllowedHost | undefined {
  const at = entries.filter((entry) => entry.port === port);
  return at.find((entry) => !entry.anyBelow && entry.host === host) ?? at.find((entry) => entry.anyBelow && host.endsWith(`.${entry.host}`));
}

/** Whether a host is the one that is named, or below the domain that is. */
export function isHost(pattern: string, host: string): boolean {
  const bare = host.toLowerCase().replace(/^\[|\]$/g, '').replace(/\.$/, '');
  const wanted = pattern.replace(/^\[|\]$/g, '');
  return wanted.startsWith('*.') ? bare.endsWith(wanted.slice(1)) : bare === wanted;
}
