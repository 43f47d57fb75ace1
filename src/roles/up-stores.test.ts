import { expect, test } from 'bun:test';
import { existsSync, mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeCertificate } from '../../test/fixtures/certificate.ts';
import { startPostgres, startRedis } from '../../test/fixtures/databases.ts';
import { administer } from '../../test/fixtures/gate.ts';
import { superviseRoles } from './up.ts';
import { removeHome } from '../../test/fixtures/record-judge.ts';

test('the environment says where the store and shared state are, and which roots vouch for them', async () => {
  const home = mkdtempSync('/tmp/sp-stores-');
  const tls = await makeCertificate(['127.0.0.1']);
  const [postgres, redis] = await Promise.all([startPostgres({ tls }), startRedis({ tls })]);
  const watcher = new Bun.RedisClient(redis.url, { tls: { ca: tls.cert } });
  const connections = async (): Promise<number> => String(await watcher.send('CLIENT', ['LIST'])).trim().split('\n').length;
  try {
    expect(await connections()).toBe(1);
    writeFileSync(join(home, 'roots.pem'), tls.cert);
    const gate = await superviseRoles({
      home,
      env: { ...process.env, DATABASE_URL: `${postgres.url}?sslmode=verify-full`, REDIS_URL: redis.url, STORE_ROOTS: join(home, 'roots.pem') },
      roleArguments: { gateway: ['--listen', '127.0.0.1:0', '--insecure-loopback'] },
      onEvent: () => undefined,
    });
    try {
      expect(await administer(home).token()).toStartWith('spa_');
      expect(existsSync(join(home, 'control', 'store.db'))).toBe(false);
      expect(await connections()).toBeGreaterThan(1);
    } finally {
      await gate.stop();
    }
  } finally {
    watcher.close();
    await Promise.all([postgres.stop(), redis.stop()]);
    removeHome(home);
  }
}, 60_000);
