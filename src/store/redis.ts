import { RedisClient } from 'bun';
import { SallyportError } from '../domain/errors.ts';
import { LIMITS } from '../domain/limits.ts';
import { unavailable, within } from './database.ts';
import type { StoreOptions } from './store.ts';

const REMEDY = 'Check that Redis runs, that REDIS_URL is right, and that Redis may write, then try again.';

export interface Redis {
  /** One command; `ERR_STORE_UNAVAILABLE` at once when Redis is away, and in time when it is silent. */
  send(command: string, values: readonly string[]): Promise<unknown>;
  close(): void;
}

/** Redis through Bun's client. `ERR_CONFIG_INVALID` for a URL that is none or has no TLS, and for a Redis that evicts. */
export async function openRedis(url: string, given: StoreOptions): Promise<Redis> {
  const timeoutMs = given.timeoutMs ?? LIMITS.stateTimeoutMs;
  const options = optionsOf(url, timeoutMs, given.roots);
  let client = new RedisClient(url, options);
  let connecting: Promise<unknown> | undefined;

  const send: Redis['send'] = async (command, values) => {
    const used = client;
    const ask = async (): Promise<unknown> => {
      // Bun's client gives up reconnecting after a while; asked anew at each call, it is back as soon as Redis is.
      if (!used.connected) await (connecting ??= used.connect().finally(() => { connecting = undefined; }));
      const reply: unknown = await used.send(command, [...values]);
      return reply;
    };
    const replace = (): void => {
      // Replies come in order: after one that never came, this connection can no longer be told apart from a wrong one.
      if (client !== used) return;
      client = new RedisClient(url, options);
      connecting = undefined;
      used.close();
    };
    try {
      return await within(timeoutMs, ask(), replace);
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
  return { send, close: () => client.close() };
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
