import type { Exchange } from '../../domain/exchange.ts';
import type { Message } from '../../domain/message.ts';
import { questionsIn } from '../../mcp/bridge/input.ts';
import { countedAs, type Count } from './count.ts';

/** What takes a person's attention, or a model's tokens. */
const ASKING: ReadonlySet<string> = new Set(['elicitation/create', 'sampling/createMessage']);

/**
 * The standing budget of questions (`limits.questions`): as often as one server may ask a person or a model in one flow context,
 * whatever policy says of it, and in whichever form it asks.
 */
export function countQuestions(message: Message, { space, server, flow, snapshot }: Exchange): Count | undefined {
  const times = askedIn(message).filter((method) => ASKING.has(method)).length;
  if (times === 0) return undefined;
  return { key: countedAs(space, ['questions', flow, server.id]), rate: snapshot.limits.questions, times };
}

function askedIn(message: Message): readonly string[] {
  if (message.from !== 'server' || message.kind === 'error') return [];
  if (message.kind === 'request') return [message.method];
  const body = message.kind === 'result' ? message.result : (message.params ?? {});
  return Object.values(questionsIn(body)).map(({ method }) => method);
}
