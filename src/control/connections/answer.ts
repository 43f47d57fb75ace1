import { z } from 'zod';

const CONNECTION_ROW = z.object({
  id: z.string(), server: z.string(), principal: z.string(), agent: z.string(), state: z.enum(['active', 'broken', 'revoked']), provider: z.string(),
  scopes: z.array(z.string()), connectedAt: z.number(), refreshedAt: z.number(), endedAt: z.number().nullable(),
});
export type ConnectionRow = z.infer<typeof CONNECTION_ROW>;

/** Accounts that people connected at servers, without what opens them. */
export const CONNECTIONS = z.object({ connections: z.array(CONNECTION_ROW) });
export type Connections = z.infer<typeof CONNECTIONS>;
