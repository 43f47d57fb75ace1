import { expect, test } from 'bun:test';
import { checkAgents } from './agent-checks.ts';

const DAY = 86_400_000;
const agent = (id: string, expiresAt: number): { readonly id: string; readonly owner: string; readonly expiresAt: number } => ({ id, owner: 'ops', expiresAt });

test('registrations that end soon or have ended, and refused clients, are for someone to decide; all else is quiet', () => {
  expect(checkAgents({ agents: [agent('a', 15 * DAY)] }, { unknown: [] }, 0)).toEqual([]);
  expect(checkAgents({ agents: [agent('a', 13 * DAY), agent('b', -1), agent('c', 90 * DAY)] }, { unknown: [{ id: 'f' }] }, 0)).toMatchObject([
    { what: 'agent a', state: 'warn', found: 'its registration ends in 13 d' },
    { what: 'agent b', state: 'warn', found: expect.stringContaining('ops answers for it') },
    { what: 'unknown clients', state: 'warn', found: 'refused because they are no registered agent: 1', remedy: 'sallyport agent list --unknown' },
  ]);
});
