import { z } from 'zod';
import type { Json } from '../../domain/json.ts';
import { HOLDS } from '../audit/log-answer.ts';
import { needMayAsk, principalOf } from '../audit/people.ts';
import { WORDS } from '../names.ts';
import { route } from '../route.ts';
import type { Route } from '../route.ts';
import { listStored } from '../stored.ts';
import { liftHold, placeHold } from './place.ts';

const TEXT = z.string().min(1).max(512);
const NEW_HOLD = z.strictObject({
  person: TEXT.exactOptional(), exchange: TEXT.exactOptional(), context: TEXT.exactOptional(), server: TEXT.exactOptional(), reason: WORDS,
});
const LIFT = z.strictObject({ reason: WORDS });

/** Legal holds: what they hold is neither erased nor does it expire. */
export const holdRoutes: readonly Route[] = [
  route({
    method: 'GET', path: '/audit/holds', summary: 'The legal holds of the space', access: 'audit', reach: 'space', answer: HOLDS,
    act: async ({ space }, { store, retention }) => ({
      holds: (await listStored(store, 'hold', space)).map(({ id, body: { person, ...body } }): Json =>
        ({ id, ...body, by: retention.pseudonyms.of(body.by), ...(person === undefined ? {} : { person: retention.pseudonyms.of(person) }) })),
    }),
  }),
  route({
    method: 'POST', path: '/audit/holds', summary: 'Keep evidence whatever its retention says: of what is named, or of all of the space',
    access: 'investigate', reach: 'space', body: NEW_HOLD,
    act: async ({ admin, space, body: { reason, person, ...what } }, control) => {
      // The hold and its record show the pseudonym: naming somebody would be a way to learn it.
      if (person !== undefined) await needMayAsk(control, admin, space, [{ id: person }]);
      const of = person === undefined ? {} : { person: await principalOf(control, space, person) };
      const id = await placeHold(control, { admin, space }, { ...what, ...of }, reason);
      return { id };
    },
  }),
  route({
    method: 'POST', path: '/audit/holds/:id/lift', summary: 'End a legal hold', access: 'govern', reach: 'space', body: LIFT,
    act: async ({ admin, space, params, body: { reason } }, control) => {
      await liftHold(control, { admin, space }, params['id'] ?? '', reason);
      return {};
    },
  }),
];
