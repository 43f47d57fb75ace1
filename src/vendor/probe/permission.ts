import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import { z } from 'zod';
import { LIMITS } from '../../domain/limits.ts';

/** What goes further than a client does by itself: forged and foreign tokens (P09), bodies and bursts (P11), what an issuer fetches (P16). */
const CONSENTS = ['tokens', 'limits', 'fetches'] as const;

const LINE = z.string().min(1).max(300).regex(/^[\x20-\x7e]+$/, 'plain characters of one line');
const CIDR = z.string().max(60).regex(/^[0-9a-fA-F.:]+\/\d{1,3}$/, 'a network is written with its length, for example 10.20.0.0/24');

/** An address without user, query or fragment. */
const URL_PLAIN = z.url({ protocol: /^https?$/ }).max(500).refine((text) => isPlain(text), 'has neither credentials nor a query');
const ORIGIN = URL_PLAIN.refine((text) => URL.canParse(text) && new URL(text).pathname === '/', 'is an origin: scheme, host and port alone');

/** That a vendor's endpoints may be probed: by whose leave, until when, which ones, and how far. Nothing is sent without one. */
export const PERMISSION = z.strictObject({
  apiVersion: z.literal('sallyport/vendor-permission/v1'),
  vendor: z.string().min(1).max(64),
  /** Who allowed it: somebody of the vendor's, or who may speak for it. */
  by: z.email(),
  /** Where that is written: a contract, a ticket, a mail. */
  reference: LINE,
  /** Who asks; every request says so. */
  asker: z.email(),
  /** The last day (UTC). */
  until: z.iso.date(),
  endpoints: z.array(URL_PLAIN).min(1).max(50),
  /** What else may be asked: authorization servers, the same host without TLS. */
  origins: z.array(ORIGIN).max(50).default([]),
  /** Networks whose addresses may be reached although they are not public. */
  private: z.array(CIDR).max(50).default([]),
  consents: z.array(z.enum(CONSENTS)).max(CONSENTS.length).default([]),
  perSecond: z.int().min(1).max(LIMITS.vendorPerSecondMax).default(LIMITS.vendorPerSecond),
});
export type Permission = Readonly<z.infer<typeof PERMISSION>>;

/** The end of the last day, epoch ms. */
export function permittedUntil({ until }: Pick<Permission, 'until'>): number {
  return Date.parse(until) + DAY_MS;
}

/** Why a permission does not allow an endpoint of a vendor to be probed now; undefined: it does. */
export function refusalBy(
  permission: Permission, { vendor, endpoint }: { readonly vendor: string; readonly endpoint: string }, now: number,
): string | undefined {
  const end = permittedUntil(permission);
  if (permission.vendor !== vendor) return `the permission is ${permission.vendor}'s`;
  if (now >= end) return `the permission ended on ${permission.until}`;
  if (end - now > LIMITS.vendorPermissionMs + DAY_MS) return `a permission is given for at most ${LIMITS.vendorPermissionMs / DAY_MS} days`;
  return permission.endpoints.some((one) => sameUrl(one, endpoint)) ? undefined : `${endpoint} is not among the endpoints that the permission names`;
}

/** By what a report says under which permission it was made. */
export function digestOf(permission: Permission): string {
  return `sha256:${createHash('sha256').update(canonicalize(permission) ?? '').digest('hex')}`;
}

/** Two spellings of one address: a slash at the end is no other path. */
export function sameUrl(one: string, other: string): boolean {
  return URL.canParse(one) && URL.canParse(other) && normal(one) === normal(other);
}

function normal(text: string): string {
  const { origin, pathname, search } = new URL(text);
  return origin + pathname.replace(/\/$/, '') + search;
}

function isPlain(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { username, password, search, hash } = new URL(text);
  return username === '' && password === '' && search === '' && hash === '';
}

const DAY_MS = 86_400_000;
