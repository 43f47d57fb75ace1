import { expect, test } from 'bun:test';
import type { JournalRecord } from '../domain/record.ts';
import type { Origin } from './entry.ts';
import { Standing } from './standing.ts';

const ORIGIN: Origin = { role: 'gateway', node: 'gw-1', incarnation: 'first' };
const CALL: JournalRecord = {
  id: 'r1', at: 1, category: 'access', event: 'call.permitted', node: 'gw-1', space: 'default', exchange: 'e1', server: 'crm', tool: 'search',
  principal: 'sallyport|registry', principalKind: 'workload', agent: 'registry',
  onBehalfOf: { principal: 'sallyport|ann', principalKind: 'person', agent: 'desk', actors: ['inner'] }, dispatchers: ['outer'],
  context: 'f'.repeat(32), standing: { credentials: ['idp|j1', 'idp|s1'], issuedAt: 7 },
};

test('a receipt says all that may end its call, after a restart too; what the record does not say is the worst', () => {
  const standing = new Standing();
  standing.apply(1, ORIGIN, CALL, 10);
  const { standing: _, context: flow, onBehalfOf: _whom, principalKind: _kind, ...silent } = CALL;
  standing.apply(2, ORIGIN, { ...silent, id: 'r2', exchange: 'e2' }, 10);
  for (const known of [standing, Standing.fromJson(standing.toJson())]) {
    expect(known.receiptOf('e1', 12)).toMatchObject({
      principal: 'sallyport|ann', kind: 'person', agent: 'desk', actors: ['inner'],
      caller: 'sallyport|registry', dispatchers: ['outer'], flow, ...CALL.standing, ageMs: 2,
    });
    expect(known.receiptOf('e2', 12)).toMatchObject({ kind: '', flow: '', credentials: [], issuedAt: 0 });
  }
});
