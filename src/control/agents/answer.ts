import { z } from 'zod';
import { EFFECTS } from '../../domain/server.ts';

const RULE = z.object({ server: z.string().optional(), toolset: z.string().optional(), effects: z.union([z.literal('*'), z.array(z.enum(EFFECTS))]) });

const AGENT_ROW = z.object({
  id: z.string(), state: z.enum(['active', 'expired']), owner: z.string(), purpose: z.string(), clients: z.array(z.string()),
  allow: z.union([z.literal('*'), z.array(RULE)]), expiresAt: z.number(), conversations: z.boolean(),
});
export type AgentRow = z.infer<typeof AGENT_ROW>;

const ROW = {
  id: 'support-agent', state: 'active', owner: 'ana', purpose: 'Answers customers.', clients: ['https://idp.example|desk'],
  allow: [{ server: 'crm', effects: ['read'] }], expiresAt: 1_800_000_000_000, conversations: false,
} as const;

/** What each may do at most, and until when (epoch ms). `*`: whatever its principal may. */
export const AGENTS = z.object({ agents: z.array(AGENT_ROW) }).meta({ examples: [{ agents: [ROW] }] });
export type Agents = z.infer<typeof AGENTS>;

/** Clients that were refused because they are no agent; `principal` is a fingerprint. */
export const UNKNOWN_CLIENTS = z.object({
  unknown: z.array(z.object({ id: z.string(), client: z.string(), principal: z.string(), firstAt: z.number(), lastAt: z.number(), reports: z.number() })),
});
export type UnknownClients = z.infer<typeof UNKNOWN_CLIENTS>;
