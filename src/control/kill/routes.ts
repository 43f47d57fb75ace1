import { DEFAULT_SPACE } from '../../domain/principal.ts';
import { SallyportError } from '../../domain/errors.ts';
import { route } from '../route.ts';
import type { Route } from '../route.ts';
import { readSpaceKill, writeSpaceKill } from './kill.ts';
import { KILL_REQUEST } from './schema.ts';
import type { Kill } from './schema.ts';

export const killRoutes: readonly Route[] = [
  route({
    method: 'GET', path: '/kill', summary: 'The kill switches that are on', access: 'read', reach: 'space',
    act: async ({ space }, { store }) => readSpaceKill(store, space),
  }),
  route({
    method: 'PUT', path: '/kill', summary: 'Turn a kill switch on or off; gateways obey at once, open calls end',
    access: 'stop', reach: 'space', body: KILL_REQUEST,
    act: async ({ admin, space, body }, control) => {
      if (body.target === 'all' && space !== DEFAULT_SPACE) {
        throw new SallyportError(
          'ERR_REQUEST_INVALID', 'everything is stopped from the default space only', { remedy: 'Stop single agents and servers of this space.' },
        );
      }
      const name = body.target === 'all' ? 'all' : `${body.target} ${body.name}`;
      const what = { resource: 'kill', id: name, verb: body.on ? 'on' : 'off', detail: { reason: body.reason } };
      return control.change({ admin, space }, what, async (rows) => {
        const next = turn(await readSpaceKill(rows, space), body);
        await writeSpaceKill(rows, space, next, admin.id);
        return next;
      });
    },
  }),
];

function turn(kill: Kill, request: { readonly target: 'all' | 'agent' | 'server'; readonly name?: string; readonly on: boolean }): Kill {
  if (request.target === 'all') return { ...kill, all: request.on };
  const key = request.target === 'agent' ? 'agents' : 'servers';
  const others = kill[key].filter((name) => name !== request.name);
  return { ...kill, [key]: request.on && request.name !== undefined ? [...others, request.name].sort() : others };
}
