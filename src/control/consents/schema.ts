import { z } from 'zod';

/** What a person agreed to: rows of the default space, one for each person, client and resource. */
export const CONSENT = z.strictObject({
  /** Id of the person's row. */
  person: z.string(),
  client: z.string(),
  /** What the client called itself then. */
  clientName: z.string(),
  /** Canonical URI of the route. */
  resource: z.string(),
  scopes: z.array(z.string()),
  /** Where the answer went: another place is another client to a person. */
  redirect: z.string(),
  /** Whether the same is not asked again. */
  remembered: z.boolean(),
  /** The issuer's grants that came of it: what ends with it. */
  grants: z.array(z.string()),
  givenAt: z.number(),
  expiresAt: z.number(),
});
export type Consent = z.infer<typeof CONSENT>;
