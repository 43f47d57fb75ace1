import { LIMITS } from '../domain/limits.ts';
import { isLoopbackHost } from '../domain/loopback.ts';
import { answer, watchBodies, type AnswerOptions } from './answer.ts';
import { createDoors } from './doors.ts';
import { broken } from './reply.ts';

export interface ListenOptions extends Pick<AnswerOptions, 'network' | 'gateway' | 'ready'> {
  readonly hostname: string;
  readonly port: number;
  /** Absent only by the explicit loopback exception. */
  readonly tls?: { readonly cert: string; readonly key: string };
  readonly publicUrl: string;
}

export interface Listener {
  readonly port: number;
  /** Stops accepting, lets open calls end for `graceMs`, then closes. */
  close(graceMs: number): Promise<void>;
}

const TLS_1_3 = 0x0304;

/** Bytes from downstream → `Inbound` → `gateway.handle` → bytes. Decides nothing but what addresses it answers under. */
export function listen(options: ListenOptions): Listener {
  const arriving = watchBodies((request) => server.timeout(request, 1));
  const answering = { ...options, doors: createDoors(options.publicUrl, isLoopbackHost(options.hostname)), arriving };
  const server = Bun.serve({
    hostname: options.hostname,
    port: options.port,
    ...(options.tls === undefined ? {} : { tls: { ...options.tls, minVersion: TLS_1_3 } as Bun.TLSOptions }),
    // Counted here instead, so that a body that is too large gets an answer with an exchange id, and a record.
    maxRequestBodySize: Number.MAX_SAFE_INTEGER,
    // A silent peer costs one socket for this long; one whose headers trickle in is cut by the runtime itself, sooner. Streams are exempt.
    idleTimeout: LIMITS.connectionIdleMs / 1000,
    development: false,
    // Outside development the runtime would share the port with whoever else asks for it, and requests with them.
    reusePort: false,
    fetch: (request, bun) => answer(request, { address: bun.requestIP(request)?.address ?? '', longLived: () => bun.timeout(request, 0) }, answering),
    error: broken,
  });
  return {
    port: server.port ?? options.port,
    async close(graceMs) {
      arriving.stop();
      const late = Promise.withResolvers<void>();
      // Cleared when calls ended in time: a timer left behind would keep the process from ending.
      const timer = setTimeout(late.resolve, graceMs);
      await Promise.race([server.stop(false), late.promise]);
      clearTimeout(timer);
      await server.stop(true);
    },
  };
}
