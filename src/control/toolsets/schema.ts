import { z } from 'zod';
import { NAME } from '../names.ts';

const NAMES = z.union([z.literal('*'), z.array(z.string().min(1).max(1024)).max(1000)]);

export const TOOLSET = z.strictObject({
  members: z.array(z.strictObject({ server: NAME, tools: NAMES, prompts: NAMES, resources: z.boolean() })).max(200),
});
