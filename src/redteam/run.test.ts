import { expect, test } from 'bun:test';
import type { JsonObject } from '../domain/json.ts';
import { runScenarios, type Rehearsal } from './run.ts';
import type { Scenario } from './scenario.ts';
import type { Played, Stage } from './stage.ts';

const NOTHING: Played = { harm: [], refusals: [], agents: [], unapproved: {}, shown: [], began: 0, ended: 0 };
const STAGE: Stage = {
  gateUrl: 'http://localhost:1',
  serve: () => Promise.reject(new Error('nothing is served')),
  arrange: async () => undefined,
  token: async () => '',
  administer: async () => ({ status: 200, body: {} }),
};

function scenario(id: string): Scenario {
  return {
    id, title: id, story: id, techniques: ['MCP03'], claim: 'prevented', by: [],
    servers: {}, steps: [{ do: 'list', server: 'rt-a' }], harm: [{ what: 'reached', server: 'rt-a' }],
  };
}

/** What happens in each installation, in order: opened, read from, closed. */
function rehearsals(said: Readonly<Record<number, readonly JsonObject[]>>): { readonly log: string[]; readonly open: () => Promise<Rehearsal> } {
  const log: string[] = [];
  let reads = 0;
  let opened = 0;
  return {
    log,
    open: async () => {
      opened += 1;
      const own = opened;
      log.push(`open ${own}`);
      return {
        stage: STAGE,
        records: async (from) => {
          reads += 1;
          log.push(`${own} from ${from}`);
          return said[reads] ?? [{ position: from, event: 'call.denied', code: 'ERR_POLICY_DENIED' }, { position: from + 1, event: 'x' }];
        },
        close: async () => void log.push(`close ${own}`),
      };
    },
  };
}

test('scenarios share an installation, each judged by its own records, until one leaves it holding back or broken', async () => {
  const { log, open } = rehearsals({ 2: [{ position: 9, event: 'call.refused', code: 'ERR_RATE_LIMITED' }] });
  const asked: string[] = [];
  const results = await runScenarios({
    scenarios: ['a', 'floods', 'breaks', 'b'].map(scenario), open, signal: new AbortController().signal,
    onNext: ({ id }, done) => asked.push(`${done} ${id}`),
    play: async ({ id }) => {
      if (id === 'breaks') throw new Error('no toy');
      return NOTHING;
    },
  });
  expect(results.map(({ id, outcome, red }) => `${id} ${outcome} ${red ?? ''}`)).toEqual([
    'a prevented ', 'floods prevented ', 'breaks void it could not be played: no toy', 'b prevented ',
  ]);
  expect(log).toEqual(['open 1', '1 from 0', '1 from 2', 'close 1', 'open 2', 'close 2', 'open 3', '3 from 0', 'close 3']);
  expect(asked).toEqual(['0 a', '1 floods', '2 breaks', '3 b']);
});

test('who stops a run stops it in the middle of a scenario, and its installation is closed', async () => {
  const { log, open } = rehearsals({});
  const stop = new AbortController();
  const fault = await runScenarios({
    scenarios: ['a', 'b'].map(scenario), open, signal: stop.signal,
    play: async () => {
      stop.abort(new Error('enough'));
      return new Promise<Played>(() => undefined);
    },
  }).catch((error: unknown) => error);
  expect(fault).toMatchObject({ message: 'enough' });
  expect(log).toEqual(['open 1', 'close 1']);
});
