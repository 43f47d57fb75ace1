import { SallyportError } from '../../domain/errors.ts';
import type { Exchange } from '../../domain/exchange.ts';
import { LIMITS } from '../../domain/limits.ts';
import type { Message, RequestMessage } from '../../domain/message.ts';
import type { Permit } from '../../domain/verdict.ts';
import { declaredCapabilities } from '../../mcp/bridge/requests.ts';
import { acknowledged, isWished, listenEnded, onListen, wishedUris, wishesOf } from '../../mcp/bridge/wishes.ts';
import { createChannel, type Channel } from '../../upstream/channel.ts';
import { translate } from '../enforce.ts';
import type { LegacySession } from './connections.ts';
import { inSession, openStanding, tell, within } from './legacy-call.ts';
import { wayTo, type BridgeParts } from './parts.ts';

/** A modern client's `subscriptions/listen` at a legacy server: the session's standing stream, and `resources/subscribe` for each URI. */
export async function* listenToLegacy(parts: BridgeParts, permit: Permit, exchange: Exchange, signal: AbortSignal): AsyncGenerator<Message, void, undefined> {
  const { message } = permit;
  if (message.kind !== 'request') return;
  const wishes = wishesOf(message);
  const channel = createChannel<Message>(LIMITS.upstreamQueueMessages);
  const stop = (): void => channel.fail(signal.reason);
  if (signal.aborted) stop();
  signal.addEventListener('abort', stop, { once: true });
  const joined = await inSession(parts, exchange, declaredCapabilities(message), async (held) => {
    const inner = within(exchange, held);
    const leave = held.standing.listen((said) => {
      if (isWished(said, wishes)) pushOr(channel, onListen(message, said));
    }, () => channel.end());
    try {
      await openStanding(parts, permit, inner, held);
      return { held, inner, leave, uris: await subscribe(parts, permit, inner, held, wishedUris(wishes).slice(0, LIMITS.subscriptionsPerSessionMax)) };
    } catch (fault) {
      leave();
      throw fault;
    }
  });
  try {
    yield acknowledged(message, { ...wishes, ...(wishes['resourceSubscriptions'] === undefined ? {} : { resourceSubscriptions: joined.uris }) });
    yield* channel.values();
    yield listenEnded(message);
  } finally {
    signal.removeEventListener('abort', stop);
    joined.leave();
    unsubscribe(parts, permit, joined.inner, joined.held, joined.uris);
  }
}

/** The URIs that the server lets this caller subscribe to. */
async function subscribe(parts: BridgeParts, permit: Permit, inner: Exchange, held: LegacySession, uris: readonly string[]): Promise<readonly string[]> {
  const honoured: string[] = [];
  for (const uri of new Set(uris)) {
    if (!held.standing.want(uri)) {
      honoured.push(uri);
      continue;
    }
    try {
      for await (const answer of wayTo(parts, inner).send(translate(permit, asking('resources/subscribe', uri, inner)), inner, NEVER)) {
        if (answer.kind === 'result') honoured.push(uri);
        else if (answer.kind === 'error') held.standing.unwant(uri);
      }
    } catch (fault) {
      held.standing.unwant(uri);
      unsubscribe(parts, permit, inner, held, honoured);
      throw fault;
    }
  }
  return honoured;
}

function unsubscribe(parts: BridgeParts, permit: Permit, inner: Exchange, held: LegacySession, uris: readonly string[]): void {
  for (const uri of uris) {
    if (held.standing.unwant(uri)) void tell(parts, permit, asking('resources/unsubscribe', uri, inner), inner).catch(() => undefined);
  }
}

function asking(method: string, uri: string, inner: Exchange): RequestMessage {
  return { kind: 'request', from: 'client', revision: inner.revision, id: crypto.randomUUID(), method, params: { uri } };
}

function pushOr(channel: Channel<Message>, message: Message): void {
  if (!channel.push(message)) channel.fail(new SallyportError('ERR_UPSTREAM_TOO_LARGE', 'The server announces faster than it can be passed on.'));
}

const NEVER = new AbortController().signal;
