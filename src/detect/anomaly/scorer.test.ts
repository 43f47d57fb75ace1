import { describe, expect, test } from 'bun:test';
import { callBy, learnFortnight, QUIET_END } from '../../../test/fixtures/learnt.ts';
import type { Finding } from '../../domain/finding.ts';
import { CHANNEL, CHANNEL_LIST, CHANNEL_WORDS } from './channels.ts';
import type { CallAsked, CallEnded } from './event.ts';
import { createMemory } from './memory.ts';
import { readMemory, savedKey, writeMemory } from './saved.ts';
import { ACTOR_WIDTH } from './rules.ts';
import { createAnomalyScorer, type AnomalyScorer } from './scorer.ts';

const NOW = Date.UTC(2026, 10, 18, 10);
const [ANN, DESK] = ['sallyport|ann', 'desk'];

/** What is found in calls a second apart, the first at `NOW`. */
function play(scorer: AnomalyScorer, count: number, change: (n: number) => Partial<CallAsked>, ended: Partial<CallEnded> = {}, from = NOW): readonly Finding[] {
  return Array.from({ length: count }, (_, n) => {
    const call = callBy(ANN, DESK, from + n * 1000, change(n));
    const asked = scorer.ask(call);
    const after = scorer.settle(call, asked.place, { ...QUIET_END, ...ended });
    return [...asked.raised, ...after.raised];
  }).flat();
}

const rulesOf = (findings: readonly Finding[]): readonly string[] => [...new Set(findings.map(({ rule }) => rule))];

const ordinary = (n: number): Partial<CallAsked> => ({ argumentBytes: 25 + (n % 7) });

describe('a baseline of a fortnight', () => {
  const cases: readonly [string, string, number, (n: number) => Partial<CallAsked>, Partial<CallEnded>][] = [
    ['far more calls than ever in an hour', 'rate', 400, ordinary, {}],
    ['one refusal after the other', 'denials', 60, ordinary, { outcome: 'denied', resultBytes: 0 }],
    ['one tool after the other that nobody uses', 'first-use', 40, (n) => ({ tool: `admin_${n}`, effect: 'destroy' }), {}],
    ['many different items', 'enumeration', 60, (n) => ({ tool: `file:///${n}` }), {}],
    ['a property a hundred times its size', 'argument-size', 3, () => ({ argumentBytes: 60_000 }), {}],
    ['results a hundred times their size', 'result-size', 5, ordinary, { resultBytes: 4_000_000 }],
    ['many new destinations', 'destinations', 80, (n) => ({ destinations: [`place-${n}`], effect: 'communicate' }), {}],
  ];
  test.each(cases)('finds %s', (_, rule, count, change, ended) => {
    const { scorer } = learnFortnight(NOW, ANN, DESK);
    const found = play(scorer, count, change, ended);
    expect(rulesOf(found)).toContain(rule);
    const finding = found.find((one) => one.rule === rule);
    expect([typeof finding?.expected, typeof finding?.seen]).toEqual(['string', 'string']);
    expect(finding?.rarity).toBeLessThan(0.01);
  });

  test('finds nothing in an ordinary call', () => {
    const { scorer } = learnFortnight(NOW, ANN, DESK);
    expect(play(scorer, 1, (n) => ({ argumentBytes: 25 + n }))).toEqual([]);
  });

  test('what was found stands for a while, and is told once', () => {
    const { scorer } = learnFortnight(NOW, ANN, DESK);
    const told = play(scorer, 60, () => ({}), { outcome: 'denied', resultBytes: 0 }).filter(({ rule }) => rule === 'denials');
    expect(told.length).toBeWithin(1, 4);
    const rulesAt = (at: number): readonly string[] => rulesOf(scorer.ask(callBy(ANN, DESK, at)).findings);
    expect(rulesAt(NOW + 30 * 60_000)).toContain('denials');
    expect(rulesAt(NOW + 30 * 3_600_000)).not.toContain('denials');
  });

  test('a clock that jumps and one that goes back throw nothing and wash nothing away', () => {
    const { scorer } = learnFortnight(NOW, ANN, DESK);
    play(scorer, 2, () => ({}), {}, NOW + 400 * 24 * 3_600_000);
    play(scorer, 2, () => ({}), {}, NOW - 3 * 24 * 3_600_000);
    expect(rulesOf(play(scorer, 60, () => ({}), { outcome: 'denied', resultBytes: 0 }))).toContain('denials');
  });
});

test('channels are numbered in the order in which they are described', () => {
  expect(Object.keys(CHANNEL).join(' ')).toBe(CHANNEL_WORDS);
  expect(Object.values(CHANNEL)).toEqual([...CHANNEL_LIST.keys()]);
});

test('people need not be scored: their agents are, whoever they act for', () => {
  const memory = createMemory(1, 100, ACTOR_WIDTH);
  let scorePeople = true;
  const scorer = createAnomalyScorer({ budgetPerMonth: 1, scorePeople: () => scorePeople }, memory);
  for (const who of ['a', 'b']) scorer.ask(callBy(who, DESK, NOW));
  expect(memory.actors.size).toBe(2);
  scorePeople = false;
  for (const who of ['c', 'd', 'e']) scorer.ask(callBy(who, DESK, NOW));
  expect(memory.actors.size).toBe(3);
  for (const who of ['f', 'g']) scorer.ask(callBy(who, DESK, NOW, { principalKind: 'workload' }));
  expect(memory.actors.size).toBe(5);
});

test('a flood of new names takes nobody\'s baseline and no more memory', () => {
  const { scorer, memory } = learnFortnight(NOW, ANN, DESK);
  const bytes = memory.actors.floats.length;
  for (let n = 0; n < 20_000; n += 1) scorer.ask(callBy(`flood-${n}`, DESK, NOW));
  expect(memory.actors.floats.length).toBe(bytes);
  expect(rulesOf(play(scorer, 60, () => ({}), { outcome: 'denied', resultBytes: 0 }))).toContain('denials');
});

test('what is flagged teaches less: a burst that goes on for days is still unusual', () => {
  const { scorer } = learnFortnight(NOW, ANN, DESK);
  for (let day = 0; day < 3; day += 1) {
    expect(rulesOf(play(scorer, 60, () => ({}), { outcome: 'denied', resultBytes: 0 }, NOW + day * 25 * 3_600_000))).toContain('denials');
  }
});

describe('a saved memory', () => {
  test('is read as it was', () => {
    const { scorer, memory } = learnFortnight(NOW, ANN, DESK);
    const bytes = writeMemory(memory);
    const again = createMemory(savedKey(bytes) ?? 0, 1_000, ACTOR_WIDTH);
    expect(readMemory(bytes, again)).toBe(true);
    expect([again.actors.size, again.pairs.size, again.tools.size]).toEqual([memory.actors.size, memory.pairs.size, memory.tools.size]);
    const restored = createAnomalyScorer({ budgetPerMonth: 0.9, scorePeople: () => true }, again);
    const told = [scorer, restored].map((one) => rulesOf(play(one, 60, () => ({}), { outcome: 'denied', resultBytes: 0 })));
    expect(told[1]).toEqual(told[0] ?? []);
    expect(told[1]).toContain('denials');
  });

  test('that is damaged, cut off or of another layout is not', () => {
    const bytes = writeMemory(createMemory(3, 100, ACTOR_WIDTH));
    expect(savedKey(bytes)).toBe(3);
    const damaged = Uint8Array.from(bytes);
    damaged[bytes.length >> 1] = (damaged[bytes.length >> 1] ?? 0) ^ 1;
    expect(savedKey(damaged)).toBeUndefined();
    expect(savedKey(bytes.subarray(0, bytes.length - 1))).toBeUndefined();
    expect(savedKey(new Uint8Array(0))).toBeUndefined();
    expect(readMemory(bytes, createMemory(3, 100, ACTOR_WIDTH + 1))).toBe(false);
  });
});
