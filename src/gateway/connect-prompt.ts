import type { SallyportError } from '../domain/errors.ts';
import { isArray, isObject, type JsonObject } from '../domain/json.ts';
import { eraOf, type Message, type RequestMessage } from '../domain/message.ts';
import type { Upstream } from '../domain/upstream.ts';
import { inputResponsesOf } from '../mcp/bridge/input.ts';
import { declaredCapabilities } from '../mcp/bridge/requests.ts';
import { translate } from './enforce.ts';
import { refusalOfFault } from './refusal.ts';

/** Where a modern client's answer to the gate's own question stands in its retry. No server is told of it. */
const KEY = 'io.sallyport/connect';
/** URLElicitationRequiredError (2025-11-25, elicitation). */
const URL_ELICITATION_REQUIRED = -32042;
/** Only these may be answered with a question (2026-07-28, multi-round-trip requests). */
const ASKABLE: ReadonlySet<string> = new Set(['tools/call', 'prompts/get', 'resources/read']);

/**
 * What a client is told when a person must connect an account before its call can go on: a question that its retry answers
 * (2026-07-28), the error that names the question (2025-11-25), or a plain error with the address for those who can't be
 * asked. Undefined for every other fault. The call itself was permitted, recorded, and never sent.
 */
export function connectPrompt(fault: SallyportError, said: Message | undefined, id: string): Message | undefined {
  const elicitation = fault.code === 'ERR_UPSTREAM_CONNECT' ? elicitationOf(fault.data) : undefined;
  if (elicitation === undefined || said === undefined) return undefined;
  const plain = refusalOfFault(fault, said, id);
  if (plain.id === null || said.kind !== 'request') return plain;
  if (eraOf(said.revision) === 'modern' && canBeAsked(said)) return question(said, elicitation);
  if (said.revision === '2025-11-25') return { ...plain, error: { ...plain.error, code: URL_ELICITATION_REQUIRED } };
  return { ...plain, error: { ...plain.error, message: `${fault.message} Open ${elicitation.url}` } };
}

interface Elicitation {
  readonly url: string;
  readonly message: string;
}

function elicitationOf(data: JsonObject | undefined): Elicitation | undefined {
  const all = data?.['elicitations'];
  const first = isArray(all) ? all[0] : undefined;
  const { url, message } = isObject(first) ? first : {};
  return typeof url === 'string' && typeof message === 'string' ? { url, message } : undefined;
}

/** The client can show an address to a person, and the person has not said no to this one. */
function canBeAsked(said: RequestMessage): boolean {
  const { elicitation } = declaredCapabilities(said);
  if (!ASKABLE.has(said.method) || !isObject(elicitation) || elicitation['url'] === undefined) return false;
  const answer = inputResponsesOf(said.params)[KEY];
  return answer === undefined || answer['action'] === 'accept';
}

/** A state that the client brought belongs to the server's own question, and goes on with the retry. */
function question(said: RequestMessage, { url, message }: Elicitation): Message {
  const state = said.params?.['requestState'];
  return {
    kind: 'result', from: 'server', revision: said.revision, id: said.id,
    result: {
      resultType: 'input_required',
      inputRequests: { [KEY]: { method: 'elicitation/create', params: { mode: 'url', url, message } } },
      ...(typeof state === 'string' ? { requestState: state } : {}),
    },
  };
}

/** The way to servers, without the answers that were meant for the gate. */
export function withoutPrompts(upstream: Upstream): Upstream {
  return {
    send(permit, exchange, signal) {
      const { message } = permit;
      const responses = message.kind === 'request' ? message.params?.['inputResponses'] : undefined;
      if (message.kind !== 'request' || !isObject(responses) || responses[KEY] === undefined) return upstream.send(permit, exchange, signal);
      const { [KEY]: _ours, ...theirs } = responses;
      const { inputResponses: _all, ...params } = message.params ?? {};
      const rest = Object.keys(theirs).length === 0 ? params : { ...params, inputResponses: theirs };
      return upstream.send(translate(permit, { ...message, params: rest }), exchange, signal);
    },
  };
}
