import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import * as fc from 'fast-check';
import { denyApproval, grantApprovals, withdrawApproval } from '../../src/control/approvals/decide.ts';
import { noteShown } from '../../src/control/approvals/shown.ts';
import type { Approval } from '../../src/control/approvals/words.ts';
import { putStored } from '../../src/control/stored.ts';
import { part, text as textOf } from '../../src/cli/json-view.ts';
import { startApproving, type Approving } from '../fixtures/approving.ts';
import { verifies } from './requirements.ts';

setDefaultTimeout(300_000);

const POLICY = (word: string): string => `permit(principal, action, resource);
@id("mail-is-approved") @approve("2:comms") @reason("${word}") forbid(principal, action == Action::"call_tool", resource == Tool::"mail/send")
when { resource.name != "${word}" };`;

const APPROVERS = ['carl', 'cora', 'cleo'] as const;
const EVERYBODY = [...APPROVERS, 'eve', 'ada'] as const;
const AGENTS = ['one', 'two'] as const;

/** What may happen between a call and its retry; `n` chooses among the approvals that there are. */
type Deed =
  | { readonly do: 'call'; readonly agent: (typeof AGENTS)[number]; readonly to: string; readonly at: 'east' | 'west' }
  | { readonly do: 'grant' | 'deny' | 'withdraw'; readonly who: (typeof EVERYBODY)[number]; readonly n: number }
  | { readonly do: 'grant-twice'; readonly who: readonly [string, string]; readonly n: number }
  | { readonly do: 'race'; readonly agent: (typeof AGENTS)[number]; readonly to: string }
  | { readonly do: 'late'; readonly n: number }
  | { readonly do: 'leave' | 'return'; readonly who: (typeof APPROVERS)[number] }
  | { readonly do: 'read'; readonly agent: (typeof AGENTS)[number] }
  | { readonly do: 'kill' | 'revive'; readonly agent: (typeof AGENTS)[number] };

const agent = fc.constantFrom(...AGENTS);
const to = fc.constantFrom('a@x.example', 'b@x.example');
const n = fc.nat(5);
const deed: fc.Arbitrary<Deed> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('call' as const), agent, to, at: fc.constantFrom('east' as const, 'west' as const) }) },
  { weight: 8, arbitrary: fc.record({ do: fc.constant('grant' as const), who: fc.constantFrom(...EVERYBODY), n }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('grant-twice' as const), who: fc.constantFrom(['carl', 'cora'] as const, ['cleo', 'cleo'] as const),
    n }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('deny' as const, 'withdraw' as const), who: fc.constantFrom(...EVERYBODY), n }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('race' as const), agent, to }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('late' as const), n }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('leave' as const, 'return' as const), who: fc.constantFrom(...APPROVERS) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('read' as const), agent }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('kill' as const, 'revive' as const), agent }) },
);

/** Orders of events that end in a call that runs: few that chance makes do, and a property over calls that never run says nothing. */
const CALLS_THAT_RUN: [Deed[]][] = (['call', 'race'] as const).flatMap((how) => AGENTS.map((name): [Deed[]] => {
  const asked: Deed = { do: 'call', agent: name, to: 'a@x.example', at: 'east' };
  const again: Deed = how === 'call' ? { ...asked, at: 'west' } : { do: 'race', agent: name, to: asked.to };
  return [[asked, { do: 'grant-twice', who: ['carl', 'cora'], n: 0 }, again, { do: 'leave', who: 'carl' }, again]];
}));

/** What may come between an approval and its call, one at a time: chance alone meets few of them. */
const CALLS_THAT_DO_NOT: [Deed[]][] = (['leave', 'late', 'read', 'kill', 'deny', 'withdraw'] as const).map((what): [Deed[]] => {
  const asked: Deed = { do: 'call', agent: 'one', to: 'a@x.example', at: 'east' };
  const between: Readonly<Record<typeof what, Deed>> = {
    leave: { do: 'leave', who: 'carl' }, late: { do: 'late', n: 0 }, read: { do: 'read', agent: 'one' }, kill: { do: 'kill', agent: 'one' },
    deny: { do: 'deny', who: 'cleo', n: 0 }, withdraw: { do: 'withdraw', who: 'ada', n: 0 },
  };
  return [[asked, { do: 'grant-twice', who: ['carl', 'cora'], n: 0 }, between[what], { ...asked, at: 'west' }]];
});

/** The very simple picture: of each call that somebody asked, whose word stands for it, and whether it can still run. */
interface Picture {
  readonly said: Map<string, Set<string>>;
  /** Approved by enough. One that a call found to lack somebody who left is so no more, even if they return: it takes another word. */
  readonly whole: Set<string>;
  readonly over: Set<string>;
  readonly gone: Set<string>;
  readonly killed: Set<string>;
}

describe('an approval', () => {
  let on: Approving;
  const tokens = new Map<string, string>();
  beforeAll(async () => {
    const people = Object.fromEntries(EVERYBODY.map((name) => [name, name.startsWith('c') || name === 'ada' ? ['comms'] : []]));
    on = await startApproving(POLICY('first'), people);
    // Ada has all it takes, but the agents are hers.
    for (const name of AGENTS) {
      const { token } = await on.gate.admin('POST', '/tokens', { agent: name, kind: 'person', subject: 'ada', audience: ['*'], ttlMs: 3_600_000 });
      tokens.set(name, textOf(token));
    }
  });
  afterAll(() => on.stop());

  const tokenOf = (name: string): string => tokens.get(name) ?? '';

  test(verifies('approval-cannot-be-bent',
    'whatever is done in whatever order, a call runs only if two others who may, and still may, approved exactly it, once'), async () => {
    const control = on.gate.control();
    let ran = 0;
    await fc.assert(fc.asyncProperty(fc.array(deed, { minLength: 8, maxLength: 22 }), async (deeds) => {
      // Also when it is run again to find the shortest one that fails.
      const run = crypto.randomUUID();
      await asItWas(on);
      const picture: Picture = { said: new Map(), whole: new Set(), over: new Set(), gone: new Set(), killed: new Set() };
      const mine = async (): Promise<readonly Approval[]> => (await on.approvals()).filter(({ body }) => body.askedAt >= began);
      const began = Date.now();
      /** Calls of this run are its own: no other run approved them. */
      const args = (address: string): { readonly to: string; readonly text: string } => ({ to: address, text: run });
      const chosen = async (which: number): Promise<Approval | undefined> => {
        const all = await mine();
        return all[which % Math.max(1, all.length)];
      };
      const people = (who: string): { readonly id: string; readonly via: 'page' } => ({ id: on.people[who] ?? who, via: 'page' });
      const wordsFor = (id: string): number => [...(picture.said.get(id) ?? [])].filter((who) => !picture.gone.has(who)).length;
      const mayRun = (approval: Approval): boolean => {
        const { id, body: { principal } } = approval;
        return picture.whole.has(id) && wordsFor(id) >= 2 && !picture.over.has(id) && !picture.killed.has(principal.agent);
      };
      const askedFor = async (name: string, address: string): Promise<readonly Approval[]> => {
        const all = (await mine()).filter(({ body }) => body.principal.agent === name && ['pending', 'granted'].includes(body.state));
        const addresses = await Promise.all(all.map((one) => argsOf(on, one)));
        return all.filter((_, index) => addresses[index] === address);
      };
      const expected = async (name: string, address: string): Promise<Approval | undefined> => {
        return (await askedFor(name, address)).find((one) => mayRun(one));
      };
      const settle = async (name: string, address: string, at: readonly ('east' | 'west')[]): Promise<void> => {
        const before = on.sent();
        const may = await expected(name, address);
        const results = await Promise.all(at.map((where) => on.call(tokenOf(name), args(address), where)));
        const passed = results.filter(({ result }) => result !== undefined).length;
        expect(on.sent() - before).toBe(passed);
        expect(passed).toBe(may === undefined ? 0 : 1);
        if (may === undefined) {
          if (picture.killed.has(name)) return;
          for (const { id } of await askedFor(name, address)) if (wordsFor(id) < 2) picture.whole.delete(id);
          return;
        }
        ran += 1;
        // What came back is more than what its caller had read: whatever else was asked of them is asked anew.
        picture.over.add(may.id);
        const risen = (await mine()).filter(({ id, body }) => id !== may.id && body.principal.agent === name && body.labels.integrity === 'trusted');
        for (const { id } of risen) picture.over.add(id);
      };
      const grant = async (who: string, approval: Approval | undefined): Promise<void> => {
        if (approval === undefined) return;
        const by = people(who);
        await noteShown(control, approval.id, by.id);
        const done = await grantApprovals(control, 'default', [{ id: approval.id, digest: approval.body.digest }], by).catch(() => undefined);
        if (done === undefined) return;
        // Nobody whose call it is, nobody who is not asked, nobody twice.
        expect(APPROVERS.some((name) => name === who)).toBeTrue();
        expect(picture.said.get(approval.id)?.has(who) ?? false).toBeFalse();
        picture.said.set(approval.id, new Set([...(picture.said.get(approval.id) ?? []), who]));
        if (wordsFor(approval.id) >= 2) picture.whole.add(approval.id);
      };
      for (const one of deeds) {
        if (one.do === 'call') await settle(one.agent, one.to, [one.at]);
        else if (one.do === 'race') await settle(one.agent, one.to, ['east', 'west', 'east', 'west']);
        else if (one.do === 'grant') await grant(one.who, await chosen(one.n));
        else if (one.do === 'grant-twice') {
          const approval = await chosen(one.n);
          await Promise.all(one.who.map((who) => grant(who, approval)));
        } else if (one.do === 'deny' || one.do === 'withdraw') {
          const approval = await chosen(one.n);
          const act = one.do === 'deny' ? denyApproval : withdrawApproval;
          const done = approval === undefined ? undefined : await act(control, 'default', approval.id, people(one.who), 'no').catch(() => undefined);
          if (done !== undefined) picture.over.add(done.id);
        } else if (one.do === 'late') {
          const approval = await chosen(one.n);
          if (approval === undefined || picture.over.has(approval.id)) continue;
          await putStored(control.store, 'approval', 'default', approval.id, { ...approval.body, expiresAt: Date.now() - 1 }, 'test');
          picture.over.add(approval.id);
        } else if (one.do === 'leave' || one.do === 'return') {
          await on.gate.admin('PUT', `/people/${idOf(on, one.who)}/groups`, { groups: one.do === 'leave' ? [] : ['comms'] });
          if (one.do === 'leave') picture.gone.add(one.who);
          else picture.gone.delete(one.who);
        } else if (one.do === 'read') {
          const before = await mine();
          const read = await on.call(tokenOf(one.agent), {}, 'east', 'read_inbox');
          if (read.result === undefined) continue;
          for (const { id, body } of before) if (body.principal.agent === one.agent && body.labels.integrity === 'trusted') picture.over.add(id);
        } else if (one.do === 'kill' || one.do === 'revive') {
          await on.gate.admin('PUT', '/kill', { target: 'agent', name: one.agent, on: one.do === 'kill', reason: 'test' });
          if (one.do === 'kill') picture.killed.add(one.agent);
          else picture.killed.delete(one.agent);
        }
      }
    }), { numRuns: 24, examples: [...CALLS_THAT_RUN, ...CALLS_THAT_DO_NOT],
      ...(process.env['SEED'] === undefined ? {} : { seed: Number(process.env['SEED']) }) });
    expect(ran).toBeGreaterThanOrEqual(CALLS_THAT_RUN.length);
  });
});

/** The address in the call that an approval is about. */
async function argsOf(on: Approving, approval: Approval): Promise<string> {
  const text = await on.gate.control().vault.sealer.open(['approval', 'default', approval.id], approval.body.sealed ?? '').catch(() => '{}');
  return textOf(part(JSON.parse(text), 'params', 'arguments', 'to'));
}

/** Nobody away or stopped, and nothing read. */
async function asItWas(on: Approving): Promise<void> {
  for (const who of APPROVERS) await on.gate.admin('PUT', `/people/${idOf(on, who)}/groups`, { groups: ['comms'] });
  for (const name of AGENTS) await on.gate.admin('PUT', '/kill', { target: 'agent', name, on: false, reason: 'test' });
  const { contexts } = await on.gate.admin('GET', '/contexts');
  for (const context of Array.isArray(contexts) ? contexts : []) await on.gate.admin('POST', `/contexts/${textOf(part(context, 'key'))}/reset`,
    { reason: 'test' });
  // For a moment gateways believe that nobody resets what they have just labelled.
  await Bun.sleep(1_100);
}

function idOf(on: Approving, who: string): string {
  return (on.people[who] ?? '').split('|').at(-1) ?? '';
}
