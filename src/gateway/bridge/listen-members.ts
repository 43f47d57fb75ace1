import { SallyportError } from '../../domain/errors.ts';
import type { Exchange } from '../../domain/exchange.ts';
import { isObject, type JsonObject } from '../../domain/json.ts';
import { LIMITS } from '../../domain/limits.ts';
import type { Message } from '../../domain/message.ts';
import type { Server } from '../../domain/server.ts';
import { wishedUris } from '../../mcp/bridge/wishes.ts';
import { aggregateUri, splitUri } from '../../registry/names.ts';
import { aggregateParams } from '../../registry/outward.ts';
import { createChannel } from '../../upstream/channel.ts';
import type { BridgeParts } from './parts.ts';

const ACKNOWLEDGED = 'notifications/subscriptions/acknowledged';

/**
 * What the members of a toolset announce of their resources, under the toolset's addresses: an acknowledgement of what all
 * of them honour, then their notifications. A member that fails is not honoured, and the others go on. (That pinned lists
 * change is announced by the gateway, which answers them.)
 */
export async function* listenToMembers(
  parts: BridgeParts, members: readonly Server[], wishes: JsonObject, capabilities: JsonObject, exchange: Exchange, signal: AbortSignal,
): AsyncGenerator<Message, void, undefined> {
  const channel = createChannel<Message>(LIMITS.upstreamQueueMessages);
  const stop = (): void => channel.end();
  const ending = new AbortController();
  const until = AbortSignal.any([signal, ending.signal]);
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  const uris = wishedUris(wishes).slice(0, LIMITS.subscriptionsPerSessionMax);
  const lists: JsonObject = wishes['resourcesListChanged'] === true ? { resourcesListChanged: true } : {};

  /** Resolves with the URIs that the member honours, once it says so or can't any more. */
  const listen = (member: Server): Promise<readonly string[]> => {
    const { promise, resolve } = Promise.withResolvers<readonly string[]>();
    const own = uris.flatMap((uri) => {
      const split = splitUri(uri);
      return split?.server === member.id ? [split.uri] : [];
    });
    if (own.length === 0 && Object.keys(lists).length === 0) return Promise.resolve([]);
    const wanted = { ...lists, ...(own.length > 0 ? { resourceSubscriptions: own } : {}) };
    const read = async (): Promise<void> => {
      for await (const said of parts.listenAt(member, wanted, capabilities, exchange, until)) {
        if (said.kind !== 'notification') continue;
        if (said.method === ACKNOWLEDGED) resolve(honouredBy(member, said.params));
        else if (!channel.push({ ...said, params: aggregateParams(member.id, said.params ?? {}) })) channel.fail(tooFast());
      }
    };
    read().catch(() => undefined).finally(() => resolve([]));
    return promise;
  };

  try {
    const honoured = (await Promise.all(members.map(listen))).flat();
    const notifications = { ...lists, ...(wishes['resourceSubscriptions'] === undefined ? {} : { resourceSubscriptions: honoured }) };
    yield { kind: 'notification', from: 'server', revision: exchange.revision, method: ACKNOWLEDGED, params: { notifications } };
    yield* channel.values();
  } finally {
    signal.removeEventListener('abort', stop);
    ending.abort();
  }
}

function honouredBy(member: Server, params: JsonObject | undefined): readonly string[] {
  const notifications = params?.['notifications'];
  return wishedUris(isObject(notifications) ? notifications : {}).flatMap((uri) => aggregateUri(member.id, uri) ?? []);
}

function tooFast(): SallyportError {
  return new SallyportError('ERR_UPSTREAM_TOO_LARGE', 'The members announce faster than it can be passed on.');
}
