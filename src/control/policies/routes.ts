import { createHash } from 'node:crypto';
import { z } from 'zod';
import { SallyportError } from '../../domain/errors.ts';
import type { Json } from '../../domain/json.ts';
import type { Rows } from '../../store/store.ts';
import { removal } from '../removal.ts';
import { route } from '../route.ts';
import type { Control } from '../control.ts';
import type { Asked, Route } from '../route.ts';
import { policyId } from '../manifest/wanted.ts';
import { readConfiguration } from '../snapshot/configuration.ts';
import { findStored, listStored, putStored } from '../stored.ts';
import { CHECKED, EXPLAINED, MATRIX, POLICIES, SIMULATED_LINE, TESTED, VOCABULARY } from './answer.ts';
import { checkPolicies, testPolicies, withPolicies } from './check.ts';
import { explainExchange } from './explain.ts';
import { showMatrix } from './matrix.ts';
import { analyseCandidate } from './analysed.ts';
import { ANALYSE_REQUEST, CHECK_REQUEST, POLICY_WISH, SIMULATE_REQUEST, SUGGEST_REQUEST, TEST_REQUEST } from './schema.ts';
import { simulate } from './simulate.ts';
import { suggest } from './suggest.ts';
import { vocabularyOf } from './vocabulary.ts';

const changeRoutes: readonly Route[] = [
  route({
    method: 'GET', path: '/policies', summary: 'Policy files of the space', access: 'read', reach: 'space', answer: POLICIES,
    act: async ({ space }, { store }) => ({
      policies: (await listStored(store, 'policy', space)).map(({ id, body }) => ({ id, ...body, digest: digestOf(body.source) })),
    }),
  }),
  route({
    method: 'PUT', path: '/policies', summary: 'Make or replace a policy file; refused whole if anything in it does not compile',
    access: 'change', reach: 'space', body: POLICY_WISH,
    act: (asked, control) => put(asked, control, false),
  }),
  route({
    method: 'POST', path: '/policies/proposed', summary: 'Propose a policy file, for somebody else to read and approve; nothing is changed until then',
    access: 'change', reach: 'space', body: POLICY_WISH,
    act: async (asked, control) => {
      const isApproved = asked.admin.approvals !== undefined;
      const done = await put(asked, control, !isApproved);
      if (isApproved) return done;
      throw new SallyportError('ERR_SECOND_PERSON', 'this was proposed to be read by somebody else', { data: { reasons: ['it is only proposed'] } });
    },
  }),
  removal('policy', '/policies/:id', 'Remove a policy file'),
];

type PutAsked = Pick<Asked<unknown, z.infer<typeof POLICY_WISH>>, 'admin' | 'space' | 'body'>;

async function put({ admin, space, body: { was, ...body } }: PutAsked, control: Control, dryRun: boolean): Promise<Json> {
  const id = policyId(body.file);
  return control.change({ admin, space }, { resource: 'policy', id, verb: 'put', detail: { file: body.file } }, async (rows) => {
    if (was !== undefined) await needUnchanged(rows, space, id, was);
    await putStored(rows, 'policy', space, id, body, admin.id);
    return { id, ...body, digest: digestOf(body.source) };
  }, { dryRun });
}

/** What somebody else wrote meanwhile is not written over unseen. Throws `ERR_CONFLICT`. */
async function needUnchanged(rows: Rows, space: string, id: string, was: string): Promise<void> {
  const found = await findStored(rows, 'policy', space, id);
  if ((found === undefined ? '' : digestOf(found.body.source)) === was) return;
  throw new SallyportError('ERR_CONFLICT', found === undefined ? 'this file was removed meanwhile' : 'this file was changed meanwhile', {
    remedy: 'Read what stands there now (`sallyport policy list`), and change that.',
  });
}

function digestOf(source: string): string {
  return createHash('sha256').update(source).digest('hex');
}

const questionRoutes: readonly Route[] = [
  route({
    method: 'POST', path: '/policies/check', summary: 'What would be wrong if these were the policies of the space',
    access: 'read', reach: 'space', body: CHECK_REQUEST, answer: CHECKED,
    act: async ({ space, body }, { store, now, compiler }) =>
      checkPolicies(withPolicies(await readConfiguration(store, now()), space, body.policies), compiler.compiled),
  }),
  route({
    method: 'POST', path: '/policies/test', summary: 'Run policy tests against the policies of the space, or against those given',
    access: 'read', reach: 'space', body: TEST_REQUEST, answer: TESTED,
    act: async ({ space, body }, { store, now, compiler }) => {
      const stored = await readConfiguration(store, now());
      const configuration = body.policies === undefined ? stored : withPolicies(stored, space, body.policies);
      return testPolicies(configuration, body.cases, space, compiler.compiled);
    },
  }),
  route({
    method: 'GET', path: '/policies/explain', summary: 'Why an exchange was decided as it was',
    access: 'audit', reach: 'space', query: { exchange: z.string().min(1).max(64) }, answer: EXPLAINED,
    act: ({ admin, space, query }, control) => explainExchange(control, admin, space, query.exchange),
  }),
  route({
    method: 'GET', path: '/policies/matrix', summary: 'Who can call what', access: 'read', reach: 'space', answer: MATRIX,
    act: ({ space }, control) => Promise.resolve(showMatrix(control, space)),
  }),
  route({
    method: 'GET', path: '/policies/vocabulary', summary: 'The words that policies of the space are written with: actions, attributes, and what there is',
    access: 'read', reach: 'space', answer: VOCABULARY,
    act: ({ space }, { store }) => vocabularyOf(store, space),
  }),
  route({
    method: 'POST', path: '/policies/analyse', summary: 'Agents whose tools combine into a path from a stranger to an effect outside, with cuts',
    access: 'read', reach: 'space', body: ANALYSE_REQUEST,
    act: async ({ admin, space, body }, control): Promise<Json> => JSON.parse(JSON.stringify(await analyseCandidate(control, { admin, space }, body))),
  }),
  route({
    method: 'POST', path: '/policies/simulate', summary: 'What was decided in a time, decided again by another snapshot: what would change',
    access: 'audit', reach: 'space', body: SIMULATE_REQUEST, streams: 'lines', answer: SIMULATED_LINE,
    act: ({ admin, space, body, signal }, control) => simulate(control, { admin, space }, body, signal),
  }),
  route({
    method: 'POST', path: '/policies/suggest', summary: 'The least that was needed in a time, as policies, verified by deciding that time again',
    access: 'audit', reach: 'space', body: SUGGEST_REQUEST, streams: 'lines',
    act: ({ admin, space, body, signal }, control) => suggest(control, { admin, space }, body, signal),
  }),
];

export const policyRoutes: readonly Route[] = [...changeRoutes, ...questionRoutes];
