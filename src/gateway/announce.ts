import { SallyportError } from '../domain/errors.ts';
import type { Exchange } from '../domain/exchange.ts';
import { isObject, type JsonObject } from '../domain/json.ts';
import { TRANSPORT_METHODS, type Message, type NotificationMessage, type RequestMessage } from '../domain/message.ts';
import { REGISTRY_PRINCIPAL_ID } from '../domain/principal.ts';
import type { Snapshot } from '../domain/snapshot.ts';
import type { Upstream } from '../domain/upstream.ts';
import type { Permit } from '../domain/verdict.ts';
import { acknowledged, LIST_WISHES, onListen, wishedUris, wishesOf } from '../mcp/bridge/wishes.ts';
import { catalogHello } from '../registry/catalog.ts';
import { translate } from './enforce.ts';
import { mayHear } from './guard.ts';
import type { InForceKeeper } from './in-force.ts';
import { withSideEntrance } from './side-entrance.ts';

/**
 * Tells clients that their lists changed because what is in force did: lists are answered from what was approved, so a
 * server alone can't know. Stands before the way upstream and adds to each standing stream (GET, `subscriptions/listen`);
 * one that the server does not have (405) is kept open for this.
 */
export function createAnnouncer(inForce: InForceKeeper, upstream: Upstream): Upstream {
  const streams = new Set<() => void>();
  let shown: Snapshot | undefined;
  let changes = 0;
  inForce.onChange(() => {
    const next = snapshotOf(inForce);
    if (next === undefined || (shown !== undefined && showsTheSame(shown, next))) return;
    shown = next;
    changes += 1;
    for (const announce of streams) announce();
  });

  async function* standing(permit: Permit, asked: RequestMessage, exchange: Exchange, signal: AbortSignal): AsyncGenerator<Message, void, undefined> {
    const before = changes;
    const wanted = wantedOf(asked, exchange, inForce);
    const main = asked.method === TRANSPORT_METHODS.stream
      ? streamOr(upstream.send(permit, exchange, signal), asked, signal)
      : listenOr(upstream, permit, asked, exchange, signal, inForce);
    const side = withSideEntrance(main);
    const announce = (): void => {
      // A client that does not read will find out when it lists again.
      for (const message of wanted) side.push(message);
    };
    let isOpen = false;
    try {
      for await (const message of side.messages) {
        yield message;
        if (isOpen) continue;
        // Not before the stream's own first message, which the protocol wants to be first.
        isOpen = true;
        streams.add(announce);
        if (changes !== before) announce();
      }
    } finally {
      streams.delete(announce);
    }
  }

  return {
    send(permit, exchange, signal) {
      const { message } = permit;
      const isStanding = message.kind === 'request' && (message.method === TRANSPORT_METHODS.stream || message.method === 'subscriptions/listen');
      const isOurs = exchange.principal.id === REGISTRY_PRINCIPAL_ID;
      return isStanding && !isOurs ? standing(permit, message, exchange, signal) : upstream.send(permit, exchange, signal);
    },
  };
}

/** What a server or toolset can do, with the lists that the gateway announces changes of. */
export function announcing(capabilities: JsonObject): JsonObject {
  const lists = LIST_WISHES.flatMap(({ capability }) => {
    const declared = capabilities[capability];
    return isObject(declared) ? [[capability, { ...declared, listChanged: true }] as const] : [];
  });
  return { ...capabilities, ...Object.fromEntries(lists) };
}

function snapshotOf(inForce: InForceKeeper): Snapshot | undefined {
  try {
    return inForce.current(Date.now()).snapshot;
  } catch (fault) {
    // Without a lease nothing is decided and no list is given; the next snapshot tells.
    if (fault instanceof SallyportError) return undefined;
    throw fault;
  }
}

/** Most snapshots are about agents and tokens, which change nobody else's lists. */
function showsTheSame(a: Snapshot, b: Snapshot): boolean {
  return Bun.deepEquals(a.servers, b.servers) && Bun.deepEquals(a.toolsets, b.toolsets) && Bun.deepEquals(a.policy, b.policy);
}

/** The announcements that this stream is for. */
function wantedOf(asked: RequestMessage, exchange: Exchange, inForce: InForceKeeper): readonly NotificationMessage[] {
  const { capabilities } = catalogHello(inForce.of(exchange.snapshot).directory, exchange.route);
  const isListen = asked.method === 'subscriptions/listen';
  const wishes = wishesOf(asked);
  return LIST_WISHES.filter(({ wish, capability }) => capabilities[capability] !== undefined && (!isListen || wishes[wish] === true)).map(({ method }) => {
    const said: NotificationMessage = { kind: 'notification', from: 'server', revision: asked.revision, method };
    return isListen ? onListen(asked, said) : said;
  });
}

async function* streamOr(messages: AsyncIterable<Message>, asked: RequestMessage, signal: AbortSignal): AsyncGenerator<Message, void, undefined> {
  for await (const message of messages) {
    if (message.kind !== 'error' || message.httpStatus !== METHOD_NOT_ALLOWED) {
      yield message;
      continue;
    }
    yield { kind: 'notification', from: 'server', revision: asked.revision, method: TRANSPORT_METHODS.opened };
    await untilAborted(signal);
  }
}

const METHOD_NOT_ALLOWED = 405;
const METHOD_NOT_FOUND = -32601;

/** Policy lets each resource be heard of, or not; the acknowledgement says what is honoured. */
async function* listenOr(
  upstream: Upstream, permit: Permit, asked: RequestMessage, exchange: Exchange, signal: AbortSignal, inForce: InForceKeeper,
): AsyncGenerator<Message, void, undefined> {
  const wishes = permittedWishes(wishesOf(asked), exchange, inForce);
  const lists = Object.fromEntries(LIST_WISHES.filter(({ wish }) => wishes[wish] === true).map(({ wish }) => [wish, true]));
  const wire: RequestMessage = { ...asked, params: { ...asked.params, notifications: wishes } };
  for await (const message of upstream.send(translate(permit, wire), exchange, signal)) {
    if (message.kind === 'error' && message.error.code === METHOD_NOT_FOUND) {
      yield acknowledged(asked, lists);
      await untilAborted(signal);
      return;
    }
    const isFirst = message.kind === 'notification' && message.method === 'notifications/subscriptions/acknowledged';
    const honoured = isFirst ? message.params?.['notifications'] : undefined;
    yield isFirst ? { ...message, params: { ...message.params, notifications: { ...(isObject(honoured) ? honoured : {}), ...lists } } } : message;
  }
}

/** On a toolset each member judges its own resources, in the exchange that asks it. */
function permittedWishes(wishes: JsonObject, exchange: Exchange, inForce: InForceKeeper): JsonObject {
  if (exchange.members !== undefined || wishes['resourceSubscriptions'] === undefined) return wishes;
  const force = inForce.of(exchange.snapshot);
  return { ...wishes, resourceSubscriptions: wishedUris(wishes).filter((uri) => mayHear(uri, exchange, force)) };
}

/** Resolves when the stream ends. */
function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
