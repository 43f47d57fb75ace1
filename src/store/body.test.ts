import { expect, test } from 'bun:test';
import * as fc from 'fast-check';
import { codeOf } from '../../test/fixtures/code-of.ts';
import type { Json } from '../domain/json.ts';
import { LIMITS } from '../domain/limits.ts';
import { decodeJson, encodeJson } from './body.ts';

/** Numbers as servers may write them, most of them beyond what a double keeps. */
const lexeme = fc.stringMatching(/^-?(0|[1-9]\d{0,30})(\.\d{1,20})?([eE][+-]?\d{1,3})?$/);
const body = fc.letrec<{ readonly value: Json }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.constantFrom(null, true, false),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    lexeme.map((text) => JSON.rawJSON(text)),
    fc.string({ unit: 'binary' }),
    fc.array(tie('value')),
    fc.dictionary(fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('__proto__', 'rawJSON', 'toString')), tie('value')),
  ),
})).value;

test('gives every body back digit for digit', () => {
  fc.assert(fc.property(body, (given) => {
    const text = encodeJson(given);
    expect(JSON.stringify(decodeJson(text))).toBe(text);
  }), { numRuns: 2_000 });
});

test('refuses a body beyond the limit', async () => {
  const large = 'x'.repeat(LIMITS.storeBodyBytesMax);
  expect(await codeOf(Promise.resolve().then(() => encodeJson(large)))).toBe('ERR_BODY_TOO_LARGE');
});
