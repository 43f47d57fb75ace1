import { z } from 'zod';
import { ACTIONS } from '../../domain/decision.ts';
import { FINDING_IDS } from '../../domain/finding.ts';
import { GRANTEE } from '../grantee.ts';
import { NAME, WORDS } from '../names.ts';

/** What an exception lets through: calls of someone on a server, one finding of how a server is exposed or of what it says, or a learning period. */
const SCOPE = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('calls'), server: NAME, tool: z.string().min(1).max(1024).exactOptional(), action: z.enum(ACTIONS).exactOptional(),
    to: GRANTEE,
  }),
  z.strictObject({ kind: z.literal('exposure'), server: NAME, rule: z.string().min(1).max(100) }),
  z.strictObject({ kind: z.literal('definition'), server: NAME, rule: z.enum(FINDING_IDS) }),
  z.strictObject({ kind: z.literal('learn'), server: NAME, to: GRANTEE }),
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
