import { z } from 'zod';
import { SallyportError } from '../../domain/errors.ts';
import { DEFAULT_SPACE } from '../../domain/principal.ts';
import { route } from '../route.ts';
import type { Route } from '../route.ts';

const REPLAY = z
  .strictObject({ from: z.int().nonnegative().exactOptional(), since: z.int().nonnegative().exactOptional() })
  .refine(({ from, since }) => (from === undefined) !== (since === undefined), { error: 'must have either from (a position) or since (epoch ms)' });

/** Sinks are the installation's: each is sent records of every space that its filter lets through. */
export const sinkRoutes: readonly Route[] = [
  route({
    method: 'GET', path: '/audit/sinks', summary: 'Where records are sent, and how far each destination is', access: 'audit', reach: 'organisation',
    act: async (_asked, { sinks }) => ({ sinks: (await sinks.list()).map((one) => JSON.parse(JSON.stringify(one))) }),
  }),
  route({
    method: 'POST', path: '/audit/sinks/:name/test', summary: 'Send one record that is on no log',
    access: 'change', reach: 'organisation', body: z.strictObject({}),
    act: async ({ params }, { sinks }) => JSON.parse(JSON.stringify(await sinks.test(params['name'] ?? ''))),
  }),
  route({
    method: 'POST', path: '/audit/sinks/:name/replay', summary: 'Send records again, from a position or a time on',
    access: 'change', reach: 'organisation', body: REPLAY,
    act: async ({ admin, params, body }, control) => {
      const name = params['name'] ?? '';
      if (!(await control.sinks.list()).some((one) => one.name === name)) {
        throw new SallyportError('ERR_NOT_FOUND', `there is no sink ${JSON.stringify(name)}`, { remedy: 'See `sallyport audit sinks`.' });
      }
      await control.record({ event: 'sink.replayed', space: DEFAULT_SPACE, principal: admin.id, detail: { sink: name, ...body } });
      return { sink: name, from: await control.sinks.replay(name, body) };
    },
  }),
];
