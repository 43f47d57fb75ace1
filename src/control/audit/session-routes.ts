import { z } from 'zod';
import { quote } from '../../audit/query/rewrite.ts';
import { drawGraph } from '../../audit/story/graph.ts';
import { tellStory } from '../../audit/story/story.ts';
import { SallyportError } from '../../domain/errors.ts';
import type { Json } from '../../domain/json.ts';
import { LIMITS } from '../../domain/limits.ts';
import { route } from '../route.ts';
import type { Route } from '../route.ts';
import { needMayAsk, principalOf, viewFor } from './people.ts';
import { timesOf } from './times.ts';

const AT = z.coerce.number().int().nonnegative().exactOptional();
const LIMIT = z.coerce.number().int().min(1).max(LIMITS.queryRecordsMax);
const NAME = z.string().min(1).max(512).exactOptional();
const REVEAL = z.literal('true').exactOptional();

export const sessionRoutes: readonly Route[] = [
  route({
    method: 'GET', path: '/audit/sessions', summary: 'Sessions of agents in sum, the latest first', access: 'audit', reach: 'space',
    query: {
      since: AT, until: AT, before: AT, agent: NAME, principal: NAME, server: NAME, remarkable: z.literal('true').exactOptional(), limit: LIMIT.default(100),
        reveal: REVEAL,
    },
    act: async ({ admin, space, query: { reveal, remarkable, principal, ...query } }, control) => {
      const view = await viewFor(control, admin, space, reveal !== undefined);
      if (principal !== undefined) await needMayAsk(control, admin, space, [{ id: principal }]);
      const { sessions, known, end } = await control.ledger.sessions({
        ...query, space, ...(remarkable === undefined ? {} : { remarkable: true }),
        ...(principal === undefined ? {} : { principal: await principalOf(control, space, principal) }),
      });
      return { sessions: sessions.map((session) => view({ ...session })), known, end };
    },
  }),
  route({
    method: 'GET', path: '/audit/sessions/:context', summary: 'One session as a story: what the agent listed, called, was denied and received', access: 'audit',
    reach: 'space', query: { since: AT, until: AT, after: z.coerce.number().int().nonnegative().exactOptional(), limit: LIMIT.default(LIMITS.queryRecordsMax),
      reveal: REVEAL },
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
