import type { Socket } from 'node:net';
import { SallyportError } from '../domain/errors.ts';
import { judgeOpening } from './opening.ts';
import type { AllowedHost } from '../domain/allowed-host.ts';

/** How a connection opened: what was seen of it, and the bytes, which nobody has sent on. */
export interface Opened {
  readonly noted: { readonly serverName?: string; readonly ech?: true };
  readonly bytes: Uint8Array;
}

export interface ReadOptions {
  readonly host: string;
  readonly allowed: AllowedHost;
  /** What came before anybody listened. */
  readonly first: Uint8Array;
  readonly openingMs: number;
  readonly signal: AbortSignal;
}

/**
 * Reads a connection until it is clear in whose name it opens, and leaves the socket paused. Who must begin (TLS) has `openingMs` for
 * all of it; who may wait for the other side has as long from its first byte on. Throws `ERR_EGRESS_OPENING`; `undefined`: it
 * ended without a byte, and had nothing to say.
 */
export async function readOpening(socket: Socket, { host, allowed, first, openingMs, signal }: ReadOptions): Promise<Opened | undefined> {
  const { promise, resolve, reject } = Promise.withResolvers<Opened | undefined>();
  let bytes: Buffer = Buffer.alloc(0);
  let timer: Timer | undefined;
  const settle = (): void => {
    clearTimeout(timer);
    socket.off('data', onData).off('end', onEnd).off('close', onEnd);
    socket.pause();
    signal.removeEventListener('abort', onAbort);
  };
  const refuse = (why: string): void => reject(new SallyportError('ERR_EGRESS_OPENING', `The connection is not for ${host}: ${why}.`));
  const wait = (): void => {
    timer ??= setTimeout(() => refuse('it takes too long to say whom it is for'), openingMs);
  };
  const onData = (chunk: Uint8Array): void => {
    bytes = Buffer.concat([bytes, chunk]);
    if (bytes.length > 0) wait();
    const found = judgeOpening(bytes, host, allowed);
    if (found.state === 'refused') refuse(found.why);
    else if (found.state === 'sound') resolve({ noted: found.noted, bytes });
  };
  const onEnd = (): void => {
    if (bytes.length === 0) resolve(undefined);
    else refuse('it ended before it said whom it is for');
  };
  const onAbort = (): void => reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  socket.on('data', onData).once('end', onEnd).once('close', onEnd);
  if (allowed.tls) wait();
  if (signal.aborted) onAbort();
  onData(first);
  socket.resume();
  return promise.finally(settle);
}
