import type { AccessRequest, Action } from '../domain/decision.ts';
import type { Exchange } from '../domain/exchange.ts';
import type { JsonObject } from '../domain/json.ts';
import { eraOf, type Message, type ResultMessage } from '../domain/message.ts';
import type { Lease } from '../domain/snapshot.ts';
import type { Permit, Verdict } from '../domain/verdict.ts';
import { questionsIn } from '../mcp/bridge/input.ts';
import { flawOf } from '../mcp/eras/modern.ts';
import { findInputRequest, findMethod } from '../mcp/methods.ts';
import { isPlainUri } from '../registry/names.ts';
import { enforce, type Objection } from './enforce.ts';
import type { InForce } from './in-force.ts';
import type { PinState } from './pin-guard.ts';

/**
 * Judges what a client asks: policy decides, the pin and the switches may object, `enforce` makes it a permit or a
 * denial. What is definitely denied is hidden: it looks as if it did not exist (invariant 7).
 */
export function judge(message: Message, exchange: Exchange, force: InForce, pin: PinState): Verdict {
  const request = requestOf(exchange, exchange.call.action, pin.drift);
  const decision = force.engine.decide(request);
  const hidden = decision.outcome === 'deny' && force.engine.possible(request) === 'deny';
  const verdict = enforce(message, decision, hidden, switchedOff(exchange, force.lease) ?? pin.objection);
  return verdict.outcome === 'denial' ? verdict : (refusedOnTheWay(message, exchange, force, request) ?? verdict);
}

/** What is forbidden of a dispatcher holds too, after what it runs was judged: nobody learns by it whether that exists. */
function refusedOnTheWay(message: Message, exchange: Exchange, force: InForce, request: AccessRequest): Verdict | undefined {
  for (const { resource, arguments: given } of exchange.dispatchers ?? []) {
    const context = { ...request.context, arguments: given ?? NO_ARGUMENTS };
    const verdict = enforce(message, force.engine.decide({ ...request, resource, context }), false);
    if (verdict.outcome === 'denial') return verdict;
  }
  return undefined;
}

/**
 * Judges what came back. Results and notifications are covered by the decision that let their exchange begin, as long
 * as no switch or revocation has ended it; what a server asks of the client is a question of its own, whether it comes
 * as a request (legacy) or inside a result (2026-07-28, multi-round-trip requests).
 */
export function judgeAnswer(answer: Message, permit: Permit, exchange: Exchange, force: InForce, lease: Lease): Verdict {
  const ended = switchedOff(exchange, lease);
  if (answer.kind === 'error') return enforce(answer, permit.decision, false, ended);
  if (answer.kind === 'result') {
    const malformed = flawed(answer, permit.message);
    if (malformed !== undefined) return enforce(answer, permit.decision, false, ended ?? malformed);
    return refusedQuestion(answer, answer.result, permit, exchange, force) ?? enforce(answer, permit.decision, false, ended);
  }
  const method = findMethod(answer);
  if (method === undefined) return enforce(answer, permit.decision, false, NOT_A_METHOD);
  if (answer.kind === 'notification') {
    return refusedQuestion(answer, answer.params ?? {}, permit, exchange, force) ?? enforce(answer, permit.decision, false, ended);
  }
  if (method.action === 'connect') return enforce(answer, permit.decision, false, ended);
  return enforce(answer, force.engine.decide(requestOf(exchange, method.action)), false, ended);
}

/** The denial of the first question inside an answer that policy does not allow; undefined when there is none. */
function refusedQuestion(answer: Message, body: JsonObject, permit: Permit, exchange: Exchange, force: InForce): Verdict | undefined {
  if (body['inputRequests'] === undefined) return undefined;
  for (const { method } of Object.values(questionsIn(body))) {
    const asks = findInputRequest(method);
    if (asks === undefined) return enforce(answer, permit.decision, false, NOT_A_METHOD);
    const verdict = enforce(answer, force.engine.decide(requestOf(exchange, asks.action)), false);
    if (verdict.outcome === 'denial') return verdict;
  }
  return undefined;
}

/** What is wrong with a result that is no answer to its method (2026-07-28); the form of legacy results is theirs. */
export function flawed(answer: ResultMessage, asked: Message): Objection | undefined {
  const method = eraOf(asked.revision) === 'modern' ? findMethod(asked) : undefined;
  const flaw = method === undefined ? undefined : flawOf(answer.result, method);
  if (flaw === undefined) return undefined;
  return { code: 'ERR_UPSTREAM_PROTOCOL', reason: `The server broke the protocol: ${flaw}.`, remedy: 'Report it to the owner of the server.' };
}

const NOT_A_METHOD: Objection = {
  code: 'ERR_METHOD_UNKNOWN',
  reason: 'The server sent a method that its revision does not have.',
  remedy: 'Report it to the owner of the server.',
};

/** What stands outside the snapshot and ends calls at any time (invariant 4). */
export function switchedOff(exchange: Exchange, lease: Lease): Objection | undefined {
  const { killed, revokedCredentials } = lease;
  const named = (id: string): string => `${exchange.space}/${id}`;
  if (killed.all || killed.agents.includes(named(exchange.principal.agent)) || killed.servers.includes(named(exchange.server.id))) {
    return { code: 'ERR_KILLED', reason: 'A kill switch is on.', remedy: 'Ask the security team.' };
  }
  if (revokedCredentials.includes(exchange.principal.credential)) {
    return { code: 'ERR_TOKEN_REVOKED', reason: 'This token was revoked.', remedy: 'Ask for a new token.' };
  }
  return undefined;
}

/** What is asked now is all known: a call without arguments has none, which is not the same as not knowing them (listing). */
function requestOf(exchange: Exchange, action: Action, drift: PinState['drift'] = 'none'): AccessRequest {
  const { principal, call, zone, startedAt } = exchange;
  return { principal, action, resource: call.resource, context: { arguments: call.arguments ?? NO_ARGUMENTS, zone, now: startedAt, drift } };
}

const NO_ARGUMENTS: JsonObject = {};

/** The decision for one item of a list: arguments unknown, so only what is definitely denied is hidden. */
export function visible(exchange: Exchange, force: InForce, action: Action, resource: AccessRequest['resource']): boolean {
  const context = { arguments: undefined, zone: exchange.zone, now: exchange.startedAt, drift: 'none' } as const;
  return force.engine.possible({ principal: exchange.principal, action, resource, context }) !== 'deny';
}

/** Whether what is called must look as if it did not exist, whatever its arguments. */
export function hides(exchange: Exchange, force: InForce): boolean {
  const { action, resource } = exchange.call;
  return resource.kind !== 'server' && !visible(exchange, force, action, resource);
}

/** Whether a caller may hear of changes to one resource of the exchange's server. */
export function mayHear(uri: string, exchange: Exchange, force: InForce): boolean {
  if (!isPlainUri(uri)) return false;
  const resource = force.directory.instance(exchange.route, uri);
  const decision = force.engine.decide({ ...requestOf(exchange, 'subscribe'), resource });
  return enforce(QUIET, decision, false).outcome === 'permit';
}

const QUIET: Message = { kind: 'notification', from: 'server', revision: '2026-07-28', method: 'notifications/resources/updated' };
