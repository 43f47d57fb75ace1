import { describe, expect, test } from 'bun:test';
import type { PolicyEngine } from '../domain/decision.ts';
import { compilePolicies } from './compile.ts';
import type { Compiled, PolicySource } from './compile.ts';
import { loadEngine } from './engine.ts';
import { compileExceptions } from './exceptions.ts';
import type { CallException } from './exceptions.ts';
import { CRM, NOW, OBLIGATIONS, SALES, WIKI, request, resource } from './fixture.ts';
import { LEARN_MS_MAX, writeLearning } from './learn.ts';
import { compileRoles } from './roles.ts';
import type { Binding, Role } from './roles.ts';
import { suggestPolicies } from './suggest.ts';
import { TEMPLATES, writeTemplate } from './templates.ts';

function compileSources(sources: readonly PolicySource[]): Promise<Compiled> {
  return compilePolicies({ sources, servers: [CRM, WIKI], toolsets: [SALES], obligations: OBLIGATIONS });
}

async function engineOf(sources: readonly PolicySource[]): Promise<PolicyEngine> {
  const compiled = await compileSources(sources);
  expect(compiled.diagnostics.filter(({ severity }) => severity === 'error')).toEqual([]);
  return loadEngine(compiled.program, 1);
}

function outcome(engine: PolicyEngine, name: string, asked: Parameters<typeof request>[0] = {}): string {
  return engine.decide(request({ resource: resource('tool', 'crm', name), ...asked })).outcome;
}

const READER: Readonly<Record<string, Role>> = { 'crm-reader': { allow: [{ server: 'crm', effects: ['read'] }] } };
const SUPPORT: Binding = { role: 'crm-reader', to: { group: 'support' } };

describe('roles', () => {
  test('allow what they name, and the session that a client needs for it', async () => {
    const engine = await engineOf(compileRoles(READER, [SUPPORT], [SALES], 'sallyport.yaml'));
    expect([outcome(engine, 'find'), outcome(engine, 'note'), outcome(engine, 'pay')]).toEqual(['allow', 'deny', 'deny']);
    for (const action of ['connect', 'list', 'complete', 'notify', 'respond'] as const) {
      expect(engine.decide(request({ action, resource: resource('server', 'crm', '') })).outcome).toBe('allow');
    }
    const toolset = { ...resource('server', 't/sales', ''), toolsets: ['sales'] };
    expect(engine.decide(request({ action: 'list', resource: toolset })).outcome).toBe('allow');
    expect(engine.decide(request({ action: 'list', resource: resource('server', 'wiki', '') })).outcome).toBe('deny');
    expect(engine.decide(request({ action: 'sample', resource: resource('server', 'crm', '') })).outcome).toBe('deny');
    expect(outcome(engine, 'find', { principal: { groups: ['sales'] } })).toBe('deny');
  });

  test('have stable ids, and nobody bound means nothing allowed', async () => {
    const { policies } = await compileSources(compileRoles(READER, [SUPPORT], [], 'sallyport.yaml'));
    expect([...policies.keys()]).toEqual(['role:crm-reader:group:support:0:session', 'role:crm-reader:group:support:0:tools']);
    expect(compileRoles(READER, [], [], 'sallyport.yaml')).toEqual([]);
  });

  test('bind groups, agents and principals, and tools, prompts, resources and toolsets', async () => {
    const roles = {
      all: {
        allow: [
          { server: 'crm', tools: ['pay', 'note'], effects: ['write'], prompts: ['hello'], resources: true },
          { toolset: 'sales', effects: ['read'] },
        ],
      },
    } as const;
    const engine = await engineOf(compileRoles(
      roles,
      [{ role: 'all', to: { agent: 'claude' } }, { role: 'all', to: { principal: 'sallyport|bob' } }],
      [SALES],
      'f',
    ));
    expect([outcome(engine, 'note'), outcome(engine, 'pay'), outcome(engine, 'find')]).toEqual(['allow', 'deny', 'allow']);
    expect(engine.decide(request({ action: 'get_prompt', resource: resource('prompt', 'crm', 'hello') })).outcome).toBe('allow');
    expect(engine.decide(request({ action: 'read_resource', resource: resource('resource', 'crm', 'file:///a') })).outcome).toBe('allow');
    expect(outcome(engine, 'note', { principal: { agent: 'other' } })).toBe('deny');
    expect(outcome(engine, 'note', { principal: { agent: 'other', id: 'sallyport|bob' } })).toBe('allow');
  });

  test('cannot be escaped by a name: it stays a string', async () => {
    const name = '", action, resource); permit(principal, action, resource); //\n\u2028';
    const sources = compileRoles(
      { r: { allow: [{ server: 'crm', effects: ['read'] }] } },
      [{ role: 'r', to: { group: name } }, { role: 'r', to: { agent: name } }],
      [],
      'f',
    );
    const engine = await engineOf(sources);
    expect(outcome(engine, 'find')).toBe('deny');
    expect(outcome(engine, 'find', { principal: { groups: [name] } })).toBe('allow');
    expect(outcome(engine, 'find', { principal: { agent: name } })).toBe('allow');
  });

  test('report an unknown tool at the place of the binding', async () => {
    const roles = { r: { allow: [{ server: 'crm', tools: ['fnid'] }] } };
    const { diagnostics } = await compileSources(compileRoles(
      roles,
      [{ role: 'r', to: { group: 'g' } }],
      [],
      'sallyport.yaml',
      () => ({ line: 12, column: 3 }),
    ));
    expect(diagnostics).toMatchObject([{ file: 'sallyport.yaml', line: 12, column: 3, code: 'ERR_POLICY_NEVER_MATCHES' }]);
  });
});

describe('exceptions', () => {
  const exception: CallException = {
    id: '0199', scope: { server: 'crm', tool: 'note', to: { group: 'support' } }, reason: 'migration', owner: 'o', approver: 'a', expiresAt: NOW + 60_000,
  };

  test('let through what they name until their end, without a new snapshot', async () => {
    const engine = await engineOf(compileExceptions([exception], 'f', NOW));
    expect([outcome(engine, 'note'), outcome(engine, 'find')]).toEqual(['allow', 'deny']);
    expect(outcome(engine, 'note', { now: NOW + 60_000 })).toBe('deny');
  });

  test('are left out when they have ended', () => {
    expect(compileExceptions([exception], 'f', NOW + 60_000)).toEqual([]);
  });
});

describe('a learning period', () => {
  const learning = { server: CRM, to: { agent: 'claude' }, owner: 'o', until: NOW + LEARN_MS_MAX, now: NOW } as const;

  test('permits reads and confirmed writes, never more, and ends', async () => {
    const engine = await engineOf([writeLearning(learning)]);
    expect(['find', 'note', 'guess', 'drop', 'pay'].map((name) => outcome(engine, name))).toEqual(['allow', 'allow', 'deny', 'deny', 'deny']);
    expect(outcome(engine, 'find', { now: NOW + LEARN_MS_MAX })).toBe('deny');
    expect(outcome(engine, 'find', { principal: { agent: 'other' } })).toBe('deny');
  });

  test.each([[NOW + LEARN_MS_MAX + 1], [NOW], [Number.NaN]])('does not last until %d', (until) => {
    expect(() => writeLearning({ ...learning, until })).toThrow('within 14 days');
  });
});

test('a suggestion permits what was observed, and nothing else', async () => {
  const seen = { agent: 'claude', server: 'crm' } as const;
  const text = suggestPolicies([
    { ...seen, action: 'call_tool', name: 'find' }, { ...seen, action: 'call_tool', name: 'find' }, { ...seen, action: 'list', name: '' },
    { ...seen, action: 'read_resource', name: 'file:///a' },
  ]);
  const engine = await engineOf([{ file: 'suggested.cedar', text }]);
  expect(['find', 'note', 'pay'].map((name) => outcome(engine, name))).toEqual(['allow', 'deny', 'deny']);
  expect(engine.decide(request({ action: 'connect', resource: resource('server', 'crm', '') })).outcome).toBe('allow');
  expect(engine.decide(request({ action: 'read_resource', resource: resource('resource', 'crm', 'file:///b') })).outcome).toBe('deny');
  expect(outcome(engine, 'find', { principal: { agent: 'other' } })).toBe('deny');
});

test('each template compiles, and allows what it says', async () => {
  const allowed: Record<string, string> = {};
  for (const name of TEMPLATES) {
    const engine = await engineOf([{ file: 'policies.cedar', text: writeTemplate(name, 'support', ['crm']) }]);
    allowed[name] = ['find', 'note', 'pay', 'drop'].filter((tool) => outcome(engine, tool) === 'allow').join(' ');
    expect(outcome(engine, 'find', { drift: 'text' })).toBe('deny');
    if (name === 'finance') expect(outcome(engine, 'pay', { principal: { tokenAgeMs: 901_000 } })).toBe('deny');
    if (name === 'developer') expect(outcome(engine, 'note', { zone: 'external' })).toBe('deny');
  }
  expect(allowed).toEqual({ 'read-only': 'find', support: 'find note', developer: 'find note', finance: 'find note pay' });
});

test('a template for a second group or server goes beside the first', async () => {
  const asked = [['support', 'crm'], ['support', 'wiki'], ['R & D', 'crm']] as const;
  const texts = TEMPLATES.flatMap((name) => asked.map(([group, server]) => writeTemplate(name, group, [server])));
  await engineOf(texts.map((text, index) => ({ file: `${index}.cedar`, text })));
});
