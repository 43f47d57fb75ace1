import { z } from 'zod';

const QUARANTINED_ROW = z.object({
  id: z.string(), state: z.string(), exchange: z.string(), at: z.number(), expiresAt: z.number(), principal: z.string(), agent: z.string(),
  server: z.string(), name: z.string(), policies: z.array(z.string()),
  findings: z.array(z.object({ detector: z.string(), rule: z.string(), severity: z.string() })),
});
export type QuarantinedRow = z.infer<typeof QUARANTINED_ROW>;

export const QUARANTINE = z.object({ quarantined: z.array(QUARANTINED_ROW) });
export type Quarantine = z.infer<typeof QUARANTINE>;

/** The answer whole, as it came, while it is kept. */
export const QUARANTINED_SHOWN = QUARANTINED_ROW.extend({ answer: z.json().optional() });
export type QuarantinedShown = z.infer<typeof QUARANTINED_SHOWN>;
