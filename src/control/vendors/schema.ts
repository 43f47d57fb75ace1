import { z } from 'zod';
import { SEVERITIES } from '../../domain/finding.ts';
import { LIMITS } from '../../domain/limits.ts';
import { VENDOR as VENDOR_SHAPE } from '../../registry/vendor-shape.ts';
import { VENDOR_EVENTS, type VendorEvent } from '../../vendor/attest.ts';
import { DISCLOSURE } from '../../vendor/disclosure/answer.ts';
import { NAME, WORDS } from '../names.ts';

/** A vendor as it is declared, under its id. */
export const VENDOR = VENDOR_SHAPE;
export type StoredVendor = z.infer<typeof VENDOR>;

export const NEW_VENDOR = VENDOR.extend({ id: NAME });

/** How a disclosure came here. */
const VIA = z.enum(['file', 'link']);
const DIGEST = z.string().regex(/^[0-9a-f]{64}$/);

/** What a vendor disclosed and somebody accepted, under the vendor's id. In force: part of the signed configuration. */
export const DISCLOSED = z.strictObject({
  disclosure: DISCLOSURE, digest: DIGEST, via: VIA, acceptedBy: z.string(), acceptedAt: z.number(),
  /** When somebody vouched for it last, later than it was accepted or just then; by whom. */
  attestedAt: z.number(), attestedBy: z.string(),
});
export type Disclosed = z.infer<typeof DISCLOSED>;

/** What came by a link, and waits for somebody's look. Nothing of it is in force. */
export const SUBMITTED = z.strictObject({ disclosure: DISCLOSURE, digest: DIGEST, link: z.string(), submittedAt: z.number() });

/** A page of control's door that stands open for one vendor: to answer, and for nothing else. */
export const DISCLOSURE_LINK = z.strictObject({
  vendor: NAME, expiresAt: z.number(), createdBy: z.string(), createdAt: z.number(), revokedAt: z.number().exactOptional(), usedAt: z.number().exactOptional(),
});

const EVENTS = Object.keys(VENDOR_EVENTS);
const EVENT = z.custom<VendorEvent>((value) => typeof value === 'string' && EVENTS.includes(value), 'is no event of a vendor');
/** What asks for a vendor's word before its time. */
export const VENDOR_EVENT = z.strictObject({
  vendor: NAME, event: EVENT, at: z.number(), note: z.string().max(LIMITS.reasonCharsMax), by: z.string(),
  advisory: z.strictObject({ id: z.string().max(100), severity: z.enum(SEVERITIES) }).exactOptional(),
});

export type StoredEvent = z.infer<typeof VENDOR_EVENT>;

/** No longer than what is stored of it: a row that can't be read back would take all of its kind with it. */
export const NEW_EVENT = z.strictObject({ event: EVENT, note: WORDS.max(LIMITS.reasonCharsMax) });
/** A disclosure as the text of its file; `dryRun` says what would be wrong with it, and takes nothing. */
export const DISCLOSE = z.strictObject({
  file: z.string().min(1).max(4_096), text: z.string().min(1, 'the file is empty').max(LIMITS.vendorDisclosureBytesMax), dryRun: z.boolean().default(false),
});
export const ACCEPT = z.strictObject({ digest: DIGEST });
export const ATTEST = z.strictObject({ reason: WORDS });
export const NEW_LINK = z.strictObject({ days: z.int().min(1).max(LIMITS.vendorLinkMs / 86_400_000).default(14) });
