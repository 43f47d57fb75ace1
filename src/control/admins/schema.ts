import { z } from 'zod';
import { ADMIN_PRINCIPAL, ADMIN_ROLES } from '../../registry/agent-shape.ts';
import { NAME } from '../names.ts';

const WHO = z.string().min(1).max(1300);

/** Who administers what: rows of the default space may name every space, those of another only their own. */
export const ADMIN_GRANT = z.strictObject({
  to: z.union([z.strictObject({ group: WHO }), z.strictObject({ principal: WHO })]),
  role: z.enum(ADMIN_ROLES),
  /** `*`: every space. */
  space: z.union([z.literal('*'), NAME]),
});

/** What may be asked for: stricter than what is read back, so that an older row can still be listed and removed. */
export const NEW_ADMIN_GRANT = ADMIN_GRANT.extend({ to: z.union([z.strictObject({ group: WHO }), z.strictObject({ principal: ADMIN_PRINCIPAL })]) });
