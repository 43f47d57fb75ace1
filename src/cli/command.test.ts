import { expect, test } from 'bun:test';
import { jsonText } from './command.ts';

test('JSON for machines means the same and steers no terminal', () => {
  const value = { tool: 'a\u009b31mb\u001b[2J\u202edrowssap\u2028', hidden: 'a\u200bb\u{e0041}\u00ad\ufeff', ü: 'ü' };
  const text = jsonText(value);
  expect(text).not.toMatch(/[\p{Cc}\p{Cf}\u2028\u2029]/u);
  expect(JSON.parse(text)).toEqual(value);
  expect(text).toContain('"ü"');
});
