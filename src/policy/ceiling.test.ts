import { describe, expect, test } from 'bun:test';
import * as fc from 'fast-check';
import type { Agent, AgentRule } from '../domain/agent.ts';
import type { AccessRequest, PolicyEngine } from '../domain/decision.ts';
import { REGISTRY_PRINCIPAL_ID } from '../domain/principal.ts';
import { EFFECTS } from '../domain/server.ts';
import { requests } from './arbitrary-request.ts';
import { buildCeilings, withinCeilings } from './ceiling.ts';
import { ANN, NOW, SALES, request, resource } from './fixture.ts';

/** A policy that permits everything: what is refused here, a ceiling refused. */
const OPEN: PolicyEngine = {
  version: 1, readsFlow: false, readsFindings: false, judgesAnswers: false, quarantines: false, readsProvenance: false,
  asks: () => ({ readsFlow: false, readsProvenance: false }),
  decide: () => ({ outcome: 'allow', policies: ['open'], obligations: [], errors: [] }), possible: () => 'allow',
};

const SHUT: PolicyEngine = { ...OPEN, decide: () => ({ outcome: 'deny', policies: [], obligations: [], errors: [] }), possible: () => 'deny' };

function agent(id: string, allow: Agent['allow'], more: Partial<Agent> = {}): Agent {
  return { id, space: 'default', owner: 'o', purpose: 'p', clients: [], allow, expiresAt: NOW + 1000, conversations: false, ...more };
}

function passes(agents: readonly Agent[], asked: AccessRequest): boolean {
  const engine = withinCeilings(OPEN, buildCeilings(agents, [SALES]));
  const passed = engine.decide(asked).outcome === 'allow';
  // Hidden exactly when refused: whatever the arguments and the moment, it would be refused.
  expect(engine.possible(asked)).toBe(passed ? 'allow' : 'deny');
  return passed;
}

const VIA = { principal: { id: 'https://idp.example|ann', agent: 'desk' } } as const;

describe('one agent', () => {
  test.each<[string, Agent['allow'], Partial<AccessRequest>, boolean]>([
    ['everything', '*', {}, true],
    ['nothing', [], {}, false],
    ['another effect', [{ server: 'crm', effects: ['read'] }], {}, false],
    ['that effect', [{ server: 'crm', effects: ['read', 'transact'] }], {}, true],
    ['that effect by another rule', [{ server: 'crm', effects: ['read'] }, { server: 'crm', effects: ['transact'] }], {}, true],
    ['every effect', [{ server: 'crm', effects: '*' }], {}, true],
    ['another server', [{ server: 'wiki', effects: '*' }], {}, false],
    ['a toolset without it', [{ toolset: 'sales', effects: '*' }], {}, false],
    ['a toolset with it', [{ toolset: 'sales', effects: ['read'] }], { resource: resource('tool', 'crm', 'find') }, true],
    ['a toolset with it, for another effect', [{ toolset: 'sales', effects: ['write'] }], { resource: resource('tool', 'crm', 'find') }, false],
    ['prompts with the effect read', [{ server: 'crm', effects: ['read'] }], { action: 'get_prompt', resource: resource('prompt', 'crm', 'hello') }, true],
    ['prompts with another effect', [{ server: 'crm', effects: ['write'] }], { action: 'get_prompt', resource: resource('prompt', 'crm', 'hello') }, false],
    ['resources with another effect', [{ server: 'crm', effects: ['write'] }],
      { action: 'read_resource', resource: resource('resource', 'crm', 'a:b') }, false],
    ['a server of which it has anything', [{ server: 'crm', effects: ['write'] }], { action: 'list', resource: resource('server', 'crm', '') }, true],
    ['a server of which it has nothing', [{ server: 'wiki', effects: '*' }], { action: 'list', resource: resource('server', 'crm', '') }, false],
    ['the toolsets that show its server', [{ server: 'crm', effects: ['read'] }],
      { action: 'connect', resource: { ...resource('server', 't/sales', ''), toolsets: ['sales'] } }, true],
    ['a toolset that does not show its server', [{ server: 'hr', effects: ['read'] }],
      { action: 'connect', resource: { ...resource('server', 't/sales', ''), toolsets: ['sales'] } }, false],
    ['its toolset', [{ toolset: 'sales', effects: ['read'] }],
      { action: 'connect', resource: { ...resource('server', 't/sales', ''), toolsets: ['sales'] } }, true],
  ])('%s', (_, allow, asked, expected) => {
    expect(passes([agent('desk', allow)], { ...request(VIA), ...asked })).toBe(expected);
  });

  test('a registration is of its space', () => {
    expect(passes([agent('desk', '*', { space: 'red' })], request(VIA))).toBe(false);
  });
});

describe('who must be registered', () => {
  test('an OAuth client must; an agent token names its agent itself, and has the ceiling of a registered one', () => {
    expect(passes([], request(VIA))).toBe(false);
    expect(passes([], request())).toBe(true);
    expect(passes([agent(ANN.agent, [])], request())).toBe(false);
  });

  test('every actor must, behind an agent token too; an actor that repeats its caller is no way around', () => {
    expect(passes([], request({ principal: { actors: ['planner'] } }))).toBe(false);
    expect(passes([agent('planner', '*')], request({ principal: { actors: ['planner'] } }))).toBe(true);
    expect(passes([agent('planner', [])], request({ principal: { actors: ['planner'] } }))).toBe(false);
    expect(passes([], request({ principal: { actors: [ANN.agent] } }))).toBe(false);
  });

  test('a chain over the limit is beyond every ceiling', () => {
    const agents = ['a', 'b', 'c', 'd'].map((id) => agent(id, '*'));
    expect(passes(agents, request({ principal: { actors: ['a', 'b', 'c'] } }))).toBe(true);
    expect(passes(agents, request({ principal: { actors: ['a', 'b', 'c', 'd'] } }))).toBe(false);
  });

  test('our own workload enrols servers without any registration, and nobody else by its name', () => {
    const registry = { id: REGISTRY_PRINCIPAL_ID, kind: 'workload', agent: 'registry' } as const;
    expect(passes([agent('registry', [])], request({ principal: registry }))).toBe(true);
    expect(passes([agent('registry', [])], request({ principal: { ...registry, kind: 'person' } }))).toBe(false);
  });
});

test('the record tells whose ceiling it was', () => {
  const ceilings = buildCeilings([agent('desk', '*'), agent('planner', [])], []);
  const asked = request({ principal: { ...VIA.principal, actors: ['planner'] } });
  expect(withinCeilings(OPEN, ceilings).decide(asked)).toEqual({ outcome: 'deny', policies: ['ceiling:planner'], obligations: [], errors: [] });
});

/** Registrations that end so many ms from now. */
function until(desk: number, planner: number): ReturnType<typeof buildCeilings> {
  return buildCeilings([agent('desk', '*', { expiresAt: NOW + desk }), agent('planner', '*', { expiresAt: NOW + planner })], []);
}

describe('expiry', () => {
  const principal = { ...ANN, agent: 'desk', actors: ['planner'], expiresAt: NOW + 5000 };

  test('the principal ends with the first registration of its chain, never later than its token', () => {
    expect(until(3000, 2000).bound(principal, NOW).expiresAt).toBe(NOW + 2000);
    expect(until(3000, 9000).bound(principal, NOW).expiresAt).toBe(NOW + 3000);
    expect(until(9000, 9000).bound(principal, NOW)).toBe(principal);
  });

  test.each([[0, 1], [1, 0]])('a registration that has ended refuses, whichever of the chain (%i, %i)', (desk, planner) => {
    expect(() => until(desk, planner).bound(principal, NOW)).toThrow(expect.objectContaining({ code: 'ERR_AGENT_EXPIRED' }));
  });
});

const rules: fc.Arbitrary<AgentRule> = fc
  .record({ of: fc.constantFrom('crm', 'wiki', 'sales'), effects: fc.oneof(fc.constant<'*'>('*'), fc.subarray([...EFFECTS])) })
  .map(({ of, effects }) => (of === 'sales' ? { toolset: of, effects } : { server: of, effects }));
const allows: fc.Arbitrary<Agent['allow']> = fc.oneof(fc.constant<'*'>('*'), fc.array(rules, { maxLength: 3 }));

/** What a person would read in one rule. */
function covers({ server, toolset, effects }: AgentRule, { resource: of }: AccessRequest): boolean {
  if (server === undefined ? !of.toolsets.includes(toolset ?? '') : server !== of.server) return false;
  if (effects === '*' || of.kind === 'server') return true;
  return effects.some((effect) => effect === (of.kind === 'tool' ? of.effect : 'read'));
}

test('allowed is what policy allows and every ceiling of the chain covers, no more and no less', () => {
  let [allowed, capped] = [0, 0];
  fc.assert(fc.property(
    requests, fc.array(allows, { minLength: 1, maxLength: 4 }), fc.boolean(),
    (drawn, chain, open) => {
      const [first = '', ...actors] = chain.map((_, at) => `agent-${at}`);
      const asked = { ...drawn, principal: { ...drawn.principal, agent: first, actors, id: 'https://idp.example|ann' } };
      const within = withinCeilings(open ? OPEN : SHUT, buildCeilings(chain.map((allow, at) => agent(`agent-${at}`, allow)), [SALES]));
      const covered = chain.every((allow) => allow === '*' || allow.some((rule) => covers(rule, asked)));
      expect(within.decide(asked).outcome).toBe(open && covered ? 'allow' : 'deny');
      expect(within.possible(asked)).toBe(open && covered ? 'allow' : 'deny');
      if (open && covered) allowed += 1;
      else if (open) capped += 1;
    },
  ), { numRuns: 1000, seed: 3 });
  expect(Math.min(allowed, capped)).toBeGreaterThan(50);
});
