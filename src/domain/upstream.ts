import type { Exchange } from './exchange.ts';
import type { Message } from './message.ts';
import type { Permit } from './verdict.ts';

/** The way to a server. Progress, streams and legacy server requests need no second path: all come out of `send`. */
export interface Upstream {
  /**
   * Sends one permitted message and yields what comes back, in order, until the exchange ends. Aborting `signal`
   * cancels upstream (closes the stream, or sends `notifications/cancelled` where the transport needs it).
   * Throws `SallyportError`: `ERR_UPSTREAM_*`; `dispatched: false` on it proves that nothing reached the server.
   */
  send(permit: Permit, exchange: Exchange, signal: AbortSignal): AsyncIterable<Message>;
}
