import { SallyportError } from '../../domain/errors.ts';
import type { Exchange } from '../../domain/exchange.ts';
import { LIMITS } from '../../domain/limits.ts';
import type { RequestMessage } from '../../domain/message.ts';
import { endCall, type LegacyCall } from './legacy-call.ts';

/**
 * A call to a legacy server that waits, with its upstream stream open, for what the server asked of a modern client. It
 * lives on the replica that made it; others forward to that owner, and a lost owner is a clear error, never a second
 * execution (DESIGN part 5, sessions).
 */
export interface HeldCall extends LegacyCall {
  /** What the server asked and still waits for. */
  readonly question: RequestMessage;
}

export interface HeldCalls {
  /** Keeps the call and gives the handle by which its client continues it. */
  hold(call: HeldCall): string;
  /** Gives the call out once. Throws ERR_STATE_INVALID for a handle that is used, ended, or another principal's. */
  take(handle: string, caller: { readonly id: string; readonly agent: string }): HeldCall;
  ownerOf(handle: string): string;
  /** Ends those whose time, token or principal has ended. */
  sweep(now: number, ended: (exchange: Exchange) => boolean): void;
  readonly size: number;
}

interface Entry {
  readonly call: HeldCall;
  readonly until: number;
}

export function createHeldCalls(node: string): HeldCalls {
  const entries = new Map<string, Entry>();
  return {
    hold(call) {
      const { id } = call.exchange.principal;
      const mine = [...entries.values()].filter((entry) => entry.call.exchange.principal.id === id).length;
      if (entries.size >= LIMITS.heldCallsMax || mine >= LIMITS.heldCallsPerPrincipalMax) {
        endCall(call);
        throw new SallyportError('ERR_LIMIT_OPEN_EXCHANGES', 'Too many calls wait for an answer.', { remedy: 'Try again later.' });
      }
      const handle = `${node}/${crypto.randomUUID()}`;
      entries.set(handle, { call, until: Math.min(Date.now() + LIMITS.heldCallMs, call.exchange.principal.expiresAt) });
      return handle;
    },
    take(handle, caller) {
      const entry = entries.get(handle);
      const mine = entry?.call.exchange.principal.id === caller.id && entry.call.exchange.principal.agent === caller.agent;
      if (entry === undefined || !mine) {
        throw new SallyportError('ERR_STATE_INVALID', 'This call no longer waits for an answer.', { remedy: 'Start the request again.' });
      }
      entries.delete(handle);
      return entry.call;
    },
    ownerOf: (handle) => handle.slice(0, handle.lastIndexOf('/')),
    sweep(now, ended) {
      for (const [handle, { call, until }] of entries) {
        if (now < until && !ended(call.exchange)) continue;
        entries.delete(handle);
        endCall(call);
      }
    },
    get size() {
      return entries.size;
    },
  };
}
