import { isObject, type JsonObject } from '../../domain/json.ts';
import type { RequestMessage, Revision } from '../../domain/message.ts';
import { envelopeOf, withEnvelope, withoutEnvelope } from '../envelope.ts';

/** A modern request in the words of a legacy server: no envelope, no fields of multi-round-trip requests. */
export function toLegacyRequest(message: RequestMessage, revision: Revision): RequestMessage {
  const { inputResponses: _responses, requestState: _state, ...rest } = withoutEnvelope(message.params) ?? {};
  const { params: _params, parameters: _headers, ...frame } = message;
  return { ...frame, revision, ...(Object.keys(rest).length === 0 ? {} : { params: rest }) };
}

/** A legacy request in the words of a modern server. */
export function toModernRequest(message: RequestMessage, capabilities: JsonObject, clientInfo: JsonObject, logLevel?: string): RequestMessage {
  return { ...message, revision: '2026-07-28', params: withEnvelope(message.params, modernCapabilities(capabilities), clientInfo, logLevel) };
}

/** The retry of a multi-round-trip request (2026-07-28): the same request, the answers, and the server's state as it gave it. */
export function withAnswers(message: RequestMessage, responses: JsonObject, requestState: string | undefined): RequestMessage {
  return { ...message, params: { ...message.params, inputResponses: responses, ...(requestState === undefined ? {} : { requestState }) } };
}

/** `roots.listChanged` and core tasks ended with the legacy era; the rest of what a client can do has the same name in both. */
function modernCapabilities(capabilities: JsonObject): JsonObject {
  const { tasks: _tasks, roots, ...rest } = capabilities;
  return roots === undefined ? rest : { ...rest, roots: {} };
}

/** What a modern request says that its client can do. */
export function declaredCapabilities(message: RequestMessage): JsonObject {
  const declared = envelopeOf(message.params, 'clientCapabilities');
  return isObject(declared) ? declared : {};
}
