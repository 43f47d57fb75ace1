import ipaddr from 'ipaddr.js';

/** An address or a network in its one spelling, fit to stand in a rule. */
export interface Network {
  /** `10.0.0.7`, `10.0.0.0/24`, `fd00::7`: host bits cleared, no prefix where it is one address. */
  readonly text: string;
  readonly address: string;
  readonly bits: number;
  readonly family: 4 | 6;
}

/** A network wider than this is no place where one party stands: `0.0.0.0/0` in a list of peers would be no list. */
const BITS_MIN = { 4: 8, 6: 16 } as const;
const PLACES: ReadonlySet<string> = new Set(['unicast', 'private', 'uniqueLocal', 'carrierGradeNat', 'reserved']);

/** Reads an address or CIDR; undefined for what is none, is too wide, or is nobody's place (loopback, multicast, link-local, mapped IPv4). */
export function readNetwork(text: string): Network | undefined {
  const [address = '', prefix, ...rest] = text.split('/');
  if (rest.length > 0 || !ipaddr.isValid(address) || (prefix !== undefined && !/^(?:0|[1-9]\d{0,2})$/.test(prefix))) return undefined;
  if (address.includes('%') || (!address.includes(':') && !ipaddr.IPv4.isValidFourPartDecimal(address))) return undefined;
  const parsed = ipaddr.parse(address);
  const [family, width] = parsed.kind() === 'ipv4' ? [4 as const, 32] : [6 as const, 128];
  const bits = prefix === undefined ? width : Number(prefix);
  if (bits > width || bits < BITS_MIN[family] || !PLACES.has(parsed.range())) return undefined;
  const start = family === 4 ? ipaddr.IPv4.networkAddressFromCIDR(`${address}/${bits}`) : ipaddr.IPv6.networkAddressFromCIDR(`${address}/${bits}`);
  const canonical = start.toString();
  return { text: bits === width ? canonical : `${canonical}/${bits}`, address: canonical, bits, family };
}

/** In one order, each once: what is compiled twice is the same to the byte. Throws on what the shape of the manifest refuses. */
export function readNetworks(texts: readonly string[]): readonly Network[] {
  const networks = texts.map((text) => {
    const network = readNetwork(text);
    if (network === undefined) throw new RangeError('not an address or network');
    return network;
  });
  const unique = new Map(networks.map((network) => [network.text, network]));
  return [...unique.values()].toSorted((one, other) => one.family - other.family || (one.text < other.text ? -1 : 1));
}
