import { z } from 'zod';
import { ACCESSES } from '../access.ts';

/** Who is asking, and what they may: in the space asked for, and in the whole organisation. What a policy says of one part of control only is not in it. */
export const ME = z.object({
  id: z.string(), name: z.string(), via: z.string(), groups: z.array(z.string()), roles: z.array(z.string()), space: z.string(), organisation: z.boolean(),
  may: z.array(z.enum(ACCESSES)), mayEverywhere: z.array(z.enum(ACCESSES)),
}).meta({
  examples: [{
    id: 'https://localhost:7444|0198c4d2', name: 'ana', via: 'session', groups: ['secops'], roles: ['analyst'], space: 'default', organisation: true,
    may: ['self', 'read', 'audit', 'investigate'], mayEverywhere: ['self', 'read', 'audit', 'investigate'],
  }],
});
export type Me = z.infer<typeof ME>;
