import { z } from 'zod';
import { AGENT_ALLOW, AGENT_ID, CLIENT } from '../../registry/agent-shape.ts';
import { NAME, WORDS } from '../names.ts';

const VISIBLE = /^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}|]+$/u;

/** What is registered of an agent. A ceiling only narrows: naming a server here gives nobody a right to it. */
export const AGENT = z.strictObject({
  owner: WORDS,
  purpose: WORDS,
  clients: z.array(CLIENT).max(100).default([]),
  allow: AGENT_ALLOW,
  /** Epoch ms, whole seconds: what the manifest can write. */
  expiresAt: z.int().min(0).multipleOf(1000),
  conversations: z.boolean().default(false),
});
export type StoredAgent = z.infer<typeof AGENT>;

export const NEW_AGENT = AGENT.extend({ id: AGENT_ID });
export const RENEWAL = AGENT.pick({ expiresAt: true });

const ISSUER = z.string().min(1).max(1000).regex(VISIBLE, 'must be visible text without "|"');
const CLIENT_ID = z.string().min(1).max(2048).regex(/^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+$/u, 'must be visible text');

/** What a gateway says of a client that it refused because it is no agent. */
export const UNKNOWN_CLIENT = z.strictObject({ space: NAME, issuer: ISSUER, client: CLIENT_ID, principal: z.string().min(1).max(4096) });
export type UnknownClient = z.infer<typeof UNKNOWN_CLIENT>;

/** A client that is no agent, as it was seen. Of the person behind it a fingerprint: enough to see whether it was the same one again. */
export const SIGHTING = z.strictObject({
  issuer: z.string(),
  client: z.string(),
  principal: z.string(),
  /** Epoch ms. */
  firstAt: z.number(),
  lastAt: z.number(),
  /** How often it was reported; a gateway reports a client once a minute at most. */
  reports: z.number(),
});
export type Sighting = z.infer<typeof SIGHTING>;
