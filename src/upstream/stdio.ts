import { SallyportError } from '../domain/errors.ts';
import type { Exchange } from '../domain/exchange.ts';
import type { Json } from '../domain/json.ts';
import { LIMITS } from '../domain/limits.ts';
import { SECRET_REFERENCE } from '../domain/server.ts';
import type { LaunchSpec } from '../domain/server.ts';
import type { Codec } from './codec.ts';
import { createConnectedUpstream } from './connected.ts';
import type { ConnectedUpstream } from './connected.ts';
import { openConnection } from './connection.ts';
import type { Connection, Pipe } from './connection.ts';
import { identityOf, isShared } from './pool.ts';

/** What this room needs of the link to the runner. */
export interface RunnerLink {
  call(verb: 'runner.send' | 'runner.close', body: Json): Promise<Json>;
  stream(verb: 'runner.open', body: Json, signal: AbortSignal): AsyncIterable<Json>;
}

/** Asks control for one secret that a launch names, against the record of the exchange that needs it (invariant 8). */
export type ReleaseSecret = (request: {
  readonly space: string;
  readonly server: string;
  readonly secret: string;
  readonly exchange: string;
}) => Promise<{ readonly value: string }>;

export interface StdioUpstreamOptions {
  readonly codec: Codec;
  readonly link: RunnerLink;
  /** Resolves the secrets that the environment refers to, at launch. */
  readonly release: ReleaseSecret;
  readonly idleMs?: number;
}

/**
 * Local servers, started by the runner: one process per principal, agent and credential, or one for all where the launch
 * is `shared`. A process that ends fails its calls with `ERR_RUNNER_EXITED`; the next call starts another.
 */
export function createStdioUpstream(options: StdioUpstreamOptions): ConnectedUpstream {
  return createConnectedUpstream({
    idleMs: options.idleMs ?? LIMITS.stdioIdleMs,
    open: (exchange, capabilities) => open(options, exchange, capabilities),
  });
}

async function open(options: StdioUpstreamOptions, exchange: Exchange, capabilities: Connection['capabilities']): Promise<Connection> {
  const { server } = exchange;
  if (server.endpoint.transport !== 'stdio') throw new SallyportError('ERR_INTERNAL', `Server ${server.id} is not a local one.`, { dispatched: false });
  const order = exchange.snapshot.launches?.[`${server.space}/${server.id}`];
  if (order === undefined) throw new SallyportError('ERR_INTERNAL', `Server ${server.id} has no signed launch.`, { dispatched: false });
  const secrets = await secretsOf(server.endpoint.launch, options.release, exchange);
  // The runner sees a digest: it needs to tell callers apart, not to know them. Crashes are counted under `origin`.
  const origin = digest(identityOf(exchange));
  const key = `${origin}.${crypto.randomUUID()}`;
  const pipe = await openPipe(options.link, { key, origin, order: { ...order }, secrets }, server.id);
  return openConnection(pipe, { codec: options.codec, server: server.id, shared: isShared(exchange), capabilities, probe: true });
}

async function openPipe(link: RunnerLink, body: { readonly key: string; readonly [field: string]: Json }, server: string): Promise<Pipe> {
  const { key } = body;
  const controller = new AbortController();
  const items = link.stream('runner.open', body, controller.signal)[Symbol.asyncIterator]();
  const next = async (): Promise<IteratorResult<Json>> => {
    try {
      return await items.next();
    } catch (cause) {
      throw toExit(cause, server);
    }
  };
  // The first item says that the process runs: only then is there something to send to.
  if ((await next()).done === true) throw exited(server);
  async function* lines(): AsyncGenerator<string, void, undefined> {
    for (;;) {
      const { done, value } = await next();
      if (done === true) throw exited(server);
      if (typeof value === 'string') yield value;
    }
  }
  return {
    lines: lines(),
    async send(line) {
      try {
        await link.call('runner.send', { key, line });
      } catch (cause) {
        throw toExit(cause, server);
      }
    },
    close() {
      link.call('runner.close', { key }).catch(() => controller.abort());
    },
  };
}

/** A lost link means a lost runner, and the runner takes its processes with it. */
function toExit(cause: unknown, server: string): SallyportError {
  if (cause instanceof SallyportError && cause.code !== 'ERR_LINK_UNAVAILABLE' && cause.code !== 'ERR_NOT_FOUND') return cause;
  return exited(server, cause);
}

function exited(server: string, cause?: unknown): SallyportError {
  const dispatched = !(cause instanceof SallyportError) || cause.dispatched;
  return new SallyportError('ERR_RUNNER_EXITED', `The process of server ${server} ended.`, { dispatched, cause });
}

/** By reference: each secret lives in this one message to the runner and nowhere else. */
async function secretsOf({ env, sandbox }: LaunchSpec, release: ReleaseSecret, exchange: Exchange): Promise<Readonly<Record<string, string>>> {
  const { space, id: server } = exchange.server;
  const secrets: Record<string, string> = {};
  for (const secret of [...Object.values(env), ...Object.values(sandbox.secretFiles)]) {
    if (SECRET_REFERENCE.test(secret)) secrets[secret] ??= (await release({ space, server, secret, exchange: exchange.id })).value;
  }
  return secrets;
}

function digest(text: string): string {
  return new Bun.CryptoHasher('sha256').update(text).digest('hex');
}
