import { isObject, type JsonObject } from '../domain/json.ts';
import type { Exchange } from '../domain/exchange.ts';
import { eraOf, type ErrorMessage, type Message, type RequestMessage } from '../domain/message.ts';
import type { Upstream } from '../domain/upstream.ts';
import { inputResponsesOf } from '../mcp/bridge/input.ts';
import { declaredCapabilities } from '../mcp/bridge/requests.ts';
import { translate } from './enforce.ts';

/** Where a person must go before a call can go on. */
export interface UrlPrompt {
  /** Names the answer in the client's retry; starts with `io.sallyport/`. */
  readonly key: string;
  readonly url: string;
  readonly message: string;
}

/** Under keys like these a modern client answers the gate's own questions in its retry. No server is told of them. */
const OWN = 'io.sallyport/';
/** URLElicitationRequiredError (2025-11-25, elicitation). */
const URL_ELICITATION_REQUIRED = -32042;
/** Only these may be answered with a question (2026-07-28, multi-round-trip requests). */
const ASKABLE: ReadonlySet<string> = new Set(['tools/call', 'prompts/get', 'resources/read']);

export function isOwnAnswer(key: string): boolean {
  return key.startsWith(OWN);
}

/**
 * A refusal as a question that the client's retry answers (2026-07-28), as the error that names the question (2025-11-25), or as
 * it is with the address in its words for those who can't be asked.
 */
export function promptWith(plain: ErrorMessage, said: RequestMessage, prompt: UrlPrompt): Message {
  if (plain.id === null) return plain;
  if (eraOf(said.revision) === 'modern' && canBeAsked(said, prompt.key)) return question(said, prompt);
  if (said.revision === '2025-11-25') return { ...plain, error: { ...plain.error, code: URL_ELICITATION_REQUIRED } };
  return { ...plain, error: { ...plain.error, message: `${plain.error.message} Open ${prompt.url}` } };
}

/** The client can show an address to a person, and the person has not said no to this one. */
export function canBeAsked(said: RequestMessage, key: string): boolean {
  const { elicitation } = declaredCapabilities(said);
  if (!ASKABLE.has(said.method) || !isObject(elicitation) || elicitation['url'] === undefined) return false;
  const answer = inputResponsesOf(said.params)[key];
  return answer === undefined || answer['action'] === 'accept';
}

/** Whether the person went where they were sent. */
export function hasAccepted(said: RequestMessage, key: string): boolean {
  return eraOf(said.revision) === 'modern' && inputResponsesOf(said.params)[key]?.['action'] === 'accept';
}

/** Whether a legacy client can show an address to a person. */
export function showsUrls({ session, revision }: Pick<Exchange, 'session' | 'revision'>): boolean {
  const elicitation = revision === '2025-11-25' ? session?.capabilities['elicitation'] : undefined;
  return isObject(elicitation) && elicitation['url'] !== undefined;
}

/** A state that the client brought belongs to the server's own question, and goes on with the retry. */
function question(said: RequestMessage, { key, url, message }: UrlPrompt): Message {
  const state = said.params?.['requestState'];
  return {
    kind: 'result', from: 'server', revision: said.revision, id: said.id,
    result: {
      resultType: 'input_required',
      inputRequests: { [key]: { method: 'elicitation/create', params: { mode: 'url', url, message } } },
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
      if (message.kind !== 'request' || !isObject(responses) || !Object.keys(responses).some(isOwnAnswer)) return upstream.send(permit, exchange, signal);
      const theirs = Object.fromEntries(Object.entries(responses).filter(([key]) => !isOwnAnswer(key)));
      const { inputResponses: _all, ...params } = message.params ?? {};
      const rest: JsonObject = Object.keys(theirs).length === 0 ? params : { ...params, inputResponses: theirs };
      return upstream.send(translate(permit, { ...message, params: rest }), exchange, signal);
    },
  };
}
