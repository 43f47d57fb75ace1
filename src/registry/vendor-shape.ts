import { z } from 'zod';
import { LIMITS } from '../domain/limits.ts';
import { CATEGORIES, CONFIDENTIALITIES } from '../domain/server.ts';
import { HTTP_URL, ID, WORDS } from './manifest-words.ts';

const CONTACT = z.string().trim().min(3).max(320).regex(/^[^\p{Cc}\p{Cf}\s]+$/u, 'must be an address: mail, or a page');

/** `vendors:` of sallyport.yaml: whose servers are used, for what, and what may be sent there. */
export const VENDOR = z.strictObject({
  name: z.string().trim().min(1).max(200).regex(/^[^\p{Cc}\p{Cf}]+$/u, 'must be visible text'),
  /** Who answers for its use. */
  owner: WORDS,
  purpose: WORDS,
  /** How often somebody vouches for it anew: `critical` half-yearly, `standard` yearly. */
  tier: z.enum(['critical', 'standard']),
  endpoints: z.array(z.strictObject({ url: HTTP_URL, purpose: WORDS.exactOptional(), region: ID.exactOptional() })).min(1).max(LIMITS.vendorEndpointsMax),
  /** The most that may be sent there. */
  data: z.strictObject({ confidentiality: z.enum(CONFIDENTIALITIES), categories: z.array(z.enum(CATEGORIES)).exactOptional() }),
  contacts: z.strictObject({ contract: z.array(CONTACT).max(20).exactOptional(), incident: z.array(CONTACT).max(20).exactOptional() }).exactOptional(),
  /** Calls of everybody on all its servers together. */
  limit: z.string().regex(/^[1-9]\d{0,8}\/(?:s|min|h|day)$/, 'must be a rate: 30/min, 200/h').exactOptional(),
  /** What it is known to run, by package URL, so that an advisory about that is one about it. */
  runs: z.array(z.string().regex(/^pkg:[a-z]+\/[^@?#\s]{1,300}@[^@?#\s]{1,100}$/, 'must be a package URL with a version: pkg:npm/%40scope/name@1.2.3')).max(100).exactOptional(),
});
