import { SallyportError } from '../../domain/errors.ts';
import type { Exchange } from '../../domain/exchange.ts';
import { isObject, type JsonObject } from '../../domain/json.ts';
import { LIMITS } from '../../domain/limits.ts';
import { type Message, type RequestMessage } from '../../domain/message.ts';
import type { Permit } from '../../domain/verdict.ts';
import { toLegacyError, toLegacyResult } from '../../mcp/bridge/answers.ts';
import { inputRequestsOf, type InputRequest } from '../../mcp/bridge/input.ts';
import { toModernRequest, withAnswers } from '../../mcp/bridge/requests.ts';
import { translate } from '../enforce.ts';
import { wayTo, type BridgeParts } from './parts.ts';
import { logLevelOf } from './session-requests.ts';

/**
 * A legacy client's request to a modern server: what the server needs in the middle (`input_required`) becomes a server
 * request on the client's stream, and its answer the retry that goes on.
 */
export async function* callModernServer(parts: BridgeParts, permit: Permit, exchange: Exchange, signal: AbortSignal): AsyncGenerator<Message, void, undefined> {
  const { message } = permit;
  const { session } = exchange;
  if (message.kind !== 'request' || session === undefined) return;
  let wire = toModernRequest(message, session.capabilities, session.clientInfo, await logLevelOf(parts.state, exchange));
  for (let round = 0; round < LIMITS.inputRoundsMax; round += 1) {
    let asks: Readonly<Record<string, InputRequest>> | undefined;
    let state: string | undefined;
    for await (const answer of wayTo(parts, exchange).send(translate(permit, wire), { ...exchange, revision: wire.revision }, signal)) {
      asks = answer.kind === 'result' ? inputRequestsOf(answer.result) : undefined;
      if (asks === undefined) {
        yield legacyForm(answer, message);
        continue;
      }
      state = stateOf(answer);
    }
    if (asks === undefined) return;
    const responses: Record<string, JsonObject> = {};
    const waiting = Object.entries(asks).map(([key, request]) => ({ key, request, ...parts.questions.ask(session.key, signal) }));
    for (const { id, request } of waiting) yield { kind: 'request', from: 'server', revision: message.revision, id, method: request.method, params: request.params };
    for (const { key, answer } of waiting) responses[key] = resultOf(await answer);
    wire = withAnswers(wire, responses, state);
  }
  throw new SallyportError('ERR_LIMIT_MESSAGES', `The server asked for more input ${LIMITS.inputRoundsMax} times.`);
}

function stateOf(answer: Message): string | undefined {
  const state = answer.kind === 'result' ? answer.result['requestState'] : undefined;
  return typeof state === 'string' ? state : undefined;
}

/** A client that refuses with an error has not answered: the call can't go on, and no answer is made up for it. */
function resultOf(answer: Message): JsonObject {
  if (answer.kind === 'result') return answer.result;
  throw new SallyportError('ERR_CAPABILITY_MISSING', 'The client did not answer what the server asked.', {
    internal: answer.kind === 'error' ? `client error ${answer.error.code}` : 'no answer',
  });
}

function legacyForm(answer: Message, asked: RequestMessage): Message {
  switch (answer.kind) {
    case 'result':
      return { ...answer, revision: asked.revision, result: toLegacyResult(answer.result) };
    case 'error':
      return { ...toLegacyError(answer), revision: asked.revision };
    case 'notification':
    case 'request':
      return { ...answer, revision: asked.revision };
  }
}

/**
 * A legacy client on a toolset, calling a legacy member: the session with the member is ours, so the ids of what the
 * member asks are given new ones that name who waits for the answer.
 */
export async function* callLegacyMember(parts: BridgeParts, permit: Permit, exchange: Exchange, signal: AbortSignal): AsyncGenerator<Message, void, undefined> {
  const { message } = permit;
  const outer = exchange.session;
  if (message.kind !== 'request' || outer === undefined) return;
  const session = await parts.connections.session(exchange, outer.capabilities);
  const inner: Exchange = { ...exchange, session };
  const way = wayTo(parts, exchange);
  for await (const answer of way.send(translate(permit, { ...message, revision: session.revision }), inner, signal)) {
    if (answer.kind !== 'request') {
      yield { ...answer, revision: message.revision };
      continue;
    }
    const question = parts.questions.ask(outer.key, signal);
    yield { ...answer, revision: message.revision, id: question.id };
    const said = await question.answer;
    const back: Message = { ...said, id: answer.id, revision: session.revision };
    for await (const _nothing of way.send(translate(permit, back), inner, signal));
  }
}

/** The params of a message as an object. */
export function paramsOf(message: Message): JsonObject {
  const params = message.kind === 'request' || message.kind === 'notification' ? message.params : undefined;
  return isObject(params) ? params : {};
}
