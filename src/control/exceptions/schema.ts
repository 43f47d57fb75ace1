import { z } from 'zod';
import { ACTIONS } from '../../domain/decision.ts';
import { FINDING_IDS } from '../../domain/finding.ts';
import { PACKAGE_RULES } from '../../packages/ask.ts';
import { PACKAGE_NAME } from '../../registry/package-shape.ts';
import { GRANTEE } from '../grantee.ts';
import { NAME, WORDS } from '../names.ts';

/**
 * What an exception lets through: calls of someone on a server, one finding of how a server is exposed or of what it says, a learning
 * period, a package, or a line of a vendor's score.
 */
const SCOPE = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('calls'), server: NAME, tool: z.string().min(1).max(1024).exactOptional(), action: z.enum(ACTIONS).exactOptional(),
    to: GRANTEE,
  }),
  z.strictObject({ kind: z.literal('exposure'), server: NAME, rule: z.string().min(1).max(100) }),
  z.strictObject({ kind: z.literal('definition'), server: NAME, rule: z.enum(FINDING_IDS) }),
  z.strictObject({ kind: z.literal('learn'), server: NAME, to: GRANTEE }),
  z.strictObject({
    kind: z.literal('vendor'), vendor: NAME,
    item: z.string().regex(/^[\w:.-]{1,100}(?:\/[\w:.-]{1,100})?$/, 'must be the id of a line of the score'),
  }),
  z.strictObject({ kind: z.literal('package'), package: PACKAGE_NAME, rule: z.enum(PACKAGE_RULES) }),
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
export type StoredException = z.infer<typeof EXCEPTION>;
export const NEW_EXCEPTION = EXCEPTION.omit({ createdAt: true });
