import { z } from 'zod';
import { SallyportError } from '../../domain/errors.ts';
import type { Json, JsonObject } from '../../domain/json.ts';
import { LIMITS } from '../../domain/limits.ts';
import { gather } from '../../incident/playbook/gather.ts';
import { asJson } from '../as-json.ts';
import { needMayWrite, viewFor } from '../audit/people.ts';
import type { By, Control } from '../control.ts';
import { whoOf } from '../proposals/propose.ts';
import { route } from '../route.ts';
import type { Route } from '../route.ts';
import { deleteStored, listStored, putStored } from '../stored.ts';
import { DEFAULT_SPACE } from '../../domain/principal.ts';
import { PLAYBOOK_RUN_SHOWN, PLAYBOOK_RUNS, PLAYBOOKS } from './answer.ts';
import { cancelRun, driveStep } from './drive.ts';
import { findPlaybook, listPlaybooks, needPlaybook, takeIn } from './library.ts';
import { presentPlaybook, presentProgress, presentRun } from './present.ts';
import { needRun, textsOf } from './runs.ts';
import { AUTOMATIC, CANCEL, IMPORT, START, STEP } from './schema.ts';
import { signed, startRun } from './start.ts';

const REVEAL = { reveal: z.literal('true').exactOptional() } as const;

export const playbookRoutes: readonly Route[] = [
  route({
    method: 'GET', path: '/playbooks', summary: 'The playbooks that are here', access: 'read', reach: 'organisation', answer: PLAYBOOKS,
    act: async (_asked, { store, now }) => ({ playbooks: (await listPlaybooks(store)).map((one) => presentPlaybook(one, now())) }),
  }),
  route({
    method: 'GET', path: '/playbooks/:id', summary: 'One playbook as CACAO 2.0, signed by this control', access: 'read', reach: 'organisation',
    act: async ({ params }, { store, now, playbooks }) => {
      const found = await needPlaybook(store, params['id'] ?? '');
      const playbook: Json = JSON.parse(JSON.stringify(signed(found, playbooks.signing)));
      return { ...presentPlaybook(found, now()), playbook };
    },
  }),
  route({
    method: 'POST', path: '/playbooks', summary: 'Take in a playbook: what an administrator takes in is signed here, and may be run', access: 'change',
    reach: 'organisation', body: IMPORT,
    act: async ({ admin, space, body: { text, reason } }, control) => {
      const { store, now, playbooks: { signing } } = control;
      const playbook = takeIn(text, signing, now());
      const { id, modified } = playbook;
      await gather(playbook, async (called) => (await findPlaybook(store, called))?.playbook, now());
      const detail = { name: playbook.name, version: modified, signees: (playbook.signatures ?? []).map(({ signee }) => signee) };
      return control.change({ admin, space }, { resource: 'playbook', id, verb: 'import', reason, detail }, async (rows) => {
        const before = await findPlaybook(rows, id);
        if (before !== undefined && before.playbook.modified > modified) {
          throw new SallyportError(
            'ERR_CONFLICT', `the version of ${before.playbook.modified} is here; this one is older`,
            { remedy: 'Remove that one first, if this is meant.' },
          );
        }
        const all = await listStored(rows, 'playbook', DEFAULT_SPACE);
        if (before === undefined && all.length >= LIMITS.playbooksMax) {
          throw new SallyportError('ERR_BUSY', `${all.length} playbooks are here`, { remedy: 'Remove those that nobody uses.' });
        }
        // Another version is another playbook: whether it may start by itself is said anew.
        const isSame = before?.playbook.modified === modified;
        const row = { text: JSON.stringify(playbook), automatic: isSame && before.automatic, by: admin.id, at: now() };
        await putStored(rows, 'playbook', DEFAULT_SPACE, id, row, admin.id);
        return presentPlaybook({ playbook, origin: 'imported', automatic: row.automatic }, now());
      });
    },
  }),
  route({
    method: 'PUT', path: '/playbooks/:id', summary: 'Say whether a playbook starts by itself when an incident of its kind is opened', access: 'change',
    reach: 'organisation', body: AUTOMATIC,
    act: async ({ admin, space, params, body: { automatic, reason } }, control) => {
      const id = params['id'] ?? '';
      return control.change({ admin, space }, {
        resource: 'playbook', id, verb: automatic ? 'automatic' : 'by-hand', reason, detail: { automatic },
      }, async (rows) => {
        const found = await needPlaybook(rows, id);
        const text = found.origin === 'imported' ? { text: JSON.stringify(found.playbook) } : {};
        await putStored(rows, 'playbook', DEFAULT_SPACE, id, { ...text, automatic, by: admin.id, at: control.now() }, admin.id);
        return presentPlaybook({ ...found, automatic }, control.now());
      });
    },
  }),
  route({
    method: 'DELETE', path: '/playbooks/:id', summary: 'Remove an imported playbook; one that ships is as it ships again', access: 'change',
    reach: 'organisation',
    act: async ({ admin, space, params }, control) => {
      const id = params['id'] ?? '';
      return control.change({ admin, space }, { resource: 'playbook', id, verb: 'remove' }, async (rows) => {
        await deleteStored(rows, 'playbook', DEFAULT_SPACE, id, admin.id);
        return { id };
      });
    },
  }),
  route({
    method: 'POST', path: '/playbooks/:id/runs', summary: 'Run a playbook for an incident: by itself, step by step, or as a rehearsal', access: 'investigate',
    reach: 'space', body: START,
    act: async ({ admin, space, params, body }, control) => {
      const view = await viewFor(control, admin, space, false);
      await needMayWrite(control, admin, space, asJson({ reason: body.reason, values: body.values }));
      const held = await needPlaybook(control.store, params['id'] ?? '');
      const id = Bun.randomUUIDv7();
      const run = await startRun(control, control.playbooks.signing, held, { ...body, space, id, actor: whoOf(admin, control.now()), may: admin.may });
      control.playbooks.engine().go(space, id);
      return view(presentRun(id, run));
    },
  }),
  route({
    method: 'GET', path: '/playbook-runs', summary: 'Runs of playbooks, the latest first', access: 'investigate', reach: 'space',
    query: { incident: z.string().max(100).exactOptional(), ...REVEAL }, answer: PLAYBOOK_RUNS,
    act: async ({ admin, space, query: { incident, reveal } }, control) => {
      const view = await viewFor(control, admin, space, reveal !== undefined);
      const runs = (await listStored(control.store, 'playbook-run', space)).filter(({ body }) => (incident ?? body.incident) === body.incident)
        .toSorted((one, other) => other.body.startedAt - one.body.startedAt);
      return { runs: runs.slice(0, LIMITS.playbookRunsShownMax).map(({ id, body }) => view(presentRun(id, body))), total: runs.length };
    },
  }),
  route({
    method: 'GET', path: '/playbook-runs/:id', summary: 'How far a run is, and what it waits for', access: 'investigate', reach: 'space',
    query: REVEAL, answer: PLAYBOOK_RUN_SHOWN,
    act: ({ admin, space, params, query: { reveal } }, control) => present(control, { admin, space }, params['id'] ?? '', reveal !== undefined),
  }),
  route({
    method: 'POST', path: '/playbook-runs/:id/step', summary: 'Say what came of a step, let control do it, try it again, or leave it out',
    access: 'investigate',
    reach: 'space', body: STEP,
    act: async ({ admin, space, params, body }, control) => {
      const id = params['id'] ?? '';
      await needMayWrite(control, admin, space, asJson({ note: body.note ?? '', values: body.values }));
      await driveStep(control, { admin, space, id }, body);
      return present(control, { admin, space }, id);
    },
  }),
  route({
    method: 'POST', path: '/playbook-runs/:id/cancel', summary: 'End a run where it is; what it applied stays in force', access: 'investigate', reach: 'space',
    body: CANCEL,
    act: async ({ admin, space, params, body: { reason } }, control) => {
      const id = params['id'] ?? '';
      await needMayWrite(control, admin, space, reason);
      await cancelRun(control, { admin, space, id }, reason);
      return present(control, { admin, space }, id);
    },
  }),
];

/** People in it stand under pseudonyms, whoever drives it by their names. */
async function present(control: Control, { admin, space }: By, id: string, reveal = false): Promise<JsonObject> {
  const view = await viewFor(control, admin, space, reveal);
  const run = await needRun(control, space, id);
  return view(presentProgress(id, run, await textsOf(control, run, control.playbooks.signing)));
}
