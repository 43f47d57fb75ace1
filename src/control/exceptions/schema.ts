import { z } from 'zod';
import { ACTIONS } from '../../domain/decision.ts';
import { NAME, WORDS } from '../names.ts';

const WHO = z.string().min(1).max(300);

/** What an exception lets through: calls of someone on a server, or one exposure finding of a server. */
const SCOPE = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('calls'), server: NAME, tool: z.string().min(1).max(1024).exactOptional(), action: z.enum(ACTIONS).exactOptional(),
    to: z.union([z.strictObject({ group: WHO }), z.strictObject({ agent: WHO }), z.strictObject({ principal: WHO })]),
  }),
  z.strictObject({ kind: z.literal('exposure'), server: NAME, rule: z.string().min(1).max(100) }),
]);

export const EXCEPTION = z.strictObject({
  scope: SCOPE,
  reason: WORDS,
  owner: WORDS,
  approver: WORDS,
  /** Epoch ms; an exception without an end is a policy, and belongs there. */
  expiresAt: z.int(),
  createdAt: z.int(),
});
export const NEW_EXCEPTION = EXCEPTION.omit({ createdAt: true });
export type StoredException = z.infer<typeof EXCEPTION>;
