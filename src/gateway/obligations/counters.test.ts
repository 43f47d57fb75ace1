import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import * as fc from 'fast-check';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { startRedis, type Service } from '../../../test/fixtures/databases.ts';
import { codeOf } from '../../../test/fixtures/code-of.ts';
import type { SharedState } from '../../domain/state.ts';
import { openStore } from '../../store/open.ts';
import { openRedisState, type RedisState } from '../../store/state-redis.ts';
import { createStoreState } from '../../store/state-store.ts';
import type { Store } from '../../store/store.ts';
import { createCounters, type Counters, type Take } from './counters.ts';

const REPLICAS = 3;

let folder: string;
let store: Store;
let redis: Service;
let overRedis: readonly RedisState[];

beforeAll(async () => {
  folder = mkdtempSync('/tmp/sp-counters-');
  store = await openStore(`sqlite:${join(folder, 'store.db')}`);
  redis = await startRedis();
  overRedis = await Promise.all(Array.from({ length: REPLICAS }, () => openRedisState(redis.url)));
}, 30_000);
afterAll(async () => {
  await store.close();
  for (const state of overRedis) state.close();
  await redis.stop();
  rmSync(folder, { recursive: true, force: true });
});

let count = 0;
const fresh = (): string => `default/key-${(count += 1)}`;
const isTaken = (take: Take): take is Extract<Take, { readonly giveBack: unknown }> => 'giveBack' in take;

describe.each([
  { name: 'sqlite', states: (): readonly SharedState[] => Array.from({ length: REPLICAS }, () => createStoreState(store.state, { sole: false })) },
  { name: 'redis', states: (): readonly SharedState[] => overRedis },
])('counters of three replicas on $name', ({ states }) => {
  test('never grant more than the rate in any stretch of its period, whoever asks and whenever', async () => {
    const step = fc.record({ waitMs: fc.integer({ min: 0, max: 700 }), asks: fc.array(fc.nat(REPLICAS - 1), { maxLength: 6 }), gives: fc.boolean() });
    let granted = 0;
    await fc.assert(fc.asyncProperty(fc.integer({ min: 1, max: 5 }), fc.array(step, { minLength: 4, maxLength: 14 }), async (max, steps) => {
      let at = 1_700_000_000_000;
      const replicas = states().map((state) => createCounters(state, () => at));
      const key = fresh();
      const rate = { max, periodMs: 1_000 };
      const grants: number[] = [];
      for (const { waitMs, asks, gives } of steps) {
        at += waitMs;
        const takes = await Promise.all(asks.map((replica) => counterOf(replicas, replica).take(key, rate)));
        const taken = takes.filter(isTaken);
        // What is given back was never granted.
        if (gives) await taken.pop()?.giveBack();
        grants.push(...taken.map(() => at));
      }
      granted += grants.length;
      for (const from of grants) expect(grants.filter((grant) => grant >= from && grant < from + rate.periodMs).length).toBeLessThanOrEqual(max);
    }), { numRuns: 40 });
    expect(granted).toBeGreaterThan(100);
  }, 60_000);

  test('of a crowd exactly as many pass as may, at whatever replica they are', async () => {
    const replicas = states().map((state) => createCounters(state, () => 1_700_000_000_000));
    const key = fresh();
    const takes = await Promise.all(Array.from({ length: 60 }, (_, n) => counterOf(replicas, n % REPLICAS).take(key, { max: 10, periodMs: 60_000 })));
    expect(takes.filter(isTaken)).toHaveLength(10);
  }, 30_000);

  test('what is refused says when there is room, and then there is; not a moment before for nothing', async () => {
    let at = 1_700_000_000_000;
    const [one, other] = states().map((state) => createCounters(state, () => at));
    const key = fresh();
    const rate = { max: 2, periodMs: 60_000 };
    for (let n = 0; n < 2; n++) expect(isTaken(await counterOf([one], 0).take(key, rate))).toBeTrue();
    const refused = await counterOf([other], 0).take(key, rate);
    if (isTaken(refused)) throw new Error('three were granted');
    expect(refused.retryAfterMs).toBeGreaterThan(0);
    expect(refused.retryAfterMs).toBeLessThanOrEqual(rate.periodMs * 1.2);
    at += refused.retryAfterMs - 1;
    expect(isTaken(await counterOf([other], 0).take(key, rate))).toBeFalse();
    at += 1_000;
    expect(isTaken(await counterOf([other], 0).take(key, rate))).toBeTrue();
  });

  test('a steady caller gets its rate in little more than its period', async () => {
    let at = 1_700_000_000_000;
    const counters = counterOf(states().map((state) => createCounters(state, () => at)), 0);
    const key = fresh();
    let granted = 0;
    for (let n = 0; n < 300; n++, at += 100) if (isTaken(await counters.take(key, { max: 10, periodMs: 1_000 }))) granted += 1;
    // 30 periods; ten in 1.2 of them.
    expect(granted).toBeGreaterThanOrEqual(230);
    expect(granted).toBeLessThanOrEqual(310);
  }, 30_000);

  test('what is refused takes nothing', async () => {
    let at = 1_700_000_000_000;
    const counters = counterOf(states().map((state) => createCounters(state, () => at)), 0);
    const key = fresh();
    const rate = { max: 3, periodMs: 60_000 };
    const first = await Promise.all([1, 2, 3].map(() => counters.take(key, rate)));
    for (let n = 0; n < 20; n++, at += 300) expect(isTaken(await counters.take(key, rate))).toBeFalse();
    const [back] = first;
    if (back !== undefined && isTaken(back)) await back.giveBack();
    at += 300;
    expect(isTaken(await counters.take(key, rate))).toBeTrue();
    at += 300;
    expect(isTaken(await counters.take(key, rate))).toBeFalse();
  });
});

test('without the state nothing is counted, and nothing granted', async () => {
  const lost = await openStore(`sqlite:${join(folder, 'lost.db')}`);
  const counters = createCounters(createStoreState(lost.state, { sole: false }));
  await lost.close();
  expect(await codeOf(counters.take('default/x', { max: 1, periodMs: 1_000 }))).toBe('ERR_STORE_UNAVAILABLE');
});

function counterOf(replicas: readonly (Counters | undefined)[], index: number): Counters {
  const found = replicas[index];
  if (found === undefined) throw new Error('no such replica');
  return found;
}
