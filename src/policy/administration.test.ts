import { describe, expect, test } from 'bun:test';
import { ADMIN_ACTIONS } from '../domain/decision.ts';
import type { AdminAction, AdminRequest } from '../domain/decision.ts';
import type { Principal } from '../domain/principal.ts';
import { compilePolicies } from './compile.ts';
import type { Compiled } from './compile.ts';
import { loadEngine } from './engine.ts';
import { ANN, inputOf, NOW, request } from './fixture.ts';

const ROLE = 'permit(principal in Group::"sec", action in Action::"administration", resource);';

function compile(ours: string, theirs = ''): Promise<Compiled> {
  const sources = [{ file: 'admins', text: ours, administers: true as const }, { file: 'policies.cedar', text: theirs }];
  return compilePolicies({ ...inputOf(), sources });
}

function asked(action: AdminAction, space = 'default', name = 'servers', principal: Partial<Principal> = {}): AdminRequest {
  return { principal: { ...ANN, groups: ['sec'], space, ...principal }, action, resource: { kind: 'control', space, name }, context: { now: NOW } };
}

describe('administration is a world of its own', () => {
  test('a role of ours permits it, to whom it names alone', async () => {
    const compiled = await compile(ROLE);
    expect(compiled.diagnostics).toEqual([]);
    const engine = loadEngine(compiled.administration, 0);
    for (const action of ADMIN_ACTIONS) {
      expect(engine.decide(asked(action)).outcome).toBe('allow');
      expect(engine.decide(asked(action, 'default', 'servers', { groups: ['support'] })).outcome).toBe('deny');
    }
  });

  test('no policy for messages administers anything, however broad; no policy for administration permits a message', async () => {
    const compiled = await compile(ROLE, 'permit(principal, action, resource);');
    const [traffic, administration] = [loadEngine(compiled.program, 0), loadEngine(compiled.administration, 0)];
    const stranger = { groups: [] };
    expect(administration.decide(asked('admin_change', 'default', 'servers', stranger)).outcome).toBe('deny');
    expect(traffic.decide(asked('admin_change', 'default', 'servers', stranger)).outcome).toBe('deny');
    expect(administration.decide(request({ principal: { groups: ['sec'] } })).outcome).toBe('deny');
    expect(JSON.stringify(compiled.program)).not.toContain('admin_');
  });

  test.each([
    ['permit(principal, action == Action::"admin_read", resource);', 'cannot permit administration'],
    ['permit(principal, action in Action::"administration", resource);', 'cannot permit administration'],
    ['forbid(principal, action in [Action::"admin_read", Action::"list"], resource);', 'about messages and about administration'],
    ['forbid(principal, action == Action::"admin_everything", resource);', 'unrecognized action'],
    ['forbid(principal, action == Action::"admin_read", resource) when { resource.server == "crm" };', 'server'],
    ['forbid(principal, action == Action::"admin_read", resource) when { context.drift == "text" };', 'drift'],
    ['forbid(principal, action == Action::"admin_read", resource == Tool::"crm/find");', ''],
  ])('%s is refused', async (text, why) => {
    const compiled = await compile(ROLE, text);
    expect(compiled.ok).toBe(false);
    expect(compiled.diagnostics.map(({ message }) => message).join('\n')).toContain(why);
    expect(loadEngine(compiled.administration, 0).decide(asked('admin_read')).outcome).toBe('deny');
  });

  test('what a company forbids stands above every role, and is compared with Cedar like any other policy', async () => {
    const compiled = await compile(ROLE, `
      @id("weekdays") forbid(principal, action == Action::"admin_change", resource) when { context.hour < 8 || context.hour >= 18 };
      @id("proof") forbid(principal, action in [Action::"admin_govern"], resource) unless { context.proof == "dpop" || context.tokenAge < 60 };
      @id("red") forbid(principal is Workload, action in Action::"administration", resource in Space::"default") when { resource.name like "pol*" };`);
    expect(compiled.diagnostics).toEqual([]);
    const engine = loadEngine(compiled.administration, 0);
    expect(engine.decide(asked('admin_change')).outcome).toBe('allow');
    expect(engine.decide({ ...asked('admin_change'), context: { now: NOW + 12 * 3_600_000 } })).toMatchObject({ outcome: 'deny', policies: ['weekdays'] });
    expect(engine.decide(asked('admin_govern'))).toMatchObject({ outcome: 'deny', policies: ['proof'] });
    expect(engine.decide(asked('admin_govern', 'default', 'people', { proof: 'dpop' })).outcome).toBe('allow');
    expect(engine.decide(asked('admin_read', 'default', 'policies', { kind: 'workload' }))).toMatchObject({ outcome: 'deny', policies: ['red'] });
    expect(engine.decide(asked('admin_read', 'red', 'policies', { kind: 'workload' })).outcome).toBe('allow');
  });
});
