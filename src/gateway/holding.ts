import type { Exchange } from '../domain/exchange.ts';
import { LIMITS } from '../domain/limits.ts';
import type { Message } from '../domain/message.ts';
import type { Verdict } from '../domain/verdict.ts';
import { progressTokenOf, waitMsOf } from './approval-prompt.ts';
import type { Deciding } from './deciding.ts';

/** Calls that wait here for people, while their clients wait for them. */
export interface Holding {
  /**
   * Gives a verdict back; where people must approve the call and its client waits, decides anew every now and then, with
   * everything as it is by then, until they did or the time is over. Yields what tells the client that it is not forgotten.
   * Throws what ends the exchange.
   */
  wait(verdict: Verdict, deciding: Pick<Deciding, 'again'>, said: Message, exchange: Exchange, signal: AbortSignal): AsyncGenerator<Message, Verdict,
    undefined>;
}

const LOOK_MS = 1_000;
const PROGRESS_MS = 5_000;

export function createHolding(): Holding {
  const held = new Map<string, number>();
  return {
    async *wait(first, deciding, said, exchange, signal) {
      let verdict = first;
      const until = Date.now() + waitMsOf(verdict, said, exchange);
      const { id } = exchange.principal;
      const mine = held.get(id) ?? 0;
      if (until <= Date.now() || mine >= LIMITS.heldApprovalsPerPrincipalMax) return verdict;
      held.set(id, mine + 1);
      try {
        let toldAt = 0;
        while (waitMsOf(verdict, said, exchange) > 0 && Date.now() < until) {
          if (Date.now() - toldAt >= PROGRESS_MS) {
            toldAt = Date.now();
            yield* progress(said, Math.max(0, until - toldAt));
          }
          await sleep(LOOK_MS, signal);
          const next = await deciding.again();
          if (next === undefined) return verdict;
          verdict = next;
        }
        return verdict;
      } finally {
        const left = (held.get(id) ?? 1) - 1;
        if (left > 0) held.set(id, left);
        else held.delete(id);
      }
    },
  };
}

function* progress(said: Message, leftMs: number): Generator<Message> {
  const token = said.kind === 'request' ? progressTokenOf(said) : undefined;
  if (token === undefined) return;
  yield {
    kind: 'notification', from: 'server', revision: said.revision, method: 'notifications/progress',
    params: { progressToken: token, progress: Date.now(), message: `Waits for a person to approve it, ${Math.ceil(leftMs / 1000)} s more` },
  };
}

function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => {
      clearTimeout(timer);
      reject(signal.reason instanceof Error ? signal.reason : new Error('aborted'));
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', onAbort);
      resolve();
    }, ms);
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
  });
}
