import { z } from 'zod';

const PERSON_ROW = z.object({
  id: z.string(), userName: z.string(), displayName: z.string().optional(), email: z.string().optional(), active: z.boolean(),
  source: z.enum(['local', 'sso', 'scim']), groups: z.array(z.string()), principals: z.array(z.string()), createdAt: z.number(), changedAt: z.number(),
  deactivatedAt: z.number().optional(),
});
export type PersonRow = z.infer<typeof PERSON_ROW>;

/** Everybody, with the groups that they are in and the ids that they are known by. */
export const PEOPLE = z.object({ people: z.array(PERSON_ROW) });
export type People = z.infer<typeof PEOPLE>;
