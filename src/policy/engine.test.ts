import { describe, expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PolicyEngine } from '../domain/decision.ts';
import type { Finding } from '../domain/finding.ts';
import { REGISTRY_PRINCIPAL_ID } from '../domain/principal.ts';
import { REGISTRY_PERMIT_ID, loadEngine } from './engine.ts';
import { compile, request, resource } from './fixture.ts';

async function engineOf(...texts: readonly string[]): Promise<PolicyEngine> {
  const compiled = await compile(...texts);
  expect(compiled.diagnostics.filter(({ severity }) => severity === 'error')).toEqual([]);
  return loadEngine(compiled.program, 7);
}

const found = (rule: string, severity: Finding['severity']): Finding => ({ detector: 'anomaly', rule, severity, at: [] });

const SMALL = `permit (principal, action == Action::"call_tool", resource == Tool::"crm/pay")
  when { context.arguments has amount && context.arguments.amount.lessThanOrEqual(decimal("100.0")) };`;

describe('decide', () => {
  test('what nobody permits is denied', async () => {
    const engine = await engineOf('@id("other") permit (principal, action, resource in Server::"wiki");');
    expect(engine.decide(request())).toEqual({ outcome: 'deny', policies: [], obligations: [], errors: [] });
    expect(engine.possible(request())).toBe('deny');
    expect(engine.version).toBe(7);
  });

  test('a satisfied permit allows, and is named', async () => {
    const engine = await engineOf('@id("p") permit (principal in Group::"support", action, resource in Server::"crm") when { context.zone == "internal" };');
    expect(engine.decide(request())).toMatchObject({ outcome: 'allow', policies: ['p'] });
    expect(engine.decide(request({ zone: 'external' })).outcome).toBe('deny');
    expect(engine.decide(request({ principal: { groups: ['sales'] } })).outcome).toBe('deny');
  });

  test('a forbid stands above every permit', async () => {
    const engine = await engineOf(
      '@id("p") permit (principal, action, resource);',
      '@id("f") forbid (principal, action, resource) when { resource.effect == "transact" };'.replace(
        'action,',
        'action == Action::"call_tool",',
      ),
    );
    expect(engine.decide(request())).toMatchObject({ outcome: 'deny', policies: ['f'] });
    expect(engine.decide(request({ resource: resource('tool', 'crm', 'find') }))).toMatchObject({ outcome: 'allow', policies: ['p'] });
    expect(engine.possible(request())).toBe('deny');
  });

  test('any evaluation error denies, though Cedar would skip the policy (invariant 6)', async () => {
    const engine = await engineOf(
      'permit (principal, action, resource);',
      '@id("broken") forbid (principal, action == Action::"call_tool", resource) when { resource.effect == "destroy" };',
    );
    const { effect: _, ...unlabelled } = resource('tool', 'crm', 'find');
    const decision = engine.decide(request({ resource: unlabelled }));
    expect(decision.outcome).toBe('deny');
    expect(decision.errors).toEqual(['broken: the attribute effect is missing']);
    expect(engine.possible(request({ resource: unlabelled }))).toBe('deny');
  });

  test('findings are seen by name and by the highest severity; a listing does not know them', async () => {
    const permit = 'permit (principal, action, resource);';
    const byName = await engineOf(permit, '@id("burst") forbid (principal, action, resource) when { context.findings.contains("anomaly/denials") };');
    const bySeverity = await engineOf(permit, '@id("high") forbid (principal, action, resource) when { context.findingSeverity >= 4 };');
    const both = [found('rate', 'low'), found('denials', 'high')];
    expect([byName, bySeverity].map((engine) => engine.decide(request()).outcome)).toEqual(['allow', 'allow']);
    expect(byName.decide(request({ findings: both }))).toMatchObject({ outcome: 'deny', policies: ['burst'] });
    expect(bySeverity.decide(request({ findings: both }))).toMatchObject({ outcome: 'deny', policies: ['high'] });
    expect(bySeverity.decide(request({ findings: [found('denials', 'medium')] })).outcome).toBe('allow');
    expect([byName, bySeverity].map((engine) => engine.possible(request()))).toEqual(['unknown', 'unknown']);
    expect([byName, bySeverity, await engineOf(permit)].map(({ readsFindings }) => readsFindings)).toEqual([true, true, false]);
  });

  test('where arguments come from is seen, and what an item may be sent; a listing knows the item only', async () => {
    const permit = 'permit (principal, action, resource);';
    const bound = await engineOf(permit, '@id("bound") forbid (principal, action, resource) when { context.destinations == "untrusted" };');
    const derived = await engineOf(permit, '@id("derived") forbid (principal, action, resource) when { context.flowsFrom.contains("wiki/read") };');
    const above = await engineOf(permit, '@id("above") forbid (principal, action, resource) when { context.argumentConfidentiality != resource.clearance };');
    const kept = await engineOf(permit, '@id("kept") forbid (principal, action, resource) when { resource.memory };');
    expect(bound.decide(request({ provenance: { destinations: 'unknown' } })).outcome).toBe('allow');
    expect(bound.decide(request({ provenance: { destinations: 'untrusted' } })).policies).toEqual(['bound']);
    expect(derived.decide(request({ provenance: { flowsFrom: ['wiki', 'wiki/read'] } })).policies).toEqual(['derived']);
    // The tier of the server says what an item may be sent, where nothing else is declared.
    expect(above.decide(request({ provenance: { confidentiality: 'restricted' } })).outcome).toBe('allow');
    const cleared = { ...resource('tool', 'crm', 'pay'), clearance: 'internal', memory: true } as const;
    expect(above.decide(request({ resource: cleared, provenance: { confidentiality: 'restricted' } })).policies).toEqual(['above']);
    expect([kept.decide(request()).outcome, kept.decide(request({ resource: cleared })).outcome]).toEqual(['allow', 'deny']);
    expect([bound, derived, above].map((engine) => engine.possible(request()))).toEqual(['unknown', 'unknown', 'unknown']);
    expect([kept.possible(request()), kept.possible(request({ resource: cleared }))]).toEqual(['allow', 'deny']);
    expect([bound, derived, above, kept].map(({ readsProvenance }) => readsProvenance)).toEqual([true, true, true, false]);
  });

  test('the policies that docs/anomaly.md offers hold what they say', async () => {
    const page = readFileSync(join(import.meta.dir, '../../docs/anomaly.md'), 'utf8');
    const engine = await engineOf('permit (principal, action, resource);', /```cedar\n([^`]+)```/.exec(page)?.[1] ?? '');
    const [pay, find] = [resource('tool', 'crm', 'pay'), resource('tool', 'crm', 'find')];
    const decided = (of: typeof pay, findings: readonly Finding[]): unknown => engine.decide(request({ resource: of, findings })).policies;
    expect(engine.decide(request({ resource: pay })).outcome).toBe('allow');
    expect([decided(pay, [found('hours', 'high')]), decided(pay, [found('denials', 'medium')])]).toEqual([['hold-unusual'], ['hold-probing']]);
    expect([decided(find, [found('rate', 'high')]), decided(pay, [found('unscored', 'low')])]).toEqual([['slow-unusual'], ['hold-unscored']]);
    expect(engine.decide(request({ resource: find, findings: [found('hours', 'critical')] })).outcome).toBe('allow');
  });

  test('a policy in shadow decides nothing and is told of; one that only adds transforms permits nothing', async () => {
    const permit = '@id("all") permit (principal, action, resource);';
    const shadow = await engineOf(permit, '@id("later") @only("shadow") forbid (principal, action, resource);');
    expect(shadow.decide(request())).toMatchObject({ outcome: 'allow', policies: ['all'], shadow: ['later'] });
    expect(shadow.possible(request())).toBe('allow');
    const adds = '@id("adds") @only("transforms") @redact("pii") permit (principal, action, resource);';
    expect((await engineOf(adds)).decide(request())).toMatchObject({ outcome: 'deny', obligations: [] });
    expect((await engineOf(adds)).possible(request())).toBe('deny');
    expect((await engineOf(permit, adds)).decide(request())).toMatchObject({ outcome: 'allow', obligations: [{ kind: 'redact', value: 'pii' }] });
    expect((await compile('@only("transforms") forbid (principal, action, resource);')).diagnostics).toMatchObject([{ code: 'ERR_POLICY_INVALID' }]);
  });

  test('an action that is never asked of such a resource is denied', async () => {
    const engine = await engineOf('permit (principal, action, resource);');
    expect(engine.decide(request({ action: 'list' })).errors).toEqual(['list is never asked of a tool']);
  });

  test('a server outside the program, or of another space, is denied', async () => {
    const engine = await engineOf('permit (principal, action, resource);');
    expect(engine.decide(request({ resource: resource('tool', 'other', 'x') })).errors).toEqual(['the server is not in the decision program']);
    expect(engine.decide(request({ principal: { space: 'elsewhere' } })).errors).toEqual(['the server belongs to another space']);
    expect(engine.possible(request({ principal: { space: 'elsewhere' } }))).toBe('deny');
  });
});

describe('arguments', () => {
  test('numbers are decimals of four places', async () => {
    const engine = await engineOf(SMALL);
    expect(engine.decide(request({ arguments: { amount: 100 } })).outcome).toBe('allow');
    expect(engine.decide(request({ arguments: { amount: 100.0001 } })).outcome).toBe('deny');
    expect(engine.decide(request({ arguments: { amount: 99.99999 } })).errors).toEqual(['a number is out of range or has more than four decimal places']);
    expect(engine.decide(request({ arguments: { amount: 1e30 } })).errors).toHaveLength(1);
    expect(engine.decide(request({ arguments: { amount: 922337203685477.6 } })).outcome).toBe('deny');
  });

  test('null is absent', async () => {
    const engine = await engineOf(SMALL);
    expect(engine.decide(request({ arguments: { amount: null } }))).toMatchObject({ outcome: 'deny', errors: [] });
  });

  test('a property that the pinned schema does not know is refused, whoever asks and whatever the policies are', async () => {
    const engine = await engineOf('permit (principal, action, resource);', SMALL.replace('principal,', 'principal in Group::"nobody",'));
    expect(engine.decide(request({ arguments: { amount: 1, Amount: 1 } })).outcome).toBe('deny');
    expect(engine.decide(request({ arguments: { customer: { name: 'x', Name: 'y' } } })).outcome).toBe('deny');
    expect(engine.decide(request({ arguments: { customer: { name: 'x' }, extra: { anything: 1 } } })).outcome).toBe('allow');
    expect(engine.decide(request({ resource: resource('tool', 'crm', 'find'), arguments: { anything: 1 } })).outcome).toBe('allow');
  });

  test('a value of another type than the pinned one is refused: the server might convert it', async () => {
    const engine = await engineOf(
      'permit (principal, action, resource);',
      'forbid (principal, action == Action::"call_tool", resource == Tool::"crm/pay") when { context.arguments.to == "mallory" };',
    );
    expect(engine.decide(request({ arguments: { to: ['mallory'] } })).errors).toEqual(['an argument is not of its pinned type (string)']);
    expect(engine.decide(request({ arguments: { to: 'mallory' } })).outcome).toBe('deny');
    expect(engine.decide(request({ arguments: { to: 'alice' } })).outcome).toBe('allow');
  });

  test('__entity and __extn inside data are data', async () => {
    const engine = await engineOf('permit (principal, action, resource);', SMALL);
    expect(engine.decide(request({ arguments: { amount: { __extn: { fn: 'decimal', arg: '1.0' } } } })).errors).toEqual([
      'an argument is not of its pinned type (number)',
    ]);
    expect(engine.decide(request({ arguments: { amount: 1, extra: { __entity: { type: 'Person', id: 'root' } } } })).outcome).toBe('allow');
  });

  test('a missing argument that a policy reads is an error; unknown arguments are too', async () => {
    const engine = await engineOf(
      'permit (principal, action, resource);',
      '@id("f") forbid (principal, action == Action::"call_tool", resource == Tool::"crm/pay") when { context.arguments.to == "mallory" };',
    );
    expect(engine.decide(request({ arguments: {} })).errors).toEqual(['f: the attribute to is missing']);
    expect(engine.decide(request({ arguments: undefined })).outcome).toBe('deny');
  });
});

describe('obligations', () => {
  test('a gated forbid denies, and says what lifts it', async () => {
    const engine = await engineOf(
      '@id("p") @notify("ops") permit (principal, action, resource);',
      '@id("g") @approve("secops") @limit("30/min") forbid (principal, action, resource == Tool::"crm/pay");',
    );
    const { outcome, policies, obligations } = engine.decide(request());
    expect({ outcome, policies }).toEqual({ outcome: 'deny', policies: ['g'] });
    expect(obligations).toEqual([
      { kind: 'approve', value: 'secops', policy: 'g' },
      { kind: 'limit', value: '30/min', policy: 'g' },
      { kind: 'notify', value: 'ops', policy: 'p' },
    ]);
    expect(engine.possible(request())).toBe('unknown');
  });

  test('nothing lifts a plain forbid, a missing permit or an error', async () => {
    const gate = '@id("g") @approve("secops") forbid (principal, action, resource == Tool::"crm/pay");';
    expect((await engineOf(gate)).decide(request()).obligations).toEqual([]);
    const withForbid = await engineOf('permit (principal, action, resource);', gate, '@id("f") forbid (principal, action, resource);');
    expect(withForbid.decide(request())).toMatchObject({ outcome: 'deny', policies: ['g', 'f'].toSorted(), obligations: [] });
    expect(withForbid.possible(request())).toBe('deny');
  });

  test('transforms of all satisfied permits unite', async () => {
    const engine = await engineOf('@redact("pii") permit (principal, action, resource);', '@spotlight permit (principal, action, resource in Server::"crm");');
    expect(engine.decide(request()).obligations.map(({ kind }) => kind).toSorted()).toEqual(['redact', 'spotlight']);
  });
});

describe('possible', () => {
  test('is unknown where arguments or the moment decide', async () => {
    const engine = await engineOf(SMALL, 'permit (principal, action == Action::"call_tool", resource == Tool::"crm/note") when { context.hour < 9 };');
    expect(engine.possible(request({ arguments: undefined }))).toBe('unknown');
    expect(engine.possible(request({ resource: resource('tool', 'crm', 'note') }))).toBe('unknown');
    expect(engine.possible(request({ resource: resource('tool', 'crm', 'find') }))).toBe('deny');
  });

  test('is allow only when every call is allowed', async () => {
    const engine = await engineOf(
      'permit (principal, action, resource);',
      'forbid (principal, action == Action::"call_tool", resource == Tool::"crm/pay") when { context.arguments.to == "mallory" };',
    );
    expect(engine.possible(request({ resource: resource('tool', 'crm', 'find') }))).toBe('allow');
    expect(engine.possible(request())).toBe('unknown');
  });
});

describe('the built-in permit of the registry', () => {
  const registry = { id: REGISTRY_PRINCIPAL_ID, kind: 'workload', groups: ['support'] } as const;

  test('lets it connect and list, and no policy gives it more', async () => {
    const engine = await engineOf('permit (principal, action, resource);');
    for (const action of ['connect', 'list'] as const) {
      const decision = engine.decide(request({ principal: registry, action, resource: resource('server', 'crm', '') }));
      expect(decision).toMatchObject({ outcome: 'allow', policies: [REGISTRY_PERMIT_ID] });
    }
    expect(engine.decide(request({ principal: registry })).outcome).toBe('deny');
    expect(engine.decide(request({ principal: registry, action: 'subscribe', resource: resource('server', 'crm', '') })).outcome).toBe('deny');
    expect(engine.possible(request({ principal: registry }))).toBe('deny');
  });

  test('lets it read pages of apps, which are pinned, and no other resource', async () => {
    const engine = await engineOf('permit (principal, action, resource);');
    const reading = (name: string): string =>
      engine.decide(request({ principal: registry, action: 'read_resource', resource: resource('resource', 'crm', name) })).outcome;
    expect([reading('ui://card'), reading('crm://card'), reading('uix://card')]).toEqual(['allow', 'deny', 'deny']);
  });

  test('is not for a person of that name', async () => {
    const engine = await engineOf();
    const asked = request({ principal: { ...registry, kind: 'person' }, action: 'connect', resource: resource('server', 'crm', '') });
    expect(engine.decide(asked).outcome).toBe('deny');
  });
});

describe('loadEngine', () => {
  test.each([[null], ['x'], [{}], [[]], [{ format: 2, policies: [], servers: {}, shapes: {} }]])('denies everything with %j for a program', (program) => {
    const engine = loadEngine(program, 1);
    expect(engine.decide(request()).outcome).toBe('deny');
    const enrolling = { principal: { id: REGISTRY_PRINCIPAL_ID, kind: 'workload' }, action: 'list', resource: resource('server', 'crm', '') } as const;
    expect(engine.decide(request(enrolling)).errors).toHaveLength(1);
    expect(engine.possible(request())).toBe('deny');
  });

  test('denies everything when one condition is malformed', async () => {
    const { program } = await compile('permit (principal, action, resource);');
    expect(loadEngine(program, 1).decide(request()).outcome).toBe('allow');
    const malformed = ['[]', '["nonsense",true]', '["and",["value",true]]', '["call","lessThan",[]]', '["extension","decimal","x"]', '["constructor",1]'];
    for (const condition of malformed) {
      const broken = JSON.parse(JSON.stringify(program).replace('["value",true]', condition));
      expect(loadEngine(broken, 1).decide(request()).outcome).toBe('deny');
    }
  });
});
