import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { startApproving, type Approving } from '../fixtures/approving.ts';
import { codeOf } from '../fixtures/code-of.ts';

const POLICY = `permit(principal, action, resource);
@id("mail-is-approved") @approve("owner") @reason("what leaves is looked at")
forbid(principal, action == Action::"call_tool", resource == Tool::"mail/send");
@id("announcements") @approve("2:comms")
forbid(principal, action == Action::"call_tool", resource == Tool::"mail/announce");`;

describe('people approve calls', () => {
  let on: Approving;
  beforeAll(async () => {
    on = await startApproving(POLICY, { olga: [], carl: ['comms'], cora: ['comms'], eve: [] });
  }, 60_000);
  afterAll(() => on.stop(), 30_000);

  const last = async () => {
    const found = (await on.approvals()).at(-1);
    if (found === undefined) throw new Error('nothing was asked');
    return found;
  };

  test('a call waits, is approved, and passes once; any other byte is another call', async () => {
    const token = await on.gate.token({ agent: 'one' });
    const before = on.sent();
    expect((await on.call(token, { to: 'a@x.example' })).code).toBe('ERR_APPROVAL_REQUIRED');
    const asked = await last();
    expect((await on.call(token, { to: 'a@x.example' }, 'west')).code).toBe('ERR_APPROVAL_REQUIRED');
    expect((await last()).id).toBe(asked.id);
    expect(await codeOf(on.grant('eve', asked))).toBe('ERR_APPROVER');
    await on.grant('olga', asked);
    expect((await on.call(token, { to: 'b@x.example' })).code).toBe('ERR_APPROVAL_REQUIRED');
    expect(on.sent()).toBe(before);
    expect((await on.call(token, { to: 'a@x.example' }, 'west')).result).toBeDefined();
    expect((await on.call(token, { to: 'a@x.example' })).code).toBe('ERR_APPROVAL_REQUIRED');
    expect(on.sent()).toBe(before + 1);
  });

  test('of many at once, at two gateways, one passes', async () => {
    const token = await on.gate.token({ agent: 'racer' });
    await on.call(token, { to: 'race@x.example' });
    await on.grant('olga', await last());
    const before = on.sent();
    const all = await Promise.all(Array.from({ length: 12 }, (_, n) => on.call(token, { to: 'race@x.example' }, n % 2 === 0 ? 'east' : 'west')));
    expect(all.filter(({ result }) => result !== undefined)).toHaveLength(1);
    expect(on.sent()).toBe(before + 1);
  });

  test('two of a group are two people', async () => {
    const token = await on.gate.token({ agent: 'news' });
    await on.call(token, { to: 'all' }, 'east', 'announce');
    await on.grant('carl', await last());
    expect((await on.call(token, { to: 'all' }, 'east', 'announce')).code).toBe('ERR_APPROVAL_REQUIRED');
    expect(await codeOf(on.grant('carl', await last()))).toBe('ERR_CONFLICT');
    await on.grant('cora', await last());
    expect((await on.call(token, { to: 'all' }, 'east', 'announce')).result).toBeDefined();
  });
});
