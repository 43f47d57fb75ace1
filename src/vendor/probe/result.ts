import { z } from 'zod';
import { LIMITS } from '../../domain/limits.ts';
import { CHECKS, PROBES } from './checks.ts';
import type { CheckId, ProbeId } from './checks.ts';

/** `unknown`: it could not be looked at, and why. `not-applicable`: there is nothing of the kind. */
const OUTCOMES = ['pass', 'fail', 'not-applicable', 'unknown'] as const;
export type Outcome = (typeof OUTCOMES)[number];

export const namesOf = <K extends string>(table: Readonly<Record<K, unknown>>): z.ZodType<K> =>
  z.custom<K>((value) => typeof value === 'string' && Object.hasOwn(table, value), 'no such check');

/** Text that the endpoint had a hand in: one line, scrubbed, cut. Shown escaped all the same. */
const TEXT = z.string().max(LIMITS.vendorEvidenceCharsMax);
const TEXTS = z.array(TEXT).max(LIMITS.vendorFactsMax).readonly();
const AT = z.int().min(0);

const OBSERVED = z.strictObject({ check: namesOf<CheckId>(CHECKS), outcome: z.enum(OUTCOMES), evidence: TEXT });
/** What came of one check, and by what: never a body, never a credential. */
export type Observed = Readonly<z.infer<typeof OBSERVED>>;

const PROBED = z.strictObject({
  probe: namesOf<ProbeId>(PROBES), outcome: z.enum(OUTCOMES), checks: z.array(OBSERVED).max(Object.keys(CHECKS).length).readonly(),
});
/** One probe: `fail` where one of its checks failed, else `unknown` where nothing could be seen, `pass`, or `not-applicable`. */
export type Probed = Readonly<z.infer<typeof PROBED>>;

/**
 * What the endpoint is, as far as it was seen, in the words in which a disclosure is compared with it and one run with the next. Absent: it
 * could not be seen, which says neither yes nor no.
 */
export const FACTS = z.strictObject({
  /** How it lets callers in: `none` to everyone, `oauth` by a challenge with metadata, `other` by anything else that says 401 or 403. */
  auth: z.enum(['none', 'oauth', 'other']).exactOptional(),
  transports: z.array(z.enum(['streamable-http', 'http+sse'])).max(2).readonly().exactOptional(),
  /** Of the protocol, newest first. */
  revisions: z.array(z.iso.date()).max(20).readonly().exactOptional(),
  /** `TLSv1.3`; `none` in the clear. */
  tls: TEXT.exactOptional(),
  certificate: z.strictObject({ sha256: TEXT, subject: TEXT, issuer: TEXT, expiresAt: AT, isTrusted: z.boolean() }).exactOptional(),
  issuers: TEXTS.exactOptional(),
  pkce: TEXTS.exactOptional(),
  clientMetadata: z.boolean().exactOptional(),
  dynamicRegistration: z.boolean().exactOptional(),
  dpop: z.boolean().exactOptional(),
  scopes: TEXTS.exactOptional(),
  /** Every other host that it points to: issuers, redirects. */
  hosts: TEXTS.exactOptional(),
  /** What it calls itself: its own word. */
  software: z.strictObject({ name: TEXT, version: TEXT }).exactOptional(),
  /** Ids of those that hold what it calls itself. */
  advisories: TEXTS.exactOptional(),
  /** Each with the SHA-256 of its canonical definition, by name. */
  tools: z.array(z.strictObject({ name: TEXT, digest: TEXT, readOnly: z.boolean().exactOptional(), destructive: z.boolean().exactOptional() }))
    .max(LIMITS.vendorToolsMax).readonly().exactOptional(),
  securityTxt: z.boolean().exactOptional(),
});
export type ProbeFacts = Readonly<z.infer<typeof FACTS>>;

/** One run of the probes against one endpoint of one vendor. */
export const PROBE_REPORT = z.strictObject({
  format: z.literal('sallyport/vendor-probe/1'),
  vendor: z.string().min(1).max(64),
  /** Without credentials and query. */
  endpoint: z.string().min(1).max(500),
  startedAt: AT,
  endedAt: AT,
  /** By whose leave: who allowed it, until when (epoch ms), and the SHA-256 of the permission as it was given. */
  permission: z.strictObject({ by: TEXT, until: AT, digest: z.string().regex(/^sha256:[0-9a-f]{64}$/) }),
  /** Whether a test account of the vendor's was used: without one, what lies behind its door was not seen. */
  withAccount: z.boolean(),
  requests: z.int().min(0),
  probes: z.array(PROBED).max(Object.keys(PROBES).length).readonly(),
  facts: FACTS,
});
export type ProbeReport = Readonly<z.infer<typeof PROBE_REPORT>>;
