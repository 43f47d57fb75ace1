import { expect, test } from 'bun:test';
import { jsonText } from './command.ts';

test('JSON for machines means the same and steers no terminal', () => {
  const value = { tool: 'a\u009b31mb\u001b[2J\u202edrowssap\u2028', ü: 'ü' };
  const text = jsonText(value);
  expect(text).not.toMatch(/[\p{Cc}\u2028-\u202e]/u);
  expect(JSON.parse(text)).toEqual(value);
  expect(text).toContain('"ü"');
});
