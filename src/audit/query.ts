import { SallyportError } from '../domain/errors.ts';
import type { Json } from '../domain/json.ts';
import { isObject } from '../domain/json.ts';
import { LIMITS } from '../domain/limits.ts';
import type { JournalRecord } from '../domain/record.ts';
import type { Entry } from './entry.ts';
import { scanSegment } from './scan.ts';
import type { Damage } from './scan.ts';
import { listSegments } from './segments.ts';
import type { Segment } from './segments.ts';

const EXACT = ['category', 'event', 'space', 'server', 'tool', 'principal', 'agent', 'exchange'] as const;
const LIMIT_DEFAULT = 100;
/** How far a role's clock may lag behind the ledger's before `since` misses its records. */
const CLOCK_SKEW_MS = 5 * 60_000;

/** Which records are wanted. Times are epoch ms: `since` inclusive, `until` exclusive. */
export type Query = { readonly [Field in (typeof EXACT)[number]]?: string } & {
  readonly since?: number;
  readonly until?: number;
  /** Default 100, at most `LIMITS.queryRecordsMax`. */
  readonly limit?: number;
  /** Default `newest`: the last records that match, newest first. */
  readonly order?: 'newest' | 'oldest';
}

export interface QueryResult {
  readonly entries: readonly Entry[];
  /** Places that the query met which are not what was written: what they held is missing from the answer. */
  readonly damage: readonly Damage[];
}

/** The end of what is durable: bytes beyond it in that segment are not read. */
export interface DurableEnd {
  readonly first: number;
  readonly bytes: number;
}

/** Reads a query as a role sends it. Throws `ERR_QUERY_INVALID` for a field that does not exist or has the wrong type. */
export function readQuery(body: Json): Query {
  if (!isObject(body)) throw invalid('a query is an object');
  const exact: readonly string[] = EXACT;
  for (const [field, value] of Object.entries(body)) {
    const fits =
      (exact.includes(field) && typeof value === 'string') ||
      (['since', 'until', 'limit'].includes(field) && Number.isSafeInteger(value)) ||
      (field === 'order' && (value === 'newest' || value === 'oldest'));
    if (!fits) throw invalid(`no such field, or not of its type: ${field.slice(0, 40)}`);
  }
  return body;
}

/** Reads segment by segment, checking each line, until enough is found. Throws `ERR_QUERY_INVALID`. */
export async function runQuery(dir: string, query: Query, end: DurableEnd): Promise<QueryResult> {
  const limit = query.limit ?? LIMIT_DEFAULT;
  if (limit < 1 || limit > LIMITS.queryRecordsMax) throw invalid(`limit must be from 1 to ${LIMITS.queryRecordsMax}`);
  const newest = query.order !== 'oldest';
  const entries: Entry[] = [];
  const damage: Damage[] = [];
  const segments = listSegments(dir).filter((segment) => segment.first <= end.first);
  for (const segment of newest ? segments.toReversed() : segments) {
    const part = await querySegment(segment, query, limit - entries.length, segment.first === end.first ? end.bytes : undefined);
    entries.push(...part.entries);
    damage.push(...part.damage);
    if (entries.length >= limit || (newest && part.createdAt < (query.since ?? 0) - CLOCK_SKEW_MS)) break;
  }
  return { entries, damage };
}

async function querySegment(segment: Segment, query: Query, limit: number, end: number | undefined): Promise<QueryResult & { readonly createdAt: number }> {
  const newest = query.order !== 'oldest';
  const found: Entry[] = [];
  const damage: Damage[] = [];
  let createdAt = Number.POSITIVE_INFINITY;
  for await (const items of scanSegment(segment, { end })) {
    for (const item of items) {
      if (item.kind === 'head') createdAt = item.head.createdAt;
      else if (item.kind === 'damage') damage.push(item.damage);
      else if (item.kind === 'entry' && matches(query, item.entry.record)) found.push(item.entry);
    }
    // Oldest first has enough with the first ones; newest first needs only the last ones.
    if (!newest && found.length >= limit) break;
    if (newest && found.length > limit) found.splice(0, found.length - limit);
  }
  return { entries: newest ? found.toReversed() : found.slice(0, limit), damage, createdAt };
}

function matches(query: Query, record: JournalRecord): boolean {
  if (record.at < (query.since ?? 0) || record.at >= (query.until ?? Number.POSITIVE_INFINITY)) return false;
  return EXACT.every((field) => query[field] === undefined || query[field] === record[field]);
}

function invalid(message: string): SallyportError {
  return new SallyportError('ERR_QUERY_INVALID', message, { remedy: `Fields: ${EXACT.join(', ')}, since, until (epoch ms), limit, order (newest or oldest).` });
}
