import { z } from 'zod';
import { RECORD_EVENTS } from '../../domain/record.ts';
import { route } from '../route.ts';
import type { Route } from '../route.ts';

const FILTER = {
  category: z.enum(['access', 'execution', 'error']).exactOptional(),
  event: z.enum(RECORD_EVENTS).exactOptional(),
  exchange: z.string().max(64).exactOptional(),
  principal: z.string().max(512).exactOptional(),
  agent: z.string().max(64).exactOptional(),
  server: z.string().max(64).exactOptional(),
  tool: z.string().max(1024).exactOptional(),
  since: z.coerce.number().int().nonnegative().exactOptional(),
  until: z.coerce.number().int().nonnegative().exactOptional(),
  limit: z.coerce.number().int().min(1).max(1000).exactOptional(),
} as const;

export const auditRoutes: readonly Route[] = [
  route({
    method: 'GET', path: '/audit/records', summary: 'Records of the space that match, newest last', access: 'read', query: FILTER,
    act: async ({ space, query }, { ledger }) => ({ records: await ledger.query({ ...query, space }) }),
  }),
  route({
    method: 'GET', path: '/audit/tail', summary: 'Records of the space as they are written', access: 'read', query: FILTER, streams: true,
    act: ({ space, query, signal }, { ledger }) => Promise.resolve(ledger.tail({ ...query, space }, signal)),
  }),
];
