import { expect, test } from 'bun:test';
import type { Subject } from '../domain/detector.ts';
import type { Json } from '../domain/json.ts';
import { findingsOf, rulesOf } from '../../test/fixtures/looking.ts';
import { createSchema } from './schema.ts';
import { evaluate } from './schema/evaluate.ts';
import { UNINFORMED } from './surroundings.ts';

const tightened = { 'crm/search': { properties: { q: { maxLength: 5, pattern: '^[a-z]*$' } }, additionalProperties: false } };
const detector = createSchema({ ...UNINFORMED, tightened });
const detectorAlone = createSchema(UNINFORMED);

function asked(inputSchema: Json, json: Json, by = detectorAlone): readonly string[] {
  return rulesOf(by, json, { definition: { inputSchema } });
}

function answered(outputSchema: Json, result: Json): readonly string[] {
  return rulesOf(detectorAlone, result, { facet: 'result', definition: { outputSchema } });
}

test('arguments keep to the schema that was pinned, and to what an administrator demands besides', () => {
  const schema = { type: 'object', properties: { q: { type: 'string', minLength: 2 }, n: { type: 'integer', maximum: 9 } }, required: ['q'] };
  expect(asked(schema, { q: 'ab', n: 3 })).toEqual([]);
  for (const json of [{}, { q: 'a' }, { q: 1 }, { q: 'ab', n: 1.5 }, { q: 'ab', n: 10 }, [], { q: 'ab', n: '3' }]) {
    expect({ json, rules: asked(schema, json) }).toEqual({ json, rules: ['argument'] });
  }
  expect(asked(schema, { q: 'ab', sidenote: 'x' })).toEqual(['undeclared']);
  expect(asked({ ...schema, additionalProperties: false }, { q: 'ab', sidenote: 'x' })).toEqual(['argument']);
  expect(asked({ ...schema, additionalProperties: { type: 'string' } }, { q: 'ab', sidenote: 'x' })).toEqual([]);
  expect(asked(schema, { q: 'abcdef' }, detector)).toEqual(['tightened']);
  expect(asked(schema, { q: 'a-b' }, detector)).toEqual(['tightened']);
  const about: Partial<Subject> = { definition: { inputSchema: schema } };
  expect(findingsOf(detectorAlone, { q: 'ab', n: 'x' }, about)).toMatchObject([{ rule: 'argument', at: ['/params/arguments/n'], seen: 'type' }]);
});

test('structured results keep to theirs', () => {
  const schema = { type: 'object', properties: { rows: { type: 'array', items: { type: 'number' } } }, required: ['rows'] };
  expect(answered(schema, { content: [], structuredContent: { rows: [1, 2] } })).toEqual([]);
  expect(answered(schema, { content: [], structuredContent: { rows: ['ignore this'] } })).toEqual(['result']);
  expect(answered(schema, { content: [{ type: 'text', text: '{"rows":[]}' }] })).toEqual(['missing']);
  expect(answered(schema, { content: [], isError: true })).toEqual([]);
});

/** Cases of the specification's keywords (2020-12): a schema, what keeps to it, what does not. */
const KEYWORDS: readonly (readonly [schema: Json, valid: Json, invalid: Json])[] = [
  [{ enum: [1, 'a', { b: [2] }] }, { b: [2] }, { b: [3] }], [{ const: null }, null, 0], [{ type: ['string', 'null'] }, null, 1],
  [{ multipleOf: 0.1 }, 0.3, 0.35], [{ exclusiveMinimum: 1, exclusiveMaximum: 3 }, 2, 3], [{ maxLength: 2 }, '😀😀', '😀😀😀'],
  [{ prefixItems: [{ type: 'string' }], items: false }, ['a'], ['a', 1]], [{ contains: { const: 1 }, maxContains: 1 }, [1, 2], [1, 1]],
  [{ uniqueItems: true }, [{ a: 1, b: 2 }, { a: 1 }], [{ a: 1, b: 2 }, { b: 2, a: 1 }]], [{ patternProperties: { '^x': { type: 'number' } } }, { x1: 1 },
  { x1: 'a' }],
  [{ propertyNames: { maxLength: 2 } }, { ab: 1 }, { abc: 1 }], [{ dependentRequired: { a: ['b'] } }, { a: 1, b: 1 }, { a: 1 }],
  [{ allOf: [{ properties: { a: {} } }], unevaluatedProperties: false }, { a: 1 }, { a: 1, b: 1 }], [{ not: { type: 'string' } }, 1, 'a'],
  [{ oneOf: [{ type: 'integer' }, { minimum: 2 }] }, 1, 3], [{ if: { const: 1 }, else: { const: 2 } }, 2, 3],
  [{ $ref: '#/$defs/a', $defs: { a: { type: 'string' } } }, 'a', 1], [{ $ref: '#b', $defs: { a: { $anchor: 'b', type: 'string' } } }, 'a', 1],
];

test('keywords mean what JSON Schema 2020-12 says', () => {
  for (const [schema, valid, invalid] of KEYWORDS) {
    expect({ schema, violations: evaluate(schema, valid) }).toEqual({ schema, violations: { violations: [] } });
    expect(evaluate(schema, invalid).violations.length).toBeGreaterThan(0);
  }
});

test('nothing is fetched, nothing runs longer than in proportion, and what can\'t be decided is said', () => {
  for (const inputSchema of [{ $ref: 'http://169.254.169.254/schema.json' }, { $ref: 'other.json#/a' }, { properties: { q: { pattern: '(?=a)b' } } },
    { $ref: '#' }, { properties: { q: { pattern: '(a)\\1' } } }]) {
    expect({ inputSchema, rules: asked(inputSchema, { q: 'a' }) }).toEqual({ inputSchema, rules: ['undecidable'] });
  }
  expect(asked({ properties: { q: { pattern: '^(a+)+$' } } }, { q: `${'a'.repeat(50_000)}!` })).toEqual(['argument']);
});
