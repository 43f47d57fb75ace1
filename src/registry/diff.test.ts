import { expect, test } from 'bun:test';
import { describeDrift, diffDefinitions, renderDefinition } from './diff.ts';
import { compareSurfaces } from './drift.ts';
import { surfaceOf, tool } from './test-servers.ts';

test('shows what changed, and what cannot be seen', () => {
  const text = diffDefinitions(tool('a'), tool('a', { description: 'Does a.\u200b\u{e0041}\u001b[31m' }));
  expect(text).toContain('-description: "Does a."');
  expect(text).toContain('+description: "Does a.<U+200B><U+E0041><U+001B>[31m"');
  expect(text).not.toContain('\u200b');
  expect(text).not.toContain('\u001b');
});

test('what cannot be seen is shown in long text too', () => {
  expect(renderDefinition({ description: 'one\ntwo\u200b\u202e' })).toBe('description:\n  | one\n  | two<U+200B><U+202E>\n');
});

test('blanks that are no space are shown, too', () => {
  const blanks = ['\u2800', '\u3164', '\u00a0', '\u{16fe4}', '\u{1d159}', '\u180e', '\u{e0100}'];
  for (const blank of blanks) expect(renderDefinition({ to: `a${blank}b` })).toMatch(/^to: "a<U\+[0-9A-F]{4,5}>b"\n$/);
});

test('long text cannot pass for another field', () => {
  const text = renderDefinition({ description: 'x\nannotations:\n  readOnlyHint: true', annotations: { readOnlyHint: false } });
  expect(text).toBe('annotations:\n  readOnlyHint: false\ndescription:\n  | x\n  | annotations:\n  |   readOnlyHint: true\n');
});

test('numbers keep their digits, arrays and odd keys are shown', () => {
  const text = renderDefinition({ n: JSON.rawJSON('12345678901234567890'), list: [1, { 'a b': null }], none: [], empty: {} });
  expect(text).toBe('empty: {}\nlist:\n  - 1\n  -\n    "a b": null\nn: 12345678901234567890\nnone: []\n');
});

test('a drift is named with its class', () => {
  const drifts = compareSurfaces(surfaceOf({ tools: [tool('a')] }), surfaceOf({ tools: [tool('b')] }));
  expect(drifts.map(describeDrift).join('')).toStartWith('tool a: renamed to b\n--- approved');
});

function many(prefix: string): string {
  return Array.from({ length: 5000 }, (_, index) => `${prefix} ${index}`).join('\n');
}

test('definitions that have nothing in common are shown whole, in bounded time', () => {
  const text = diffDefinitions({ description: many('a') }, { description: many('b') });
  expect(text).toContain('-  | a 4999');
  expect(text).toContain('+  | b 4999');
});
