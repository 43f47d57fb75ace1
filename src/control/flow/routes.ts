import { z } from 'zod';
import { quote } from '../../audit/query/rewrite.ts';
import { drawGraph } from '../../audit/story/graph.ts';
import { SallyportError } from '../../domain/errors.ts';
import type { Json } from '../../domain/json.ts';
import { LIMITS } from '../../domain/limits.ts';
import { CONFIDENTIALITIES } from '../../domain/server.ts';
import { viewFor } from '../audit/people.ts';
import type { Control } from '../control.ts';
import { route } from '../route.ts';
import type { Route } from '../route.ts';
import { passIn } from './passes.ts';
import { pathsIn, pictureOf } from './paths.ts';

const COMMON = {
  sink: z.string().min(1).max(1_200), reason: z.string().trim().min(1).max(2_000), minutes: z.int().min(1).max(LIMITS.flowPassMinutesMax).default(60),
};

export const flowRoutes: readonly Route[] = [
  route({
    method: 'POST', path: '/contexts/:key/endorse', summary: 'Say that a value may be a destination of one sink, for a flow context and a time',
      access: 'change',
    reach: 'space', body: z.strictObject({ value: z.string().min(1).max(2_048), ...COMMON }),
    act: ({ admin, space, params, body }, control) => passIn({ admin, space }, params['key'] ?? '', { kind: 'endorse', ...body }, control),
  }),
  route({
    method: 'POST', path: '/contexts/:key/declassify',
      summary: 'Say that what comes from a source counts as less towards one sink, for a flow context and a time',
    access: 'change', reach: 'space', body: z.strictObject({ source: z.string().min(1).max(1_200), to: z.enum(CONFIDENTIALITIES), ...COMMON }),
    act: ({ admin, space, params, body }, control) => passIn({ admin, space }, params['key'] ?? '', { kind: 'declassify', ...body }, control),
  }),
  route({
    method: 'GET', path: '/flow/:id', summary: 'Paths from source to sink in a flow context, or of one exchange', access: 'audit', reach: 'space',
    act: async ({ admin, space, params }, control) => {
      const id = params['id'] ?? '';
      const view = await viewFor(control, admin, space, false);
      const isContext = /^[0-9a-f]{32}$/.test(id);
      const context = isContext ? id : await contextOf(id, space, control);
      const found = await control.ledger.search({
        space, question: `context = ${quote(context)}`, now: control.now(), order: 'newest', limit: LIMITS.queryRecordsMax,
      });
      const records = found.entries.toReversed().map(({ record }) => view(record));
      if (records.length === 0) throw nothing();
      const steps = pathsIn(records).filter(({ exchange }) => isContext || exchange === id);
      const told: Json = JSON.parse(JSON.stringify({ steps, graph: pictureOf(drawGraph(records), steps) }));
      return { context, ...(isContext ? {} : { exchange: id }), told };
    },
  }),
];

async function contextOf(exchange: string, space: string, { ledger }: Pick<Control, 'ledger'>): Promise<string> {
  const { entries } = await ledger.query({ space, exchange, order: 'oldest' });
  const context = entries.map(({ record }) => record['context']).find((one) => typeof one === 'string');
  if (typeof context === 'string') return context;
  throw nothing();
}

function nothing(): SallyportError {
  return new SallyportError('ERR_NOT_FOUND', 'there is no record of such an exchange or context', {
    remedy: 'The id of an exchange is in its denial; contexts are in `sallyport context list`.',
  });
}
