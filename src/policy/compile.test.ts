import { describe, expect, test } from 'bun:test';
import { LIMITS } from '../domain/limits.ts';
import type { Diagnostic } from './diagnostic.ts';
import { formatDiagnostic } from './diagnostic.ts';
import { compilePolicies } from './compile.ts';
import { loadEngine } from './engine.ts';
import { CRM, WIKI, compile, inputOf, request, server } from './fixture.ts';

async function complaintsOf(text: string): Promise<readonly Diagnostic[]> {
  const compiled = await compile(text);
  expect(compiled.ok).toBe(compiled.diagnostics.every(({ severity }) => severity === 'warning'));
  return compiled.diagnostics;
}

/** The scope of policies that read arguments. */
const PAYING = '(principal, action == Action::"call_tool", resource == Tool::"crm/pay")';

/** Policy text, the code it is refused with, and a word of the message or remedy. */
const REFUSED: readonly (readonly [name: string, text: string, code: Diagnostic['code'], word: string])[] = [
  ['text that is no policy', 'permit (principal, action);', 'ERR_POLICY_SYNTAX', 'resource'],
  ['a policy without its semicolon', 'permit (principal, action, resource)', 'ERR_POLICY_SYNTAX', 'unexpected'],
  ['a template', 'permit (principal == ?principal, action, resource);', 'ERR_POLICY_SYNTAX', 'template'],
  ['an unknown server', 'permit (principal, action, resource in Server::"crn");', 'ERR_POLICY_NEVER_MATCHES', 'Server::"crm"'],
  ['an unknown tool', 'permit (principal, action, resource == Tool::"crm/pya");', 'ERR_POLICY_NEVER_MATCHES', 'Tool::"crm/pay"'],
  ['an unknown tool in a condition', 'permit (principal, action, resource) unless { resource == Tool::"crm/pya" };', 'ERR_POLICY_NEVER_MATCHES', 'crm/pya'],
  ['an unknown prompt', 'permit (principal, action, resource == Prompt::"crm/helo");', 'ERR_POLICY_NEVER_MATCHES', 'crm/hello'],
  ['a resource of an unknown server', 'permit (principal, action, resource == Resource::"files/file:///a");', 'ERR_POLICY_NEVER_MATCHES', 'Resource'],
  ['an unknown toolset', 'permit (principal, action, resource in Toolset::"sale");', 'ERR_POLICY_NEVER_MATCHES', 'sales'],
  ['an unknown space', 'permit (principal, action, resource in Space::"team");', 'ERR_POLICY_NEVER_MATCHES', 'default'],
  ['an unknown action', 'permit (principal, action == Action::"call_tools", resource);', 'ERR_POLICY_INVALID', 'call_tool'],
  [
    'an unknown effect',
    'permit (principal, action == Action::"call_tool", resource) when { resource.effect == "reed" };',
    'ERR_POLICY_NEVER_MATCHES',
    'read, write',
  ],
  [
    'an unknown effect in a list',
    'permit (principal, action == Action::"call_tool", resource) when { ["read", "rite"].contains(resource.effect) };',
    'ERR_POLICY_NEVER_MATCHES',
    'rite',
  ],
  ['an unknown category', 'permit (principal, action, resource) when { resource.categories.contains("pie") };', 'ERR_POLICY_NEVER_MATCHES', 'pii'],
  ['a finding that no detector makes', 'forbid (principal, action, resource) when { context.findings.contains("anomaly/rat") };', 'ERR_POLICY_NEVER_MATCHES',
    'anomaly/rate'],
  [
    'a provenance that no destination has', 'forbid (principal, action, resource) when { context.destinations == "tainted" };', 'ERR_POLICY_NEVER_MATCHES',
    'untrusted',
  ],
  ['an unknown zone', 'permit (principal, action, resource) when { context.zone == "lan" };', 'ERR_POLICY_NEVER_MATCHES', 'loopback'],
  ['an action that this resource never has', 'permit (principal, action == Action::"call_tool", resource is Prompt);', 'ERR_POLICY_NEVER_MATCHES', 'action'],
  ['a condition that is false', 'permit (principal, action, resource) when { false };', 'ERR_POLICY_NEVER_MATCHES', 'false for every request'],
  [
    'an attribute that this phase lacks',
    'permit (principal, action == Action::"list", resource) when { resource.effect == "read" };',
    'ERR_POLICY_INVALID',
    'effect',
  ],
  ['an attribute that nothing has', 'permit (principal, action, resource) when { context.mood == "good" };', 'ERR_POLICY_INVALID', 'mood'],
  ['a comparison of different types', 'permit (principal, action, resource) when { context.hour == "nine" };', 'ERR_POLICY_INVALID', 'compatible'],
  [
    'arguments of no one tool',
    'permit (principal, action, resource) when { context.arguments.amount.lessThan(decimal("1.0")) };',
    'ERR_POLICY_INVALID',
    'resource == Tool::',
  ],
  [
    'arguments in another action',
    'permit (principal, action, resource == Tool::"crm/pay") when { context.arguments.to == "a" };',
    'ERR_POLICY_INVALID',
    'Action::"call_tool"',
  ],
  [
    'an argument that the schema lacks',
    `permit ${PAYING} when { context.arguments.nosuch == "a" };`,
    'ERR_POLICY_INVALID',
    'inputSchema',
  ],
  [
    'an argument that has no type',
    `permit ${PAYING} when { context.arguments has extra && context.arguments.extra == "a" };`,
    'ERR_POLICY_INVALID',
    'amount, to',
  ],
  [
    'a test for an argument that policies can\'t see',
    `forbid ${PAYING} when { context.hour > 20 || context.arguments has extra };`,
    'ERR_POLICY_INVALID',
    'extra',
  ],
  [
    'a comparison of an object as a whole',
    `forbid ${PAYING} when { context.arguments has customer && context.arguments.customer == {name: "x"} };`,
    'ERR_POLICY_UNSUPPORTED',
    'one by one',
  ],
  [
    'a test for the arguments themselves',
    `forbid ${PAYING} when { context has arguments };`,
    'ERR_POLICY_UNSUPPORTED',
    'one by one',
  ],
  [
    'an optional argument that is not tested for',
    `permit ${PAYING} when { context.arguments.amount.lessThan(decimal("1.0")) };`,
    'ERR_POLICY_INVALID',
    'has amount',
  ],
  [
    'an integer compared with an argument',
    `permit ${PAYING} when { context.arguments has amount && context.arguments.amount < 100 };`,
    'ERR_POLICY_INVALID',
    'lessThan',
  ],
  ['the context as a whole', 'permit (principal, action, resource) when { context == {} };', 'ERR_POLICY_UNSUPPORTED', 'one attribute'],
  [
    'an attribute of a named entity',
    'permit (principal, action, resource) when { Tool::"crm/pay".effect == "read" };',
    'ERR_POLICY_UNSUPPORTED',
    'principal or resource',
  ],
  ['a tag', 'permit (principal, action, resource) when { principal.hasTag("x") };', 'ERR_POLICY_UNSUPPORTED', 'hasTag'],
  [
    'an integer that a double can\'t hold',
    'permit (principal, action, resource) when { context.tokenAge < 9223372036854775807 };',
    'ERR_POLICY_UNSUPPORTED',
    '2^53',
  ],
  ['an unknown annotation', '@aprove("secops") forbid (principal, action, resource);', 'ERR_OBLIGATION_UNKNOWN', '@approve'],
  ['a gate on a permit', '@approve("secops") permit (principal, action, resource);', 'ERR_POLICY_INVALID', 'forbid'],
  ['a transform on a forbid', '@redact("pii") forbid (principal, action, resource);', 'ERR_POLICY_INVALID', 'permit'],
  ['a gate with a value that it does not take', '@limit("often") forbid (principal, action, resource);', 'ERR_POLICY_INVALID', '30/min'],
  ['two policies of one id', '@id("a") permit (principal, action, resource); @id("a") forbid (principal, action, resource);', 'ERR_POLICY_INVALID', 'called a'],
  ['an id of our own', '@id("sallyport:registry") permit (principal, action, resource);', 'ERR_POLICY_INVALID', 'sallyport:'],
  ['brackets without end', `permit (principal, action, resource) when { ${'('.repeat(500)}true${')'.repeat(500)} };`, 'ERR_POLICY_UNSUPPORTED', 'deep'],
  [
    'a text without end',
    `permit (principal, action, resource) when { context.agent == "${'x'.repeat(LIMITS.policyBytesMax)}" };`,
    'ERR_POLICY_UNSUPPORTED',
    'bytes',
  ],
];

describe('compilePolicies refuses', () => {
  test.each(REFUSED)('%s', async (_, text, code, word) => {
    const diagnostics = await complaintsOf(text);
    const found = diagnostics.filter((diagnostic) => diagnostic.code === code);
    expect(diagnostics.map((diagnostic) => diagnostic.code)).toContain(code);
    expect(found.map(formatDiagnostic).join('\n')).toContain(word);
    for (const { remedy, line, column } of diagnostics) {
      expect(remedy).not.toBe('');
      expect([line > 0, column > 0]).toEqual([true, true]);
    }
  });

  test('with the place of the mistake, in UTF-16 units after other scripts', async () => {
    const [first] = await complaintsOf(
      '// é\npermit (principal, action, resource);\n  // note\n  permit (principal, action, resource)\n' +
        '  when { context.agent == "é😀" && context.mood == "x" };',
    );
    expect(first).toMatchObject({ file: 'policies.cedar', line: 5, column: 36, severity: 'error' });
  });

  test('everything, when one policy is wrong: the program is deny-all', async () => {
    const { ok, program } = await compile('permit (principal, action, resource);', 'permit (principal, action, resource in Server::"nowhere");');
    expect(ok).toBe(false);
    expect(loadEngine(program, 1).decide(request()).outcome).toBe('deny');
  });

  test('an obligation that the gateways can\'t meet', async () => {
    const { ok, diagnostics } = await compilePolicies({ ...inputOf('@approve("secops") forbid (principal, action, resource);'), obligations: [] });
    expect({ ok, codes: diagnostics.map(({ code }) => code) }).toEqual({ ok: false, codes: ['ERR_OBLIGATION_UNKNOWN'] });
  });

  test('two servers of one id, and an id with a slash', async () => {
    for (const servers of [[CRM, CRM], [server('a/b', [])]]) {
      expect((await compilePolicies({ ...inputOf(), servers })).ok).toBe(false);
    }
  });
});

describe('compilePolicies accepts', () => {
  test.each([
    'permit (principal, action in Action::"read_only", resource);',
    'permit (principal is Workload, action in [Action::"call_tool", Action::"session"], resource in Toolset::"sales");',
    'permit (principal == Person::"sallyport|ann", action, resource in Space::"default");',
    'permit (principal, action, resource == Server::"t/sales");',
    'permit (principal, action == Action::"read_resource", resource) when { resource.name like "file:///srv/*" && resource is Resource in Server::"crm" };',
    'permit (principal, action, resource) when { context.now < datetime("2027-01-01T00:00:00Z") && context.now.toTime() < duration("18h") };',
    'permit (principal, action, resource) when { ["monday", "friday"].contains(context.day) && context.actors.isEmpty() };',
    `permit ${PAYING} when { context.arguments has customer.age && context.arguments.customer.age.lessThan(decimal("18.0")) };`,
    `permit ${PAYING} when { context.arguments has tags && context.arguments.tags.containsAny(["a", "b"]) };`,
    'permit (principal, action, resource) when { if principal is Person then context.tokenAge * 2 < 3600 else ip("10.0.0.1").isInRange(ip("10.0.0.0/8")) };',
    '@id("x") @reason("because") permit (principal, action, resource) when { !resource.categories.containsAll(["phi"]) } unless { principal.agent == "a" };',
  ])('%s', async (text) => {
    expect(await complaintsOf(text)).toEqual([]);
  });

  test('a policy on a tool whose server waits for approval, with a warning; it does nothing until then', async () => {
    const { baseline: _, ...waiting } = server('new', []);
    const text = 'permit (principal, action == Action::"call_tool", resource == Tool::"new/go") when { context.arguments.x == "y" };';
    const { ok, diagnostics, policies } = await compilePolicies({ ...inputOf(text), servers: [CRM, WIKI, waiting] });
    expect({ ok, severities: diagnostics.map(({ severity }) => severity), inForce: policies.size }).toEqual({ ok: true, severities: ['warning'], inForce: 0 });
    expect(diagnostics[0]?.remedy).toContain('server approve new');
  });
});

describe('policy ids', () => {
  test('outlive an insertion before the policy', async () => {
    const text = 'permit (principal, action, resource in Server::"crm");';
    const before = await compile(text);
    const after = await compile(`forbid (principal, action, resource in Server::"wiki");\n${text}`);
    expect([...after.policies.keys()]).toContain([...before.policies.keys()][0] ?? '');
  });
});

describe('an incremental compilation', () => {
  test('gives the same program, and asks Cedar about what changed only', async () => {
    const texts = ['permit (principal, action, resource in Server::"crm");', 'permit (principal, action, resource in Server::"wiki");'];
    const first = await compile(texts.join('\n'));
    const changed = inputOf(`${texts[0]}\nforbid (principal, action, resource in Server::"wiki");`);
    const second = await compilePolicies(changed, first);
    expect(second.program).toEqual((await compilePolicies(changed)).program);
    const kept = [...second.kept.verified.keys()].filter((key) => first.kept.verified.has(key));
    expect([kept.length, second.kept.verified.size]).toEqual([1, 2]);
    expect([...second.kept.parsed.values()].filter((parsed) => [...first.kept.parsed.values()].includes(parsed))).toHaveLength(1);
  });

  test('checks a kept policy again when its tool is gone', async () => {
    const input = inputOf('permit (principal, action, resource == Tool::"wiki/read");');
    const first = await compilePolicies(input);
    expect(first.ok).toBe(true);
    expect((await compilePolicies({ ...input, servers: [CRM, server('wiki', [])] }, first)).ok).toBe(false);
  });
});
