import ipaddr from 'ipaddr.js';

export type Target = 'loopback' | 'private' | 'metadata' | 'rebinding' | 'internal-name';

/** Addresses at which clouds tell machines their credentials. */
const METADATA = new Set(['169.254.169.254', '169.254.170.2', '169.254.170.23', '100.100.100.200', '168.63.129.16', '192.0.0.192', 'fd00:ec2::254',
  'fd00:ec2::23', 'fd20:ce::254']);
const METADATA_NAMES = /^(?:metadata\.(?:google\.internal|goog|azure\.internal|platformequinix\.com|tencentyun\.com)|instance-data(?:\.ec2\.internal)?|metadata)$/;
/** Names that answer with whatever address stands in them, or with another one each time. */
const REBINDING = /(?:^|\.)(?:nip\.io|sslip\.io|xip\.io|localtest\.me|lvh\.me|vcap\.me|lacolhost\.com|yoogle\.com|rbndr\.us|1u\.ms|rebind\.network|rebind\.it|traefik\.me|local\.gd|fbi\.com\.localhost|localho\.st|42foo\.com|127-0-0-1\.org\.uk|nip\.direct|backname\.io)$/;
const INTERNAL_NAME = /(?:^|\.)(?:localhost|internal|local|lan|home\.arpa|intranet|corp|svc|cluster\.local|consul)$|^kubernetes(?:\.default(?:\.svc)?)?$|^host\.docker\.internal$/;

/** What a host of a URL leads to; undefined: somewhere on the public net, as far as its name says. */
export function targetOf(written: string): Target | undefined {
  const host = hostOf(written);
  if (host === undefined) return undefined;
  if (METADATA.has(host) || METADATA_NAMES.test(host)) return 'metadata';
  if (host === 'localhost' || host.endsWith('.localhost') || host === 'localhost.localdomain' || host === 'ip6-localhost') return 'loopback';
  if (REBINDING.test(host)) return 'rebinding';
  if (ipaddr.isValid(host)) return targetOfAddress(ipaddr.process(host));
  return INTERNAL_NAME.test(host) ? 'internal-name' : undefined;
}

/**
 * A host as the WHATWG URL standard reads it: decimal, octal, hexadecimal and short forms of IPv4, full-width digits, percent-encoding
 * and mapped IPv6 all become one form. What the standard refuses, some libraries accept: dots of other scripts, brackets.
 */
function hostOf(written: string): string | undefined {
  const plain = written.normalize('NFKC').replace(/[\u3002\uff0e\uff61]/g, '.').toLowerCase();
  try {
    return new URL(`http://${plain.includes(':') && !plain.startsWith('[') ? `[${plain.split('%', 1)[0] ?? ''}]` : plain}/`).hostname.replace(/^\[|\]$|\.$/g, '');
  } catch {
    return undefined;
  }
}

function targetOfAddress(address: ipaddr.IPv4 | ipaddr.IPv6): Target | undefined {
  const inner = embedded(address);
  if (METADATA.has(inner.toString())) return 'metadata';
  const range = inner.range();
  if (range === 'loopback' || range === 'unspecified') return 'loopback';
  return range === 'unicast' ? undefined : 'private';
}

function v4(high: number, low: number): ipaddr.IPv4 {
  return new ipaddr.IPv4([high >> 8, high & 255, low >> 8, low & 255]);
}

/** IPv4 inside IPv6: mapped, compatible, NAT64 (RFC 6052), 6to4 (RFC 3056). */
function embedded(address: ipaddr.IPv4 | ipaddr.IPv6): ipaddr.IPv4 | ipaddr.IPv6 {
  if (!(address instanceof ipaddr.IPv6)) return address;
  const parts = address.parts;
  const [first = 0, second = 0, third = 0] = parts;
  if (first === 0x64 && second === 0xff9b) return v4(parts[6] ?? 0, parts[7] ?? 0);
  if (first === 0x2002) return v4(second, third);
  if (parts.slice(0, 6).every((part) => part === 0) && (parts[6] ?? 0) !== 0) return v4(parts[6] ?? 0, parts[7] ?? 0);
  return address;
}
