import { z } from 'zod';
import { NAME } from '../names.ts';

const AUDIENCE = z.string().regex(/^(\*|\/mcp\/(t\/)?[a-z0-9][a-z0-9-]{0,62})$/, 'must be `/mcp/<server>`, `/mcp/t/<toolset>` or `*`');
/** Accountable people and workloads, and groups: visible text of any script, without what separates the parts of a principal's id. */
const SUBJECT = z.string().min(1).max(200).regex(/^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}|]+$/u, 'must be visible text without "|"');

/** What is asked for a new token. */
export const NEW_TOKEN = z.strictObject({
  agent: NAME,
  kind: z.enum(['person', 'workload']).default('workload'),
  /** The accountable person or workload behind the agent; the agent itself when absent. */
  subject: SUBJECT.exactOptional(),
  groups: z.array(SUBJECT).max(100).default([]),
  audience: z.array(AUDIENCE).min(1).max(100),
  ttlMs: z.int().min(1000),
});

/** A stored token; its id is the credential's. */
export const TOKEN = z.strictObject({
  agent: z.string(),
  kind: z.enum(['person', 'workload']),
  subject: z.string(),
  groups: z.array(z.string()),
  hash: z.string().regex(/^[0-9a-f]{64}$/),
  audience: z.array(z.string()),
  issuedAt: z.number(),
  expiresAt: z.number(),
  revokedAt: z.number().exactOptional(),
  /** Who made it: whoever did may not approve what is asked with it, whoever revokes it later. */
  madeBy: z.string().exactOptional(),
});
export type StoredToken = z.infer<typeof TOKEN>;
