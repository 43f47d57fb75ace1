import { route, type Route } from '../route.ts';
import { complain, COMPLAINT } from './denials.ts';

/** What people say of denials; it is found among the records: `sallyport audit --event access.requested`. */
export const denialRoutes: readonly Route[] = [
  route({
    method: 'POST', path: '/denials', summary: 'Ask for access that was denied, or report that a denial was wrong', access: 'read', reach: 'space',
      body: COMPLAINT,
    act: async ({ admin, space, body }, control) => {
      await complain(control, space, admin.id, body);
      return {};
    },
  }),
];
