import { expect, test } from 'bun:test';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Principal } from '../domain/principal.ts';
import { openStore } from '../store/open.ts';
import { createStoreState } from '../store/state-store.ts';
import { createSeal } from './seal.ts';
import { createSessions } from './sessions.ts';

const NOW = 1_800_000_000_000;
const ADA: Principal = {
  id: 'sallyport|ada', kind: 'person', space: 'default', groups: [], agent: 'desk', actors: ['helper'], proof: 'bearer', tokenAgeMs: 0, expiresAt: NOW + 1,
  credential: 'c',
};

test('a session is of one person, agent and chain, at one route, and of nobody else', async () => {
  const folder = mkdtempSync('/tmp/sp-sessions-');
  const store = await openStore(`sqlite:${join(folder, 'store.db')}`);
  const sessions = createSessions(createSeal(randomBytes(32)), createStoreState(store.state, { sole: true }));
  const id = sessions.issue(ADA, '/mcp/crm', { revision: '2025-11-25', capabilities: {}, clientInfo: {} }, NOW);
  expect(await sessions.open(ADA, '/mcp/crm', id, NOW)).toMatchObject({ revision: '2025-11-25' });
  const others: readonly (readonly [Partial<Principal>, string])[] = [
    [{ id: 'sallyport|bob' }, '/mcp/crm'], [{ agent: 'other' }, '/mcp/crm'], [{ actors: [] }, '/mcp/crm'], [{ space: 'red' }, '/mcp/crm'], [{}, '/mcp/bank'],
  ];
  for (const [change, target] of others) {
    expect(await sessions.open({ ...ADA, ...change }, target, id, NOW).catch((fault: unknown) => fault)).toMatchObject({ code: 'ERR_SESSION_UNKNOWN' });
  }
  await store.close();
  rmSync(folder, { recursive: true });
});
