import ipaddr from 'ipaddr.js';

/** What lets an address that is not public be reached after all. */
export interface Allowance {
  /** CIDRs (and `*.suffix` names, which say nothing about addresses). */
  readonly internal: readonly string[];
  /** The name that resolved to it is declared internal. */
  readonly isInternalName: boolean;
  /** The server's own entry allows a private address. */
  readonly allowPrivate: boolean;
}

type Class = 'public' | 'private' | 'loopback' | 'special' | 'never';

/** Instance metadata and the like: they hand out credentials of the machine, so nothing unlocks them. */
const NEVER = new Set([
  '169.254.169.254', '169.254.170.2', '169.254.170.23', '100.100.100.200', '168.63.129.16',
  'fd00:ec2::254', 'fd00:ec2::23', 'fd20:ce::254',
]);

const CLASSES: Readonly<Record<string, Class>> = {
  unicast: 'public', private: 'private', uniqueLocal: 'private', carrierGradeNat: 'private', loopback: 'loopback', linkLocal: 'special',
  unspecified: 'never', broadcast: 'never', multicast: 'never',
};

/**
 * Why an address may not be reached; `undefined` if it may. Forms that carry an IPv4 address (mapped, translated, NAT64,
 * 6to4) are judged by it. Private and loopback addresses need an allowance, link-local and reserved ones an explicit CIDR.
 */
export function refusalOf(text: string, allowance: Allowance): string | undefined {
  const address = read(text);
  if (address === undefined) return 'not an address';
  const found = classOf(address);
  if (found === 'public') return undefined;
  if (found === 'never') return 'an address that is never reached';
  if (allowance.internal.some((entry) => within(address, entry))) return undefined;
  if (allowance.allowPrivate && found !== 'special') return undefined;
  // A name may vouch for its own network, not for this machine: else whoever answers DNS could point it at our own ports.
  if (allowance.isInternalName && found === 'private') return undefined;
  return `a ${found} address`;
}

/** Whether a host name is declared internal: the name itself, or below a `*.suffix`. */
export function hostMatches(name: string, internal: readonly string[]): boolean {
  const host = name.toLowerCase().replace(/\.$/, '');
  return internal.some((entry) => {
    const pattern = entry.toLowerCase();
    return pattern.startsWith('*.') ? host.endsWith(pattern.slice(1)) : host === pattern;
  });
}

/** Whether an address lies in one of the networks (CIDR); names among them say nothing about addresses. */
export function isWithin(text: string, networks: readonly string[]): boolean {
  const address = read(text);
  return address !== undefined && networks.some((entry) => within(address, entry));
}

/** Whether both are one address, in whichever form each is written. */
export function isSameAddress(one: string, other: string): boolean {
  const address = read(one);
  return address !== undefined && address.toString() === read(other)?.toString();
}

type Address = ipaddr.IPv4 | ipaddr.IPv6;

function read(text: string): Address | undefined {
  return ipaddr.isValid(text) && !text.includes('%') ? unwrap(ipaddr.parse(text)) : undefined;
}

function unwrap(address: Address): Address {
  if (address instanceof ipaddr.IPv4) return address;
  if (address.isIPv4MappedAddress()) return address.toIPv4Address();
  const bytes = address.toByteArray();
  const embedded = { rfc6145: 12, rfc6052: 12, '6to4': 2 }[address.range() as string];
  // 64:ff9b:1::/48 (RFC 8215) has the IPv4 address where its operator likes: not ours to read.
  const isLocalTranslation = address.range() === 'rfc6052' && address.parts[2] !== 0;
  return embedded === undefined || isLocalTranslation ? address : new ipaddr.IPv4(bytes.slice(embedded, embedded + 4));
}

function classOf(address: Address): Class {
  if (NEVER.has(address.toString())) return 'never';
  if (address instanceof ipaddr.IPv4) return CLASSES[address.range()] ?? 'special';
  const found = CLASSES[address.range()] ?? 'special';
  // Only 2000::/3 is given out; the rest of "unicast" holds deprecated forms such as ::a.b.c.d.
  return found === 'public' && ((address.parts[0] ?? 0) & 0xe000) !== 0x2000 ? 'special' : found;
}

function within(address: Address, entry: string): boolean {
  if (!ipaddr.isValidCIDR(entry)) return false;
  const [network, bits] = ipaddr.parseCIDR(entry);
  return network.kind() === address.kind() && address.match([network, bits]);
}
