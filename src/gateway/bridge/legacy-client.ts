import { SallyportError } from '../../domain/errors.ts';
import type { Exchange } from '../../domain/exchange.ts';
import type { JsonObject } from '../../domain/json.ts';
import { LIMITS } from '../../domain/limits.ts';
import { type Message, type RequestMessage } from '../../domain/message.ts';
import type { Permit } from '../../domain/verdict.ts';
import { toLegacyError, toLegacyResult } from '../../mcp/bridge/answers.ts';
import { inputRequestsOf, legacyParams, type InputRequest } from '../../mcp/bridge/input.ts';
import { progressFor } from '../../mcp/bridge/progress.ts';
import { toModernRequest, withAnswers } from '../../mcp/bridge/requests.ts';
import { DECLINED } from '../decline.ts';
import { translate } from '../enforce.ts';
import { flawed } from '../guard.ts';
import { endCall, openLegacyCall, tell } from './legacy-call.ts';
import { wayTo, type BridgeParts } from './parts.ts';
import { logLevelOf } from './session-requests.ts';
import { isChange } from './standing.ts';

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
      refuseFlawed(answer, wire);
      asks = answer.kind === 'result' ? inputRequestsOf(answer.result) : undefined;
      if (asks === undefined) {
        yield legacyForm(answer, message);
        continue;
      }
      state = stateOf(answer);
    }
    if (asks === undefined) return;
    const responses: Record<string, JsonObject> = {};
    if (Object.keys(asks).length > LIMITS.inputRequestsMax) throw tooMuch(`The server asked for more than ${LIMITS.inputRequestsMax} inputs at once.`);
    const asking = new AbortController();
    const until = AbortSignal.any([signal, asking.signal]);
    try {
      const waiting = Object.entries(asks).map(([key, request]) => ({ key, request, ...parts.questions.ask(session.key, until) }));
      const { revision } = message;
      for (const { id, request } of waiting) yield { kind: 'request', from: 'server', revision, id, method: request.method, params: legacyParams(request, id) };
      for (const { key, answer } of waiting) responses[key] = resultOf(await answer);
    } finally {
      // Whatever ended the round, what is still unanswered waits for nobody any more.
      asking.abort();
    }
    wire = withAnswers(wire, responses, state);
  }
  throw tooMuch(`The server asked for more input ${LIMITS.inputRoundsMax} times.`);
}

function tooMuch(message: string): SallyportError {
  return new SallyportError('ERR_LIMIT_MESSAGES', message);
}

/** What a legacy client is told of a result has lost its type: it is judged while the type is there. Throws ERR_UPSTREAM_PROTOCOL. */
function refuseFlawed(answer: Message, wire: RequestMessage): void {
  const flaw = answer.kind === 'result' ? flawed(answer, wire) : undefined;
  if (flaw !== undefined) throw new SallyportError(flaw.code, flaw.reason, { remedy: flaw.remedy });
}

function stateOf(answer: Message): string | undefined {
  const state = answer.kind === 'result' ? answer.result['requestState'] : undefined;
  return typeof state === 'string' ? state : undefined;
}

/** A client that refuses with an error has not answered: the call can't go on, and no answer is made up for it. */
function resultOf(answer: Message): JsonObject {
  if (answer.kind === 'result') return answer.result;
  if (answer.kind === 'error' && answer.error.code === DECLINED) {
    throw new SallyportError('ERR_POLICY_DENIED', 'A policy forbids what the server asked of the client.');
  }
  throw new SallyportError('ERR_CAPABILITY_MISSING', 'The client did not answer what the server asked.', {
    internal: answer.kind === 'error' ? `client error ${answer.error.code}` : 'no answer',
  });
}

function legacyForm(answer: Message, asked: RequestMessage): Message {
  if (answer.kind === 'result') return { ...answer, revision: asked.revision, result: toLegacyResult(answer.result) };
  return answer.kind === 'error' ? { ...toLegacyError(answer), revision: asked.revision } : { ...answer, revision: asked.revision };
}

/**
 * A legacy client on a toolset, calling a legacy member: the session with the member is ours, so the ids of what the
 * member asks are given new ones that name who waits for the answer.
 */
export async function* callLegacyMember(parts: BridgeParts, permit: Permit, exchange: Exchange, signal: AbortSignal): AsyncGenerator<Message, void, undefined> {
  const { message } = permit;
  const outer = exchange.session;
  if (message.kind !== 'request' || outer === undefined) return;
  const ask = { permit, message, exchange, capabilities: outer.capabilities, logLevel: await logLevelOf(parts.state, exchange) };
  const call = await openLegacyCall(parts, ask, signal);
  let isOver = false;
  try {
    for (;;) {
      const next = await call.messages.next();
      if (next.done === true) throw new SallyportError('ERR_UPSTREAM_CLOSED', 'The server ended the call without an answer.');
      const answer = next.value;
      if (answer.kind === 'request') {
        const question = parts.questions.ask(outer.key, signal);
        yield { ...answer, revision: message.revision, id: question.id };
        const said = await question.answer;
        await tell(parts, permit, { ...said, id: answer.id, revision: call.exchange.revision }, call.exchange);
      } else if (answer.kind === 'notification') {
        const said = answer.method === 'notifications/progress' ? progressFor(message.params, answer) : answer;
        if (said !== undefined && !isChange(said)) yield { ...said, revision: message.revision };
      } else {
        isOver = true;
        yield { ...answer, revision: message.revision, id: message.id };
        return;
      }
    }
  } finally {
    endCall(call, isOver);
  }
}
