import { afterAll, expect, test } from 'bun:test';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { openStore } from '../../store/open.ts';
import { createStoreState } from '../../store/state-store.ts';
import { createAdapterFactory } from './adapter.ts';
import type { Revocation } from './parts.ts';

const home = mkdtempSync('/tmp/sp-adapter-');
const store = await openStore(`sqlite:${home}/store.db`);
afterAll(async () => {
  await store.close();
  rmSync(home, { recursive: true });
});

test('of two replicas that take one code at the same moment one has it, and what came of it is dead everywhere', async () => {
  const revoked: Revocation[] = [];
  const parts = {
    state: createStoreState(store.state, { sole: false }), secret: randomBytes(32), origin: 'https://control.example',
    findClient: async () => undefined, isRevoked: async () => false, revoke: async (one: Revocation) => void revoked.push(one),
  };
  const [here, there] = [createAdapterFactory(parts)('AuthorizationCode'), createAdapterFactory(parts)('AuthorizationCode')];
  await here.upsert('code', { grantId: 'grant' }, 60);
  // Both have read it, unused, before either takes it.
  expect(await Promise.all([here.find('code'), there.find('code')])).toEqual([{ grantId: 'grant' }, { grantId: 'grant' }]);
  const taken = await Promise.allSettled([here.consume('code'), there.consume('code')]);
  expect(taken.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
  expect(await here.find('code')).toBeUndefined();
  expect(revoked.map(({ credential }) => credential)).toEqual(['https://control.example|grant']);
});
