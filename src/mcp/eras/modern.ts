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
 * What a result must be to be an answer to its method (2026-07-28: results, multi-round-trip requests, caching, tasks).
 * `resultType` absent means `complete`. Throws ERR_UPSTREAM_PROTOCOL.
 */
export function checkResult(result: JsonObject, info: MethodInfo): void {
  const type = result['resultType'] === undefined ? 'complete' : result['resultType'];
  if (type === 'complete') checkCaching(result, info);
  else if (type === 'input_required' && info.inputRequired === true) checkInputRequired(result);
  else if (type === 'task' && info.taskable === true) {
    if (typeof result['taskId'] !== 'string') throw protocol('a task without taskId');
  } else throw protocol(`a result of a type that ${info.method} does not have`);
}

function checkCaching(result: JsonObject, info: MethodInfo): void {
  if (info.cacheable !== true) return;
  const { ttlMs, cacheScope } = result;
  if (ttlMs !== undefined && !(Number.isSafeInteger(ttlMs) && Number(ttlMs) >= 0)) throw protocol('ttlMs is no whole number');
  if (cacheScope !== undefined && cacheScope !== 'public' && cacheScope !== 'private')
    throw protocol('cacheScope is neither public nor private');
}

function checkInputRequired(result: JsonObject): void {
  const { inputRequests, requestState } = result;
  if (inputRequests === undefined && requestState === undefined) throw protocol('input_required without inputRequests or requestState');
  if (requestState !== undefined && typeof requestState !== 'string') throw protocol('requestState is no string');
  if (inputRequests === undefined) return;
  if (!isObject(inputRequests)) throw protocol('inputRequests is no object');
  for (const request of Object.values(inputRequests)) {
    const method = isObject(request) ? request['method'] : undefined;
    if (typeof method !== 'string' || findInputRequest(method) === undefined)
      throw protocol('inputRequests asks for a method that clients do not have');
  }
}

function protocol(problem: string): SallyportError {
  return new SallyportError('ERR_UPSTREAM_PROTOCOL', 'The server broke the protocol', { internal: problem });
}
