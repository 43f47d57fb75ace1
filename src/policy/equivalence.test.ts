import { describe, expect, test } from 'bun:test';
import { askCedar } from './cedar.ts';
import { compareWithCedar } from './equivalence.ts';
import { PAY } from './fixture.ts';
import type { Facts } from './oracle.ts';
import { parsePolicy } from './parse.ts';
import type { ProgramPolicy } from './program.ts';
import { shapeOfTool } from './shape.ts';
import { splitPolicies } from './split.ts';

const FACTS: Facts = { servers: { crm: { space: 'default', tier: 'internal', hosting: 'self' } }, shapes: { 'crm/pay': shapeOfTool(PAY.definition) } };

function compiled(text: string): ProgramPolicy {
  const [chunk] = splitPolicies('f', text);
  const draft = chunk === undefined ? undefined : parsePolicy(chunk, '').draft;
  if (draft === undefined) throw new Error('not a policy');
  return { ...draft, id: 'x', obligations: [] };
}

describe('compareWithCedar', () => {
  const text = `permit (principal in Group::"support", action == Action::"call_tool", resource == Tool::"crm/pay")
    when { context.arguments has amount && context.arguments.amount.lessThan(decimal("100.0")) };`;

  test('accepts the compiled form of the policy', () => {
    expect(compareWithCedar(text, compiled(text), FACTS, 1)).toBeUndefined();
  });

  // Each is a mistake that a compiler could make.
  test.each([
    ['another bound', text.replace('100.0', '100.0001')],
    ['another comparison', text.replace('lessThan', 'lessThanOrEqual')],
    ['a lost test', text.replace('context.arguments has amount && ', '')],
    ['a turned condition', text.replace('when', 'unless')],
    ['a wider scope', text.replace('principal in Group::"support"', 'principal')],
    ['a narrower scope', text.replace('principal in Group', 'principal is Person in Group')],
    ['another action', text.replace('call_tool', 'task')],
  ])('finds %s', (_, wrong) => {
    const found = [1, 2, 3, 4].map((seed) => compareWithCedar(text, compiled(wrong), FACTS, seed)?.code);
    expect(found).toContain('ERR_POLICY_EQUIVALENCE');
  });
});

test('a trap in Cedar costs one answer, not the instance', () => {
  const deep = `permit (principal, action, resource) when { ${'['.repeat(5000)}${']'.repeat(5000)} == [] };`;
  expect(askCedar((cedar) => cedar.policyToJson(deep))).toBeUndefined();
  expect(askCedar((cedar) => cedar.policyToJson('permit (principal, action, resource);'))?.type).toBe('success');
});
