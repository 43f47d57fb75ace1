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

interface Listener {
  readonly session: string | undefined;
  readonly revision: Revision;
  readonly channel: Channel<Message>;
}

interface Pending extends Listener {
  readonly message: RequestMessage;
}

/** Many exchanges on one connection: ids and progress tokens are ours upstream, and their own again downstream. */
export class Mux {
  readonly #options: MuxOptions;
  readonly #pending = new Map<number, Pending>();
  readonly #streams = new Set<Listener>();
  /** Open requests of the server, by its id, and whom they were given to. */
  readonly #asked = new Map<RpcId, Listener>();
  #lastId = 0;
  #failure: SallyportError | undefined;

  constructor(options: MuxOptions) {
    this.#options = options;
  }

  async *request(message: RequestMessage, session: string | undefined, signal: AbortSignal): AsyncGenerator<Message, void, undefined> {
    this.#refuseIfOver(signal);
    this.#lastId += 1;
    const id = this.#lastId;
    const entry: Pending = { message, session, revision: message.revision, channel: createChannel(LIMITS.upstreamQueueMessages) };
    const abort = (): void => entry.channel.fail(cancelled(this.#options.server, signal));
    this.#pending.set(id, entry);
    signal.addEventListener('abort', abort);
    let isAnswered = false;
    try {
      await this.#options.send({ ...message, id, ...retoken(message.params, id) });
      for await (const received of entry.channel.values()) {
        isAnswered = received.kind === 'result' || received.kind === 'error';
        yield received;
      }
    } finally {
      signal.removeEventListener('abort', abort);
      this.#pending.delete(id);
      this.#release(entry);
      if (!isAnswered && this.#failure === undefined) {
        this.#answer({ kind: 'notification', from: 'client', revision: message.revision, method: 'notifications/cancelled', params: { requestId: id } });
      }
    }
  }

  async notify(message: NotificationMessage, session: string | undefined): Promise<void> {
    if (message.method !== 'notifications/cancelled') return this.#options.send(message);
    const requestId = message.params?.['requestId'];
    for (const [id, entry] of this.#pending) {
      if (entry.message.id === requestId && entry.session === session) {
        return this.#options.send({ ...message, params: { ...message.params, requestId: id } });
      }
    }
  }

  /** Throws `ERR_RPC_INVALID`, not dispatched, for what answers no open request of this session. */
  async respond(message: ResultMessage | ErrorMessage, session: string | undefined): Promise<void> {
    const owner = message.id === null ? undefined : this.#asked.get(message.id);
    if (message.id === null || owner === undefined || owner.session !== session) {
      throw new SallyportError('ERR_RPC_INVALID', 'The response answers no open request.', { dispatched: false });
    }
    this.#asked.delete(message.id);
    await this.#options.send(message);
  }

  /** The standing stream of a session: what the server says without having been asked. */
  async *stream(message: RequestMessage, session: string | undefined, signal: AbortSignal): AsyncGenerator<Message, void, undefined> {
    this.#refuseIfOver(signal);
    const listener: Listener = { session, revision: message.revision, channel: createChannel(LIMITS.upstreamQueueMessages) };
    // A session has one standing stream; a new one takes over, as after a lost connection.
    for (const former of this.#streams) if (former.session === session) former.channel.end();
    const abort = (): void => listener.channel.fail(cancelled(this.#options.server, signal));
    this.#streams.add(listener);
    signal.addEventListener('abort', abort);
    try {
      yield { kind: 'notification', from: 'server', revision: message.revision, method: TRANSPORT_METHODS.opened };
      yield* listener.channel.values();
    } finally {
      signal.removeEventListener('abort', abort);
      this.#streams.delete(listener);
      this.#release(listener);
    }
  }

  receive(message: Message): void {
    if (message.kind === 'request') this.#receiveRequest(message);
    else if (message.kind === 'notification') this.#receiveNotification(message);
    else this.#receiveAnswer(message);
  }

  /** A line that is no message: it fails the one call that it can belong to. */
  malformed(cause: unknown): void {
    const [only] = this.#pending.values();
    if (this.#pending.size === 1) only?.channel.fail(protocolFault(this.#options.server, 'undecodable', cause));
  }

  /** The connection is over: so is everything on it, and everything that comes later. */
  fail(error: SallyportError): void {
    this.#failure ??= error;
    for (const entry of this.#pending.values()) entry.channel.fail(this.#failure);
    for (const stream of this.#streams) stream.channel.fail(this.#failure);
  }

  /** Requests and streams that are open. */
  get openCount(): number {
    return this.#pending.size + this.#streams.size;
  }

  #refuseIfOver(signal: AbortSignal): void {
    // It failed before this message: that one was not dispatched.
    if (this.#failure !== undefined) throw undispatched(this.#failure);
    if (signal.aborted) throw cancelled(this.#options.server, signal);
  }

  #receiveAnswer(message: ResultMessage | ErrorMessage): void {
    const entry = this.#pendingOf(message.id ?? undefined);
    if (entry === undefined) return;
    const { id } = entry.message;
    if (message.kind === 'error') this.#deliver(entry, { ...message, id });
    else if (subscriptionOf(message.result) === undefined) this.#deliver(entry, { ...message, id });
    else this.#deliver(entry, { ...message, id, result: resubscribed(message.result, id) });
    entry.channel.end();
  }

  #receiveNotification(message: NotificationMessage): void {
    const params = message.params ?? {};
    if (message.method === 'notifications/progress') return this.#receiveProgress(message, params);
    if (message.method === 'notifications/cancelled') return this.#receiveCancelled(message, params);
    const listen = this.#pendingOf(subscriptionOf(params));
    if (listen !== undefined) this.#deliver(listen, { ...message, params: resubscribed(params, listen.message.id) });
    else if (this.#options.shared) return;
    else if (TO_ALL.test(message.method) && this.#streams.size > 0) for (const stream of this.#streams) this.#deliver(stream, message);
    else {
      const owner = this.#single();
      if (owner !== undefined) this.#deliver(owner, message);
    }
  }

  #receiveProgress(message: NotificationMessage, params: JsonObject): void {
    const entry = this.#pendingOf(params['progressToken']);
    const token = progressToken(entry?.message.params);
    if (entry !== undefined && token !== undefined) this.#deliver(entry, { ...message, params: { ...params, progressToken: token } });
  }

  /** The server gives up a call of ours (a subscription), or a request of its own. */
  #receiveCancelled(message: NotificationMessage, params: JsonObject): void {
    const id = params['requestId'];
    const own = this.#pendingOf(id);
    if (own !== undefined) return this.#deliver(own, { ...message, params: { ...params, requestId: own.message.id } });
    if (!isId(id)) return;
    const owner = this.#asked.get(id);
    this.#asked.delete(id);
    if (owner !== undefined) this.#deliver(owner, message);
  }

  #receiveRequest(message: RequestMessage): void {
    const { id, revision } = message;
    if (message.method === 'ping') return this.#answer({ kind: 'result', from: 'client', revision, id, result: {} });
    const owner = this.#single();
    if (owner === undefined || this.#asked.has(id) || this.#asked.size >= LIMITS.upstreamQueueMessages) {
      const error = { code: -32603, message: 'It is not known which call this request belongs to' };
      return this.#answer({ kind: 'error', from: 'client', revision, id, error });
    }
    this.#asked.set(id, owner);
    this.#deliver(owner, message);
  }

  /** Whose message this is when it names nobody: the only call in flight, or else the only stream. */
  #single(): Listener | undefined {
    if (this.#options.shared) return undefined;
    // A listen stream gets only what names it (2026-07-28, subscriptions).
    const calls = [...this.#pending.values()].filter(({ message }) => message.method !== 'subscriptions/listen');
    const candidates = calls.length > 0 ? calls : [...this.#streams];
    return candidates.length === 1 ? candidates[0] : undefined;
  }

  #pendingOf(id: Json | undefined): Pending | undefined {
    return typeof id === 'number' ? this.#pending.get(id) : undefined;
  }

  #deliver(listener: Listener, message: Message): void {
    if (listener.channel.push({ ...message, revision: listener.revision })) return;
    const { server } = this.#options;
    listener.channel.fail(new SallyportError('ERR_UPSTREAM_TOO_LARGE', `Server ${server} sends faster than its messages can be judged.`));
  }

  /** Our own word to the server, never a principal's: what could not be attributed to anyone, or is given up. */
  #answer(message: Message): void {
    this.#options.send(message).catch(() => undefined);
  }

  #release(listener: Listener): void {
    for (const [id, owner] of this.#asked) if (owner === listener) this.#asked.delete(id);
  }
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
