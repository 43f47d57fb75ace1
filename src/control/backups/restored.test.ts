import { expect, test } from 'bun:test';
import { LIMITS } from '../../domain/limits.ts';
import { LINK_NODE } from '../links/schema.ts';
import { afterRestore } from './restored.ts';

test('a machine that comes back from a backup is shut out, with every key that it had, until it joins anew', () => {
  const now = 1_800_000_000_000;
  const [earlier, was] = [{ key: 'old', until: now + 1 }, { joinedAt: now - 9, renewedAt: now - 9, expiresAt: now - 8 }];
  const node = { role: 'gateway', node: 'b', publicKey: 'pem', key: 'k', address: '10.0.0.2', ...was, dead: [earlier] };
  const row = { kind: 'link-node', space: 'default', id: 'gateway.b', body: JSON.stringify(node), version: 1, updated_at: 1, updated_by: 'x' };
  const { revokedAt, dead } = LINK_NODE.parse(JSON.parse(String(afterRestore(row, now)?.['body'])));
  expect(revokedAt).toBe(now);
  expect(dead.map(({ key }) => key)).toEqual(['old', 'k']);
  expect(dead.find(({ key }) => key === 'k')?.until).toBeGreaterThan(now + LIMITS.linkCertificateMs);
  expect(afterRestore({ ...row, kind: 'link-token' }, now)).toBeUndefined();
});
