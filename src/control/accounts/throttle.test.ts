import { afterAll, beforeAll, expect, test } from 'bun:test';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import type { SharedState } from '../../domain/state.ts';
import { openStore } from '../../store/open.ts';
import { createStoreState } from '../../store/state-store.ts';
import type { Store } from '../../store/store.ts';
import { beginTry } from './throttle.ts';

const home = mkdtempSync('/tmp/sp-throttle-');
let store: Store;
let state: SharedState;
beforeAll(async () => {
  store = await openStore(`sqlite:${home}/store.db`);
  state = createStoreState(store.state, { sole: false });
});
afterAll(async () => {
  await store.close();
  rmSync(home, { recursive: true });
});

async function allowed(count: number, trier: (index: number) => Parameters<typeof beginTry>[1]): Promise<number> {
  const tries = await Promise.all(Array.from({ length: count }, (_, index) => beginTry(state, trier(index))));
  return tries.filter((one) => one.allowed).length;
}

test('a hundred guesses at one account at once are five and one', async () => {
  expect(await allowed(100, (index) => ({ account: 'ada', address: `192.0.2.${index}` }))).toBe(6);
});

test('guesses at many accounts from one machine or one network of IPv6 are limited too', async () => {
  expect(await allowed(100, (index) => ({ account: `a${index}`, address: '198.51.100.7' }))).toBe(31);
  expect(await allowed(100, (index) => ({ account: `b${index}`, address: `2001:db8:1:2::${index.toString(16)}` }))).toBe(31);
  expect(await allowed(100, (index) => ({ account: `c${index}`, address: '::ffff:198.51.100.7' }))).toBe(0);
});

test('strangers do not lock the owner out of a browser that is known; a success begins anew', async () => {
  await allowed(20, (index) => ({ account: 'bob', address: `203.0.113.${index}` }));
  expect((await beginTry(state, { account: 'bob', address: '203.0.113.99' })).allowed).toBe(false);
  const mine = { account: 'bob', address: '203.0.113.99', device: 'laptop' };
  const own = await beginTry(state, mine);
  expect(own.allowed).toBe(true);
  for (let more = 0; more < 4; more += 1) await beginTry(state, mine);
  await own.succeeded();
  expect(await allowed(5, () => mine)).toBe(5);
});

test('what was typed as a name is nowhere kept', async () => {
  await beginTry(state, { account: 'my-password-by-mistake', address: '192.0.2.250' });
  const kept = readdirSync(home).map((name) => readFileSync(`${home}/${name}`, 'latin1')).join('\n');
  expect(kept).toContain('sign-in/account/');
  expect(kept).not.toContain('my-password-by-mistake');
});
