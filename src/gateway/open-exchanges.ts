import { SallyportError } from '../domain/errors.ts';
import type { Exchange } from '../domain/exchange.ts';
import { LIMITS } from '../domain/limits.ts';

/** One open exchange: its signal ends when the client goes, the deadline passes, its token ends, or it is killed. */
export interface OpenExchange {
  readonly signal: AbortSignal;
  /** One message more came back. Throws ERR_LIMIT_MESSAGES: a server that never ends must not fill the record. */
  count(): void;
  leave(): void;
}

export interface OpenExchanges {
  /** Throws ERR_LIMIT_OPEN_EXCHANGES when there are too many, in all or of this principal. */
  enter(exchange: Exchange, client: AbortSignal, deadlineMs: number): OpenExchange;
  /** Ends those whose time is over or that `ended` names; called on every lease and by a timer. */
  sweep(now: number, ended: (exchange: Exchange) => boolean): void;
  /** Ends the call that a legacy session made under this request id; nothing when there is none. */
  cancel(session: string, request: unknown): void;
  /** Ends all that a legacy session has open, but for the exchange that ends it. */
  endSession(session: string, except: string): void;
  readonly size: number;
}

interface Entry {
  readonly exchange: Exchange;
  readonly deadline: number;
  readonly controller: AbortController;
}

/**
 * A timer per call would cost more than the call's policy; one sweep over the open ones does the same for all. A token
 * ends its streams within one sweep (a second) of its expiry.
 */
export function createOpenExchanges(messagesMax: number = LIMITS.messagesPerExchangeMax): OpenExchanges {
  const entries = new Set<Entry>();
  const perPrincipal = new Map<string, number>();
  return {
    enter(exchange, client, deadlineMs) {
      const mine = perPrincipal.get(exchange.principal.id) ?? 0;
      if (entries.size >= LIMITS.openExchangesMax || mine >= LIMITS.openExchangesPerPrincipalMax) {
        throw new SallyportError('ERR_LIMIT_OPEN_EXCHANGES', 'Too many calls are open.', { remedy: 'Wait for some to end, then try again.' });
      }
      const controller = new AbortController();
      const entry: Entry = { exchange, deadline: exchange.startedAt + deadlineMs, controller };
      const onGone = (): void => controller.abort(new SallyportError('ERR_UPSTREAM_CLOSED', 'The client went away.'));
      if (client.aborted) onGone();
      else client.addEventListener('abort', onGone, { once: true });
      entries.add(entry);
      perPrincipal.set(exchange.principal.id, mine + 1);
      let messages = 0;
      return {
        signal: controller.signal,
        count() {
          messages += 1;
          if (messages <= messagesMax) return;
          throw new SallyportError('ERR_LIMIT_MESSAGES', `The server answered one request with more than ${messagesMax} messages.`, {
            remedy: 'Open a stream again to go on; report a call that never ends to the owner of the server.',
          });
        },
        leave() {
          if (!entries.delete(entry)) return;
          client.removeEventListener('abort', onGone);
          const left = (perPrincipal.get(exchange.principal.id) ?? 1) - 1;
          if (left > 0) perPrincipal.set(exchange.principal.id, left);
          else perPrincipal.delete(exchange.principal.id);
        },
      };
    },
    sweep(now, ended) {
      for (const entry of entries) {
        if (now >= entry.exchange.principal.expiresAt) {
          entry.controller.abort(new SallyportError('ERR_TOKEN_EXPIRED', 'The token expired during the call.', { remedy: 'Ask for a new token.' }));
        } else if (ended(entry.exchange)) {
          entry.controller.abort(new SallyportError('ERR_KILLED', 'The call was ended by a revocation or a kill switch.'));
        } else if (now >= entry.deadline) {
          entry.controller.abort(new SallyportError('ERR_DEADLINE', 'The call took too long.'));
        }
      }
    },
    cancel(session, request) {
      for (const { exchange, controller } of entries) {
        if (exchange.session?.key === session && exchange.request === request) {
          controller.abort(new SallyportError('ERR_UPSTREAM_CLOSED', 'The client cancelled the call.'));
        }
      }
    },
    endSession(session, except) {
      for (const { exchange, controller } of entries) {
        if (exchange.session?.key === session && exchange.id !== except) controller.abort(new SallyportError('ERR_SESSION_UNKNOWN', 'The session was ended.'));
      }
    },
    get size() {
      return entries.size;
    },
  };
}
