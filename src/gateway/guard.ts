import type { AccessRequest, Action, Decision, FlowReads, Obligation } from '../domain/decision.ts';
import type { Exchange } from '../domain/exchange.ts';
import type { Finding } from '../domain/finding.ts';
import type { JsonObject } from '../domain/json.ts';
import { eraOf, type Message, type ResultMessage } from '../domain/message.ts';
import type { Principal } from '../domain/principal.ts';
import { UNDERIVED, type Provenance } from '../domain/provenance.ts';
import { UNLABELLED } from '../domain/server.ts';
import type { Killed, Lease } from '../domain/snapshot.ts';
import type { Denial, Permit, Verdict } from '../domain/verdict.ts';
import { labelsOf } from '../flow/context.ts';
import type { Carries } from '../flow/keeper.ts';
import { join, LOST, withFound } from '../flow/labels.ts';
import { questionsIn } from '../mcp/bridge/input.ts';
import { flawOf } from '../mcp/eras/modern.ts';
import { findInputRequest, findMethod } from '../mcp/methods.ts';
import { INSPECTION_POLICY_ID } from '../policy/defaults/inspection.ts';
import { wordsOfDefault } from '../policy/defaults/table.ts';
import { isGate } from '../policy/obligations.ts';
import { isPlainUri } from '../registry/names.ts';
import { enforce, type Objection } from './enforce.ts';
import type { InForce } from './in-force.ts';
import type { PinState } from './pin-guard.ts';
import { orProof, possibleWithProof, scopeLacking } from './step-up.ts';

/** What is known of a call besides what it says: what its context carries, and what detectors found. */
export interface Known extends Carries {
  readonly findings: readonly Finding[];
}

/** What its arguments carry is in the context: its caller has it. */
export function knownWith({ flow, provenance, ...more }: Carries, findings: readonly Finding[]): Known {
  return { ...more, flow: withFound(flow, findings), findings, provenance: carrying(provenance, findings) };
}

/** What was found in arguments flows into them, wherever it comes from. */
function carrying(provenance: Provenance, findings: readonly Finding[]): Provenance {
  const { confidentiality, categories } = withFound({ ...provenance, integrity: 'trusted' }, findings);
  const isSame = confidentiality === provenance.confidentiality && categories.length === provenance.categories.length;
  return isSame ? provenance : { ...provenance, confidentiality, categories };
}

/**
 * Judges what a client asks: policy decides, the pin and the switches may object, `enforce` makes it a permit or a
 * denial. What is definitely denied is hidden: it looks as if it did not exist (invariant 7). `done`: the transforms that the
 * message has been through.
 */
export function judge(message: Message, exchange: Exchange, force: InForce, pin: PinState, known: Known, done: readonly Obligation[] = []): Verdict {
  const request = requestOf(exchange, exchange.call.action, known, pin.drift);
  const onTheWay = requestsOnTheWay(exchange, request);
  const asked = [request, ...onTheWay];
  const decision: Decision = { ...force.engine.decide(request), asked };
  const hidden = decision.outcome === 'deny' && possibleWithProof(request, force.engine) === 'deny';
  const verdict = enforce(message, decision, hidden, switchedOff(exchange, force.lease) ?? pin.objection ?? scopeLacking(exchange), done);
  if (verdict.outcome === 'denial' && verdict.gates === undefined) return orProof(inWords(verdict), request, force.engine);
  return allOf([verdict, ...onTheWay.map((one) => enforce(message, { ...force.engine.decide(one), asked }, false, undefined, done))]) ?? verdict;
}

/** What must be asked of the flow context before a call, and what it runs, is judged: what comes of it depends on that. */
export function flowReads(exchange: Exchange, { engine }: Pick<InForce, 'engine'>): FlowReads {
  const request = requestOf(exchange, exchange.call.action, UNASKED);
  const all = [request, ...requestsOnTheWay(exchange, request)].map((one) => engine.asks(one));
  return { readsFlow: all.some((one) => one.readsFlow), readsProvenance: all.some((one) => one.readsProvenance) };
}

const UNASKED: Known = { flow: UNLABELLED, findings: [], provenance: UNDERIVED };

/** What is forbidden of a dispatcher holds too, after what it runs was judged: nobody learns by it whether that exists. */
function requestsOnTheWay({ dispatchers = [] }: Exchange, request: AccessRequest): readonly AccessRequest[] {
  return dispatchers.map(({ resource, arguments: given }) => ({ ...request, resource, context: { ...request.context, arguments: given ?? NO_ARGUMENTS } }));
}

/**
 * What of several verdicts holds for all: the first denial that nothing can lift, else all that must be changed first, else all
 * gates of those that wait; undefined: permits only.
 */
function allOf(verdicts: readonly Verdict[]): Denial | undefined {
  const denials = verdicts.filter((one) => one.outcome === 'denial');
  const final = denials.find(({ gates, transforms }) => gates === undefined && transforms === undefined);
  const changing = denials.find(({ transforms }) => transforms !== undefined);
  if (final !== undefined) return final;
  if (changing !== undefined) return { ...changing, transforms: denials.flatMap(({ transforms = [] }) => transforms) };
  const [first] = denials;
  return first && { ...first, gates: denials.flatMap(({ gates = [] }) => gates) };
}

/** What came back, and what detectors found in it. */
export interface Answered {
  readonly message: Message;
  readonly findings: readonly Finding[];
  /** The transforms that it has been through. */
  readonly done?: readonly Obligation[];
  /** What keeps it back whatever policy says. */
  readonly objection?: Objection;
}

/**
 * Judges what came back. What was permitted to be asked may be answered, as long as no policy forbids this answer (`respond`)
 * and no switch or revocation has ended the exchange; what a server asks of the client is a question of its own, whether it
 * comes as a request (legacy) or inside a result (2026-07-28, multi-round-trip requests).
 */
export function judgeAnswer(answered: Answered, permit: Permit, exchange: Exchange, force: InForce, known: Known, lease: Lease): Verdict {
  const { message: answer } = answered;
  const ended = switchedOff(exchange, lease) ?? answered.objection;
  if (answer.kind === 'error') return responded(answered, permit, exchange, force, known, ended);
  if (answer.kind === 'result') {
    const malformed = flawed(answer, permit.message);
    if (malformed !== undefined) return enforce(answer, coverOf(permit), false, ended ?? malformed);
    return questioned(answered, answer.result, permit, exchange, force, known, ended) ?? responded(answered, permit, exchange, force, known, ended);
  }
  const method = findMethod(answer);
  if (method === undefined) return enforce(answer, coverOf(permit), false, NOT_A_METHOD);
  if (answer.kind === 'notification') {
    return questioned(answered, answer.params ?? {}, permit, exchange, force, known, ended) ?? responded(answered, permit, exchange, force, known, ended);
  }
  if (method.action === 'connect') return responded(answered, permit, exchange, force, known, ended);
  const request = requestOf(exchange, method.action, knownTo(exchange, known, answered));
  return enforce(answer, { ...force.engine.decide(request), asked: [request] }, false, ended, answered.done);
}

/** What holds for an answer as such; where no policy speaks of answers, the decision that let it be asked for. */
function responded(
  { message, findings, done }: Answered, permit: Permit, exchange: Exchange, force: InForce, known: Known, ended: Objection | undefined,
): Verdict {
  if (!force.engine.judgesAnswers) return enforce(message, coverOf(permit), false, ended);
  const request = requestOf(exchange, 'respond', { ...known, findings });
  const asked = [request, ...requestsOnTheWay(exchange, request)];
  const decisions = asked.map((one) => withoutMet(force.engine.decide(one), permit));
  // What nothing speaks of is as it was permitted, and its record need say no more.
  const isPlain = findings.length === 0 && decisions.every(({ outcome, obligations }) => outcome === 'allow' && obligations.length === 0);
  if (isPlain) return enforce(message, coverOf(permit), false, ended);
  const verdicts = decisions.map((decision) => enforce(message, { ...decision, asked }, false, ended, done));
  const denial = allOf(verdicts);
  return denial === undefined ? (verdicts[0] ?? enforce(message, coverOf(permit), false, ended)) : inWords(denial);
}

/** Of what was not inspected whole the caller is told so: policy's own words would say nothing. */
function inWords(verdict: Denial): Denial {
  if (verdict.code !== 'ERR_POLICY_DENIED') return verdict;
  if (!verdict.decision.policies.includes(INSPECTION_POLICY_ID)) return { ...verdict, ...shippedWords(verdict) };
  return {
    ...verdict, code: 'ERR_INSPECTION_INCOMPLETE', reason: 'This message could not be inspected whole.',
    remedy: 'Ask for or send less at once; if that is not why, an administrator finds the detector in the record.',
  };
}

/** What a policy that ships says of itself: why, and what can be done. */
function shippedWords({ decision }: Denial): Partial<Pick<Denial, 'reason' | 'remedy'>> {
  return decision.policies.map(wordsOfDefault).find((words) => words !== undefined) ?? {};
}

/** A policy whose gates were met for the call does not stand before its answer again. */
function withoutMet(decision: Decision, { met = [] }: Permit): Decision {
  if (met.length === 0 || decision.obligations.length === 0) return decision;
  const obligations = decision.obligations.filter(({ kind, policy }) => !met.some((gate) => gate.kind === kind && gate.policy === policy));
  return { ...decision, obligations, outcome: obligations.some(({ kind }) => isGate(kind)) ? decision.outcome : 'allow' };
}

/** What holds for an answer with questions inside, each of which policy must allow; undefined: there are none. */
function questioned(
  answered: Answered, body: JsonObject, permit: Permit, exchange: Exchange, force: InForce, known: Known, ended: Objection | undefined,
): Verdict | undefined {
  if (body['inputRequests'] === undefined) return undefined;
  const { message: answer } = answered;
  const questions = Object.values(questionsIn(body)).map(({ method }) => findInputRequest(method));
  const asked = questions.flatMap((asks) => (asks === undefined ? [] : [requestOf(exchange, asks.action, knownTo(exchange, known, answered))]));
  return allOf([
    responded(answered, permit, exchange, force, known, ended),
    ...questions.filter((asks) => asks === undefined).map(() => enforce(answer, coverOf(permit), false, NOT_A_METHOD)),
    ...asked.map((request) => enforce(answer, { ...force.engine.decide(request), asked }, false, undefined, answered.done)),
  ]) ?? enforce(answer, { ...coverOf(permit), asked }, false, ended);
}

/** The decision that let it be asked for, which was carried out. */
function coverOf({ decision }: Permit): Decision {
  return decision.obligations.length === 0 ? decision : { ...decision, obligations: [] };
}

/** A question is put with what its own server knows in it. */
function knownTo(exchange: Exchange, { flow, findings, ...more }: Known, answered: Answered): Known {
  return { flow: join(flow, labelsOf(exchange) ?? flow), findings: [...findings, ...answered.findings], ...more };
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
  const { killed, revokedCredentials, revokedPrincipals, principalsNotBefore = {}, agentsNotBefore = {}, spacesNotBefore = {} } = lease;
  if (isKilled(exchange, killed)) return { code: 'ERR_KILLED', reason: 'A kill switch is on.', remedy: 'Ask the security team.' };
  const callers = [exchange.principal, exchange.onBehalfOf];
  const isRevoked = ({ id, space, credential, grant }: Principal): boolean =>
    revokedCredentials.includes(credential) || (grant !== undefined && revokedCredentials.includes(grant)) || revokedPrincipals.includes(`${space}/${id}`);
  // A person who is active again does not revive what was issued before they were deactivated; nor does time what was ended with others.
  const isOld = ({ id, space, agent, actors, tokenAgeMs }: Principal): boolean => exchange.startedAt - tokenAgeMs <= Math.max(
    principalsNotBefore[`${space}/${id}`] ?? -1, spacesNotBefore[space] ?? -1, spacesNotBefore['*'] ?? -1,
    ...[agent, ...actors].map((one) => agentsNotBefore[`${space}/${one}`] ?? -1),
  );
  if (callers.some((caller) => isRevoked(caller) || isOld(caller))) {
    return { code: 'ERR_TOKEN_REVOKED', reason: 'This token was revoked.', remedy: 'Ask for a new token.' };
  }
  return undefined;
}

/** Whoever takes part: the caller and whom it stands for, every agent of the chain, the server, the tool and its dispatchers, the context. */
function isKilled({ space, principal, onBehalfOf, server, call, dispatchers = [], flow }: Exchange, killed: Killed): boolean {
  const { all, spaces = [], agents, principals, servers, tools, contexts } = killed;
  if (all || spaces.includes(space) || servers.includes(`${space}/${server.id}`) || contexts.includes(`${space}/${flow}`)) return true;
  const callers = principal === onBehalfOf ? [principal] : [principal, onBehalfOf];
  if (callers.some(({ id }) => principals.includes(`${space}/${id}`))) return true;
  if (callers.some(({ agent, actors }) => [agent, ...actors].some((id) => agents.includes(`${space}/${id}`)))) return true;
  const items = tools.length === 0 ? [] : [call, ...dispatchers];
  return items.some(({ resource }) => resource.kind === 'tool' && tools.includes(`${space}/${resource.server}/${resource.name}`));
}

/** What is asked now is all known: a call without arguments has none, which is not the same as not knowing them (listing). */
function requestOf(exchange: Exchange, action: Action, known: Known, drift: PinState['drift'] = 'none'): AccessRequest {
  const { principal, call, zone, startedAt } = exchange;
  return { principal, action, resource: call.resource, context: { arguments: call.arguments ?? NO_ARGUMENTS, zone, now: startedAt, drift, ...known } };
}

const NO_ARGUMENTS: JsonObject = {};

/** The decision for one item of a list: arguments unknown, so only what is definitely denied is hidden. */
export function visible(exchange: Exchange, force: InForce, action: Action, resource: AccessRequest['resource']): boolean {
  const { zone, startedAt: now } = exchange;
  const context = { arguments: undefined, zone, now, drift: 'none', flow: UNLABELLED, findings: [], provenance: UNDERIVED } as const;
  return possibleWithProof({ principal: exchange.principal, action, resource, context }, force.engine) !== 'deny';
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
  // News carries the name of a resource; nobody counts it, and what the context carries is not asked for each: the worst is supposed.
  const worst = { flow: LOST, findings: [], provenance: UNDERIVED };
  const verdict = enforce(QUIET, force.engine.decide({ ...requestOf(exchange, 'subscribe', worst), resource }), false);
  return verdict.outcome === 'permit' || verdict.gates !== undefined;
}

const QUIET: Message = { kind: 'notification', from: 'server', revision: '2026-07-28', method: 'notifications/resources/updated' };
