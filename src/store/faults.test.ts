import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { makeCertificate } from '../../test/fixtures/certificate.ts';
import { codeOf } from '../../test/fixtures/code-of.ts';
import type { Service } from '../../test/fixtures/databases.ts';
import { startPostgres, startRedis } from '../../test/fixtures/databases.ts';
import { openStore } from './open.ts';
import type { RedisState } from './state-redis.ts';
import { openRedisState } from './state-redis.ts';
import type { Store } from './store.ts';

const by = 'sallyport|tester';
const timeoutMs = 300;
const UNAVAILABLE = 'ERR_STORE_UNAVAILABLE';

describe('a PostgreSQL that breaks', () => {
  let postgres: Service;
  let store: Store;

  beforeAll(async () => {
    postgres = await startPostgres();
    store = await openStore(postgres.url, { timeoutMs });
  }, 30_000);
  afterAll(async () => {
    await store.close();
    await postgres.stop();
  });

  test('fails clearly while it is gone, and serves again when it is back', async () => {
    await store.put('server', 's', 'before', 1, { by });
    await postgres.crash();
    expect(await codeOf(store.get('server', 's', 'before'))).toBe(UNAVAILABLE);
    expect(await codeOf(store.put('server', 's', 'meanwhile', 1, { by }))).toBe(UNAVAILABLE);
    expect(await codeOf(store.transaction((rows) => rows.list('server')))).toBe(UNAVAILABLE);
    expect(await codeOf(store.state.add('s:k', 1, 1000))).toBe(UNAVAILABLE);
    expect(await codeOf(openStore(postgres.url, { timeoutMs }))).toBe(UNAVAILABLE);
    await postgres.start();
    expect((await store.list('server', 's')).map((row) => row.id)).toEqual(['before']);
    expect((await store.put('server', 's', 'after', 1, { by })).id).toBe('after');
  });

  test('undoes the transaction that it dies in', async () => {
    const died = store.transaction(async (rows) => {
      await rows.put('server', 'dying', 'a', 1, { by });
      await postgres.crash();
      await rows.put('server', 'dying', 'b', 1, { by });
    });
    expect(await codeOf(died)).toBe(UNAVAILABLE);
    await postgres.start();
    expect(await store.list('server', 'dying')).toEqual([]);
  });

  test('does not hold anyone when it is silent, and serves again when it speaks', async () => {
    await store.put('server', 's', 'before', 1, { by });
    postgres.freeze();
    const attempts = [store.get('server', 's', 'before'), store.put('server', 's', 'silent', 1, { by })];
    expect(await Promise.all(attempts.map((attempt) => codeOf(attempt)))).toEqual([UNAVAILABLE, UNAVAILABLE]);
    expect(await codeOf(store.transaction((rows) => rows.list('server')))).toBe(UNAVAILABLE);
    postgres.thaw();
    expect(await store.get('server', 's', 'before')).toBeDefined();
    expect((await store.put('server', 's', 'after', 1, { by })).id).toBe('after');
  });

  test('still tells of changes after it was away', async () => {
    const heard: number[] = [];
    let next = Promise.withResolvers<void>();
    const stop = await store.listen((change) => {
      heard.push(change);
      next.resolve();
    });
    const first = await store.put('server', 's', 'a', 1, { by });
    await next.promise;
    next = Promise.withResolvers<void>();
    await postgres.crash();
    await postgres.start();
    const second = await store.put('server', 's', 'a', 2, { by });
    await next.promise;
    expect(heard).toEqual([first.version, second.version]);
    await stop();
  }, 20_000);

  test('is refused when it has no TLS but should', async () => {
    expect(await codeOf(openStore(`${postgres.url}?sslmode=verify-full`, { timeoutMs }))).toBe(UNAVAILABLE);
  });

  test('says nothing of the password when it is wrong', async () => {
    const wrong = postgres.url.replace(/:[0-9a-f]{32}@/, ':wrong-secret@');
    const error = await openStore(wrong, { timeoutMs }).catch((refused: unknown) => refused);
    expect(error).toMatchObject({ code: UNAVAILABLE });
    expect(Bun.inspect(error)).not.toContain('wrong-secret');
  });
});

describe('a Redis that breaks', () => {
  let redis: Service;
  let state: RedisState;

  beforeAll(async () => {
    redis = await startRedis();
    state = await openRedisState(redis.url, { timeoutMs });
  }, 30_000);
  afterAll(async () => {
    state.close();
    await redis.stop();
  });

  test('fails clearly while it is gone, and serves again when it is back', async () => {
    await state.set('s:k', 'v', 60_000);
    await redis.crash();
    expect(await codeOf(state.get('s:k'))).toBe(UNAVAILABLE);
    expect(await codeOf(state.set('s:k', 'v', 1000))).toBe(UNAVAILABLE);
    expect(await codeOf(state.setIfAbsent('s:k', 'v', 1000))).toBe(UNAVAILABLE);
    expect(await codeOf(state.increment('s:n', 1, 1000))).toBe(UNAVAILABLE);
    expect(await codeOf(state.delete('s:k'))).toBe(UNAVAILABLE);
    expect(await codeOf(openRedisState(redis.url, { timeoutMs }))).toBe(UNAVAILABLE);
    await redis.start();
    expect(await state.setIfAbsent('s:k', 'again', 60_000)).toBe(true);
  });

  test('does not hold anyone when it is silent, nor mixes up late answers', async () => {
    await state.set('s:a', 'a', 60_000);
    await state.set('s:b', 'b', 60_000);
    redis.freeze();
    expect(await Promise.all([codeOf(state.get('s:a')), codeOf(state.get('s:b'))])).toEqual([UNAVAILABLE, UNAVAILABLE]);
    expect(await codeOf(state.get('s:a'))).toBe(UNAVAILABLE);
    redis.thaw();
    expect(await state.get('s:b')).toBe('b');
    expect(await state.get('s:a')).toBe('a');
  });

  test('is refused when it may evict', async () => {
    const admin = new Bun.RedisClient(redis.url);
    await admin.send('CONFIG', ['SET', 'maxmemory', '50mb']);
    await admin.send('CONFIG', ['SET', 'maxmemory-policy', 'allkeys-lru']);
    expect(await codeOf(openRedisState(redis.url))).toBe('ERR_CONFIG_INVALID');
    await admin.send('CONFIG', ['SET', 'maxmemory-policy', 'noeviction']);
    (await openRedisState(redis.url)).close();
    await admin.send('CONFIG', ['SET', 'maxmemory', '0']);
    admin.close();
  });

  test('says nothing of the password when it is wrong', async () => {
    const error = await openRedisState(redis.url.replace(/:[0-9a-f]{32}@/, ':wrong-secret@')).catch((refused: unknown) => refused);
    expect(error).toMatchObject({ code: UNAVAILABLE });
    expect(Bun.inspect(error)).not.toContain('wrong-secret');
  });
});

describe('TLS', () => {
  test('to PostgreSQL is verified against the given roots and the name', async () => {
    const [ours, theirs] = await Promise.all([makeCertificate(['127.0.0.1']), makeCertificate(['127.0.0.1'])]);
    const postgres = await startPostgres({ tls: ours });
    const url = `${postgres.url}?sslmode=verify-full`;
    const store = await openStore(url, { roots: ours.cert });
    expect((await store.put('server', 's', 'a', 1, { by })).id).toBe('a');
    await store.close();
    expect(await codeOf(openStore(url, { roots: theirs.cert }))).toBe(UNAVAILABLE);
    expect(await codeOf(openStore(url))).toBe(UNAVAILABLE);
    expect(await codeOf(openStore(url.replace('127.0.0.1', 'localhost'), { roots: ours.cert }))).toBe(UNAVAILABLE);
    await postgres.stop();
  }, 30_000);

  test('to Redis is verified against the given roots and the name', async () => {
    const [ours, theirs] = await Promise.all([makeCertificate(['127.0.0.1']), makeCertificate(['127.0.0.1'])]);
    const redis = await startRedis({ tls: ours });
    const state = await openRedisState(redis.url, { roots: ours.cert });
    await state.set('s:k', 'v', 1000);
    state.close();
    expect(await codeOf(openRedisState(redis.url, { roots: theirs.cert }))).toBe(UNAVAILABLE);
    expect(await codeOf(openRedisState(redis.url))).toBe(UNAVAILABLE);
    expect(await codeOf(openRedisState(redis.url.replace('127.0.0.1', 'localhost'), { roots: ours.cert }))).toBe(UNAVAILABLE);
    await redis.stop();
  }, 30_000);
});
