import { z } from 'zod';
import { SallyportError } from '../../domain/errors.ts';
import { LIMITS } from '../../domain/limits.ts';
import { inOrder } from './listed.ts';
import type { Listed, Place } from './listed.ts';

const DEFAULT_LIMIT = 30;

/** What a list is asked for. */
export interface ListQuestion {
  readonly after?: Place;
  readonly limit: number;
  readonly search: string;
  /** Epoch ms. */
  readonly updatedSince?: number;
  readonly version?: string;
  readonly includeDeleted: boolean;
}

const CURSOR = z.tuple([z.string(), z.number(), z.string()]);

/** Parameters of the registry API; those that it does not have are ignored, as other registries do. Throws `ERR_REQUEST_INVALID`. */
export function readQuestion(search: URLSearchParams): ListQuestion {
  const one = (name: string): string | undefined => {
    const [value, ...more] = search.getAll(name);
    if (more.length > 0) throw invalid(name, 'is given twice');
    return value;
  };
  const since = one('updated_since');
  const version = one('version');
  const cursor = one('cursor');
  return {
    limit: readLimit(one('limit')), search: (one('search') ?? '').toLowerCase(),
    ...(since === undefined ? {} : { updatedSince: readMoment(since) }), ...(version === undefined ? {} : { version }),
    ...(cursor === undefined || cursor === '' ? {} : { after: readCursor(cursor) }),
    // Who asks what changed must hear of what is gone, or they would keep it.
    includeDeleted: readFlag('include_deleted', one('include_deleted')) || since !== undefined,
  };
}

export function readFlag(name: string, value: string | undefined): boolean {
  if (value === undefined || value === 'false') return false;
  if (value === 'true') return true;
  throw invalid(name, 'is true or false');
}

function readLimit(text: string | undefined): number {
  if (text === undefined) return DEFAULT_LIMIT;
  if (!/^[1-9]\d{0,8}$/.test(text)) throw invalid('limit', 'is a whole number from 1');
  return Math.min(Number(text), LIMITS.registryPageMax);
}

function readMoment(text: string): number {
  const at = /^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:[Zz]|[+-]\d{2}:\d{2})$/.test(text) ? Date.parse(text.replace(' ', 'T')) : Number.NaN;
  if (Number.isNaN(at)) throw invalid('updated_since', 'is an RFC 3339 time');
  return at;
}

export interface Page {
  readonly items: readonly Listed[];
  readonly nextCursor?: string;
}

/** One page of what fits; the cursor names the last item of it, so that what is published meanwhile moves nothing. */
export function pageOf(listed: readonly Listed[], question: ListQuestion): Page {
  const fitting = listed.filter((one) => fits(one, question));
  const { after, limit } = question;
  const from = after === undefined ? 0 : fitting.findIndex((one) => inOrder(one, after) > 0);
  const items = from < 0 ? [] : fitting.slice(from, from + limit);
  const last = items.at(-1);
  return { items, ...(last !== undefined && from + limit < fitting.length ? { nextCursor: writeCursor(last) } : {}) };
}

function fits(one: Listed, { search, updatedSince, version, includeDeleted }: ListQuestion): boolean {
  if (one.status === 'deleted' && !includeDeleted) return false;
  if (search !== '' && !one.name.toLowerCase().includes(search)) return false;
  if (updatedSince !== undefined && one.updatedAt < updatedSince) return false;
  return version === undefined || (version === 'latest' ? one.isLatest : one.listing.version === version);
}

function writeCursor({ name, listing: { publishedAt, version } }: Listed): string {
  return Buffer.from(JSON.stringify([name, publishedAt, version])).toString('base64url');
}

function readCursor(text: string): Place {
  const [name, publishedAt, version] = parseCursor(text);
  return { name, listing: { publishedAt, version } };
}

function parseCursor(text: string): z.infer<typeof CURSOR> {
  try {
    if (text.length <= LIMITS.nameLengthMax) return CURSOR.parse(JSON.parse(Buffer.from(text, 'base64url').toString('utf8')));
  } catch {
    // It is not one of ours.
  }
  throw invalid('cursor', 'is not one that was given here');
}

function invalid(name: string, why: string): SallyportError {
  return new SallyportError('ERR_REQUEST_INVALID', `${name} ${why}`, { remedy: 'See docs/registry.md for the parameters.' });
}
