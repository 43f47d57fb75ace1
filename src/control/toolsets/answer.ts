import { z } from 'zod';

const NAMES = z.union([z.literal('*'), z.array(z.string())]);

const TOOLSET_ROW = z.object({
  id: z.string(), members: z.array(z.object({ server: z.string(), tools: NAMES, prompts: NAMES, resources: z.boolean() })),
});
export type ToolsetRow = z.infer<typeof TOOLSET_ROW>;

/** Tools of several servers under one route, `/mcp/t/<id>`. */
export const TOOLSETS = z.object({ toolsets: z.array(TOOLSET_ROW) }).meta({
  examples: [{ toolsets: [{ id: 'desk', members: [{ server: 'crm', tools: ['search'], prompts: [], resources: false }] }] }],
});
export type Toolsets = z.infer<typeof TOOLSETS>;
