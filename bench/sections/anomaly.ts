import { createMemory } from '../../src/detect/anomaly/memory.ts';
import { writeMemory } from '../../src/detect/anomaly/saved.ts';
import { ACTOR_WIDTH } from '../../src/detect/anomaly/rules.ts';
import { createAnomalyScorer } from '../../src/detect/anomaly/scorer.ts';
import type { CallAsked } from '../../src/detect/anomaly/event.ts';
import { LIMITS } from '../../src/domain/limits.ts';
import { median, type Figure } from '../figures.ts';

const ROUNDS = 7;
const CALLS = 20_000;
const LABELS = { confidentiality: 'internal', categories: [], integrity: 'trusted' } as const;
const ENDED = { outcome: 'permitted', resultBytes: 900, labelsAfter: LABELS } as const;

/** What scoring a call costs (as it is asked and as it ends), and what the baselines of 10,000 principals hold in memory. */
export async function measureAnomaly(): Promise<Figure[]> {
  const memory = createMemory(1, LIMITS.anomalyActorsMax, ACTOR_WIDTH);
  const scorer = createAnomalyScorer({ budgetPerMonth: 1, scorePeople: () => true }, memory);
  const run = (first: number, count: number, principals: number): number => {
    const calls = Array.from({ length: count }, (_, n) => callOf(first + n, principals));
    const before = process.cpuUsage();
    for (const call of calls) scorer.settle(call, scorer.ask(call).place, ENDED);
    const { user, system } = process.cpuUsage(before);
    return (user + system) / count;
  };
  run(0, CALLS * 5, 200);
  const each = median(Array.from({ length: ROUNDS }, (_, round) => run(CALLS * (5 + round), CALLS, 200)));
  run(0, LIMITS.anomalyActorsMax * 8, LIMITS.anomalyActorsMax);
  const held = bytesOf(memory) / 2 ** 20;
  return [
    { section: 'anomaly', name: 'CPU of scoring one call, 200 principals', value: each, unit: 'µs', target: '≤ 10 µs', met: each <= 10 },
    {
      section: 'anomaly', name: `tables for ${LIMITS.anomalyActorsMax} principals (${memory.actors.size} seen)`, value: held, unit: 'MiB', target: '≤ 64 MB',
      met: held * 1.048576 <= 64,
    },
    { section: 'anomaly', name: 'saved file', value: writeMemory(memory).length / 2 ** 20, unit: 'MiB' },
  ];
}

function bytesOf({ actors, pairs, tools, destinations, moments, cells, alarms }: ReturnType<typeof createMemory>): number {
  // Each row has its key, its last use and whether it is established beside it.
  const tables = [actors, pairs, tools, destinations].map(({ floats, stride }) => floats.byteLength + (floats.length / stride) * 13);
  return [...tables, moments.byteLength, cells.byteLength, alarms.byteLength].reduce((sum, bytes) => sum + bytes, 0);
}

function callOf(n: number, principals: number): CallAsked {
  const bytes = 100 + ((n * 31) % 200);
  return {
    at: Date.UTC(2026, 10, 2) + n * 3000, space: 'default', principal: `sallyport|p${(n * 7919) % principals}`, principalKind: 'person', agent: 'agent',
    server: `server-${n % 5}`, method: 'tools/call', action: 'call_tool', tool: `tool_${(n * n) % 9}`, effect: 'read',
    arguments: [{ name: 'query', type: 'string', bytes }, { name: 'limit', type: 'number', bytes: 2 }], unknownArguments: 0, argumentBytes: bytes + 20,
    destinations: n % 10 === 0 ? [`d${n % 400}`] : [], labelsBefore: LABELS,
  };
}
