import { z } from 'zod';
import { NAME, WORDS } from '../names.ts';

const COMMON = { on: z.boolean(), reason: WORDS };
/** Ids that others gave: of principals (`<issuer>|<subject>`), or a server's name and a tool's. */
const PRINCIPAL = z.string().min(1).max(2_000)
  .regex(/^[^\p{Cc}\p{Cf}]+$/u, 'must be visible text')
  .regex(/\|/, 'must be a principal\'s id, <issuer>|<subject>');
const TOOL = z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}\/[^\p{Cc}\p{Cf}]{1,128}$/u, 'must be <server>/<tool>');
const CONTEXT = z.string().regex(/^[0-9a-f]{32}$/, 'must be the key of a flow context; see `sallyport context list`');

/** Who stops or may go on: everything, or one of a space: an agent, a server, a person or workload, a tool, a flow context. */
export const KILL_REQUEST = z.discriminatedUnion('target', [
  z.strictObject({ target: z.literal('all'), ...COMMON }),
  z.strictObject({ target: z.enum(['agent', 'server']), name: NAME, ...COMMON }),
  z.strictObject({ target: z.literal('principal'), name: PRINCIPAL, ...COMMON }),
  z.strictObject({ target: z.literal('tool'), name: TOOL, ...COMMON }),
  z.strictObject({ target: z.literal('context'), name: CONTEXT, ...COMMON }),
]);
export type KillRequest = z.infer<typeof KILL_REQUEST>;

const NAMES = z.array(z.string()).default([]);

/** The switches that are on; one row a space, and the row of the default space also holds `all`. */
export const KILL = z.strictObject({ all: z.boolean(), agents: NAMES, servers: NAMES, principals: NAMES, tools: NAMES, contexts: NAMES });
export type Kill = z.infer<typeof KILL>;
