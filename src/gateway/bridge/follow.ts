import { SallyportError } from '../../domain/errors.ts';
import type { Exchange } from '../../domain/exchange.ts';
import { isObject, type JsonObject } from '../../domain/json.ts';
import { LIMITS } from '../../domain/limits.ts';
import { TRANSPORT_METHODS, type Message } from '../../domain/message.ts';
import { ENVELOPE } from '../../mcp/envelope.ts';
import { createChannel } from '../../upstream/channel.ts';
import type { BridgeParts } from './parts.ts';

const ACKNOWLEDGED = 'notifications/subscriptions/acknowledged';

/**
 * A legacy session's GET stream where the gateway is the session's other end: it listens (2026-07-28) for what the session
 * is subscribed to, and anew when that changes. The new stream is open before the old one ends, so nothing falls between.
 */
export async function* followSubscriptions(
  parts: BridgeParts,
  exchange: Exchange,
  signal: AbortSignal,
  listen: (uris: readonly string[], signal: AbortSignal) => AsyncIterable<Message>,
): AsyncGenerator<Message, void, undefined> {
  const channel = createChannel<Message>(LIMITS.upstreamQueueMessages);
  const stop = (): void => channel.fail(signal.reason);
  let current: AbortController | undefined;
  let turn = Promise.resolve();

  const pump = async (controller: AbortController, uris: readonly string[], former: AbortController | undefined): Promise<void> => {
    try {
      for await (const message of listen(uris, controller.signal)) {
        if (message.kind !== 'notification') {
          // A server that has nothing to listen to: the stream stays, for what the gateway itself announces.
          if (message.kind === 'error') return;
          continue;
        }
        if (message.method === ACKNOWLEDGED) former?.abort();
        else if (!channel.push({ ...message, revision: exchange.revision, ...withoutSubscription(message.params) })) throw tooFast();
      }
      if (controller === current) channel.end();
    } catch (fault) {
      if (controller === current) channel.fail(fault);
    } finally {
      former?.abort();
    }
  };
  const restart = async (): Promise<void> => {
    const former = current;
    const controller = new AbortController();
    const uris = await parts.subscriptions.of(exchange);
    current = controller;
    if (signal.aborted) controller.abort();
    void pump(controller, uris, former);
  };

  const unfollow = await parts.subscriptions.follow(exchange, () => {
    turn = turn.then(restart).catch((fault: unknown) => channel.fail(fault));
  });
  signal.addEventListener('abort', stop, { once: true });
  try {
    await restart();
    yield { kind: 'notification', from: 'server', revision: exchange.revision, method: TRANSPORT_METHODS.opened };
    yield* channel.values();
  } finally {
    signal.removeEventListener('abort', stop);
    unfollow();
    current?.abort();
  }
}

function tooFast(): SallyportError {
  return new SallyportError('ERR_UPSTREAM_TOO_LARGE', 'The server sends faster than its messages can be judged.');
}

/** Which listen request a message answers means nothing to a legacy client. */
function withoutSubscription(params: JsonObject | undefined): { readonly params?: JsonObject } {
  if (params === undefined || !isObject(params['_meta'])) return params === undefined ? {} : { params };
  const { [ENVELOPE.subscriptionId]: _id, ...meta } = params['_meta'];
  const { _meta: _all, ...rest } = params;
  return { params: Object.keys(meta).length === 0 ? rest : { ...rest, _meta: meta } };
}
