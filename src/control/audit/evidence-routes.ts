import { z } from 'zod';
import { isPseudonym } from '../../audit/pseudonym.ts';
import { whoOf } from '../change.ts';
import { route } from '../route.ts';
import type { Route } from '../route.ts';
import { WORDS } from '../names.ts';
import { needSecondPersonFor } from '../proposals/second-person.ts';
import { readBodies } from './bodies.ts';
import { grantReveal, isRevealed, needMayAsk, principalOf } from './people.ts';

const REVEAL = z.strictObject({ person: z.string().refine(isPseudonym, { error: 'must be a pseudonym (p_…)' }).exactOptional(), reason: WORDS });
const OPEN = z.strictObject({ exchange: z.string().max(64), reason: WORDS });
const ERASE = z
  .strictObject({ exchange: z.string().max(64).exactOptional(), person: z.string().max(512).exactOptional(), reason: WORDS })
  .refine(({ exchange, person }) => (exchange === undefined) !== (person === undefined), { error: 'must name either an exchange or a person' });

/** What is done with evidence beyond reading it; each is on record before it happens. */
export const evidenceRoutes: readonly Route[] = [
  route({
    method: 'POST', path: '/audit/reveal', summary: 'See people\'s names in records for an hour, or who one pseudonym is',
    access: 'investigate', reach: 'space', body: REVEAL,
    act: async ({ admin, space, body: { person, reason } }, control) => {
      if (!(await isRevealed(control, admin, space))) await needSecondPersonFor(control.store, { admin, space }, 'it shows who people are');
      const real = person === undefined ? undefined : await principalOf(control, space, person);
      await control.record({
        event: 'people.revealed', space, ...whoOf(admin), reason,
        detail: { person: person ?? '*', ...(admin.approvals === undefined ? {} : { approvals: admin.approvals }) },
      });
      const until = await grantReveal(control, admin, space);
      // Carried out as a proposal its answer is the approver's: who asked repeats the request, and is shown it then.
      return { until, ...(real === undefined || admin.approvals !== undefined ? {} : { person, principal: real }) };
    },
  }),
  route({
    method: 'POST', path: '/audit/body', summary: 'Open the sealed payloads of one exchange', access: 'investigate', reach: 'space', body: OPEN,
    act: async ({ admin, space, body: { exchange, reason } }, control) => {
      await control.record({
        event: 'body.opened', space, ...whoOf(admin), reason, detail: { exchange },
      });
      return { exchange, bodies: await readBodies(control, space, exchange) };
    },
  }),
  route({
    method: 'POST', path: '/audit/erase', summary: 'Erase the records and payloads of one exchange, or of one person', access: 'govern', reach: 'space',
    body: ERASE,
    act: async ({ admin, space, body: { exchange, person, reason } }, control) => {
      if (person !== undefined) await needMayAsk(control, admin, space, [{ id: person }]);
      await needSecondPersonFor(control.store, { admin, space }, `it erases evidence (${exchange === undefined ? 'of a person' : `exchange ${exchange}`})`);
      const of = person === undefined ? undefined : await principalOf(control, space, person);
      // What is under a hold as of now must be known there.
      await control.retention.configure();
      const what = of === undefined ? { exchange: exchange ?? '' } : { person: of };
      await control.record({
        event: 'evidence.erased', space, ...whoOf(admin), reason,
        detail: {
          ...(of === undefined ? { exchange: exchange ?? '' } : { person: control.retention.pseudonyms.of(of) }),
          ...(admin.approvals === undefined ? {} : { approvals: admin.approvals }),
        },
      });
      return { erased: await control.ledger.erase({ space, ...what }) };
    },
  }),
];
