import { expect, test } from 'bun:test';
import { allowedBaggage, isInShare, newSpanId, newTraceId, readCaller, writeParent } from './trace-context.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const SPAN = '00f067aa0ba902b7';

test('a traceparent of the specification is read, and written back', () => {
  expect(readCaller(`00-${TRACE}-${SPAN}-01`, undefined)).toEqual({ traceId: TRACE, spanId: SPAN, sampled: true });
  expect(readCaller(`00-${TRACE}-${SPAN}-00`, 'a=1, b@c=2')).toEqual({ traceId: TRACE, spanId: SPAN, sampled: false, state: 'a=1,b@c=2' });
  expect(writeParent(TRACE, SPAN, true)).toBe(`00-${TRACE}-${SPAN}-01`);
});

test('a later version may say more, this one may not', () => {
  expect(readCaller(`cc-${TRACE}-${SPAN}-01-what-comes`, undefined)?.traceId).toBe(TRACE);
  expect(readCaller(`00-${TRACE}-${SPAN}-01-what-comes`, undefined)).toBeUndefined();
});

test.each<[string, unknown]>([
  ['no text', 7], ['nothing', undefined], ['empty', ''], ['version ff', `ff-${TRACE}-${SPAN}-01`], ['a trace of zeros', `00-${'0'.repeat(32)}-${SPAN}-01`],
  ['a span of zeros', `00-${TRACE}-${'0'.repeat(16)}-01`], ['capitals', `00-${TRACE.toUpperCase()}-${SPAN}-01`], ['a line break', `00-${TRACE}-${SPAN}-01\n`],
  ['too long', `cc-${TRACE}-${SPAN}-01-${'x'.repeat(1_000)}`], ['a header within', `cc-${TRACE}-${SPAN}-01-a\r\nx: y`],
])('what is no traceparent is as if it were not there: %s', (_, value) => {
  expect(readCaller(value, undefined)).toBeUndefined();
});

test.each<[string, unknown]>([
  ['no text', {}], ['too long', `a=${'x'.repeat(600)}`], ['a line break', 'a=1\r\nx: y'], ['no value', 'a='], ['no key', '=1'],
  ['too many', Array.from({ length: 33 }, (_, at) => `k${at}=1`).join(',')],
])('a bad tracestate is left out, and the trace stays: %s', (_, state) => {
  expect(readCaller(`00-${TRACE}-${SPAN}-01`, state)).toEqual({ traceId: TRACE, spanId: SPAN, sampled: true });
});

test('of baggage only allowed keys go on, without their properties', () => {
  expect(allowedBaggage('tenant=blue;ttl=1, secret=x , region=eu', ['tenant', 'region'])).toBe('tenant=blue,region=eu');
  expect(allowedBaggage('tenant=blue', [])).toBeUndefined();
  expect(allowedBaggage('tenant=bl"ue,tenant=a\r\nb', ['tenant'])).toBeUndefined();
  expect(allowedBaggage(`tenant=${'x'.repeat(9_000)}`, ['tenant'])).toBeUndefined();
});

test('hostile text costs no more than its length', () => {
  const evil = `00-${'0'.repeat(1_000_000)}`;
  expect(readCaller(evil, evil)).toBeUndefined();
  expect(readCaller(`00-${TRACE}-${SPAN}-01`, `${'a'.repeat(256)}@`.repeat(2).slice(0, 512))?.state).toBeUndefined();
});

test('ids are new, and shares of them are what they say', () => {
  const ids = Array.from({ length: 4_000 }, newTraceId);
  expect(new Set([...ids, ...Array.from({ length: 4_000 }, newSpanId)]).size).toBe(8_000);
  for (const id of ids) expect(id).toMatch(/^[0-9a-f]{32}$/);
  const share = ids.filter((id) => isInShare(id, 0.25)).length / ids.length;
  expect(share).toBeGreaterThan(0.2);
  expect(share).toBeLessThan(0.3);
  expect([isInShare(TRACE, 1), isInShare(TRACE, 0)]).toEqual([true, false]);
});
