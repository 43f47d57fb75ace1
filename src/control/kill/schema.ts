import { z } from 'zod';
import { NAME, WORDS } from '../names.ts';

/** Who stops or may go on: everything, or one agent or server of a space. */
export const KILL_REQUEST = z.discriminatedUnion('target', [
  z.strictObject({ target: z.literal('all'), on: z.boolean(), reason: WORDS }),
  z.strictObject({ target: z.enum(['agent', 'server']), name: NAME, on: z.boolean(), reason: WORDS }),
]);

/** The switches that are on; one row a space, and the row of the default space also holds `all`. */
export const KILL = z.strictObject({ all: z.boolean(), agents: z.array(z.string()), servers: z.array(z.string()) });
export type Kill = z.infer<typeof KILL>;
