import { z } from 'zod';
import { CONTAINMENT_VERBS } from '../../domain/containment.ts';
import { VERB_KINDS } from '../../incident/contain.ts';
import { needMayWrite, viewFor } from '../audit/people.ts';
import { refuseUnless } from '../admins/administration.ts';
import { asJson } from '../as-json.ts';
import { route } from '../route.ts';
import type { Route } from '../route.ts';
import { listStored, needStored } from '../stored.ts';
import { CONTAINED, CONTAINMENT_VERB_LIST, CONTAINMENTS } from './answer.ts';
import { contain } from './contain.ts';
import { deniedAtEndpoints } from './denied.ts';
import { lift } from './lift.ts';
import { presentContainment } from './present.ts';
import { LIFT_REQUEST, NEW_CONTAINMENT } from './schema.ts';

/** Acts on evidence: who may stop something may not yet see what it did. */
const INVESTIGATES: readonly string[] = ['legal-hold', 'evidence-bundle'];
/** Stop nobody, and answer all the same. */
const TELLS: readonly string[] = [...INVESTIGATES, 'page', 'notify-vendor'];

export const containmentRoutes: readonly Route[] = [
  route({
    method: 'GET', path: '/containments', summary: 'Containments of the space: those that hold, and the last that ended', access: 'read', reach: 'space',
    answer: CONTAINMENTS,
    query: { incident: z.string().exactOptional(), state: z.enum(['applied', 'lifted', 'expired', 'done', 'failed']).exactOptional() },
    act: async ({ admin, space, query: { incident, state } }, control) => {
      const view = await viewFor(control, admin, space, false);
      const all = (await listStored(control.store, 'containment', space)).toSorted((one, other) => other.body.at - one.body.at);
      return {
        containments: all.filter(({ body }) => (incident ?? body.incident) === body.incident && (state ?? body.state) === body.state)
          .map((one) => view(presentContainment(one))),
      };
    },
  }),
  route({
    method: 'GET', path: '/containments/verbs', summary: 'What can be done, to what, and how it is taken back', access: 'read', reach: 'space',
    answer: CONTAINMENT_VERB_LIST,
    act: async () => ({ verbs: CONTAINMENT_VERBS.map((verb) => ({ verb, ...VERB_KINDS[verb], targets: [...VERB_KINDS[verb].targets] })) }),
  }),
  route({
    method: 'GET', path: '/containments/denied', summary: 'What clients are to be denied by name: servers of the space, and hosts',
    access: 'read', reach: 'space',
    act: async ({ space }, { store, now }) => deniedAtEndpoints(store, space, now()),
  }),
  route({
    method: 'GET', path: '/containments/:id', summary: 'One containment: what it does, what it met, and how it is taken back', access: 'read', reach: 'space',
    answer: CONTAINED,
    act: async ({ admin, space, params }, control) => {
      const view = await viewFor(control, admin, space, false);
      return view(presentContainment(await needStored(control.store, 'containment', space, params['id'] ?? '')));
    },
  }),
  route({
    method: 'POST', path: '/containments', summary: 'Contain: stop, narrow, revoke or hold something, for a reason and a time, at every gateway at once',
    access: 'stop', reach: 'space', body: NEW_CONTAINMENT,
    act: async ({ admin, space, body }, control) => {
      if (INVESTIGATES.includes(body.verb)) {
        const question = { access: 'investigate', space, part: 'audit' } as const;
        refuseUnless(await control.admins.decide(admin, question), admin, question);
      }
      // A name that is said here comes back as its pseudonym. Who really stops somebody waits for no reveal: that is on record, with its reason.
      if (body.dryRun || TELLS.includes(body.verb)) await needMayWrite(control, admin, space, asJson(body));
      const view = await viewFor(control, admin, space, false);
      const { answer, ...contained } = await contain(control, { admin, space }, body);
      return { ...view(contained), ...(answer === undefined ? {} : { answer }) };
    },
  }),
  route({
    method: 'POST', path: '/containments/:id/lift', summary: 'Take a containment back before its time', access: 'change', reach: 'space', body: LIFT_REQUEST,
    act: async ({ admin, space, params, body: { reason } }, control) => {
      const view = await viewFor(control, admin, space, false);
      return view(await lift(control, { admin, space }, params['id'] ?? '', reason));
    },
  }),
];
