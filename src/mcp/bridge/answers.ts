import { isObject, type JsonObject } from '../../domain/json.ts';
import type { ErrorMessage } from '../../domain/message.ts';
import { ENVELOPE } from '../envelope.ts';

/** Results that carry `ttlMs` and `cacheScope` in 2026-07-28 (caching). */
const CACHEABLE: ReadonlySet<string> = new Set([
  'server/discover', 'tools/list', 'prompts/list', 'resources/list', 'resources/templates/list', 'resources/read',
]);

/** A legacy server's result as a modern client must get it. Nothing of a bridged answer may be cached for others. */
export function toModernResult(result: JsonObject, method: string, serverInfo: JsonObject): JsonObject {
  const meta = isObject(result['_meta']) ? result['_meta'] : {};
  return {
    ...result,
    resultType: 'complete',
    ...(CACHEABLE.has(method) ? { ttlMs: 0, cacheScope: 'private' } : {}),
    _meta: { ...meta, [ENVELOPE.serverInfo]: serverInfo },
  };
}

/** A modern server's complete result as a legacy client knows it. */
export function toLegacyResult(result: JsonObject): JsonObject {
  const { resultType: _type, ttlMs: _ttl, cacheScope: _scope, ...rest } = result;
  return rest;
}

const INVALID_PARAMS = -32602;
const INTERNAL = -32603;
const RESERVED_FROM_MODERN = -32020;

/** Codes that must not be emitted on modern: resource not found (SEP-2164), and URL elicitation, which is no error there. */
const LEGACY_ONLY: ReadonlyMap<number, number> = new Map([[-32002, INVALID_PARAMS], [-32042, INTERNAL]]);

export function toModernError(answer: ErrorMessage): ErrorMessage {
  const code = LEGACY_ONLY.get(answer.error.code);
  return code === undefined ? answer : { ...answer, error: { ...answer.error, code } };
}

/** Codes of the modern range mean nothing to a legacy client, and its HTTP statuses mean something else to it. */
export function toLegacyError(answer: ErrorMessage): ErrorMessage {
  const { httpStatus: _status, ...rest } = answer;
  const modernOnly = answer.error.code <= RESERVED_FROM_MODERN && answer.error.code > -32100;
  return modernOnly ? { ...rest, error: { ...answer.error, code: INTERNAL } } : rest;
}
