import { z } from 'zod';
import { asJson } from '../as-json.ts';
import { LIMITS } from '../../domain/limits.ts';
import { route } from '../route.ts';
import type { Route } from '../route.ts';
import { OVERVIEW } from './answer.ts';
import { gatherBegun, gatherFigures, gatherForce, gatherMap, gatherNeeds } from './gather.ts';

export const overviewRoutes: readonly Route[] = [
  route({
    method: 'GET', path: '/overview', summary: 'How things stand, who calls what, and what waits for a person: as much of it as the asker may read',
    access: 'self', reach: 'space', answer: OVERVIEW,
    query: {
      period: z.enum(['1h', '24h', '7d', '30d']).default('24h'), edges: z.coerce.number().int().min(1).max(LIMITS.mapEdgesMax).default(100),
    },
    act: async ({ admin, space, query: { period, edges } }, control) => {
      const asking = { admin, space, missing: [] };
      const [force, figures, map, { needs, needed }, begun] = await Promise.all([
        gatherForce(control, asking), gatherFigures(control, asking), gatherMap(control, asking, period, edges), gatherNeeds(control, asking),
        gatherBegun(control, asking),
      ]);
      return {
        at: control.now(), space, ...(force === undefined ? {} : { force }), figures: asJson(figures), ...(map === undefined ? {} : { map }),
        ...(begun === undefined ? {} : { begun }), needs: asJson(needs), needed, missing: [...asking.missing],
      };
    },
  }),
];
