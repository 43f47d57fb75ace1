import { z } from 'zod';

const WHO = z.string().min(1).max(300);

/** Who is given something: exactly one of a group, an agent and a principal. */
export const GRANTEE = z.union([z.strictObject({ group: WHO }), z.strictObject({ agent: WHO }), z.strictObject({ principal: WHO })], {
  error: 'must name exactly one of group, agent and principal',
});
