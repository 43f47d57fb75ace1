import { expect, test } from 'bun:test';
import { exchangeOf } from '../../../test/fixtures/upstream-exchange.ts';
import type { Exchange } from '../../domain/exchange.ts';
import { createCascade } from './cascade.ts';

const ANY = exchangeOf({ transport: 'http', url: 'http://127.0.0.1:9', allowPrivate: true });
const inContext = (n: number): Exchange => ({ ...ANY, flow: `context-${n}` });

test('what control was not told of stays frozen here, however many contexts are', () => {
  const ending = new AbortController();
  const cascade = createCascade(() => new Promise(() => undefined), ending.signal);
  for (let n = 0; n <= 20_000; n++) cascade.freeze(inContext(n), 'too much');
  for (const n of [0, 1, 20_000]) expect(cascade.frozen(inContext(n))?.code).toBe('ERR_KILLED');
  expect(cascade.frozen(inContext(20_001))).toBeUndefined();
  ending.abort();
});

test('once control was told, its lease speaks', async () => {
  const ending = new AbortController();
  let at = 1_000_000;
  const told: string[] = [];
  const cascade = createCascade(async ({ context }) => void told.push(context), ending.signal, () => at);
  cascade.freeze(inContext(1), 'too much');
  await Promise.resolve();
  expect(told).toEqual(['context-1']);
  expect(cascade.frozen(inContext(1))?.code).toBe('ERR_KILLED');
  at += 60_000;
  expect(cascade.frozen(inContext(1))).toBeUndefined();
  ending.abort();
});
