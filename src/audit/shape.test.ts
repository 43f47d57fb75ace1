import { expect, test } from 'bun:test';
import { shapeOf } from './shape.ts';

const SCHEMA = {
  type: 'object',
  properties: { to: { type: 'string' }, bcc: { type: 'string' }, parts: { type: 'array' }, from: { type: 'object', properties: { name: {} } }, urgent: {} },
};

test('arguments appear as types and sizes, by the schema\'s own names', () => {
  expect(shapeOf({ to: 'ann@example.com', parts: [1, 2], from: { name: 'Bob', secret: 1 }, urgent: null, n: 3 }, SCHEMA)).toEqual({
    to: 'string(15)', bcc: 'absent', parts: 'array(2)', from: { name: 'string(3)', '?': 'other(1)' }, urgent: 'null', '?': 'other(1)',
  });
});

test('a name that the schema does not have never appears, nor does a value', () => {
  const hostile = { 'my password is hunter2': 1, __proto__: 2, constructor: 3, toString: { a: 'hunter2' } };
  const schemas = [SCHEMA, {}, undefined, { properties: [] }];
  for (const schema of schemas) expect(JSON.stringify(shapeOf(hostile, schema))).not.toMatch(/hunter2|proto|constructor|toString/);
});

test('neither a schema nor a payload makes it large or slow', () => {
  const properties = Object.fromEntries(Array.from({ length: 10_000 }, (_, index) => [`p${index}`, {}]));
  expect(JSON.stringify(shapeOf({}, { properties })).length).toBeLessThan(2_500);
  let deep: Record<string, never> | { readonly a: object } = {};
  let schema: object = {};
  for (let level = 0; level < 1_000; level += 1) {
    deep = { a: deep };
    schema = { properties: { a: schema } };
  }
  expect(JSON.stringify(shapeOf(JSON.parse(JSON.stringify(deep)), JSON.parse(JSON.stringify(schema)))).length).toBeLessThan(200);
});
