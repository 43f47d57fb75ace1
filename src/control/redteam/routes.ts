import { SallyportError } from '../../domain/errors.ts';
import type { Json } from '../../domain/json.ts';
import { OUTCOMES, type RunReport } from '../../redteam/outcome.ts';
import { route } from '../route.ts';
import type { Route } from '../route.ts';
import { findStored } from '../stored.ts';
import { REDTEAM_RUN_SHOWN, REDTEAM_RUNS } from './answer.ts';
import { keepRun, listRuns } from './keep.ts';
import { RUN_REQUEST } from './schema.ts';

export const redteamRoutes: readonly Route[] = [
  route({
    method: 'GET', path: '/redteam/runs', summary: 'Rehearsals of attacks, the newest first', access: 'audit', reach: 'space',
    answer: REDTEAM_RUNS,
    act: async ({ space }, { store }) => ({ runs: (await listRuns(store, space)).map(summaryOf) }),
  }),
  route({
    method: 'POST', path: '/redteam/runs', summary: 'Hand in a rehearsal; what got worse since the one before is a finding', access: 'investigate',
    reach: 'space', body: RUN_REQUEST,
    act: async ({ admin, space, body }, control) => present(await keepRun(control, { admin, space }, body)),
  }),
  route({
    method: 'GET', path: '/redteam/runs/:id', summary: 'One rehearsal with all of its evidence; `last` is the newest', access: 'audit', reach: 'space',
    answer: REDTEAM_RUN_SHOWN,
    act: async ({ space, params: { id = '' } }, { store }) => {
      const found = id === 'last' ? (await listRuns(store, space))[0] : (await findStored(store, 'redteam-run', space, id))?.body;
      if (found === undefined) throw new SallyportError('ERR_NOT_FOUND', 'there is no such rehearsal', { remedy: 'See `sallyport redteam list --runs`.' });
      return present(found);
    },
  }),
];

function present(run: RunReport): Json {
  return JSON.parse(JSON.stringify(run));
}

function summaryOf({ id, startedAt, endedAt, source, agent, seed, isolated, results, differences }: RunReport): Json {
  return {
    id, startedAt, endedAt, source, agent, seed, isolated, red: results.filter(({ red }) => red !== undefined).length,
    regressed: differences.filter(({ regressed }) => regressed).length,
    ...Object.fromEntries(OUTCOMES.map((outcome) => [outcome, results.filter((result) => result.outcome === outcome).length])),
  };
}
