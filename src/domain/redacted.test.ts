import { expect, test } from 'bun:test';
import { redact, redactDetail } from './redacted.ts';

test.each([
  ['the upstream said: Bearer abcdef123456 is wrong', 'abcdef123456'],
  ['GET https://ann:hunter2@files.example/a failed', 'hunter2'],
  ['GET https://files.example/a?key=hunter2#x failed', 'hunter2'],
  ['password=hunter2 is wrong', 'hunter2'],
  ['{"client_secret": "hunter2", "a": 1}', 'hunter2'],
  ['token eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbm4ifQ. is old', 'eyJhbGciOiJub25lIn0'],
  ['key AGE-SECRET-KEY-1QPZRY9X8GF2TVDW0 here', 'QPZRY9X8'],
  ['-----BEGIN PRIVATE KEY-----\nMIIB', 'MIIB'],
  ['found canary-argument-0193a1b2c3d4e5f60718 inside', 'canary-argument-0193a1b2c3d4e5f60718'],
])('what looks like a secret is not in a record: %s', (text, secret) => {
  expect(redact(text)).not.toContain(secret);
  expect(JSON.stringify(redactDetail({ why: text }))).not.toContain(secret);
});

test.each([
  'A policy forbids this call.', 'the client went away', 'exchange 0193a1b2-c3d4-7e5f-8071-829303a4b5c6 is over', 'no open call is known by that exchange',
  'https://idp.example|ann with desk', 'crm/search_contacts',
])('plain words stay: %s', (text) => expect(String(redact(text))).toBe(text));

test('it is one line of bounded length, and quick whatever it is given', () => {
  expect(redact('a\nb\u2028c\u202Ed')).not.toMatch(/[\n\u2028\u202E]/);
  const texts = ['a'.repeat(1_000_000), 'https://'.repeat(50_000), 'secret='.repeat(50_000), `${'token-'.repeat(50_000)}:`, '-----BEGIN '.repeat(9_000)];
  for (const hostile of texts) {
    expect(redact(hostile).length).toBeLessThan(1_500);
  }
});

test('names, ids and digests in a detail stay', () => {
  const detail = { id: 'manifest-3f2a9c0d1e4b5a69', digest: 'a'.repeat(64), verb: 'add', list: ['vault:crm', 7, null] };
  expect(JSON.stringify(redactDetail(detail))).toBe(JSON.stringify(detail));
});
