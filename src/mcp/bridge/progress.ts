import { isObject, type JsonObject } from '../../domain/json.ts';
import type { NotificationMessage, RpcId } from '../../domain/message.ts';

/** Params whose progress token, if there is one, is `token`: sessions that several callers share need tokens of their own. */
export function withProgressToken(params: JsonObject | undefined, token: RpcId): JsonObject | undefined {
  const meta = params?.['_meta'];
  return isObject(meta) && meta['progressToken'] !== undefined ? { ...params, _meta: { ...meta, progressToken: token } } : params;
}

/** Progress under the token of the request that it is told to; undefined when that request asked for none. */
export function progressFor(params: JsonObject | undefined, message: NotificationMessage): NotificationMessage | undefined {
  const meta = params?.['_meta'];
  const progressToken = isObject(meta) ? meta['progressToken'] : undefined;
  return progressToken === undefined ? undefined : { ...message, params: { ...message.params, progressToken } };
}
