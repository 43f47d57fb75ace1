import { RedisClient } from 'bun';
import { SallyportError } from '../domain/errors.ts';
import { LIMITS } from '../domain/limits.ts';
import type { SharedState } from '../domain/state.ts';
import { unavailable, within } from './database.ts';
import type { StoreOptions } from './store.ts';
import { checkAddend, checkState } from './state-check.ts';

const PREFIX = 'sallyport:';
/** The ttl starts with the first add: only a counter that was just made has none. */
const INCREMENT = `local sum = redis.call('INCRBY', KEYS[1], ARGV[1])
if redis.call('PTTL', KEYS[1]) < 0 then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return sum`;
const REMEDY = 'Check that Redis runs, that REDIS_URL is right, and that Redis may write, then try again.';

export interface RedisState extends SharedState {
  close(): void;
}

/**
 * Shared state in Redis. `url`: `redis://` on this machine, `rediss://` (TLS, verified) beyond.
 * Throws `ERR_CONFIG_INVALID` for any other URL and for a Redis that may forget entries early; `ERR_STORE_UNAVAILABLE` at once
 * when Redis is away and after `timeoutMs` when it is silent. What Redis loses in a restart is lost: state that must
 * outlive it belongs over the store.
 */
export async function openRedisState(url: string, given: StoreOptions = {}): Promise<RedisState> {
  const timeoutMs = given.timeoutMs ?? LIMITS.stateTimeoutMs;
  const options = optionsOf(url, timeoutMs, given.roots);
  let client = new RedisClient(url, options);
  let connecting: Promise<unknown> | undefined;

  const send = async (command: string, values: readonly string[]): Promise<unknown> => {
    const used = client;
    try {
      return await within(timeoutMs, (async () => {
        // Bun's client gives up reconnecting after a while; asked anew at each call, it is back as soon as Redis is.
        if (!used.connected) await (connecting ??= used.connect().finally(() => { connecting = undefined; }));
        const reply: unknown = await used.send(command, [...values]);
        return reply;
      })(), () => {
        // Replies come in order: after one that never came, this connection can no longer be told apart from a wrong one.
        if (client !== used) return;
        client = new RedisClient(url, options);
        connecting = undefined;
        used.close();
      });
    } catch (error) {
      throw unavailable('shared state is unavailable', error, REMEDY);
    }
  };

  try {
    refuseEviction(String(await send('INFO', ['memory'])));
  } catch (error) {
    client.close();
    throw error;
  }
  return {
    get: async (key) => {
      checkState(key, '', 1);
      const value = await send('GET', [PREFIX + key]);
      return typeof value === 'string' ? value : undefined;
    },
    set: async (key, value, ttlMs) => {
      checkState(key, value, ttlMs);
      await send('SET', [PREFIX + key, value, 'PX', String(ttlMs)]);
    },
    setIfAbsent: async (key, value, ttlMs) => {
      checkState(key, value, ttlMs);
      return (await send('SET', [PREFIX + key, value, 'PX', String(ttlMs), 'NX'])) === 'OK';
    },
    increment: async (key, by, ttlMs) => {
      checkState(key, '', ttlMs);
      checkAddend(by);
      return Number(await send('EVAL', [INCREMENT, '1', PREFIX + key, String(by), String(ttlMs)]));
    },
    delete: async (key) => {
      checkState(key, '', 1);
      await send('DEL', [PREFIX + key]);
    },
    close: () => client.close(),
  };
}

/** An ended session that Redis forgets to make room would live again. */
function refuseEviction(info: string): void {
  const limit = /^maxmemory:(\d+)/m.exec(info)?.[1];
  const policy = /^maxmemory_policy:(\S+)/m.exec(info)?.[1];
  if (limit === '0' || policy === 'noeviction') return;
  throw new SallyportError('ERR_CONFIG_INVALID', 'this Redis may evict shared state before its time',
    { remedy: 'Set maxmemory-policy to noeviction, or use a Redis of its own for Sallyport.' });
}

function optionsOf(url: string, timeoutMs: number, roots: string | undefined): ConstructorParameters<typeof RedisClient>[1] {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  const loopback = ['127.0.0.1', '[::1]', 'localhost'].includes(parsed?.hostname ?? '');
  if (!parsed || parsed.hostname === '' || !(parsed.protocol === 'rediss:' || (parsed.protocol === 'redis:' && loopback))) {
    throw new SallyportError('ERR_CONFIG_INVALID', 'the Redis URL must be rediss://…, or redis://… on this machine',
      { remedy: 'Set REDIS_URL to rediss://user:password@host:6379, or unset it.' });
  }
  const tls = { rejectUnauthorized: true, ...(roots === undefined ? {} : { ca: roots }) };
  return {
    connectionTimeout: timeoutMs,
    autoReconnect: false,
    enableOfflineQueue: false,
    ...(parsed.protocol === 'rediss:' ? { tls } : {}),
  };
}
