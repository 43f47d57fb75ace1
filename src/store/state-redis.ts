import type { SharedState } from '../domain/state.ts';
import { openRedis } from './redis.ts';
import { checkAddend, checkState } from './state-check.ts';
import type { StoreOptions } from './store.ts';

const PREFIX = 'sallyport:';
/** The ttl starts with the first add: only a counter that was just made has none. */
const INCREMENT = `local sum = redis.call('INCRBY', KEYS[1], ARGV[1])
if redis.call('PTTL', KEYS[1]) < 0 then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return sum`;

export interface RedisState extends SharedState {
  close(): void;
}

/**
 * Shared state in Redis. `url`: `redis://` on this machine, `rediss://` (TLS, verified) beyond.
 * Throws `ERR_CONFIG_INVALID` for any other URL and for a Redis that may forget entries early; `ERR_STORE_UNAVAILABLE` at once
 * when Redis is away and after `timeoutMs` when it is silent. What Redis loses in a restart is lost: state that must
 * outlive it belongs over the store.
 */
export async function openRedisState(url: string, options: StoreOptions = {}): Promise<RedisState> {
  const redis = await openRedis(url, options);
  return {
    get: async (key) => {
      checkState(key, '', 1);
      const value = await redis.send('GET', [PREFIX + key]);
      return typeof value === 'string' ? value : undefined;
    },
    set: async (key, value, ttlMs) => {
      checkState(key, value, ttlMs);
      await redis.send('SET', [PREFIX + key, value, 'PX', String(ttlMs)]);
    },
    setIfAbsent: async (key, value, ttlMs) => {
      checkState(key, value, ttlMs);
      return (await redis.send('SET', [PREFIX + key, value, 'PX', String(ttlMs), 'NX'])) === 'OK';
    },
    increment: async (key, by, ttlMs) => {
      checkState(key, '', ttlMs);
      checkAddend(by);
      return Number(await redis.send('EVAL', [INCREMENT, '1', PREFIX + key, String(by), String(ttlMs)]));
    },
    delete: async (key) => {
      checkState(key, '', 1);
      await redis.send('DEL', [PREFIX + key]);
    },
    close: () => redis.close(),
  };
}
