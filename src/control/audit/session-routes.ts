import { z } from 'zod';
import type { SessionsAsk } from '../../audit/index/ask.ts';
import { quote } from '../../audit/query/rewrite.ts';
import { drawGraph } from '../../audit/story/graph.ts';
import { tellStory } from '../../audit/story/story.ts';
import { SallyportError } from '../../domain/errors.ts';
import type { Json } from '../../domain/json.ts';
import { LIMITS } from '../../domain/limits.ts';
import { route } from '../route.ts';
import type { Route } from '../route.ts';
import { ACTIVITY, SESSION_LIST } from './answer.ts';
import { SESSION_STORY } from './session-answer.ts';
import { needMayAsk, principalOf, viewFor } from './people.ts';
import { timesOf } from './times.ts';

const AT = z.coerce.number().int().nonnegative().exactOptional();
const LIMIT = z.coerce.number().int().min(1).max(LIMITS.queryRecordsMax);
const NAME = z.string().min(1).max(512).exactOptional();
const FLAG = z.literal('true').exactOptional();
/** `<lastAt>~<context>`. */
const CURSOR = /^(\d{1,16})~(.{1,512})$/su;
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** A day of hours, or most of an hour of minutes. */
const DEFAULT_STARTS = 24;

export const sessionRoutes: readonly Route[] = [
  route({
    method: 'GET', path: '/audit/sessions', summary: 'Sessions of agents in sum, the latest first', access: 'audit', reach: 'space', answer: SESSION_LIST,
    query: {
      since: AT, until: AT, before: AT, agent: NAME, principal: NAME, server: NAME, text: NAME, remarkable: FLAG, limit: LIMIT.default(100), reveal: FLAG,
      cursor: z.string().regex(CURSOR, 'must be the `next` of an answer').exactOptional(), direction: z.enum(['older', 'newer']).exactOptional(),
      offset: AT, count: FLAG,
    },
    act: async ({ admin, space, query: { reveal, remarkable, principal, cursor, count, ...query } }, control) => {
      const view = await viewFor(control, admin, space, reveal !== undefined);
      if (principal !== undefined) await needMayAsk(control, admin, space, [{ id: principal }]);
      const { sessions, next, ...found } = await control.ledger.sessions({
        ...query, space, ...(remarkable === undefined ? {} : { remarkable: true }), ...(count === undefined ? {} : { count: true }),
        ...(principal === undefined ? {} : { principal: await principalOf(control, space, principal) }), ...markOf(cursor),
      });
      return { sessions: sessions.map((session) => view({ ...session })), ...found, ...(next === undefined ? {} : { next: `${next.at}~${next.context}` }) };
    },
  }),
  route({
    method: 'GET', path: '/audit/activity', summary: 'What agents did by time, in all or by agent or server', access: 'audit', reach: 'space', answer: ACTIVITY,
    query: {
      since: AT, until: AT, unit: z.enum(['minute', 'hour']).default('hour'), by: z.enum(['agent', 'server']).exactOptional(),
      limit: z.coerce.number().int().min(1).max(LIMITS.activityNamesMax).default(20),
    },
    act: async ({ space, query: { unit, by, limit, since, until = Number.MAX_SAFE_INTEGER } }, control): Promise<Json> => {
      const ms = unit === 'minute' ? MINUTE_MS : HOUR_MS;
      const end = Math.min(until, control.now() - (control.now() % ms) + ms);
      const start = Math.max(since ?? end - DEFAULT_STARTS * ms, end - LIMITS.activityStartsMax * ms);
      const from = start - (start % ms);
      const found = await control.ledger.activity({ space, unit, since: from, until: end, limit, ...(by === undefined ? {} : { by }) });
      return { unit, since: from, until: end, fields: ['start', 'calls', 'denials', 'held', 'failures', 'findings'], ...found };
    },
  }),
  route({
    method: 'GET', path: '/audit/sessions/:context', summary: 'One session as a story: what the agent listed, called, was denied and received', access: 'audit',
    answer: SESSION_STORY,
    reach: 'space', query: { since: AT, until: AT, after: z.coerce.number().int().nonnegative().exactOptional(), limit: LIMIT.default(LIMITS.queryRecordsMax),
      reveal: FLAG },
    act: async ({ admin, space, params, query: { reveal, since, until, after, limit } }, control) => {
      const context = params['context'] ?? '';
      const view = await viewFor(control, admin, space, reveal !== undefined);
      const question = [`context = ${quote(context)}`, ...timesOf(since, until)].join(' and ');
      const { sessions: [session] } = await control.ledger.sessions({ space, context, limit: 1 });
      const found = await control.ledger.search({ space, question, now: control.now(), order: 'newest', limit, ...(after === undefined ? {} : { after }) });
      const { entries, next, damaged, known, end } = found;
      if (session === undefined && entries.length === 0) {
        throw new SallyportError('ERR_NOT_FOUND', 'there is no record of such a context', { remedy: 'See `sallyport audit sessions`.' });
      }
      const records = entries.toReversed().map(({ position, record }) => ({ position, ...view(record) }));
      const told: Json = JSON.parse(JSON.stringify({ steps: tellStory(records), graph: drawGraph(records) }));
      return { session: session === undefined ? null : view({ ...session }), told, damaged, known, end, ...(next === undefined ? {} : { next }) };
    },
  }),
];

function markOf(cursor: string | undefined): Pick<SessionsAsk, 'mark'> {
  const [, at, context] = CURSOR.exec(cursor ?? '') ?? [];
  return at === undefined || context === undefined ? {} : { mark: { at: Number(at), context } };
}
