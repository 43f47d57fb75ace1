import { z } from 'zod';
import type { ActivityAsk, Ask, EdgesAsk, SessionsAsk } from '../audit/index/ask.ts';
import type { LedgerIndex } from '../audit/index/ledger-index.ts';
import { SallyportError } from '../domain/errors.ts';
import type { Json } from '../domain/json.ts';
import { LIMITS } from '../domain/limits.ts';
import type { Handler } from '../link/handler.ts';

const NAME = z.string().min(1).max(LIMITS.nameLengthMax);
const AT = z.int();
const SEARCH = z.strictObject({
  space: NAME, question: z.string(), now: AT, order: z.enum(['newest', 'oldest']), limit: z.int().min(1).max(LIMITS.queryRecordsMax),
  after: z.int().min(0).exactOptional(),
}) satisfies z.ZodType<Ask>;
const SESSIONS = z.strictObject({
  space: NAME, since: AT.exactOptional(), until: AT.exactOptional(), before: AT.exactOptional(), agent: NAME.exactOptional(), principal: NAME.exactOptional(),
  server: NAME.exactOptional(), context: NAME.exactOptional(), remarkable: z.boolean().exactOptional(), text: NAME.exactOptional(),
  limit: z.int().min(1).max(LIMITS.queryRecordsMax),
  mark: z.strictObject({ at: AT, context: NAME }).exactOptional(), direction: z.enum(['older', 'newer']).exactOptional(),
  offset: z.int().min(0).exactOptional(), count: z.boolean().exactOptional(),
}) satisfies z.ZodType<SessionsAsk>;
const ACTIVITY = z.strictObject({
  space: NAME, unit: z.enum(['minute', 'hour']), by: z.enum(['agent', 'server']).exactOptional(), since: AT, until: AT,
  limit: z.int().min(1).max(LIMITS.activityNamesMax),
}) satisfies z.ZodType<ActivityAsk>;
const EDGES = z.strictObject({
  space: NAME, unit: z.enum(['hour', 'day']), since: AT, limit: z.int().min(1).max(LIMITS.mapEdgesMax),
}) satisfies z.ZodType<EdgesAsk>;

/** What control may ask of the index. */
export function searchHandlers(opened: Promise<LedgerIndex>): Readonly<Record<string, Handler>> {
  return {
    'ledger.search': { call: async (body) => toJson(await (await opened).search(read(SEARCH, body))) },
    'ledger.sessions': { call: async (body) => toJson(await (await opened).sessions(read(SESSIONS, body))) },
    'ledger.activity': { call: async (body) => toJson(await (await opened).activity(read(ACTIVITY, body))) },
    'ledger.edges': { call: async (body) => toJson(await (await opened).edges(read(EDGES, body))) },
  };
}

function read<T>(schema: z.ZodType<T>, body: Json): T {
  const found = schema.safeParse(body, { reportInput: false });
  if (found.success) return found.data;
  throw new SallyportError('ERR_QUERY_INVALID', 'no such field, or not of its type', { remedy: 'See docs/audit/query.md.' });
}

/** Answers are JSON by construction; the type only lacks the index signature. */
function toJson(value: object): Json {
  return { ...value };
}
