import { SallyportError } from '../../domain/errors.ts';
import type { Exchange } from '../../domain/exchange.ts';
import type { JsonObject } from '../../domain/json.ts';
import { eraOf, type Message, type RequestMessage, type Revision } from '../../domain/message.ts';
import type { Permit } from '../../domain/verdict.ts';
import { toModernError, toModernResult } from '../../mcp/bridge/answers.ts';
import { envelopeOf } from '../../mcp/bridge/envelope.ts';
import { capabilityFor, inputRequired, inputResponsesOf } from '../../mcp/bridge/input.ts';
import { declaredCapabilities, toLegacyRequest } from '../../mcp/bridge/requests.ts';
import { translate } from '../enforce.ts';
import type { HeldCall } from './held.ts';
import { wayTo, type BridgeParts } from './parts.ts';

/**
 * A modern client's request to a legacy server: the gateway holds the session that the client doesn't have, and what the
 * server asks in the middle becomes the result that asks the client (2026-07-28, multi-round-trip requests).
 */
export async function* callLegacyServer(parts: BridgeParts, permit: Permit, exchange: Exchange, signal: AbortSignal): AsyncGenerator<Message, void, undefined> {
  const { message } = permit;
  if (message.kind !== 'request') return;
  const handle = message.params?.['requestState'];
  if (typeof handle !== 'string') {
    yield* drive(parts, await begin(parts, permit, message, exchange, signal), message, signal);
    return;
  }
  const responses = inputResponsesOf(message.params);
  const owner = parts.held.ownerOf(handle);
  if (owner !== parts.node) {
    for await (const answer of parts.peers.resume(owner, handle, responses, exchange, signal)) yield reframed(answer, message);
    return;
  }
  for await (const answer of resumeHeld(parts, handle, responses, exchange.principal, signal)) yield reframed(answer, message);
}

/** Continues a call that this replica holds, with the answers that its client brought. */
export async function* resumeHeld(
  parts: BridgeParts,
  handle: string,
  responses: Readonly<Record<string, JsonObject>>,
  caller: { readonly id: string; readonly agent: string },
  signal: AbortSignal,
): AsyncGenerator<Message, void, undefined> {
  const call = parts.held.take(handle, caller);
  const asked = call.permit.message;
  if (asked.kind !== 'request') return;
  const result = responses[String(call.question.id)];
  if (result === undefined) {
    // The client came back without the answer: it is asked again, and the server goes on waiting.
    yield askAgain(parts, call, asked);
    return;
  }
  await tellServer(parts, call, { kind: 'result', from: 'client', revision: call.exchange.revision, id: call.question.id, result });
  yield* drive(parts, call, asked, signal);
}

type Running = Omit<HeldCall, 'question'>;

async function begin(parts: BridgeParts, permit: Permit, message: RequestMessage, exchange: Exchange, signal: AbortSignal): Promise<Running> {
  const capabilities = declaredCapabilities(message);
  const revision = legacyRevision(exchange);
  const controller = new AbortController();
  const wire = translate(permit, toLegacyRequest(message, revision));
  for (let attempt = 0; ; attempt += 1) {
    const session = await parts.connections.session(exchange, capabilities);
    const inner: Exchange = { ...exchange, revision, session };
    const messages = wayTo(parts, exchange).send(wire, inner, AbortSignal.any([controller.signal, signal]))[Symbol.asyncIterator]();
    try {
      return { permit, exchange: inner, controller, messages: replayed(await messages.next(), messages) };
    } catch (fault) {
      // Only a refusal that proves that nothing was dispatched is followed by a second try, once.
      const refused = fault instanceof SallyportError && fault.code === 'ERR_UPSTREAM_SESSION' && !fault.dispatched;
      if (!refused || attempt > 0) throw fault;
      parts.connections.drop(session);
    }
  }
}

async function* replayed(first: IteratorResult<Message>, rest: AsyncIterator<Message>): AsyncGenerator<Message, void, undefined> {
  try {
    for (let next = first; next.done !== true; next = await rest.next()) yield next.value;
  } finally {
    await rest.return?.();
  }
}

async function* drive(parts: BridgeParts, call: Running, asked: RequestMessage, signal: AbortSignal): AsyncGenerator<Message, void, undefined> {
  const cancel = (): void => call.controller.abort();
  signal.addEventListener('abort', cancel, { once: true });
  let held = false;
  try {
    for (;;) {
      const next = await call.messages.next();
      if (next.done === true) throw new SallyportError('ERR_UPSTREAM_CLOSED', 'The server ended the call without an answer.');
      const answer = next.value;
      if (answer.kind === 'request') {
        if (!(await answerable(parts, call, answer, asked))) continue;
        held = true;
        yield askAgain(parts, { ...call, question: answer }, asked);
        return;
      }
      if (answer.kind === 'notification') {
        if (forwarded(answer.method, asked)) yield { ...answer, revision: asked.revision };
        continue;
      }
      yield answer.kind === 'error'
        ? { ...toModernError(answer), revision: asked.revision, id: asked.id }
        : { ...answer, revision: asked.revision, id: asked.id, result: toModernResult(answer.result, asked.method, call.exchange.server.baseline?.surface.serverInfo ?? {}) };
      return;
    }
  } finally {
    signal.removeEventListener('abort', cancel);
    if (!held) call.controller.abort();
  }
}

/** Whether this server request is one that the client said it can answer; others are answered in its stead. */
async function answerable(parts: BridgeParts, call: Running, question: RequestMessage, asked: RequestMessage): Promise<boolean> {
  const common = { from: 'client', revision: call.exchange.revision, id: question.id } as const;
  if (question.method === 'ping') {
    await tellServer(parts, call, { ...common, kind: 'result', result: {} });
    return false;
  }
  const capability = capabilityFor(question.method);
  if (capability !== undefined && declaredCapabilities(asked)[capability] !== undefined) return true;
  await tellServer(parts, call, { ...common, kind: 'error', error: { code: -32601, message: 'The client did not declare this capability' } });
  return false;
}

async function tellServer(parts: BridgeParts, call: Running, message: Message): Promise<void> {
  for await (const _nothing of wayTo(parts, call.exchange).send(translate(call.permit, message), call.exchange, call.controller.signal));
}

function askAgain(parts: BridgeParts, call: HeldCall, asked: RequestMessage): Message {
  const { method, params } = call.question;
  const requestState = parts.held.hold(call);
  return {
    kind: 'result',
    from: 'server',
    revision: asked.revision,
    id: asked.id,
    result: inputRequired(String(call.question.id), { method, params: params ?? {} }, requestState),
  };
}

/** Progress belongs to the call; log messages only come when the request asked for them (2026-07-28, logging). */
function forwarded(method: string, asked: RequestMessage): boolean {
  return method === 'notifications/progress' || (method === 'notifications/message' && envelopeOf(asked.params, 'logLevel') !== undefined);
}

/** What a held call yields carries the id of the request that began it; the retry has its own. */
function reframed(answer: Message, asked: RequestMessage): Message {
  return answer.kind === 'result' || answer.kind === 'error' ? { ...answer, id: asked.id } : answer;
}

function legacyRevision(exchange: Exchange): Revision {
  const revision = exchange.server.baseline?.surface.revision ?? '2025-11-25';
  return eraOf(revision) === 'legacy' ? revision : '2025-11-25';
}
