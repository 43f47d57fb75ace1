import { describe, expect, test } from 'bun:test';
import { parseCases, runCases } from './cases.ts';
import { loadEngine } from './engine.ts';
import { explainDecision } from './explain.ts';
import { ANN, CRM, NOW, SALES, WIKI, compile, request, resource } from './fixture.ts';
import { buildMatrix } from './matrix.ts';

const POLICIES = `
@id("support-reads") permit (principal in Group::"support", action, resource in Server::"crm") when { !(resource is Tool) || resource is Tool };
@id("no-money") @reason("agents do not pay") forbid (principal, action == Action::"call_tool", resource) when { resource.effect == "transact" };
@id("ask-first") @approve("secops") forbid (principal, action, resource == Tool::"crm/drop");
`.replace(' when { !(resource is Tool) || resource is Tool }', '');

const CALM = '@id("calm") forbid (principal, action, resource) when { context.findings.contains("anomaly/rate") };';
const DERIVED = '@id("derived") forbid (principal, action, resource) when { context.flowsFrom.contains("wiki") };';

const CASES = `
principals:
  ann: { groups: [support] }
  eve: { groups: [] }
tests:
  - { name: reads, as: ann, server: crm, tool: find, expect: allow, policies: [support-reads] }
  - { name: pays, as: ann, server: crm, tool: pay, arguments: { amount: 1 }, expect: deny, policies: [no-money] }
  - { name: drops, as: ann, server: crm, tool: drop, expect: deny, obligations: [approve] }
  - { name: stranger, as: eve, server: crm, tool: find, expect: deny, policies: [] }
  - { name: unknown tool counts as worst, as: ann, server: crm, tool: nosuch, expect: deny }
  - { name: lists, as: ann, server: crm, expect: allow }
  - { name: derived, as: ann, server: crm, tool: find, provenance: { destinations: untrusted, flowsFrom: [wiki] }, expect: deny, policies: [derived] }
  - { name: bursts, as: ann, server: crm, tool: find, findings: { anomaly/rate: high }, expect: deny, policies: [calm] }
`;

describe('policy tests', () => {
  test('pass when decisions are as expected, and say what differs when not', async () => {
    const engine = loadEngine((await compile(POLICIES, CALM, DERIVED)).program, 1);
    const { cases, diagnostics } = parseCases(CASES, 'tests.yaml');
    expect(diagnostics).toEqual([]);
    expect(runCases(engine, cases ?? { principals: {}, tests: [] }, [CRM, WIKI], [SALES]).filter(({ passed }) => !passed)).toEqual([]);
    const wrong = parseCases(CASES.replace('expect: allow, policies: [support-reads]', 'expect: deny'), 'tests.yaml').cases;
    const failed = runCases(engine, wrong ?? { principals: {}, tests: [] }, [CRM, WIKI], [SALES]).filter(({ passed }) => !passed);
    expect(failed).toEqual([{ name: 'reads', passed: false, difference: 'expected deny, got allow (support-reads)' }]);
  });

  test.each([
    ['principals: {}\ntests: [', 'ERR_CONFIG_SYNTAX', 2],
    ['principals: {}\ntests:\n  - { name: a, as: ann, server: crm, expect: maybe }', 'ERR_CONFIG_INVALID', 3],
    ['principals: {}\ntests:\n  - { name: a, as: ann, server: crm, expect: deny }', 'ERR_CONFIG_INVALID', 1],
    ['principals: {}\ntests: []\nmore: 1', 'ERR_CONFIG_INVALID', 1],
  ] as const)('name the place of a mistake: %j', (text, code, line) => {
    expect(parseCases(text, 'tests.yaml').diagnostics[0]).toMatchObject({ code, line, file: 'tests.yaml' });
  });
});

test('the matrix shows who can call what', async () => {
  const engine = loadEngine((await compile(POLICIES)).program, 1);
  const rows = buildMatrix(engine, [CRM], [SALES], [ANN, { ...ANN, groups: [] }], 'internal', NOW);
  expect(rows.map(({ tool, cells }) => `${tool} ${cells.join(' ')}`)).toEqual([
    'pay deny deny',
    'find allow deny',
    'note allow deny',
    'guess allow deny',
    'drop unknown deny',
  ]);
});

test('explain gives the determining policies in words', async () => {
  const compiled = await compile(POLICIES);
  const engine = loadEngine(compiled.program, 1);
  const of = (name: string, groups: readonly string[] = ['support']): ReturnType<typeof explainDecision> =>
    explainDecision(engine.decide(request({ principal: { groups }, resource: resource('tool', 'crm', name) })), compiled.policies);
  expect(of('find').summary).toBe('Allowed by support-reads.');
  expect(of('pay')).toMatchObject({
    summary: 'Denied, because no-money forbids it; a forbid stands above every permit.',
    policies: [{ id: 'no-money', place: 'policies.cedar:3:1' }],
  });
  expect(of('pay').policies[0]?.words).toContain('agents do not pay');
  expect(of('drop').summary).toBe('Denied by ask-first until met: approve (secops).');
  expect(of('find', []).summary).toContain('no policy permits it');
  const gone = explainDecision({ outcome: 'allow', policies: ['gone'], obligations: [], errors: [] }, compiled.policies);
  expect(gone.policies[0]?.words).toContain('no longer in force');
});
