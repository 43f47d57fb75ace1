import { z } from 'zod';
import { narrowed } from '../../audit/query/rewrite.ts';
import type { Json, JsonObject } from '../../domain/json.ts';
import { LIMITS } from '../../domain/limits.ts';
import { RECORD_CATEGORIES, RECORD_EVENTS } from '../../domain/record.ts';
import type { Control } from '../control.ts';
import { route } from '../route.ts';
import type { Route } from '../route.ts';
import { presentCounts } from './counted.ts';
import { LOG_RECORDS } from './log-answer.ts';
import { isRevealed, needMayAsk, principalOf, viewFor } from './people.ts';
import { questionOf } from './question.ts';
import type { LedgerEntry, LedgerReader } from './reader.ts';
import { timesOf } from './times.ts';

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

const QUESTION = {
  /** The language of docs/audit/query.md. */
  filter: z.string().max(LIMITS.filterCharsMax).exactOptional(),
  /** The `next` of the answer before. */
  after: z.coerce.number().int().nonnegative().exactOptional(),
} as const;

export const auditRoutes: readonly Route[] = [
  route({
    method: 'GET', path: '/audit/records', summary: 'Records of the space that match', access: 'audit', reach: 'space',
      query: { ...EXACT, ...RANGE, ...QUESTION }, answer: LOG_RECORDS,
    act: async ({ admin, space, query: { reveal, filter = '', since, until, limit = 100, order = 'newest', after, ...exact } }, control) => {
      const view = await viewFor(control, admin, space, reveal !== undefined);
      const question = narrowed(await questionOf(control, { admin, space }, filter, exact), timesOf(since, until));
      const { entries, counts, ...found } = await control.ledger.search({ space, question, now: control.now(), order, limit,
        ...(after === undefined ? {} : { after }) });
      return { records: entries.map((entry) => presentEntry(entry, view)), ...found, ...(counts && { counts: presentCounts(counts, question, view) }) };
    },
  }),
  route({
    method: 'GET', path: '/audit/tail', summary: 'Records of the space as they are written', access: 'audit', reach: 'space', query: EXACT, streams: 'lines',
    act: async ({ admin, space, query: { reveal, ...query }, signal }, control) => {
      const view = await viewFor(control, admin, space, reveal !== undefined);
      if (query.principal !== undefined) await needMayAsk(control, admin, space, [{ id: query.principal }]);
      // Names are shown for as long as they were revealed, and no longer.
      const mayGoOn = reveal === undefined ? async () => true : () => isRevealed(control, admin, space);
      return tail(control.ledger, { ...(await withPrincipal(control, space, query)), space }, { signal, view, mayGoOn });
    },
  }),
];

type View = (record: JsonObject) => JsonObject;

/** A filter may name a person by their pseudonym. */
async function withPrincipal<Q extends { readonly principal?: string }>(control: Control, space: string, query: Q): Promise<Q> {
  return query.principal === undefined ? query : { ...query, principal: await principalOf(control, space, query.principal) };
}

interface Showing {
  readonly signal: AbortSignal;
  readonly view: View;
  readonly mayGoOn: () => Promise<boolean>;
}

async function* tail(ledger: LedgerReader, wanted: Readonly<Record<string, string>>, { signal, view, mayGoOn }: Showing): AsyncGenerator<Json> {
  for await (const entry of ledger.tail(signal)) {
    if (!Object.entries(wanted).every(([field, value]) => entry.record[field] === value)) continue;
    if (!(await mayGoOn())) return;
    yield presentEntry(entry, view);
  }
}

function presentEntry({ position, record }: LedgerEntry, view: View): Json {
  return { position, ...view(record) };
}
