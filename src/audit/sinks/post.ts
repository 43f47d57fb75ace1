import { LIMITS } from '../../domain/limits.ts';
import type { HttpSink } from '../../domain/sink.ts';
import { readRetryAfter } from './backoff.ts';
import { checkCleartext, fetchTlsOf } from './leg.ts';
import { SinkFault } from './sink.ts';

export interface Answer {
  readonly status: number;
  /** The body, if it is JSON; undefined otherwise. */
  readonly json: unknown;
  readonly retryAfterMs: number | undefined;
}

export type Post = (path: string, body: string, headers: Readonly<Record<string, string>>, signal: AbortSignal) => Promise<Answer>;

/**
 * The way of all sinks that speak HTTP: TLS 1.3, no redirect followed (a credential goes with the request, and its body is
 * the log), time and answer bounded. Throws what the socket throws, and `SinkFault`.
 */
export function createPost(spec: HttpSink): Post {
  const { protocol, hostname } = new URL(spec.url);
  const tls = protocol === 'https:' ? { tls: fetchTlsOf(spec) } : {};
  return async (path, body, headers, signal) => {
    if (protocol !== 'https:') checkCleartext(hostname, spec, Date.now());
    const response = await fetch(`${spec.url}${path}`, {
      method: 'POST', body, headers, redirect: 'manual', signal: AbortSignal.any([signal, AbortSignal.timeout(spec.timeoutMs)]),
      ...tls, ...(spec.proxy === undefined ? {} : { proxy: spec.proxy }),
    });
    const text = await readBounded(response);
    return { status: response.status, json: parse(text), retryAfterMs: readRetryAfter(response.headers.get('retry-after'), Date.now()) };
  };
}

/** What the usual statuses mean of a request that was not taken. `refused`: which of them say that a record can't be taken, ever. */
export function faultOf(message: string, { status, retryAfterMs }: Answer, refused: readonly number[] = [400, 422]): SinkFault {
  if (status === 413) return new SinkFault(message, { kind: 'too-large' });
  if (refused.includes(status)) return new SinkFault(message, { kind: 'refused' });
  return new SinkFault(message, { retryAfterMs });
}

async function readBounded(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    // Leaving the loop cancels the rest.
    if (bytes > LIMITS.sinkAnswerBytesMax) throw new SinkFault('the answer is too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
