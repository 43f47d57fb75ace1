import { z } from 'zod';
import { EFFECTS } from '../../domain/server.ts';
import { GRANTEE } from '../grantee.ts';
import { NAME } from '../names.ts';

const NAMES = z.array(z.string().min(1).max(1024)).max(20_000);

/** What a role allows, in plain words; `policy/` compiles it to Cedar. */
export const ROLE = z.strictObject({
  allow: z.array(z.strictObject({
    server: NAME.exactOptional(), toolset: NAME.exactOptional(), effects: z.array(z.enum(EFFECTS)).exactOptional(),
    tools: NAMES.exactOptional(), prompts: NAMES.exactOptional(), resources: z.boolean().exactOptional(),
  }).refine((rule) => (rule.server === undefined) !== (rule.toolset === undefined), { error: 'must have either server or toolset' })).max(1000),
});

export const BINDING = z.strictObject({
  role: NAME,
  to: GRANTEE,
});
