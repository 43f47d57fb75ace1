import { afterEach, beforeEach, expect, test } from 'bun:test';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf } from '../../test/fixtures/code-of.ts';
import { openDatabase, openStore } from './open.ts';
import { createStoreState } from './state-store.ts';

const long = 60_000;
let dir: string;
let url: string;

beforeEach(async () => {
  dir = await mkdtemp('/tmp/sallyport-state-');
  url = `sqlite:${join(dir, 'store.db')}`;
});
afterEach(() => rm(dir, { recursive: true }));

test('what was acknowledged is there after a restart', async () => {
  const first = await openStore(url);
  const state = createStoreState(first.state, { sole: true });
  await state.set('s:ended', 'yes', long);
  await state.increment('s:count', 3, long);
  await first.close();
  const second = await openStore(url);
  const again = createStoreState(second.state, { sole: true });
  expect(await again.setIfAbsent('s:ended', 'no', long)).toBe(false);
  expect(await again.get('s:ended')).toBe('yes');
  expect(await again.increment('s:count', 1, long)).toBe(4);
  await second.close();
});

test('a sole writer answers from memory; one of several asks the database', async () => {
  const store = await openStore(url);
  const [sole, several] = [createStoreState(store.state, { sole: true }), createStoreState(store.state, { sole: false })];
  await sole.set('s:k', 'v', long);
  await store.state.remove('s:k');
  expect(await several.get('s:k')).toBeUndefined();
  expect(await sole.get('s:k')).toBe('v');
  await store.close();
});

test('a write that failed is not remembered', async () => {
  const store = await openStore(url);
  const state = createStoreState(store.state, { sole: true });
  await state.set('s:k', 'old', long);
  await store.close();
  expect(await codeOf(state.set('s:k', 'new', long))).toBe('ERR_STORE_UNAVAILABLE');
  expect(await codeOf(state.get('s:k'))).toBe('ERR_STORE_UNAVAILABLE');
});

test('a sweep removes what has ended, and only that', async () => {
  const store = await openStore(url);
  await store.state.write('s:short', 'v', 1);
  await store.state.write('s:long', 'v', long);
  while (await store.state.read('s:short')) await Bun.sleep(2);
  await store.state.sweep();
  await store.close();
  const database = await openDatabase(url, {});
  expect(await database.read('SELECT key FROM state')).toEqual([{ key: 's:long' }]);
  await database.close();
});
