import { z } from 'zod';
import type { Json, JsonObject } from '../../domain/json.ts';
import { LIMITS } from '../../domain/limits.ts';
import { RECORD_CATEGORIES, RECORD_EVENTS } from '../../domain/record.ts';
import type { Control } from '../control.ts';
import { route } from '../route.ts';
import type { Route } from '../route.ts';
import { principalOf, viewFor } from './people.ts';
import type { LedgerEntry, LedgerReader } from './reader.ts';

const EXACT = {
  category: z.enum(RECORD_CATEGORIES).exactOptional(),
  event: z.enum(RECORD_EVENTS).exactOptional(),
  exchange: z.string().max(64).exactOptional(),
  principal: z.string().max(512).exactOptional(),
  agent: z.string().max(512).exactOptional(),
  server: z.string().max(64).exactOptional(),
  tool: z.string().max(1024).exactOptional(),
  /** People by their own names: for who had them revealed (`POST /audit/reveal`). */
  reveal: z.literal('true').exactOptional(),
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
    act: async ({ admin, space, query: { reveal, ...query } }, control) => {
      const view = await viewFor(control, admin, space, reveal !== undefined);
      const { entries, damaged } = await control.ledger.query({ ...(await withPrincipal(control, space, query)), space });
      return { records: entries.map((entry) => presentEntry(entry, view)), damaged };
    },
  }),
  route({
    method: 'GET', path: '/audit/tail', summary: 'Records of the space as they are written', access: 'audit', reach: 'space', query: EXACT, streams: true,
    act: async ({ admin, space, query: { reveal, ...query }, signal }, control) => {
      const view = await viewFor(control, admin, space, reveal !== undefined);
      return tail(control.ledger, { ...(await withPrincipal(control, space, query)), space }, signal, view);
    },
  }),
];

type View = (record: JsonObject) => JsonObject;

/** A filter may name a person by their pseudonym. */
async function withPrincipal<Q extends { readonly principal?: string }>(control: Control, space: string, query: Q): Promise<Q> {
  return query.principal === undefined ? query : { ...query, principal: await principalOf(control, space, query.principal) };
}

async function* tail(ledger: LedgerReader, wanted: Readonly<Record<string, string>>, signal: AbortSignal, view: View): AsyncGenerator<Json> {
  for await (const entry of ledger.tail(signal)) {
    if (Object.entries(wanted).every(([field, value]) => entry.record[field] === value)) yield presentEntry(entry, view);
  }
}

function presentEntry({ position, record }: LedgerEntry, view: View): Json {
  return { position, ...view(record) };
}
