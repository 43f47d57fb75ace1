import { SallyportError } from '../../domain/errors.ts';
import { isObject, type Json, type JsonObject } from '../../domain/json.ts';
import type { Message } from '../../domain/message.ts';
import { ENVELOPE } from '../envelope.ts';
import { findInputRequest, type MethodInfo } from '../methods.ts';

/** The version that a message's own envelope claims; `undefined` where it claims none. Any JSON: it is not believed yet. */
export function claimedVersion(params: Json | undefined): Json | undefined {
  if (!isObject(params) || !isObject(params['_meta'])) return undefined;
  return params['_meta'][ENVELOPE.protocolVersion];
}

/** Each modern request declares version and capabilities of its client. Throws ERR_ENVELOPE_MISSING. */
export function checkEnvelope(params: JsonObject | undefined): void {
  const meta = params?.['_meta'];
  const missing = [
    ...(isObject(meta) && typeof meta[ENVELOPE.protocolVersion] === 'string' ? [] : [ENVELOPE.protocolVersion]),
    ...(isObject(meta) && isObject(meta[ENVELOPE.clientCapabilities]) ? [] : [ENVELOPE.clientCapabilities]),
  ];
  if (missing.length === 0) return;
  throw new SallyportError('ERR_ENVELOPE_MISSING', `params._meta lacks ${missing.join(' and ')}`, { data: { envelope: { missing } } });
}

/** Which of the four kinds who may send: a modern server only answers, a modern client only asks. Throws ERR_RPC_DIRECTION. */
export function checkDirection(message: Message): void {
  const answers = message.kind === 'result' || message.kind === 'error';
  if (message.from === 'client' && answers)
    throw new SallyportError('ERR_RPC_DIRECTION', 'A client sends no JSON-RPC responses in this revision');
  if (message.from === 'server' && message.kind === 'request')
    throw new SallyportError('ERR_RPC_DIRECTION', 'A server sends no JSON-RPC requests in this revision');
}

/**
 * What keeps a result from being an answer to its method (2026-07-28: results, multi-round-trip requests, caching, tasks),
 * in words; undefined when nothing does. `resultType` absent means `complete`.
 */
export function flawOf(result: JsonObject, info: MethodInfo): string | undefined {
  const { resultType: type = 'complete' } = result;
  if (type === 'complete') return info.cacheable === true ? cachingFlaw(result) : undefined;
  if (type === 'input_required' && info.inputRequired === true) return inputFlaw(result);
  if (type === 'task' && info.taskable === true) return typeof result['taskId'] === 'string' ? undefined : 'a task without taskId';
  return `a result of a type that ${info.method} does not have`;
}

function cachingFlaw({ ttlMs, cacheScope }: JsonObject): string | undefined {
  if (ttlMs !== undefined && !(typeof ttlMs === 'number' && Number.isSafeInteger(ttlMs) && ttlMs >= 0)) return 'ttlMs is no whole number';
  return cacheScope === undefined || cacheScope === 'public' || cacheScope === 'private' ? undefined : 'cacheScope is neither public nor private';
}

function inputFlaw({ inputRequests, requestState }: JsonObject): string | undefined {
  if (inputRequests === undefined && requestState === undefined) return 'input_required without inputRequests or requestState';
  if (requestState !== undefined && typeof requestState !== 'string') return 'requestState is no string';
  if (inputRequests === undefined) return undefined;
  if (!isObject(inputRequests)) return 'inputRequests is no object';
  const methods = Object.values(inputRequests).map((request) => (isObject(request) ? request['method'] : undefined));
  const isKnown = methods.every((method) => typeof method === 'string' && findInputRequest(method) !== undefined);
  return isKnown ? undefined : 'inputRequests asks for a method that clients do not have';
}
