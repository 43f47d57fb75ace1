import { z } from 'zod';
import { WORDS } from '../names.ts';

/** The age identity that opens a retention class's payloads of one month, sealed by the vault. Rows of the default space. */
export const RETENTION_KEY = z.strictObject({
  class: z.string(), region: z.string(), epoch: z.string().regex(/^\d{4}-\d{2}$/), recipient: z.string(), sealed: z.string(),
});

export type StoredRetentionKey = z.infer<typeof RETENTION_KEY>;

/** What a legal hold holds: all that is named must match. People by principal id; the space is the row's. */
export const HOLD = z.strictObject({
  person: z.string().max(512).exactOptional(), exchange: z.string().max(64).exactOptional(), context: z.string().max(64).exactOptional(),
  server: z.string().max(64).exactOptional(), reason: WORDS, by: z.string(), at: z.int(),
});
