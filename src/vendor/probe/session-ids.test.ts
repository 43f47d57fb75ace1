import { expect, test } from 'bun:test';
import { randomBytes } from 'node:crypto';
import { judgeIds } from './session-ids.ts';

const TWENTY = Array.from({ length: 20 }, (_, at) => at);

function failed(make: (at: number) => string): readonly string[] {
  return judgeIds(TWENTY.map(make)).filter(({ outcome }) => outcome === 'fail').map(({ check }) => check);
}

test.each([
  ['random UUIDs', () => crypto.randomUUID()], ['16 random bytes', () => randomBytes(16).toString('hex')],
  ['24 random bytes', () => randomBytes(24).toString('base64url')], ['an id with its kind before it', () => `sess_${randomBytes(24).toString('base64url')}`],
])('%s are good', (_, make) => {
  for (let run = 0; run < 50; run += 1) expect(failed(make)).toEqual([]);
});

test.each([
  ['a counter', (at: number) => `session-${at}`, ['session-length', 'session-random']],
  ['a counter in long clothes', (at: number) => at.toString(16).padStart(32, '0'), ['session-random']],
  ['the time', (at: number) => (1_764_000_000_000 + at * 37).toString(16).padStart(32, '0'), ['session-random']],
  ['UUIDs that begin with the time', () => Bun.randomUUIDv7(), ['session-random']],
  ['8 random bytes', () => randomBytes(8).toString('hex'), ['session-length', 'session-random']],
  ['one id for all', () => '7f3a0c1e9b2d4f5a8c6e1d0b3a2f4e5d', ['session-distinct', 'session-random']],
  ['one id that comes again', (at: number) => (at % 10 === 0 ? '7f3a0c1e9b2d4f5a8c6e1d0b3a2f4e5d' : randomBytes(16).toString('hex')), ['session-distinct']],
  ['digits that are far from even', () => randomBytes(16).toString('hex').replaceAll(/[0-3]/g, 'a'), ['session-random']],
])('%s are not', (_, make, expected) => expect(failed(make)).toEqual(expected));

test('of too few nothing is said', () => {
  expect(judgeIds(['a', 'b']).map(({ outcome }) => outcome)).toEqual(['unknown', 'unknown', 'unknown']);
});
