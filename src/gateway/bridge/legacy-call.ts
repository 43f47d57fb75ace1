import { SallyportError } from '../../domain/errors.ts';
import type { Exchange } from '../../domain/exchange.ts';
import type { JsonObject } from '../../domain/json.ts';
import { TRANSPORT_METHODS, type Message, type RequestMessage } from '../../domain/message.ts';
import type { Permit } from '../../domain/verdict.ts';
import { capabilityFor, INPUT_METHODS } from '../../mcp/bridge/input.ts';
import { includesLevel } from '../../mcp/bridge/log-levels.ts';
import { withProgressToken } from '../../mcp/bridge/progress.ts';
import { translate } from '../enforce.ts';
import { withSideEntrance } from '../side-entrance.ts';
import type { LegacySession } from './connections.ts';
import { wayTo, type BridgeParts } from './parts.ts';
import { isChange, type StandingWay } from './standing.ts';

/** A call in a session of ours with a legacy server. What it yields carries the wire's ids, not the client's. */
export interface LegacyCall {
  readonly permit: Permit;
  /** The exchange as the server sees it: its revision and its session. */
  readonly exchange: Exchange;
  readonly messages: AsyncIterator<Message>;
  readonly controller: AbortController;
}

export interface LegacyAsk {
  readonly permit: Permit;
  /** In the words of the legacy era, under the client's own id. */
  readonly message: RequestMessage;
  readonly exchange: Exchange;
  /** What the client at the other end can be asked. */
  readonly capabilities: JsonObject;
  readonly logLevel: string | undefined;
}

/**
 * Sends a request in the caller's session with the server. A session that the server does not know any more is opened
 * anew, once: that refusal proves that nothing was dispatched. Any other failure is the call's end.
 */
export async function openLegacyCall(parts: BridgeParts, ask: LegacyAsk, signal: AbortSignal): Promise<LegacyCall> {
  const controller = new AbortController();
  // Without the reason: whoever gave up, this call can't be resumed, so the server has to be told.
  signal.addEventListener('abort', () => controller.abort(), { once: true });
  if (signal.aborted) controller.abort();
  return inSession(parts, ask.exchange, ask.capabilities, async (held) => {
    const inner = within(ask.exchange, held);
    if (isAskable(ask.capabilities)) await openStanding(parts, ask.permit, inner, held);
    await raiseLogLevel(parts, ask, inner, held);
    // Callers that share the session choose their ids without knowing of each other.
    const id = crypto.randomUUID();
    const { params: _params, ...frame } = ask.message;
    const params = withProgressToken(ask.message.params, id);
    const wire: RequestMessage = { ...frame, id, revision: inner.revision, ...(params === undefined ? {} : { params }) };
    const messages = follow(wayTo(parts, inner).send(translate(ask.permit, wire), inner, controller.signal), held);
    const first = await messages.next();
    if (first.done !== true && isForgotten(first.value)) parts.connections.drop(held);
    return { permit: ask.permit, exchange: inner, controller, messages: replayed(first, messages) };
  });
}

/** Runs `use` in the caller's session, and once more in a new one where the server refused the session before anything else. */
export async function inSession<T>(parts: BridgeParts, exchange: Exchange, capabilities: JsonObject, use: (held: LegacySession) => Promise<T>): Promise<T> {
  for (let attempt = 0; ; attempt += 1) {
    const held = await parts.connections.session(exchange, capabilities);
    try {
      return await use(held);
    } catch (fault) {
      const refused = fault instanceof SallyportError && fault.code === 'ERR_UPSTREAM_SESSION' && !fault.dispatched;
      if (refused) parts.connections.drop(held);
      if (!refused || attempt > 0) throw fault;
    }
  }
}

export function within(exchange: Exchange, { session }: LegacySession): Exchange {
  return { ...exchange, session, revision: session.revision };
}

/** Opens the session's standing stream. A server that can't is one that never says anything outside of its answers. */
export async function openStanding(parts: BridgeParts, permit: Permit, inner: Exchange, held: LegacySession): Promise<void> {
  const way = wayTo(parts, inner);
  const { revision } = inner;
  const stream: RequestMessage = { kind: 'request', from: 'client', revision, id: crypto.randomUUID(), method: TRANSPORT_METHODS.stream };
  const standing: StandingWay = {
    stream: (signal) => way.send(translate(permit, stream), inner, signal),
    decline(question) {
      const common = { from: 'client', revision, id: question.id } as const;
      const answer: Message = question.method === 'ping' ? { ...common, kind: 'result', result: {} } : { ...common, kind: 'error', error: NOBODY };
      void tell(parts, permit, answer, inner).catch(() => undefined);
    },
  };
  try {
    await held.standing.open(standing);
  } catch (fault) {
    if (fault instanceof SallyportError && fault.code === 'ERR_UPSTREAM_SESSION') throw fault;
  }
}

const NOBODY = { code: -32603, message: 'It is not known which call this request belongs to' };
/** Never aborted: an answer is short, and the way has its own deadlines. */
const UNENDING = new AbortController().signal;

/** Says something to the server that has no answer of interest. */
export async function tell(parts: BridgeParts, permit: Permit, message: Message, inner: Exchange, signal: AbortSignal = UNENDING): Promise<void> {
  for await (const _nothing of wayTo(parts, inner).send(translate(permit, message), inner, signal));
}

/** Leaves a call, so that questions on the standing stream are no longer its. One that has no answer yet is given up, and the server told to stop. */
export function endCall(call: LegacyCall, isAnswered = false): void {
  if (!isAnswered) call.controller.abort();
  call.messages.return?.().catch(() => undefined);
}

function isAskable(capabilities: JsonObject): boolean {
  return INPUT_METHODS.some((method) => capabilities[capabilityFor(method) ?? ''] !== undefined);
}

/** A session has one log level: the least severe that a call in it wanted. */
async function raiseLogLevel(parts: BridgeParts, { permit, exchange, logLevel }: LegacyAsk, inner: Exchange, held: LegacySession): Promise<void> {
  if (logLevel === undefined || exchange.server.baseline?.surface.capabilities['logging'] === undefined) return;
  if (held.logLevel !== undefined && includesLevel(held.logLevel, logLevel)) return;
  held.logLevel = logLevel;
  const { revision } = inner;
  const params = { level: logLevel };
  await tell(parts, permit, { kind: 'request', from: 'client', revision, id: crypto.randomUUID(), method: 'logging/setLevel', params }, inner);
}

/** The call's own messages and the questions that came for it on the standing stream. */
async function* follow(main: AsyncIterable<Message>, held: LegacySession): AsyncGenerator<Message, void, undefined> {
  const joined = withSideEntrance(main[Symbol.asyncIterator]());
  const leave = held.standing.call((question) => void joined.push(question));
  try {
    for await (const message of joined.messages) {
      if (message.kind === 'notification' && isChange(message)) held.standing.announce(message);
      yield message;
    }
  } finally {
    leave();
  }
}

/** Some servers answer 400 in a session that they do not know. It may mean anything, so the call is not repeated, but the next one opens another. */
function isForgotten(message: Message): boolean {
  return message.kind === 'error' && message.httpStatus === 400;
}

async function* replayed(first: IteratorResult<Message>, rest: AsyncIterator<Message>): AsyncGenerator<Message, void, undefined> {
  try {
    for (let next = first; next.done !== true; next = await rest.next()) yield next.value;
  } finally {
    await rest.return?.();
  }
}
