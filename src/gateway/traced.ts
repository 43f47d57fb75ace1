import { SallyportError } from '../domain/errors.ts';
import type { Exchange } from '../domain/exchange.ts';
import type { Message } from '../domain/message.ts';
import type { Upstream } from '../domain/upstream.ts';
import type { Permit } from '../domain/verdict.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import { translate } from './enforce.ts';

/** A way to servers on which each message carries our trace context and none of the caller's baggage, and is timed. */
export function traced(way: Upstream, telemetry: Pick<Telemetry, 'send'>): Upstream {
  return { send: (permit, exchange, signal) => send(way, telemetry, permit, exchange, signal) };
}

async function* send(
  way: Upstream, telemetry: Pick<Telemetry, 'send'>, permit: Permit, exchange: Exchange, signal: AbortSignal,
): AsyncGenerator<Message, void, undefined> {
  const sending = telemetry.send(permit.message, exchange);
  const sent = sending.message === permit.message ? permit : translate(permit, sending.message);
  try {
    for await (const answer of way.send(sent, exchange, signal)) {
      sending.heard(answer);
      yield answer;
    }
  } catch (fault) {
    sending.failed(fault instanceof SallyportError ? fault.code : 'ERR_INTERNAL');
    throw fault;
  } finally {
    sending.end();
  }
}
