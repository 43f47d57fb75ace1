import { z } from 'zod';

const SERVER_ROW = z.object({
  id: z.string(), status: z.string(), endpoint: z.string(), owner: z.string().nullish(), tier: z.string(), hosting: z.string(),
  tools: z.number().optional(), drift: z.boolean(), refused: z.boolean(), contained: z.boolean().optional(),
});
export type ServerRow = z.infer<typeof SERVER_ROW>;

/** What is declared in the space. */
export const SERVERS = z.object({ servers: z.array(SERVER_ROW) });
export type Servers = z.infer<typeof SERVERS>;
