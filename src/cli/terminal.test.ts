import { expect, test } from 'bun:test';
import { plain, readSpan, span, table } from './terminal.ts';

test('nothing that a server wrote can move the cursor, turn text round or hide', () => {
  expect(plain('a\u001B[2Jb\u202Ec\u200Bd\u{E0041}e\rf')).toBe(String.raw`a\u{1b}[2Jb\u{202e}c\u{200b}d\u{e0041}e\u{d}f`);
  expect(plain('a\n\tb')).toBe(String.raw`a\u{a}\u{9}b`);
  expect(plain('a\n\tb', true)).toBe('a\n\tb');
  expect(plain('Grüße, 東京 🎉')).toBe('Grüße, 東京 🎉');
  expect(table(['what'], [['\u001B]0;owned\u0007']])).not.toContain('\u001B');
});

test('long cells wrap and lose nothing', () => {
  const long = 'x'.repeat(200);
  const drawn = table(['what'], [[long]]);
  expect(drawn.match(/x/g)).toHaveLength(200);
  for (const line of drawn.split('\n')) expect(line.length).toBeLessThan(80);
  expect(table(['what'], [])).toBe('(none)\n');
});

test('time spans are read and told alike', () => {
  expect(['30s', '20min', '20m', '24h', '14d'].map(readSpan)).toEqual([30_000, 1_200_000, 1_200_000, 86_400_000, 1_209_600_000]);
  expect(['', '5', 'h', '1y', '-1h', '1.5h'].map(readSpan)).toEqual([undefined, undefined, undefined, undefined, undefined, undefined]);
  expect([5, 90_000, 7_200_000, 172_800_000, -1].map(span)).toEqual(['5 ms', '1 min', '2 h', '2 d', 'expired']);
});
