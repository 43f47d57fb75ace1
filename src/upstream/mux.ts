import { SallyportError } from '../domain/errors.ts';
import { isObject } from '../domain/json.ts';
import type { Json, JsonObject } from '../domain/json.ts';
import { LIMITS } from '../domain/limits.ts';
import { TRANSPORT_METHODS } from '../domain/message.ts';
import type { ErrorMessage, Message, NotificationMessage, RequestMessage, ResultMessage, Revision, RpcId } from '../domain/message.ts';
import { createChannel } from './channel.ts';
import type { Channel } from './channel.ts';
import { cancelled, protocolFault, undispatched } from './faults.ts';

const SUBSCRIPTION = 'io.modelcontextprotocol/subscriptionId';
/** What changed for everyone on the connection, as opposed to what one call brought about. */
const TO_ALL = /^notifications\/(?:(?:tools|prompts|resources)\/list_changed|resources\/updated)$/;

export interface MuxOptions {
  readonly server: string;
  /** Several principals use the connection: nothing without an originating id is let through (DESIGN part 5). */
  readonly shared: boolean;
  send(message: Message): Promise<void>;
}

/** Many exchanges on one connection: ids and progress tokens are ours upstream, and their own again downstream. */
export interface Mux {
  request(message: RequestMessage, session: string | undefined, signal: AbortSignal): AsyncGenerator<Message, void, undefined>;
  notify(message: NotificationMessage, session: string | undefined): Promise<void>;
  respond(message: ResultMessage | ErrorMessage, session: string | undefined): Promise<void>;
  /** The standing stream of a session: what the server says without having been asked. */
  stream(message: RequestMessage, session: string | undefined, signal: AbortSignal): AsyncGenerator<Message, void, undefined>;
  receive(message: Message): void;
  /** A line that is no message: it fails the one call that it can belong to. */
  malformed(cause: unknown): void;
  fail(error: SallyportError): void;
  /** Requests and streams that are open. */
  open(): number;
}

interface Listener {
  readonly session: string | undefined;
  readonly revision: Revision;
  readonly channel: Channel<Message>;
}

interface Pending extends Listener {
  readonly message: RequestMessage;
}

export function createMux(options: MuxOptions): Mux {
  const { server } = options;
  const pending = new Map<number, Pending>();
  const streams = new Set<Listener>();
  const asked = new Map<RpcId, Listener>();
  let lastId = 0;
  let failure: SallyportError | undefined;

  function deliver(listener: Listener, message: Message): void {
    const taken = listener.channel.push({ ...message, revision: listener.revision });
    if (!taken) listener.channel.fail(new SallyportError('ERR_UPSTREAM_TOO_LARGE', `Server ${server} sends faster than its messages can be judged.`));
  }

  /** Whose message this is when it names nobody: the only call in flight, or else the only stream. */
  function single(): Listener | undefined {
    if (options.shared || pending.size > 1) return undefined;
    const [only] = pending.size === 1 ? pending.values() : streams;
    return pending.size === 1 || streams.size === 1 ? only : undefined;
  }

  function receiveNotification(message: NotificationMessage): void {
    const params = message.params ?? {};
    if (message.method === 'notifications/progress') {
      const entry = pendingOf(params['progressToken']);
      const token = progressToken(entry?.message.params);
      if (entry !== undefined && token !== undefined) deliver(entry, { ...message, params: { ...params, progressToken: token } });
      return;
    }
    if (message.method === 'notifications/cancelled') {
      const id = params['requestId'];
      const own = pendingOf(id);
      if (own !== undefined) deliver(own, { ...message, params: { ...params, requestId: own.message.id } });
      else if (isId(id)) {
        const owner = asked.get(id);
        asked.delete(id);
        if (owner !== undefined) deliver(owner, message);
      }
      return;
    }
    const listen = pendingOf(subscriptionOf(params));
    if (listen !== undefined) deliver(listen, { ...message, params: resubscribed(params, listen.message.id) });
    else if (options.shared) return;
    else if (TO_ALL.test(message.method) && streams.size > 0) for (const stream of streams) deliver(stream, message);
    else {
      const owner = single();
      if (owner !== undefined) deliver(owner, message);
    }
  }

  function receiveRequest(message: RequestMessage): void {
    const { id, revision } = message;
    if (message.method === 'ping') return answer({ kind: 'result', from: 'client', revision, id, result: {} });
    const owner = single();
    if (owner === undefined || asked.has(id) || asked.size >= LIMITS.upstreamQueueMessages) {
      const error = { code: -32603, message: 'It is not known which call this request belongs to' };
      return answer({ kind: 'error', from: 'client', revision, id, error });
    }
    asked.set(id, owner);
    deliver(owner, message);
  }

  /** Our own word to the server, never a principal's: what could not be attributed to anyone. */
  function answer(message: Message): void {
    options.send(message).catch(() => undefined);
  }

  function receiveAnswer(message: ResultMessage | ErrorMessage): void {
    const entry = pendingOf(message.id ?? undefined);
    if (entry === undefined) return;
    const { id } = entry.message;
    if (message.kind === 'error') deliver(entry, { ...message, id });
    else if (subscriptionOf(message.result) === undefined) deliver(entry, { ...message, id });
    else deliver(entry, { ...message, id, result: resubscribed(message.result, id) });
    entry.channel.end();
  }

  function pendingOf(id: Json | undefined): Pending | undefined {
    return typeof id === 'number' ? pending.get(id) : undefined;
  }

  function release(listener: Listener): void {
    for (const [id, owner] of asked) if (owner === listener) asked.delete(id);
  }

  return {
    async *request(message, session, signal) {
      // It failed before this message: that one was not dispatched.
      if (failure !== undefined) throw undispatched(failure);
      if (signal.aborted) throw cancelled(server, signal);
      lastId += 1;
      const id = lastId;
      const entry: Pending = { message, session, revision: message.revision, channel: createChannel(LIMITS.upstreamQueueMessages) };
      const abort = (): void => entry.channel.fail(cancelled(server, signal));
      pending.set(id, entry);
      signal.addEventListener('abort', abort);
      let isAnswered = false;
      try {
        await options.send({ ...message, id, ...retoken(message.params, id) });
        for await (const received of entry.channel.values()) {
          isAnswered = received.kind === 'result' || received.kind === 'error';
          yield received;
        }
      } finally {
        signal.removeEventListener('abort', abort);
        pending.delete(id);
        release(entry);
        if (!isAnswered && failure === undefined) {
          answer({ kind: 'notification', from: 'client', revision: message.revision, method: 'notifications/cancelled', params: { requestId: id } });
        }
      }
    },
    async notify(message, session) {
      if (message.method !== 'notifications/cancelled') return options.send(message);
      const requestId = message.params?.['requestId'];
      for (const [id, entry] of pending) {
        if (entry.message.id === requestId && entry.session === session) return options.send({ ...message, params: { ...message.params, requestId: id } });
      }
    },
    async respond(message, session) {
      const owner = message.id === null ? undefined : asked.get(message.id);
      if (message.id === null || owner === undefined || owner.session !== session) {
        throw new SallyportError('ERR_RPC_INVALID', 'The response answers no open request.', { dispatched: false });
      }
      asked.delete(message.id);
      await options.send(message);
    },
    async *stream(message, session, signal) {
      if (failure !== undefined) throw failure;
      if (signal.aborted) throw cancelled(server, signal);
      const listener: Listener = { session, revision: message.revision, channel: createChannel(LIMITS.upstreamQueueMessages) };
      // A session has one standing stream; a new one takes over, as after a lost connection.
      for (const former of streams) if (former.session === session) former.channel.end();
      const abort = (): void => listener.channel.fail(cancelled(server, signal));
      streams.add(listener);
      signal.addEventListener('abort', abort);
      try {
        yield { kind: 'notification', from: 'server', revision: message.revision, method: TRANSPORT_METHODS.opened };
        yield* listener.channel.values();
      } finally {
        signal.removeEventListener('abort', abort);
        streams.delete(listener);
        release(listener);
      }
    },
    receive(message) {
      if (message.kind === 'request') receiveRequest(message);
      else if (message.kind === 'notification') receiveNotification(message);
      else receiveAnswer(message);
    },
    malformed(cause) {
      const [only] = pending.values();
      if (pending.size === 1) only?.channel.fail(protocolFault(server, 'undecodable', cause));
    },
    fail(error) {
      failure ??= error;
      for (const entry of pending.values()) entry.channel.fail(failure);
      for (const stream of streams) stream.channel.fail(failure);
    },
    open: () => pending.size + streams.size,
  };
}

function isId(value: Json | undefined): value is RpcId {
  return typeof value === 'string' || typeof value === 'number';
}

function metaOf(params: JsonObject | undefined): JsonObject | undefined {
  const meta = params?.['_meta'];
  return isObject(meta) ? meta : undefined;
}

function progressToken(params: JsonObject | undefined): Json | undefined {
  return metaOf(params)?.['progressToken'];
}

function subscriptionOf(params: JsonObject): Json | undefined {
  return metaOf(params)?.[SUBSCRIPTION];
}

function retoken(params: JsonObject | undefined, token: number): { readonly params?: JsonObject } {
  if (params === undefined || progressToken(params) === undefined) return {};
  return { params: { ...params, _meta: { ...metaOf(params), progressToken: token } } };
}

function resubscribed(params: JsonObject, id: RpcId): JsonObject {
  return { ...params, _meta: { ...metaOf(params), [SUBSCRIPTION]: id } };
}
