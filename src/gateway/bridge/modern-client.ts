import { SallyportError } from '../../domain/errors.ts';
import type { Exchange } from '../../domain/exchange.ts';
import type { JsonObject } from '../../domain/json.ts';
import type { Message, NotificationMessage, RequestMessage } from '../../domain/message.ts';
import { UNDERIVED } from '../../domain/provenance.ts';
import type { Permit } from '../../domain/verdict.ts';
import { toModernError, toModernResult } from '../../mcp/bridge/answers.ts';
import { envelopeOf } from '../../mcp/envelope.ts';
import { capabilityFor, inputRequired, inputResponsesOf } from '../../mcp/bridge/input.ts';
import { includesLevel } from '../../mcp/bridge/log-levels.ts';
import { progressFor } from '../../mcp/bridge/progress.ts';
import { declaredCapabilities, toLegacyRequest } from '../../mcp/bridge/requests.ts';
import { DECLINED } from '../decline.ts';
import { judgeAnswer } from '../guard.ts';
import type { HeldCall } from './held.ts';
import { endCall, openLegacyCall, tell, type LegacyCall } from './legacy-call.ts';
import type { BridgeParts } from './parts.ts';

/**
 * A modern client's request to a legacy server: the gateway holds the session that the client doesn't have, and what the
 * server asks in the middle becomes the result that asks the client (2026-07-28, multi-round-trip requests).
 */
export async function* callLegacyServer(parts: BridgeParts, permit: Permit, exchange: Exchange, signal: AbortSignal): AsyncGenerator<Message, void, undefined> {
  const { message } = permit;
  if (message.kind !== 'request') return;
  const handle = message.params?.['requestState'];
  if (typeof handle === 'string') {
    const responses = inputResponsesOf(message.params);
    const owner = parts.held.ownerOf(handle);
    const resumed = owner === parts.node
      ? resumeHeld(parts, handle, responses, { id: exchange.principal.id, agent: exchange.principal.agent, exchange: exchange.id }, signal)
      : parts.peers.resume(owner, handle, responses, exchange, signal);
    for await (const answer of resumed) yield* reframed(answer, message);
    return;
  }
  const capabilities = declaredCapabilities(message);
  const level = envelopeOf(message.params, 'logLevel');
  const ask = { permit, message: toLegacyRequest(message, message.revision), exchange, capabilities, logLevel: typeof level === 'string' ? level : undefined };
  const call = await openLegacyCall(parts, ask, signal);
  for await (const answer of drive(parts, call, message, signal)) yield* reframed(answer, message);
}

/**
 * Continues a call that this replica holds, with the answers that its client brought. From now on it belongs to the exchange in which
 * they were brought: that one was permitted and is open, and credentials are released against it.
 */
export async function* resumeHeld(
  parts: BridgeParts,
  handle: string,
  responses: Readonly<Record<string, JsonObject>>,
  caller: { readonly id: string; readonly agent: string; readonly exchange: string },
  signal: AbortSignal,
): AsyncGenerator<Message, void, undefined> {
  const held = parts.held.take(handle, caller);
  const call = { ...held, exchange: { ...held.exchange, id: caller.exchange } };
  const asked = call.permit.message;
  if (asked.kind !== 'request') return;
  const result = responses[String(call.question.id)];
  if (result === undefined) {
    // The client came back without the answer: it is asked again, and the server goes on waiting.
    yield askAgain(parts, call, asked);
    return;
  }
  await tell(parts, call.permit, { kind: 'result', from: 'client', revision: call.exchange.revision, id: call.question.id, result }, call.exchange);
  yield* drive(parts, call, asked, signal);
}

async function* drive(parts: BridgeParts, call: LegacyCall, asked: RequestMessage, signal: AbortSignal): AsyncGenerator<Message, void, undefined> {
  const cancel = (): void => call.controller.abort();
  if (signal.aborted) cancel();
  else signal.addEventListener('abort', cancel, { once: true });
  let held = false;
  let isAnswered = false;
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
        if (belongs(answer, asked)) yield { ...answer, revision: asked.revision };
        continue;
      }
      isAnswered = true;
      yield inModernWords(answer, asked, call.exchange);
      return;
    }
  } finally {
    signal.removeEventListener('abort', cancel);
    if (!held) endCall(call, isAnswered);
  }
}

function inModernWords(answer: Message, asked: RequestMessage, exchange: Exchange): Message {
  if (answer.kind === 'error') return { ...toModernError(answer), revision: asked.revision };
  if (answer.kind !== 'result') return answer;
  const serverInfo = exchange.server.baseline?.surface.serverInfo ?? {};
  return { ...answer, revision: asked.revision, result: toModernResult(answer.result, asked.method, serverInfo) };
}

/**
 * Whether the client is to be asked this: it said that it can answer, and policy lets the server ask. In any other case
 * the server is told at once, in the client's stead, and goes on with the call.
 */
async function answerable(parts: BridgeParts, call: LegacyCall, question: RequestMessage, asked: RequestMessage): Promise<boolean> {
  const { exchange, permit } = call;
  const common = { from: 'client', revision: exchange.revision, id: question.id } as const;
  if (question.method === 'ping') {
    await tell(parts, permit, { ...common, kind: 'result', result: {} }, exchange);
    return false;
  }
  const capability = capabilityFor(question.method);
  if (capability === undefined || declaredCapabilities(asked)[capability] === undefined) {
    await tell(parts, permit, { ...common, kind: 'error', error: { code: METHOD_NOT_FOUND, message: 'The client did not declare this capability' } }, exchange);
    return false;
  }
  const force = parts.inForce.of(exchange.snapshot);
  const known = { flow: await parts.flow.labels(exchange, force.engine.readsFlow), findings: parts.findings(exchange), provenance: UNDERIVED };
  const verdict = judgeAnswer({ message: question, findings: [] }, permit, exchange, force, known, parts.inForce.current(Date.now()).lease);
  // Gates are met where the question goes out, inside an answer.
  if (verdict.outcome === 'permit' || verdict.gates !== undefined) return true;
  await parts.recordAside(question, verdict, exchange);
  await tell(parts, permit, { ...common, kind: 'error', error: { code: DECLINED, message: verdict.reason } }, exchange);
  return false;
}

const METHOD_NOT_FOUND = -32601;

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

/** Progress belongs to the call; log messages only as the request asked for them (2026-07-28, logging). */
function belongs(message: NotificationMessage, asked: RequestMessage): boolean {
  if (message.method === 'notifications/progress') return true;
  const wanted = envelopeOf(asked.params, 'logLevel');
  return message.method === 'notifications/message' && typeof wanted === 'string' && includesLevel(wanted, message.params?.['level']);
}

/** A call's answer under the id, and its progress under the token, of the request that waits for it: each retry has its own. */
function* reframed(answer: Message, asked: RequestMessage): Generator<Message, void, undefined> {
  if (answer.kind === 'result' || answer.kind === 'error') yield { ...answer, id: asked.id };
  else if (answer.kind !== 'notification' || answer.method !== 'notifications/progress') yield answer;
  else {
    const progress = progressFor(asked.params, answer);
    if (progress !== undefined) yield progress;
  }
}
