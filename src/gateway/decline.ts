import type { Exchange } from '../domain/exchange.ts';
import type { Message } from '../domain/message.ts';
import type { Upstream } from '../domain/upstream.ts';
import type { Denial, Permit } from '../domain/verdict.ts';
import { translate } from './enforce.ts';
import { refusal } from './refusal.ts';

/** What a server is told in the client's stead. JSON-RPC: an application's code, outside the reserved range. */
export const DECLINED = 4030;

/**
 * An answer that may not pass. The client is told when it was the end of its call; a server that asked something gets a
 * refusal in the client's stead, so that it does not wait for ever; a notification is simply not delivered.
 */
export async function* decline(
  denial: Denial,
  raw: Message,
  asked: Message,
  permit: Permit,
  exchange: Exchange,
  upstream: Upstream,
  signal: AbortSignal,
): AsyncGenerator<Message, void, undefined> {
  if (raw.kind === 'result' || raw.kind === 'error') {
    yield refusal(denial, asked, exchange);
    return;
  }
  if (raw.kind !== 'request') return;
  const answer: Message = { kind: 'error', from: 'client', revision: raw.revision, id: raw.id, error: { code: DECLINED, message: denial.reason } };
  for await (const _nothing of upstream.send(translate(permit, answer), exchange, signal));
}
