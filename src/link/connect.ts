import { SallyportError } from '../domain/errors.ts';
import type { Json } from '../domain/json.ts';
import { LIMITS } from '../domain/limits.ts';
import type { Role } from '../domain/role.ts';
import { Channel } from './channel.ts';
import type { MachineAddress } from './machines/address.ts';
import type { Credentials } from './machines/credentials.ts';
import { listenerOf, socketPathOf } from './place.ts';

export interface ConnectOptions {
  readonly home: string;
  readonly self: Role;
  readonly peer: Role;
  /** Which replica of that role. Default: the one that has the role's name. */
  readonly node?: string;
  /** Where it is, when it is on another machine. */
  readonly machine?: {
    readonly address: MachineAddress;
    /** Absent until this role has joined. */
    readonly credentials: () => Credentials | undefined;
  };
}

export interface CallOptions {
  /** Default: `LIMITS.linkCallMs`. */
  readonly timeoutMs?: number;
}

/**
 * The way to one role. It connects at the first use and from then on keeps itself connected, with back-off, until closed.
 * While it is down everything fails at once with `ERR_LINK_UNAVAILABLE` (`ERR_LINK_AUTH` when the peer could not prove
 * itself): nothing waits for ever. `dispatched: false` on an error proves that the peer never saw the call.
 */
export interface Link {
  readonly isUp: boolean;
  /** For verbs of shape `call`. Throws what the handler threw (code, message, remedy), or `ERR_LINK_*`. */
  call(verb: string, body: Json, options?: CallOptions): Promise<Json>;
  /** For verbs of shape `text`: `text` arrives as it is. */
  callText(verb: string, text: string, options?: CallOptions): Promise<Json>;
  /** For verbs of shape `stream`. Starts with the first `next()`; ends quietly when `signal` aborts, with an error when the link drops. */
  stream(verb: string, body: Json, signal: AbortSignal): AsyncIterable<Json>;
  /** Called at each connection made; returns the way to stop listening. */
  onUp(listener: () => void): () => void;
  onDown(listener: () => void): () => void;
  close(): void;
}

export function connectLink(options: ConnectOptions): Link {
  return new LinkClient(options);
}

type State =
  | { readonly name: 'idle' }
  | { readonly name: 'connecting'; readonly attempt: Promise<Channel> }
  | { readonly name: 'up'; readonly channel: Channel }
  | { readonly name: 'waiting'; readonly reason: SallyportError; readonly timer: Timer }
  | { readonly name: 'closed' };

class LinkClient implements Link {
  readonly #options: ConnectOptions;
  readonly #up = new Set<() => void>();
  readonly #down = new Set<() => void>();
  #state: State = { name: 'idle' };
  #failures = 0;

  constructor(options: ConnectOptions) {
    this.#options = options;
  }

  get isUp(): boolean {
    return this.#state.name === 'up';
  }

  call(verb: string, body: Json, options?: CallOptions): Promise<Json> {
    return this.callText(verb, JSON.stringify(body), options);
  }

  callText(verb: string, text: string, options: CallOptions = {}): Promise<Json> {
    const timeoutMs = options.timeoutMs ?? LIMITS.linkCallMs;
    const state = this.#state;
    return state.name === 'up' ? state.channel.call(verb, text, timeoutMs) : this.#channel().then((channel) => channel.call(verb, text, timeoutMs));
  }

  async *stream(verb: string, body: Json, signal: AbortSignal): AsyncGenerator<Json, void> {
    const channel = await this.#channel();
    if (!signal.aborted) yield* channel.stream(verb, JSON.stringify(body), signal);
  }

  onUp(listener: () => void): () => void {
    return subscribe(this.#up, listener);
  }

  onDown(listener: () => void): () => void {
    return subscribe(this.#down, listener);
  }

  close(): void {
    const state = this.#state;
    this.#state = { name: 'closed' };
    if (state.name === 'waiting') clearTimeout(state.timer);
    if (state.name === 'up') state.channel.close();
  }

  #channel(): Promise<Channel> {
    const state = this.#state;
    if (state.name === 'up') return Promise.resolve(state.channel);
    if (state.name === 'connecting') return state.attempt;
    if (state.name === 'idle') return this.#connect();
    return Promise.reject(state.name === 'waiting' ? state.reason : unreachable('this link is closed'));
  }

  #connect(): Promise<Channel> {
    const attempt = openChannel(this.#options, (channel) => this.#lost(channel));
    this.#state = { name: 'connecting', attempt };
    const settled = attempt.then(
      (channel) => this.#connected(channel),
      (error: unknown) => {
        const reason = error instanceof SallyportError ? error : unreachable(`role ${this.#options.peer} cannot be reached`, error);
        this.#retry(reason);
        throw reason;
      },
    );
    // A failure belongs to the calls that waited for it; when nobody did, the back-off above is the whole answer.
    settled.catch(() => undefined);
    this.#state = this.#state.name === 'connecting' ? { name: 'connecting', attempt: settled } : this.#state;
    return settled;
  }

  #connected(channel: Channel): Channel {
    if (this.#state.name === 'closed') {
      channel.close();
      throw unreachable('this link is closed');
    }
    if (!channel.isOpen) {
      const reason = unreachable(`role ${this.#options.peer} went away`);
      this.#retry(reason);
      throw reason;
    }
    this.#failures = 0;
    this.#state = { name: 'up', channel };
    for (const listener of this.#up) listener();
    return channel;
  }

  #lost(channel: Channel): void {
    if (this.#state.name !== 'up' || this.#state.channel !== channel) return;
    this.#retry(unreachable(`role ${this.#options.peer} went away`));
    for (const listener of this.#down) listener();
  }

  /** Half the wait is random: roles that lost the same peer do not come back in step. */
  #retry(reason: SallyportError): void {
    if (this.#state.name === 'closed') return;
    const ceilingMs = Math.min(LIMITS.linkBackoffMs, 10 * 2 ** this.#failures);
    this.#failures = Math.min(this.#failures + 1, 16);
    const timer = setTimeout(() => void this.#connect(), ceilingMs / 2 + (Math.random() * ceilingMs) / 2);
    timer.unref();
    this.#state = { name: 'waiting', reason, timer };
  }
}

async function openChannel(options: ConnectOptions, onLost: (channel: Channel) => void): Promise<Channel> {
  const { home, self, peer, node, machine } = options;
  if (machine === undefined) {
    return Channel.open({ home, self, peer, way: { path: socketPathOf(home, listenerOf(peer, node ?? peer), self) }, onLost });
  }
  const credentials = machine.credentials();
  if (credentials === undefined) throw unreachable('this role has not joined yet');
  return Channel.open({ home, self, peer, way: { address: machine.address, credentials, ...(node === undefined ? {} : { node }) }, onLost });
}

function subscribe(listeners: Set<() => void>, listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function unreachable(message: string, cause?: unknown): SallyportError {
  return new SallyportError('ERR_LINK_UNAVAILABLE', message, { remedy: 'The role is starting or has stopped; try again shortly.', dispatched: false, cause });
}
