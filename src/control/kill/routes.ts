import { DEFAULT_SPACE } from '../../domain/principal.ts';
import { SallyportError } from '../../domain/errors.ts';
import { refuseUnless } from '../admins/administration.ts';
import { route } from '../route.ts';
import type { Route } from '../route.ts';
import { readSpaceKill, turnSwitch } from './kill.ts';
import { KILL_REQUEST } from './schema.ts';

export const killRoutes: readonly Route[] = [
  route({
    method: 'GET', path: '/kill', summary: 'The kill switches that are on', access: 'read', reach: 'space',
    act: async ({ space }, { store }) => readSpaceKill(store, space),
  }),
  route({
    method: 'PUT', path: '/kill', summary: 'Turn a kill switch on, or off with the right to change; gateways obey at once, open calls end',
    access: 'stop', reach: 'space', body: KILL_REQUEST,
    act: async ({ admin, space, body }, control) => {
      if (body.target === 'all' && space !== DEFAULT_SPACE) {
        throw new SallyportError(
          'ERR_REQUEST_INVALID', 'everything is stopped from the default space only', { remedy: 'Stop single agents and servers of this space.' },
        );
      }
      // Who may stop in an emergency, as analysts may, is not who says that it is over.
      const letting = { access: 'change', space, part: 'kill' } as const;
      if (!body.on) refuseUnless(await control.admins.decide(admin, letting), admin, letting);
      return turnSwitch(control, { admin, space }, body);
    },
  }),
];
