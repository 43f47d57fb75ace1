import type { FromThread, SinksPart } from '../audit/sinks/messages.ts';
import { SinkHost } from '../audit/sinks/host.ts';
import type { HostParts, SinkThread } from '../audit/sinks/host.ts';
import { isObject } from '../domain/json.ts';
import type { LedgerConfiguration } from '../domain/retention.ts';

/**
 * What is to run, from what control sent; `roots` are PEM of the network's further roots. What is wrong was refused when it was
 * applied; should one be of another version, it is left out and said so.
 */
export async function readSinks(
  { sinks, pseudonyms, failClosed }: LedgerConfiguration, roots: string | undefined, report: (line: string) => void,
): Promise<SinksPart> {
  const named = isObject(sinks) ? Object.entries(sinks) : [];
  if (named.length === 0) return { sinks: {}, pseudonyms, failClosed };
  // Loaded where there are sinks only: a ledger without them has no use for it.
  const { readSink } = await import('../registry/sink-shape.ts');
  const read = named.flatMap(([name, value]) => {
    try {
      return [[name, readSink(value, roots)] as const];
    } catch {
      report(`the sink ${name} is not one that this version knows; it does not run`);
      return [];
    }
  });
  return { sinks: Object.fromEntries(read), pseudonyms, failClosed };
}

/** The sinks of the ledger role, in a thread of their own. */
export function createSinkHost(parts: Omit<HostParts, 'spawn'>): SinkHost {
  return new SinkHost({ ...parts, spawn });
}

function spawn(): SinkThread {
  const worker = new Worker(new URL('./sinks-thread.ts', import.meta.url).href);
  // A process that is done doesn't wait for it.
  worker.unref();
  return {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has none
    post: (message) => worker.postMessage(message),
    onMessage: (listener) => worker.addEventListener('message', (event: MessageEvent<FromThread>) => listener(event.data)),
    onEnd: (listener) => {
      worker.addEventListener('close', listener);
      worker.addEventListener('error', listener);
    },
    terminate: () => worker.terminate(),
  };
}
