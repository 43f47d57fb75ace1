import { afterEach, expect, test } from 'bun:test';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openCommitments } from './commit.ts';

const dirs: string[] = [];

afterEach(() => {
  for (const dir of dirs.splice(0)) rmSync(dir, { recursive: true, force: true });
});

function makeDir(): string {
  const dir = mkdtempSync(join(tmpdir(), 'sp-salt-'));
  dirs.push(dir);
  return dir;
}

test('a commitment is found true of its data only, also after a restart, and cannot be guessed without the salt', () => {
  const dir = makeDir();
  const digest = openCommitments(dir).commit('{"id":7}');
  expect(digest).toMatch(/^\d{4}-\d{2}-\d{2}\.[A-Za-z0-9_-]{43}$/);
  expect(digest).not.toContain(createHash('sha256').update('{"id":7}').digest('base64url'));
  const again = openCommitments(dir);
  expect(again.commit('{"id":7}')).toBe(digest);
  expect(again.verify(Buffer.from('{"id":7}'), digest)).toBe(true);
  expect(again.verify('{"id":8}', digest)).toBe(false);
  expect(again.verify('{"id":7}', `../../etc/passwd.${'A'.repeat(43)}`)).toBe(false);
  expect(openCommitments(makeDir()).commit('{"id":7}')).not.toBe(digest);
});

test('each day has its own salt, private, and erasing it ends what its digests can say', () => {
  const dir = makeDir();
  let now = Date.parse('2026-03-01T23:59:59Z');
  const commitments = openCommitments(dir, () => now);
  const before = commitments.commit('x');
  expect(() => commitments.erase('2026-03-01')).toThrow('in use');
  now += 1_000;
  const after = commitments.commit('x');
  expect([before.slice(0, 10), after.slice(0, 10)]).toEqual(['2026-03-01', '2026-03-02']);
  expect(before.slice(11)).not.toBe(after.slice(11));
  expect(commitments.verify('x', before)).toBe(true);
  commitments.erase('2026-03-01');
  commitments.erase('../secret');
  expect(commitments.verify('x', before)).toBe(false);
  expect(readdirSync(dir)).toEqual(['2026-03-02']);
  expect(statSync(join(dir, '2026-03-02')).mode & 0o777).toBe(0o600);
});

test('salts are kept as long as payloads are, and no longer; the running day\'s always', () => {
  const folder = mkdtempSync('/tmp/sp-commit-');
  let at = Date.parse('2026-10-01T12:00:00Z');
  const salts = openCommitments(folder, () => at);
  const old = salts.commit('said');
  at += 29 * 86_400_000;
  const fresh = salts.commit('said');
  salts.expire(30);
  expect([salts.verify('said', old), salts.verify('said', fresh)]).toEqual([true, true]);
  at += 3 * 86_400_000;
  salts.expire(30);
  expect([salts.verify('said', old), salts.verify('said', fresh)]).toEqual([false, true]);
  const today = salts.commit('said');
  salts.expire(0);
  expect([salts.verify('said', fresh), salts.verify('said', today)]).toEqual([false, true]);
  rmSync(folder, { recursive: true });
});
