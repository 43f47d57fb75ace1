import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { play } from '../../src/redteam/play.ts';
import type { Scenario } from '../../src/redteam/scenario.ts';
import type { Stage } from '../../src/redteam/stage.ts';
import { SHIPPED } from './rehearsing.ts';

/*
 * Whether the attacks are attacks: with nothing between agent and servers each does its harm. A scenario that would do none anyway proves
 * nothing of any gate. Left out is what is tried at the gate's own doors and at its control.
 */

type Answer = (request: Request) => Promise<Response>;

const toys = new Map<string, Answer>();
let listener: ReturnType<typeof Bun.serve>;

beforeAll(() => {
  listener = Bun.serve({ hostname: '127.0.0.1', port: 0, fetch: (request) => (toys.get(new URL(request.url).pathname) ?? nothing)(request) });
});
afterAll(() => listener.stop(true));

function nothing(): Promise<Response> {
  return Promise.resolve(new Response(null, { status: 404 }));
}

/** Toys stand where the gate would be, and everything that would be asked of an administrator is granted. */
function stageOf({ servers }: Scenario): Stage {
  const ids = Object.keys(servers);
  const gateUrl = `http://127.0.0.1:${listener.port}`;
  let served = 0;
  return {
    gateUrl,
    async serve(answer) {
      const path = `/mcp/${ids[served] ?? ''}`;
      served += 1;
      toys.set(path, answer);
      return { url: gateUrl + path, stop: async () => void toys.delete(path) };
    },
    arrange: () => Promise.resolve(),
    token: () => Promise.resolve('nobody looks'),
    administer: () => Promise.resolve({ status: 200, body: { value: 'sk_live_of_a_planted_canary' } }),
  };
}

const AT_THE_GATE: ReadonlySet<string> = new Set(['knock', 'administer']);
/** The agent itself goes nowhere that a redirect or a schema leads to; the gate might. */
const OF_THE_GATE_ITSELF: ReadonlySet<string> = new Set(['answer-that-leads-elsewhere', 'schema-that-is-elsewhere']);

describe('with nothing in its way an attack does its harm', () => {
  const attacks = SHIPPED.filter(({ id, steps }) => !OF_THE_GATE_ITSELF.has(id) && !steps.some(({ do: what }) => AT_THE_GATE.has(what)));
  test.each(attacks.map((scenario) => [scenario.id, scenario] as const))('%s', async (_, scenario) => {
    const { harm } = await play(scenario, stageOf(scenario), { seed: 'the suite', run: '1' });
    expect(harm.length).toBeGreaterThan(0);
  });
});
