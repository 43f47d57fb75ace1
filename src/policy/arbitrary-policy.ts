import * as fc from 'fast-check';

/** Random policies for the differential tests: Cedar text, as a person would write it, of valid and of invalid types. */
export const WORDS: readonly string[] = ['', 'a', 'ab', 'claude', 'mallory', 'x*y', 'é😀', '../a'];
const LONGS = ['0', '1', '-1', '10', '60', '3600', '9007199254740991', '-9007199254740991', 'context.tokenAge', 'context.hour', '{a: 7}.a'];
const TEXTS = [...WORDS, 'read', 'write'].map((word) => JSON.stringify(word));
const TEXT_ATTRIBUTES = ['context.agent', 'principal.agent', 'principal.id', 'resource.name', 'resource.server', 'principal.space'];
const AMOUNTS = ['0.0', '1.0', '-1.5', '99.9999', '100.0', '922337203685477.5807', '-922337203685477.5808'];
const TIMES = ['2026-11-23', '2026-11-23T10:00:00Z', '1969-12-31T23:59:59.999Z', '2026-11-23T12:00:00+0200'];
const SPANS = ['1h', '-1ms', '0s', '1d2h3m4s5ms', '90m'];
const RANGES = ['10.0.0.1', '10.0.0.0/8', '127.0.0.1', '127.0.0.0/7', '224.0.0.1', '::1', '::/0', 'fe80::1/10', 'ff02::1'];
const PATTERNS = ['*', 'a*', '*a', 'cl*de', 'x\\*y', '*é*', '', '**b'];
const SETS = [
  'context.actors', '["a", "mallory"]', '["a", "a"]', '["pii", "phi"]', 'resource.categories', 'context.contextCategories', 'context.findings',
  'context.flowsFrom', 'context.argumentCategories',
];
const PLAIN = [
  'true', 'false', 'principal is Person', 'resource is Tool in Server::"crm"', 'principal in Group::"support"', 'resource in Toolset::"sales"',
  'action in Action::"read_only"', 'principal == Person::"sallyport|ann"', 'resource in [Space::"default", Server::"wiki"]',
];
const MOMENTS = [
  'context.drift == "none"', 'context.contextIntegrity == "untrusted"', 'context.contextConfidentiality == "public"',
  'context.findingSeverity >= 4', 'context.findings.contains("anomaly/rate")', 'context.findings.isEmpty()',
  'context.destinations == "untrusted"', 'context.flowsFrom.contains("crm/find")', 'context.argumentConfidentiality != resource.clearance', 'resource.memory',
  'resource.region == "eu"', 'resource.vendor == "acme"', 'resource.vendorDisclosed', 'resource.vendorScore >= 61', 'resource.attestationAge > 22',
  'context.tokenAge < 60', 'context.hour >= 10', 'context.now < datetime("2026-11-24")',
];
/** What the validator would refuse: attributes that are missing for some requests. */
const UNTESTED = [
  'resource.effect == "read"', 'context has nosuch', 'principal has nosuch', 'resource has effect', 'resource.nosuch == 1', 'context.nosuch',
];
const ON_ARGUMENTS = [
  '(context.arguments has urgent && context.arguments.urgent)', 'context.arguments has customer.age',
  '(context.arguments has tags && context.arguments.tags.contains("a"))', 'context.arguments.to == "mallory"',
  ...AMOUNTS.map((amount) => `(context.arguments has amount && context.arguments.amount.lessThan(decimal("${amount}")))`),
];

type Text = fc.Arbitrary<string>;
type Terms = Record<'condition' | 'long' | 'string' | 'decimal' | 'set' | 'time' | 'span' | 'ip', string>;

export function pick<Item>(...items: readonly Item[]): fc.Arbitrary<Item> {
  return fc.constantFrom(...items);
}

const literals = (name: string, values: readonly string[]): Text => pick(...values.map((value) => `${name}("${value}")`));
const join = (left: Text, operator: string, right: Text): Text => fc.tuple(left, right).map(([a, b]) => `(${a} ${operator} ${b})`);
const call = (self: Text, name: string, other: Text): Text => fc.tuple(self, other).map(([a, b]) => `${a}.${name}(${b})`);
const ask = (self: Text, name: string): Text => self.map((a) => `${a}.${name}()`);

export interface Conditions {
  /** Mixes types up, leaves attributes untested, overflows: evaluation errors are met. */
  readonly wild: boolean;
  readonly reads: 'arguments' | 'nothing';
}

export function conditions({ wild, reads }: Conditions): Text {
  const { condition } = fc.letrec<Terms>((tie) => {
    const of = (kind: keyof Terms): Text => {
      const right = { weight: 24, arbitrary: tie(kind).map(String) };
      const wrong = (['long', 'string', 'set', 'condition'] as const).map((other) => ({ weight: 1, arbitrary: tie(other).map(String) }));
      return wild ? fc.oneof(right, ...wrong) : right.arbitrary;
    };
    return { condition: conditionOf(of, { wild, reads }), ...valuesOf(of) };
  });
  return condition;
}

type Of = (kind: keyof Terms) => Text;

function conditionOf(of: Of, { wild, reads }: Conditions): Text {
  const [condition, long, string, decimal] = [of('condition'), of('long'), of('string'), of('decimal')];
  const [set, time, span, ip] = [of('set'), of('time'), of('span'), of('ip')];
  return fc.oneof(
    { maxDepth: 4, depthSize: 'small' },
    pick(...PLAIN), pick(...MOMENTS), ...(reads === 'arguments' ? [pick(...ON_ARGUMENTS), pick(...ON_ARGUMENTS)] : []), ...(wild ? [pick(...UNTESTED)] : []),
    join(condition, '&&', condition), join(condition, '||', condition), condition.map((a) => `!(${a})`),
    fc.tuple(condition, condition, condition).map(([a, b, c]) => `(if ${a} then ${b} else ${c})`),
    join(long, '==', long), join(long, '<', long), join(long, '>=', long), join(time, '<', time), join(span, '<=', span),
    join(string, '==', string), join(decimal, '!=', decimal), join(set, '==', set), join(ip, '==', ip),
    fc.tuple(string, pick(...PATTERNS)).map(([a, b]) => `(${a} like "${b}")`),
    call(set, 'contains', string), call(set, 'containsAll', set), call(set, 'containsAny', set), ask(set, 'isEmpty'),
    call(decimal, 'lessThanOrEqual', decimal), call(decimal, 'greaterThan', decimal),
    call(ip, 'isInRange', ip), ask(ip, 'isLoopback'), ask(ip, 'isIpv4'), ask(ip, 'isMulticast'),
    fc.tuple(long, string).map(([a, b]) => `({a: ${a}, b: {c: ${b}}} == {b: {c: ${b}}, a: ${a}})`),
  );
}

function valuesOf(of: Of): { readonly [Kind in Exclude<keyof Terms, 'condition'>]: Text } {
  const [long, string, time, span] = [of('long'), of('string'), of('time'), of('span')];
  return {
    long: fc.oneof(
      { maxDepth: 3 },
      pick(...LONGS), join(long, '+', long), join(long, '-', long), join(long, '*', long), long.map((a) => `-(${a})`),
      ask(span, 'toSeconds'), ask(span, 'toDays'),
    ),
    string: fc.oneof(pick(...TEXTS), pick(...TEXT_ATTRIBUTES)),
    decimal: literals('decimal', AMOUNTS),
    set: fc.oneof(pick(...SETS), fc.array(string, { minLength: 1, maxLength: 3 }).map((items) => `[${items.join(', ')}]`)),
    time: fc.oneof({ maxDepth: 2 }, pick('context.now'), literals('datetime', TIMES), call(time, 'offset', span), ask(time, 'toDate')),
    span: fc.oneof({ maxDepth: 2 }, literals('duration', SPANS), call(time, 'durationSince', time), ask(time, 'toTime')),
    ip: literals('ip', RANGES),
  };
}

const EFFECT = pick('permit', 'permit', 'permit', 'forbid', '@approve("ops") forbid');
const PRINCIPAL = pick(
  'principal', 'principal', 'principal', 'principal is Person', 'principal in Group::"support"', 'principal == Person::"sallyport|ann"',
  'principal is Workload in Group::"ops"',
);
const CALL = 'action == Action::"call_tool"';
const ACTION = pick(
  'action',
  'action',
  CALL,
  CALL,
  'action in Action::"read_only"',
  `action in [Action::"call_tool", Action::"session"]`,
  'action == Action::"get_prompt"',
);
const RESOURCE = pick(
  'resource', 'resource', 'resource', 'resource is Tool', 'resource in Server::"crm"', 'resource == Tool::"crm/find"', 'resource in Toolset::"sales"',
  'resource is Prompt in Server::"crm"', 'resource in Space::"default"', 'resource in Tool::"wiki/read"', 'resource == Server::"crm"',
);
const CLAUSE = pick('when', 'unless');

/** Whole policies that the validator mostly accepts; some of them on the arguments of `crm/pay`. */
export const policies: Text = fc
  .oneof(
    { weight: 4, arbitrary: fc.tuple(EFFECT, PRINCIPAL, ACTION, RESOURCE, CLAUSE, conditions({ wild: false, reads: 'nothing' })) },
    {
      weight: 3,
      arbitrary: fc.tuple(
        EFFECT,
        PRINCIPAL,
        pick(CALL),
        pick('resource == Tool::"crm/pay"'),
        CLAUSE,
        conditions({ wild: false, reads: 'arguments' }),
      ),
    },
    { weight: 2, arbitrary: fc.tuple(EFFECT, PRINCIPAL, ACTION, RESOURCE, pick('when'), pick('true')) },
  )
  .map(([effect, principal, action, resource, clause, condition]) => `${effect} (${principal}, ${action}, ${resource}) ${clause} { ${condition} };`);
