import { createHash } from 'node:crypto';
import type { X509Certificate } from 'node:crypto';
import { SallyportError } from '../../domain/errors.ts';
import { LIMITS } from '../../domain/limits.ts';
import { DEFAULT_SPACE } from '../../domain/principal.ts';
import { ROLES, type Role } from '../../domain/role.ts';

/** A role on a machine: what its certificate says, as a SPIFFE id (SPIFFE-ID section 2) in the only name that it holds. */
export interface MachineName {
  readonly role: Role;
  /** Unique among those of its role. */
  readonly node: string;
}

/** Who is at the other end, proven by a certificate of control's authority. */
export interface Machine extends MachineName {
  /** SHA-256 of its public key, base64url: what is revoked. */
  readonly key: string;
  /** Epoch ms. */
  readonly issuedAt: number;
  /** Epoch ms. */
  readonly expiresAt: number;
}

/** A clock that is a little behind must not refuse a new certificate. */
export const BACKDATE_MS = 5 * 60_000;
/** Node names become parts of paths and of URIs: one shape only. */
export const NODE = /^[A-Za-z0-9][A-Za-z0-9-]{0,62}$/;
const URI = /^URI:spiffe:\/\/([a-z0-9-]+)\/space\/([a-z0-9-]+)\/role\/([a-z]+)\/([A-Za-z0-9-]{1,63})$/;
const USAGES = ['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2'];

/** Of the authority's key: two installations never share one, and nobody has to choose it. */
export function trustDomainOf(authority: X509Certificate): string {
  return `sallyport-${keyOf(authority, 'hex').slice(0, 16)}`;
}

export function machineUri(trustDomain: string, { role, node }: MachineName): string {
  return `spiffe://${trustDomain}/space/${DEFAULT_SPACE}/role/${role}/${node}`;
}

/**
 * Reads a peer's certificate: issued by this authority, for this installation, for a role, alive now and never for longer than
 * a day. That the peer has its key, the handshake proved. Throws `ERR_LINK_AUTH`.
 */
export function readMachine(certificate: X509Certificate, authority: X509Certificate, now: number): Machine {
  if (certificate.ca || !certificate.checkIssued(authority) || !certificate.verify(authority.publicKey)) throw refused('is not of this installation');
  const [notBefore, expiresAt] = [Date.parse(certificate.validFrom), Date.parse(certificate.validTo)];
  const issuedAt = notBefore + BACKDATE_MS;
  if (!(notBefore <= now && now < expiresAt)) throw refused('has expired, or is not valid yet');
  if (!(expiresAt - issuedAt <= LIMITS.linkCertificateMs)) throw refused('lives for too long');
  if (!USAGES.every((usage) => certificate.keyUsage?.includes(usage))) throw refused('is for something else');
  const [, domain, space, named, node = ''] = URI.exec(certificate.subjectAltName ?? '') ?? [];
  const role = ROLES.find((one) => one === named);
  const isOurs = domain === trustDomainOf(authority) && space === DEFAULT_SPACE;
  if (!isOurs || role === undefined || !NODE.test(node)) throw refused('names no role of this installation');
  return { role, node, key: keyOf(certificate, 'base64url'), issuedAt, expiresAt };
}

function keyOf(certificate: X509Certificate, encoding: 'hex' | 'base64url'): string {
  return createHash('sha256').update(certificate.publicKey.export({ type: 'spki', format: 'der' })).digest(encoding);
}

function refused(why: string): SallyportError {
  return new SallyportError('ERR_LINK_AUTH', `the peer's certificate ${why}`);
}
