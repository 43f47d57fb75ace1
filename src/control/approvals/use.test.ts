import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { startApproving, type Approving } from '../../../test/fixtures/approving.ts';
import { codeOf } from '../../../test/fixtures/code-of.ts';
import { part, text } from '../../cli/json-view.ts';
import type { Json } from '../../domain/json.ts';
import type { Labels } from '../../domain/server.ts';
import { createPresence } from '../contexts/presence.ts';
import { visitContext } from '../contexts/visit.ts';
import { askApproval } from './ask.ts';
import type { Ask } from './schema.ts';
import { useApproval } from './use.ts';

/* What happens after a gateway has asked whether a call is approved and before it uses that: nobody but control can tell. */

setDefaultTimeout(60_000);

let on: Approving;
beforeAll(async () => {
  on = await startApproving('permit(principal, action, resource);', { olga: [] });
});
afterAll(() => on.stop());

const CALLER = { id: 'sallyport|one', kind: 'workload', agent: 'one', actors: [] } as const;

/** A call that the owner of its server has approved, and the gateway knows that. */
async function granted(flow: string): Promise<{ readonly ask: Ask; readonly id: string }> {
  const ask: Ask = {
    exchange: crypto.randomUUID(), node: 'test', findings: [], standing: { credentials: ['c'], issuedAt: Date.now() },
    subject: {
      space: 'default', principal: CALLER, behind: CALLER, flow, server: 'mail', method: 'tools/call', action: 'call_tool',
      resource: { kind: 'tool', server: 'mail', name: 'send' }, pin: null, dispatchers: [], params: { name: 'send', arguments: { to: flow } },
      gates: [{ kind: 'approve', policy: 'p', digest: '0'.repeat(64), value: 'owner' }],
    },
  };
  const id = text(part(await askApproval(on.gate.control(), ask), 'id'));
  const approval = (await on.approvals()).find((one) => one.id === id);
  if (approval === undefined) throw new Error('nothing was asked');
  await on.grant('olga', approval);
  expect(part(await askApproval(on.gate.control(), ask), 'state')).toBe('granted');
  return { ask, id };
}

const use = (ask: Ask, id: string): Promise<Json> => useApproval(on.gate.control(), { ...ask, id });
const flowOf = (n: number): string => n.toString(16).padStart(32, '0');

test('what was granted is signed once, for one exchange', async () => {
  const { ask, id } = await granted(flowOf(1));
  const both = await Promise.all([use(ask, id), use({ ...ask, exchange: crypto.randomUUID() }, id)]);
  expect(both.filter((one) => part(one, 'signature') !== undefined)).toHaveLength(1);
});

test('a caller that has read more by then is let do nothing by it', async () => {
  const { ask, id } = await granted(flowOf(2));
  const { store, record, now } = on.gate.control();
  const add: Labels = { confidentiality: 'restricted', categories: [], integrity: 'untrusted' };
  await visitContext({ store, now, record, presence: createPresence(0) },
    { space: 'default', key: ask.subject.flow, principal: CALLER.id, agent: CALLER.agent, actors: [], gateway: crypto.randomUUID(), add, asks: true });
  const used = await use(ask, id);
  expect([part(used, 'signature'), part(used, 'state')]).toEqual([undefined, 'withdrawn']);
});

test('nor is one that was stopped by then, nor any other call', async () => {
  const { ask, id } = await granted(flowOf(3));
  expect(await codeOf(use({ ...ask, subject: { ...ask.subject, params: { name: 'send', arguments: { to: 'eve' } } } }, id))).toBe('ERR_CONFLICT');
  await on.gate.admin('PUT', '/kill', { target: 'agent', name: CALLER.agent, on: true, reason: 'test' });
  expect(await codeOf(use(ask, id))).toBe('ERR_KILLED');
});
