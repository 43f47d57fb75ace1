import { z } from 'zod';
import type { Json } from '../../domain/json.ts';
import { LIMITS } from '../../domain/limits.ts';
import { RECORD_CATEGORIES, RECORD_EVENTS } from '../../domain/record.ts';
import { route } from '../route.ts';
import type { Route } from '../route.ts';
import type { LedgerEntry, LedgerReader } from './reader.ts';

const EXACT = {
  category: z.enum(RECORD_CATEGORIES).exactOptional(),
  event: z.enum(RECORD_EVENTS).exactOptional(),
  exchange: z.string().max(64).exactOptional(),
  principal: z.string().max(512).exactOptional(),
  agent: z.string().max(512).exactOptional(),
  server: z.string().max(64).exactOptional(),
  tool: z.string().max(1024).exactOptional(),
} as const;

const RANGE = {
  since: z.coerce.number().int().nonnegative().exactOptional(),
  until: z.coerce.number().int().nonnegative().exactOptional(),
  limit: z.coerce.number().int().min(1).max(LIMITS.queryRecordsMax).exactOptional(),
  order: z.enum(['newest', 'oldest']).exactOptional(),
} as const;

export const auditRoutes: readonly Route[] = [
  route({
    method: 'GET', path: '/audit/records', summary: 'Records of the space that match', access: 'audit', reach: 'space', query: { ...EXACT, ...RANGE },
    act: async ({ space, query }, { ledger }) => {
      const { entries, damaged } = await ledger.query({ ...query, space });
      return { records: entries.map(presentEntry), damaged };
    },
  }),
  route({
    method: 'GET', path: '/audit/tail', summary: 'Records of the space as they are written', access: 'audit', reach: 'space', query: EXACT, streams: true,
    act: ({ space, query, signal }, { ledger }) => Promise.resolve(tail(ledger, { ...query, space }, signal)),
  }),
];

async function* tail(ledger: LedgerReader, wanted: Readonly<Record<string, string>>, signal: AbortSignal): AsyncGenerator<Json> {
  for await (const entry of ledger.tail(signal)) {
    if (Object.entries(wanted).every(([field, value]) => entry.record[field] === value)) yield presentEntry(entry);
  }
}

function presentEntry({ position, record }: LedgerEntry): Json {
  return { position, ...record };
}
