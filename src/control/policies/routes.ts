import { z } from 'zod';
import { SallyportError } from '../../domain/errors.ts';
import type { Json } from '../../domain/json.ts';
import { removal } from '../removal.ts';
import { route } from '../route.ts';
import type { Route } from '../route.ts';
import { policyId } from '../manifest/wanted.ts';
import { readConfiguration } from '../snapshot/configuration.ts';
import { listStored, putStored } from '../stored.ts';
import { checkPolicies, testPolicies, withPolicies } from './check.ts';
import { explainExchange } from './explain.ts';
import { showMatrix } from './matrix.ts';
import { analyseCandidate } from './analysed.ts';
import { ANALYSE_REQUEST, CHECK_REQUEST, POLICY, SIMULATE_REQUEST, SUGGEST_REQUEST, TEST_REQUEST } from './schema.ts';
import { simulate } from './simulate.ts';
import { suggest } from './suggest.ts';

const changeRoutes: readonly Route[] = [
  route({
    method: 'GET', path: '/policies', summary: 'Policy files of the space', access: 'read', reach: 'space',
    act: async ({ space }, { store }) => ({ policies: (await listStored(store, 'policy', space)).map(({ id, body }) => ({ id, ...body })) }),
  }),
  route({
    method: 'PUT', path: '/policies', summary: 'Make or replace a policy file; refused whole if anything in it does not compile',
    access: 'change', reach: 'space', body: POLICY,
    act: async ({ admin, space, body }, control) => {
      const id = policyId(body.file);
      return control.change({ admin, space }, { resource: 'policy', id, verb: 'put', detail: { file: body.file } }, async (rows) => {
        await putStored(rows, 'policy', space, id, body, admin.id);
        return { id, ...body };
      });
    },
  }),
  route({
    method: 'POST', path: '/policies/proposed', summary: 'Propose a policy file, for somebody else to read and approve; nothing is changed until then',
    access: 'change', reach: 'space', body: POLICY,
    act: async ({ admin, space, body }, control) => {
      const id = policyId(body.file);
      const isApproved = admin.approvals !== undefined;
      const done = await control.change({ admin, space }, { resource: 'policy', id, verb: 'put', detail: { file: body.file } }, async (rows) => {
        await putStored(rows, 'policy', space, id, body, admin.id);
        return { id, ...body };
      }, { dryRun: !isApproved });
      if (isApproved) return done;
      throw new SallyportError('ERR_SECOND_PERSON', 'this was proposed to be read by somebody else', { data: { reasons: ['it is only proposed'] } });
    },
  }),
  removal('policy', '/policies/:id', 'Remove a policy file'),
];

const questionRoutes: readonly Route[] = [
  route({
    method: 'POST', path: '/policies/check', summary: 'What would be wrong if these were the policies of the space',
    access: 'read', reach: 'space', body: CHECK_REQUEST,
    act: async ({ space, body }, { store, now, compiler }) =>
      checkPolicies(withPolicies(await readConfiguration(store, now()), space, body.policies), compiler.compiled),
  }),
  route({
    method: 'POST', path: '/policies/test', summary: 'Run policy tests against the policies of the space, or against those given',
    access: 'read', reach: 'space', body: TEST_REQUEST,
    act: async ({ space, body }, { store, now, compiler }) => {
      const stored = await readConfiguration(store, now());
      const configuration = body.policies === undefined ? stored : withPolicies(stored, space, body.policies);
      return testPolicies(configuration, body.cases, space, compiler.compiled);
    },
  }),
  route({
    method: 'GET', path: '/policies/explain', summary: 'Why an exchange was decided as it was',
    access: 'audit', reach: 'space', query: { exchange: z.string().min(1).max(64) },
    act: ({ admin, space, query }, control) => explainExchange(control, admin, space, query.exchange),
  }),
  route({
    method: 'GET', path: '/policies/matrix', summary: 'Who can call what', access: 'read', reach: 'space',
    act: ({ space }, control) => Promise.resolve(showMatrix(control, space)),
  }),
  route({
    method: 'POST', path: '/policies/analyse', summary: 'Agents whose tools combine into a path from a stranger to an effect outside, with cuts',
    access: 'read', reach: 'space', body: ANALYSE_REQUEST,
    act: async ({ admin, space, body }, control): Promise<Json> => JSON.parse(JSON.stringify(await analyseCandidate(control, { admin, space }, body))),
  }),
  route({
    method: 'POST', path: '/policies/simulate', summary: 'What was decided in a time, decided again by another snapshot: what would change',
    access: 'audit', reach: 'space', body: SIMULATE_REQUEST, streams: 'lines',
    act: ({ admin, space, body, signal }, control) => simulate(control, { admin, space }, body, signal),
  }),
  route({
    method: 'POST', path: '/policies/suggest', summary: 'The least that was needed in a time, as policies, verified by deciding that time again',
    access: 'audit', reach: 'space', body: SUGGEST_REQUEST, streams: 'lines',
    act: ({ admin, space, body, signal }, control) => suggest(control, { admin, space }, body, signal),
  }),
];

export const policyRoutes: readonly Route[] = [...changeRoutes, ...questionRoutes];
