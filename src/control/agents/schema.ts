import { z } from 'zod';
import { AGENT_ALLOW, CLIENT } from '../../registry/agent-shape.ts';
import { WORDS } from '../names.ts';

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
