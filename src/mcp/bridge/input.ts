import { isObject, type JsonObject } from '../../domain/json.ts';

/** What a server asks of the client in the middle of a call, in either era's clothes. */
export interface InputRequest {
  readonly method: string;
  readonly params: JsonObject;
}

/** The requests inside an `InputRequiredResult` (2026-07-28, multi-round-trip requests); undefined for other results. */
export function inputRequestsOf(result: JsonObject): Readonly<Record<string, InputRequest>> | undefined {
  return result['resultType'] === 'input_required' ? questionsIn(result) : undefined;
}

/** What a result or notification asks of the client, whatever its type: a task asks in answers to `tasks/get` and in its notifications. */
export function questionsIn(body: JsonObject): Readonly<Record<string, InputRequest>> {
  const requests = isObject(body['inputRequests']) ? body['inputRequests'] : {};
  return Object.fromEntries(
    Object.entries(requests).map(([key, value]) => {
      const request = isObject(value) ? value : {};
      const params = isObject(request['params']) ? request['params'] : {};
      return [key, { method: typeof request['method'] === 'string' ? request['method'] : '', params }];
    }),
  );
}

/** One legacy server request as the result that asks a modern client for it. URL elicitation has no id of its own any more. */
export function inputRequired(key: string, { method, params }: InputRequest, requestState: string): JsonObject {
  const { elicitationId: _id, ...rest } = params;
  return { resultType: 'input_required', inputRequests: { [key]: { method, params: rest } }, requestState };
}

/** What a modern server asks as the params of a legacy server request: there URL elicitation is named by an id. */
export function legacyParams({ method, params }: InputRequest, id: string): JsonObject {
  return method === 'elicitation/create' && params['mode'] === 'url' ? { ...params, elicitationId: id } : params;
}

export const INPUT_METHODS = ['elicitation/create', 'sampling/createMessage', 'roots/list'] as const;

/** The answers that a modern client brings with its retry: bare results by key. */
export function inputResponsesOf(params: JsonObject | undefined): Readonly<Record<string, JsonObject>> {
  const responses = params?.['inputResponses'];
  if (!isObject(responses)) return {};
  return Object.fromEntries(Object.entries(responses).flatMap(([key, value]) => (isObject(value) ? [[key, value] as const] : [])));
}

/** Capability that a client must have declared before it may be asked (2026-07-28: servers must not ask otherwise). */
export function capabilityFor(method: string): 'elicitation' | 'sampling' | 'roots' | undefined {
  if (method === 'elicitation/create') return 'elicitation';
  if (method === 'sampling/createMessage') return 'sampling';
  return method === 'roots/list' ? 'roots' : undefined;
}
