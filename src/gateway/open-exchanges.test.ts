import { expect, test } from 'bun:test';
import type { Exchange } from '../domain/exchange.ts';
import { LIMITS } from '../domain/limits.ts';
import { createOpenExchanges } from './open-exchanges.ts';

const exchangeOf = (id: string, expiresAt = Infinity, session?: string, request?: string): Exchange =>
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- only what is read here, of a type with many more parts
  ({ id, startedAt: 0, principal: { id: 'p', expiresAt }, request, session: session === undefined ? undefined : { key: session } }) as unknown as Exchange;
const never = new AbortController().signal;

test('the client going away, the deadline, the token\'s end and a kill switch each end a call, each for its own reason', () => {
  const open = createOpenExchanges();
  const client = new AbortController();
  const gone = open.enter(exchangeOf('gone'), client.signal, 1000);
  const late = open.enter(exchangeOf('late'), never, 10);
  const expired = open.enter(exchangeOf('expired', 15), never, 1000);
  const killed = open.enter(exchangeOf('killed'), never, 1000);
  const fine = open.enter(exchangeOf('fine'), never, 1000);
  client.abort();
  open.sweep(20, ({ id }) => id === 'killed');
  const codes = [gone, late, expired, killed].map(({ signal }) => signal.reason?.code);
  expect(codes).toEqual(['ERR_UPSTREAM_CLOSED', 'ERR_DEADLINE', 'ERR_TOKEN_EXPIRED', 'ERR_KILLED']);
  expect(fine.signal.aborted).toBe(false);
});

test('what has left is ended by nobody, and leaving twice frees one place', () => {
  const open = createOpenExchanges();
  const call = open.enter(exchangeOf('a'), never, 0);
  call.leave();
  call.leave();
  open.sweep(10, () => true);
  expect(call.signal.aborted).toBe(false);
  expect(open.size).toBe(0);
});

test('one principal can\'t take all places', () => {
  const open = createOpenExchanges();
  const calls = Array.from({ length: LIMITS.openExchangesPerPrincipalMax }, (_, at) => open.enter(exchangeOf(String(at)), never, 1000));
  expect(() => open.enter(exchangeOf('more'), never, 1000)).toThrow(expect.objectContaining({ code: 'ERR_LIMIT_OPEN_EXCHANGES' }));
  calls[0]?.leave();
  expect(() => open.enter(exchangeOf('more'), never, 1000)).not.toThrow();
});

test('a cancellation ends the one call of that session and id', () => {
  const open = createOpenExchanges();
  const [one, other, same] = [
    open.enter(exchangeOf('1', Infinity, 's1', 'r'), never, 9),
    open.enter(exchangeOf('2', Infinity, 's1', 'q'), never, 9),
    open.enter(exchangeOf('3', Infinity, 's2', 'r'), never, 9),
  ];
  open.cancel('s1', 'r');
  expect([one, other, same].map((call) => call.signal.aborted)).toEqual([true, false, false]);
});
