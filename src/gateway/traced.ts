import { SallyportError } from '../domain/errors.ts';
import type { Message } from '../domain/message.ts';
import type { Upstream } from '../domain/upstream.ts';
import type { Sending } from '../telemetry/observe-client.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import { translate } from './enforce.ts';

/** A way to servers on which each message carries our trace context and none of the caller's baggage, and is timed. */
export function traced(way: Upstream, telemetry: Pick<Telemetry, 'send'>): Upstream {
  return {
    send(permit, exchange, signal) {
      const sending = telemetry.send(permit.message, exchange);
      const sent = sending.message === permit.message ? permit : translate(permit, sending.message);
      const answers = way.send(sent, exchange, signal);
      return sending.isFollowed ? follow(answers, sending) : answers;
    },
  };
}

async function* follow(answers: AsyncIterable<Message>, sending: Sending): AsyncGenerator<Message, void, undefined> {
  try {
    for await (const answer of answers) {
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
