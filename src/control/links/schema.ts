import { z } from 'zod';
import { LIMITS } from '../../domain/limits.ts';
import { ROLES } from '../../domain/role.ts';
import { NODE } from '../../link/machines/machine.ts';

/** Control lets others in; it needs no token of its own. */
const JOINING = z.enum(ROLES).exclude(['control']);
const NODE_NAME = z.string().regex(NODE, 'must be letters, digits and dashes, at most 63');

/** What lets one role on one node join, once. Its row is named by the digest of its secret; the secret itself is kept nowhere. */
export const LINK_TOKEN = z.strictObject({ role: JOINING, node: NODE_NAME, createdAt: z.number(), createdBy: z.string(), expiresAt: z.number() });
export type StoredLinkToken = z.infer<typeof LINK_TOKEN>;

/** A role on a machine that joined. */
export const LINK_NODE = z.strictObject({
  role: JOINING,
  node: NODE_NAME,
  /** PEM; the private half never left its machine. */
  publicKey: z.string(),
  /** SHA-256 of it, base64url. */
  key: z.string(),
  /** Where it joined from. */
  address: z.string(),
  joinedAt: z.number(),
  renewedAt: z.number(),
  expiresAt: z.number(),
  revokedAt: z.number().exactOptional(),
  /** Its keys that must not be believed, this one or earlier ones, for as long as a certificate over them could live. */
  dead: z.array(z.strictObject({ key: z.string(), until: z.number() })),
});
export type StoredLinkNode = z.infer<typeof LINK_NODE>;

export const NEW_LINK_TOKEN = z.strictObject({
  role: JOINING,
  node: NODE_NAME,
  ttlMs: z.int().min(1_000).max(LIMITS.linkJoinTokenMsMax).default(LIMITS.linkJoinTokenMs),
  /** `host:port` under which the new machine finds control's link, where it is another than control itself would say. */
  control: z.string().max(300).exactOptional(),
});

/** What a machine without a certificate says. */
export const JOIN = z.strictObject({
  role: JOINING, node: NODE_NAME, secret: z.string().min(20).max(200), request: z.string().max(3_000),
});
