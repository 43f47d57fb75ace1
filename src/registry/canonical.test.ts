import { describe, expect, test } from 'bun:test';
import * as fc from 'fast-check';
import { SallyportError } from '../domain/errors.ts';
import type { Json, JsonObject } from '../domain/json.ts';
import { canonicalText, digestOf, digestOfSurface } from './canonical.ts';
import { surfaceOf, tool } from './test-servers.ts';

const json: fc.Arbitrary<Json> = fc.json({ maxDepth: 3 }).map((text): Json => JSON.parse(text));
const jsonObject: fc.Arbitrary<JsonObject> = fc.dictionary(fc.string(), json);

function big(lexeme: string): Json {
  return JSON.rawJSON(lexeme);
}

describe('digestOf', () => {
  test('is RFC 8785 and SHA-256: key order and number spelling do not count', () => {
    expect(canonicalText({ b: 1.0, a: [1e3, '\u20ac'] })).toBe('{"a":[1000,"€"],"b":1}');
    expect(digestOf({})).toBe('44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a');
  });

  test('the order of keys never changes it', () => {
    fc.assert(fc.property(jsonObject, (any) => digestOf(any) === digestOf(Object.fromEntries(Object.entries(any).toReversed()))));
  });

  test('changes when any field of a definition changes, is added or is removed', () => {
    fc.assert(
      fc.property(jsonObject, fc.string(), json, (before, key, value) => {
        const changed = { ...before, [key]: value };
        const same = Object.hasOwn(before, key) && canonicalText(before[key] ?? null) === canonicalText(value);
        const { [key]: _, ...without } = changed;
        return (digestOf(changed) === digestOf(before)) === same && digestOf(without) !== digestOf(changed);
      }),
    );
  });

  test('numbers that no double holds count, in any spelling, and cannot be imitated by other values', () => {
    expect(digestOf({ n: big('12345678901234567890') })).not.toBe(digestOf({ n: big('12345678901234567891') }));
    expect(digestOf({ n: big('1.0') })).toBe(digestOf({ n: 1 }));
    expect(digestOf({ n: big('1e400') })).toBe(digestOf({ n: big('10E399') }));
    expect(digestOf({ n: big('1e400') })).not.toBe(digestOf({ n: null }));
    expect(digestOf({ n: { rawJSON: '1e400' } })).not.toBe(digestOf({ n: big('1e400') }));
  });

  test('text without a canonical form is refused', () => {
    expect(() => digestOf({ a: '\ud800' })).toThrow(SallyportError);
  });

  test('a __proto__ key is content like any other', () => {
    const odd: Json = JSON.parse('{"__proto__":{"a":1},"n":1}');
    expect(digestOf(odd)).not.toBe(digestOf({ n: 1 }));
  });
});

test('the digest of a surface covers every pin and not the order in which the server lists them', () => {
  const parts = { tools: [tool('a'), tool('b')], prompts: [{ name: 'p' }], instructions: 'be kind' };
  const digest = digestOfSurface(surfaceOf(parts));
  expect(digestOfSurface(surfaceOf({ ...parts, tools: [tool('b'), tool('a')] }))).toBe(digest);
  expect(digestOfSurface(surfaceOf({ ...parts, instructions: 'be nice' }))).not.toBe(digest);
  expect(digestOfSurface(surfaceOf({ ...parts, tools: [tool('a')] }))).not.toBe(digest);
  expect(digestOfSurface(surfaceOf({ ...parts, prompts: [] }))).not.toBe(digest);
});
