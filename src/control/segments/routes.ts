import { z } from 'zod';
import type { Json } from '../../domain/json.ts';
import { SEGMENT_FORMATS } from '../../domain/segment.ts';
import { route } from '../route.ts';
import type { Route } from '../route.ts';
import { listStored } from '../stored.ts';
import { whoOf } from '../change.ts';
import { compareSegments, formatSegments, gapsOf, planOf } from './compiled.ts';
import { showServerMatrix } from './matrix.ts';
import { demandOf } from './demands.ts';

const FORMAT = { format: z.enum(SEGMENT_FORMATS) };
/** So many places of a drift stand in its record; the answer has all. */
const RECORDED_MAX = 20;

export const segmentRoutes: readonly Route[] = [
  route({
    method: 'GET', path: '/server-matrix', summary: 'Who is accountable for each server, its minimum controls, and which of them are not met',
    access: 'read', reach: 'space',
    act: ({ space }, control) => showServerMatrix(control, space),
  }),
  route({
    method: 'GET', path: '/segments', summary: 'The network rules that the registry compiles to, and what they leave open', access: 'read', reach: 'space',
    query: FORMAT,
    act: async ({ space, query }, control): Promise<Json> => {
      const plan = await planOf(control.store, space);
      const guarded = new Set(plan.servers.map(({ id }) => id));
      const servers = (await listStored(control.store, 'server', space)).filter(({ id }) => guarded.has(id));
      const demands = await Promise.all(servers.map((server) => demandOf(control, server)));
      return {
        format: query.format, rules: formatSegments(plan, query.format), servers: [...guarded],
        gaps: gapsOf(plan, query.format).map((gap) => ({ ...gap })), demands: demands.map((demand) => ({ ...demand })),
      };
    },
  }),
  route({
    method: 'POST', path: '/segments/check', summary: 'In what the rules that are loaded differ from what the registry compiles to; a difference is recorded',
    access: 'investigate', reach: 'space', body: z.strictObject({ ...FORMAT, observed: z.unknown() }),
    act: async ({ admin, space, body }, control): Promise<Json> => {
      const plan = await planOf(control.store, space);
      const drift = compareSegments(plan, body.format, body.observed).map((one) => ({ ...one }));
      if (drift.length > 0) {
        await control.record({
          event: 'segment.drifted', space, ...whoOf(admin),
          detail: { format: body.format, places: drift.length, drift: drift.slice(0, RECORDED_MAX) },
        });
      }
      return { format: body.format, drift, gaps: gapsOf(plan, body.format).map((gap) => ({ ...gap })) };
    },
  }),
];
