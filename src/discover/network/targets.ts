import ipaddr from 'ipaddr.js';
import { z } from 'zod';
import { LIMITS } from '../../domain/limits.ts';

const LINE = z.string().min(1).max(300).regex(/^[\x20-\x7e]+$/, 'plain characters of one line');
const PORTS = z.array(z.int().min(1).max(65_535)).min(1).max(LIMITS.networkPortsMax);
const NAME = z.string().max(253).regex(/^(?!\d+(?:\.\d+)*$)[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?$/i, 'a host\'s name (an address is a network: 10.0.0.5/32)');

const TARGETS = z.strictObject({
  apiVersion: z.literal('sallyport/targets/v1'),
  /** Who answers for it; servers are told so, so that whoever reads their logs knows whom to ask. */
  owner: z.email(),
  reason: LINE,
  /** The last day (UTC) on which this may be done. */
  expires: z.iso.date(),
  targets: z.array(z.union([
    z.strictObject({ network: z.string().max(100), ports: PORTS.exactOptional() }),
    z.strictObject({ host: NAME, ports: PORTS.exactOptional() }),
    z.strictObject({ url: z.url({ protocol: /^https?$/ }).max(500) }),
  ])).min(1).max(LIMITS.networkTargetsMax),
  rate: z.strictObject({
    perSecond: z.int().min(1).max(LIMITS.networkPerSecondMax).default(LIMITS.networkPerSecond),
    perHostPerSecond: z.int().min(1).max(LIMITS.networkPerSecondMax).default(LIMITS.networkPerHostPerSecond),
  }).prefault({}),
});

/** What may be looked at: by whose leave, how fast, and which addresses. */
export interface Targets {
  readonly owner: string;
  readonly rate: { readonly perSecond: number; readonly perHostPerSecond: number };
  readonly targets: readonly Target[];
}

/** One thing to look at: addresses that were judged, or a name whose addresses are judged when they are known. */
export interface Target {
  /** The name, where it is not by address. */
  readonly host?: string;
  readonly addresses: readonly string[];
  /** Absent: those that are known for MCP. */
  readonly ports?: readonly number[];
  /** Only this path, by this scheme. */
  readonly only?: { readonly scheme: 'http' | 'https'; readonly path: string };
}

/** Why an address may not be looked at; undefined if it may. */
export type RefusalOf = (address: string) => string | undefined;

/** What is wrong with a target file, by place. */
export interface TargetComplaint {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/**
 * Reads a target file, parsed already. Nothing is looked at unless all of it is good: every address of it may be reached, and it has not
 * expired. `now` in epoch ms.
 */
export function readTargets(value: unknown, refusalOf: RefusalOf, now: number): Targets | readonly TargetComplaint[] {
  const read = TARGETS.safeParse(value, { reportInput: false });
  if (!read.success) return read.error.issues.map(({ path, message }) => ({ path: path.filter((part) => typeof part !== 'symbol'), message }));
  const { owner, rate, expires, targets } = read.data;
  const complaints: TargetComplaint[] = [];
  const end = Date.parse(expires) + DAY_MS;
  if (now >= end) complaints.push({ path: ['expires'], message: 'it has expired: ask its owner for a new one' });
  if (end - now > LIMITS.networkTargetsMs) {
    complaints.push({ path: ['expires'], message: `leave is given for at most ${LIMITS.networkTargetsMs / DAY_MS} days` });
  }
  let addresses = 0;
  const found = targets.map((target, at): Target => {
    const one = readTarget(target, refusalOf, LIMITS.networkAddressesMax - addresses);
    if (typeof one === 'string') complaints.push({ path: ['targets', at], message: one });
    else addresses += one.addresses.length;
    return typeof one === 'string' ? { addresses: [] } : one;
  });
  return complaints.length > 0 ? complaints : { owner, rate, targets: found };
}

const DAY_MS = 86_400_000;

function readTarget(target: z.infer<typeof TARGETS>['targets'][number], refusalOf: RefusalOf, most: number): Target | string {
  const ports = 'ports' in target && target.ports !== undefined ? { ports: [...new Set(target.ports)] } : {};
  if ('network' in target) {
    const addresses = addressesOf(target.network, most);
    if (typeof addresses === 'string') return addresses;
    for (const address of addresses) {
      const refusal = refusalOf(address);
      if (refusal !== undefined) return `${address} of ${target.network} is ${refusal}, which is never looked at`;
    }
    return { addresses, ...ports };
  }
  return 'host' in target ? { host: target.host.toLowerCase(), addresses: [], ...ports } : readUrl(target.url, refusalOf);
}

function readUrl(text: string, refusalOf: RefusalOf): Target | string {
  const { protocol, hostname, port, pathname, username, password, search } = new URL(text);
  if (username !== '' || password !== '' || search !== '') return 'a URL of a target has neither credentials nor a query';
  const only = { scheme: protocol === 'https:' ? 'https' : 'http', path: pathname } as const;
  const ports = [port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port)];
  const literal = hostname.replace(/^\[|\]$/g, '');
  if (!ipaddr.isValid(literal)) return { host: hostname.toLowerCase(), addresses: [], ports, only };
  const refusal = refusalOf(literal);
  return refusal === undefined ? { addresses: [literal], ports, only } : `${literal} is ${refusal}, which is never looked at`;
}

/** The addresses of a network that machines can have, in order; a text for what is no such network. */
function addressesOf(network: string, most: number): readonly string[] | string {
  if (!ipaddr.isValidCIDR(network)) return 'a network is written with its length, for example 10.20.0.0/24';
  const [address, length] = ipaddr.parseCIDR(network);
  const hostBits = address.toByteArray().length * 8 - length;
  if (hostBits > 16 || 2 ** hostBits > most) return `all targets together have at most ${LIMITS.networkAddressesMax} addresses`;
  const bytes = masked(address.toByteArray(), hostBits);
  // The first address of an IPv4 network is its name, the last one reaches all of it.
  const isWhole = address.kind() === 'ipv6' || hostBits < 2;
  const count = 2 ** hostBits;
  return Array.from({ length: count }, (_, at) => at).filter((at) => isWhole || (at > 0 && at < count - 1)).map((at) => textOf(bytes, at));
}

function masked(bytes: readonly number[], hostBits: number): readonly number[] {
  return bytes.map((byte, at) => {
    const bits = Math.min(8, Math.max(0, hostBits - (bytes.length - 1 - at) * 8));
    return byte & (0xff << bits) & 0xff;
  });
}

/** At most 16 bits are counted up: they lie in the last two bytes, which the mask has cleared as far. */
function textOf(bytes: readonly number[], at: number): string {
  const counted = bytes.map((byte, place) => {
    if (place === bytes.length - 1) return byte | (at & 0xff);
    return place === bytes.length - 2 ? byte | (at >> 8) : byte;
  });
  return ipaddr.fromByteArray(counted).toString();
}
