import { SallyportError } from '../domain/errors.ts';
import { isArray, isObject, type Json, type JsonObject } from '../domain/json.ts';
import { LIMITS } from '../domain/limits.ts';
import {
  TRANSPORT_METHODS,
  type ErrorMessage,
  type NotificationMessage,
  type Peer,
  type RequestMessage,
  type ResultMessage,
  type RpcId,
} from '../domain/message.ts';

/** The JSON-RPC 2.0 part of a message, before it is known which revision it is written in. */
export type Rpc =
  | Pick<RequestMessage, 'kind' | 'id' | 'method' | 'params'>
  | Pick<NotificationMessage, 'kind' | 'method' | 'params'>
  | Pick<ResultMessage, 'kind' | 'id' | 'result'>
  | Pick<ErrorMessage, 'kind' | 'id' | 'error'>;

const CALL_MEMBERS: ReadonlySet<string> = new Set(['jsonrpc', 'id', 'method', 'params']);
const RESULT_MEMBERS: ReadonlySet<string> = new Set(['jsonrpc', 'id', 'result']);
const ERROR_MEMBERS: ReadonlySet<string> = new Set(['jsonrpc', 'id', 'error']);
const ERROR_OBJECT_MEMBERS: ReadonlySet<string> = new Set(['code', 'message', 'data']);
// `Mcp-Method` repeats it as it is, and no method of any revision has another character.
const METHOD = /^[!-~]+$/;
const TRANSPORT: ReadonlySet<string> = new Set(Object.values(TRANSPORT_METHODS));

/**
 * One JSON-RPC 2.0 message by the letter: exactly its members, `params` and `result` objects (MCP), ids strings or whole
 * numbers. Throws ERR_RPC_BATCH, ERR_RPC_INVALID, ERR_METHOD_UNKNOWN.
 */
export function readRpc(json: Json, from: Peer): Rpc {
  // 2025-03-26 alone has batches, and lets a server refuse them; one path judges one message, so no revision gets them.
  if (isArray(json))
    throw new SallyportError('ERR_RPC_BATCH', 'JSON-RPC batches are not accepted', {
      remedy: 'Send each message in a request of its own.',
    });
  if (!isObject(json) || json['jsonrpc'] !== '2.0') throw invalid('is no JSON-RPC 2.0 message');
  if (Object.hasOwn(json, 'method')) return readCall(json);
  if (Object.hasOwn(json, 'result')) return readResult(json);
  if (Object.hasOwn(json, 'error')) return readError(json, from);
  throw invalid('has neither method, result nor error');
}

/** The id to answer under, as far as there is one. */
export function idOf(json: Json): RpcId | null {
  const id = isObject(json) ? json['id'] : undefined;
  return isId(id) ? id : null;
}

function readCall(json: JsonObject): Rpc {
  refuseOthers(json, CALL_MEMBERS);
  const { id, method, params } = json;
  if (typeof method !== 'string' || method.length > LIMITS.methodLengthMax || !METHOD.test(method)) throw invalid('has no proper method');
  // These names stand for GET and DELETE; nobody may say them in a body.
  if (TRANSPORT.has(method)) throw new SallyportError('ERR_METHOD_UNKNOWN', 'Method not found');
  if (params !== undefined && !isObject(params)) throw invalid('has params that are no object');
  const call = params === undefined ? { method } : { method, params };
  if (!Object.hasOwn(json, 'id')) return { kind: 'notification', ...call };
  return { kind: 'request', id: readId(id), ...call };
}

function readResult(json: JsonObject): Rpc {
  refuseOthers(json, RESULT_MEMBERS);
  const { id, result } = json;
  if (!isObject(result)) throw invalid('has a result that is no object');
  return { kind: 'result', id: readId(id), result };
}

function readError(json: JsonObject, from: Peer): Rpc {
  refuseOthers(json, ERROR_MEMBERS);
  const { id, error } = json;
  if (!isObject(error)) throw invalid('has an error that is no object');
  refuseOthers(error, ERROR_OBJECT_MEMBERS);
  const { code, message, data } = error;
  if (typeof code !== 'number' || !Number.isSafeInteger(code) || typeof message !== 'string')
    throw invalid('has an error without code or message');
  // A server that could not read the id of what it was sent answers null, or (2025-11-25) leaves the id out.
  const unread = from === 'server' && (id === null || id === undefined);
  return { kind: 'error', id: unread ? null : readId(id), error: data === undefined ? { code, message } : { code, message, data } };
}

function readId(id: Json | undefined): RpcId {
  if (!isId(id)) throw invalid('has an id that is neither a string nor a whole number');
  return id;
}

function isId(id: Json | undefined): id is RpcId {
  return typeof id === 'string' ? id.length <= LIMITS.nameLengthMax : Number.isSafeInteger(id);
}

function refuseOthers(object: JsonObject, members: ReadonlySet<string>): void {
  for (const key of Object.keys(object)) {
    if (!members.has(key)) throw invalid('has a member that JSON-RPC does not know');
  }
}

function invalid(problem: string): SallyportError {
  return new SallyportError('ERR_RPC_INVALID', `The message ${problem}`);
}
