import { SallyportError } from '../../domain/errors.ts';
import type { Json } from '../../domain/json.ts';
import { DEFAULT_SPACE } from '../../domain/principal.ts';
import { refuseUnless } from '../admins/administration.ts';
import type { Control } from '../control.ts';
import { NAME } from '../names.ts';
import { takesTwo } from '../proposals/second-person.ts';
import { route, validate } from '../route.ts';
import type { Admin, Route } from '../route.ts';
import { deleteStored, findStored, listStored, needStored, putStored } from '../stored.ts';
import { beginOpening, confirmOpening } from './open.ts';
import { isOpen, principalOfOpening } from './openings.ts';
import type { StoredOpening } from './openings.ts';
import { CONFIRMATION, NEW_CUSTODIAN, OPEN_REQUEST, REVIEW } from './schema.ts';

const custodianRoutes: readonly Route[] = [
  route({
    method: 'GET', path: '/break-glass/custodians', summary: 'Who can open the break-glass, two of them together', access: 'read', reach: 'organisation',
    act: async (_asked, { store }) => ({
      custodians: (await listStored(store, 'custodian', DEFAULT_SPACE)).map(({ id, body: { enrolledBy, enrolledAt } }) => ({ id, enrolledBy, enrolledAt })),
    }),
  }),
  route({
    method: 'PUT', path: '/break-glass/custodians/:name', summary: 'Enrol a custodian by the public key of their passphrase',
    access: 'govern', reach: 'organisation', body: NEW_CUSTODIAN,
    act: async ({ admin, space, params, body }, control) => {
      const id = validate(NAME, params['name'], 'name');
      const enrolledAt = control.now();
      await control.change({ admin, space }, { resource: 'custodian', id, verb: 'enrol' }, async (rows) => {
        const others = (await listStored(rows, 'custodian', DEFAULT_SPACE)).filter((other) => other.id !== id);
        if (others.some((other) => other.body.publicKey === body.publicKey)) {
          throw new SallyportError('ERR_CONFLICT', 'another custodian has this key', { remedy: 'Each custodian has a passphrase of their own.' });
        }
        await putStored(rows, 'custodian', DEFAULT_SPACE, id, { ...body, enrolledBy: admin.id, enrolledAt }, admin.id);
      });
      return { id, enrolledAt };
    },
  }),
  route({
    method: 'DELETE', path: '/break-glass/custodians/:name', summary: 'Take a custodian\'s part away', access: 'govern', reach: 'organisation',
    act: async ({ admin, space, params }, control) => {
      const id = params['name'] ?? '';
      return control.change({ admin, space }, { resource: 'custodian', id, verb: 'remove' }, async (rows) => {
        await deleteStored(rows, 'custodian', DEFAULT_SPACE, id, admin.id);
        return { id };
      });
    },
  }),
];

const openingRoutes: readonly Route[] = [
  route({
    method: 'GET', path: '/break-glass', summary: 'What was opened, by whom and why, and what of it was reviewed', access: 'audit', reach: 'organisation',
    act: async (_asked, { store, now }) => ({ openings: (await listStored(store, 'opening', DEFAULT_SPACE)).map((one) => presentOpening(one, now())) }),
  }),
  route({
    method: 'POST', path: '/break-glass', summary: 'Begin an opening: what two custodians then sign',
    access: 'seal', reach: 'organisation', body: OPEN_REQUEST, local: true,
    act: async ({ body }, control) => ({ ...(await beginOpening(body, control)) }),
  }),
  route({
    method: 'POST', path: '/break-glass/:id/confirm', summary: 'Open it by both signatures; the token is shown this once',
    access: 'seal', reach: 'organisation', body: CONFIRMATION, local: true,
    act: ({ params, body }, control) => confirmOpening(params['id'] ?? '', body.signatures, control),
  }),
  route({
    method: 'POST', path: '/break-glass/:id/close', summary: 'Close it before it ends by itself', access: 'self', reach: 'organisation',
    act: async ({ admin, params }, control) => {
      const id = params['id'] ?? '';
      await checkMayClose(admin, id, control);
      const at = control.now();
      return control.store.transaction(async (rows) => {
        const opening = await needStored(rows, 'opening', DEFAULT_SPACE, id);
        const body = isOpen(opening.body, at) ? { ...opening.body, closedAt: at } : opening.body;
        await control.record({ event: 'break-glass.closed', space: DEFAULT_SPACE, principal: admin.id, detail: { id } });
        await putStored(rows, 'opening', DEFAULT_SPACE, id, body, admin.id);
        return presentOpening({ ...opening, body }, at);
      });
    },
  }),
  route({
    method: 'POST', path: '/break-glass/:id/review', summary: 'Say what was found when everything that was done was looked at',
    access: 'investigate', reach: 'organisation', body: REVIEW,
    act: async ({ admin, params, body: { note } }, control) => {
      const id = params['id'] ?? '';
      const at = control.now();
      return control.store.transaction(async (rows) => {
        const opening = await needStored(rows, 'opening', DEFAULT_SPACE, id);
        if (isOpen(opening.body, at)) throw new SallyportError('ERR_CONFLICT', 'it is still open', { remedy: 'Close it first.' });
        if (opening.body.review !== undefined) throw new SallyportError('ERR_CONFLICT', 'it was reviewed already', { remedy: 'See GET /break-glass.' });
        const enrolled = await Promise.all(opening.body.custodians.map((name) => findStored(rows, 'custodian', DEFAULT_SPACE, name)));
        const isOwn = admin.proof?.via === 'break-glass' || enrolled.some((custodian) => custodian?.body.enrolledBy === admin.id);
        if (isOwn && (admin.proof?.via === 'break-glass' || await takesTwo(rows))) {
          throw new SallyportError('ERR_SECOND_PERSON', 'nobody reviews what they opened themselves', { remedy: 'Ask another administrator.' });
        }
        const body = { ...opening.body, review: { by: admin.id, at, note } };
        await control.record({ event: 'break-glass.reviewed', space: DEFAULT_SPACE, principal: admin.id, reason: note, detail: { id } });
        await putStored(rows, 'opening', DEFAULT_SPACE, id, body, admin.id);
        return presentOpening({ ...opening, body }, at);
      });
    },
  }),
];

export const breakGlassRoutes: readonly Route[] = [...custodianRoutes, ...openingRoutes];

/** Whoever holds it, or whoever may stop things in the whole organisation. */
async function checkMayClose(admin: Admin, id: string, control: Control): Promise<void> {
  if (admin.proof?.via === 'break-glass' && admin.id === principalOfOpening(id)) return;
  const question = { access: 'stop', space: '*', part: 'break-glass' } as const;
  refuseUnless(await control.admins.decide(admin, question), admin, question);
}

function presentOpening({ id, body }: StoredOpening, now: number): Json {
  const { tokenHash: _, ...rest } = body;
  return JSON.parse(JSON.stringify({ id, state: isOpen(body, now) ? 'open' : 'ended', ...rest }));
}
