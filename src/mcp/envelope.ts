import { isObject, type JsonObject } from '../domain/json.ts';

/** `_meta` keys that a 2026-07-28 request carries in place of the legacy handshake (basic, per-request metadata). */
export const ENVELOPE = {
  protocolVersion: 'io.modelcontextprotocol/protocolVersion',
  clientCapabilities: 'io.modelcontextprotocol/clientCapabilities',
  clientInfo: 'io.modelcontextprotocol/clientInfo',
  logLevel: 'io.modelcontextprotocol/logLevel',
  serverInfo: 'io.modelcontextprotocol/serverInfo',
  subscriptionId: 'io.modelcontextprotocol/subscriptionId',
} as const;

const REQUEST_KEYS: readonly string[] = [ENVELOPE.protocolVersion, ENVELOPE.clientCapabilities, ENVELOPE.clientInfo, ENVELOPE.logLevel];

/** The params without the envelope; everything else of `_meta` (progress token, trace context, extensions) stays. */
export function withoutEnvelope(params: JsonObject | undefined): JsonObject | undefined {
  if (params === undefined || !isObject(params['_meta'])) return params;
  const meta = Object.fromEntries(Object.entries(params['_meta']).filter(([key]) => !REQUEST_KEYS.includes(key)));
  const { _meta: _dropped, ...rest } = params;
  return Object.keys(meta).length === 0 ? rest : { ...rest, _meta: meta };
}

/** The params with the envelope of a modern request. */
export function withEnvelope(params: JsonObject | undefined, capabilities: JsonObject, clientInfo: JsonObject, logLevel: string | undefined): JsonObject {
  const meta = isObject(params?.['_meta']) ? params['_meta'] : {};
  return {
    ...params,
    _meta: {
      ...meta,
      [ENVELOPE.protocolVersion]: '2026-07-28',
      [ENVELOPE.clientCapabilities]: capabilities,
      [ENVELOPE.clientInfo]: clientInfo,
      ...(logLevel === undefined ? {} : { [ENVELOPE.logLevel]: logLevel }),
    },
  };
}

/** One key of a request's envelope. */
export function envelopeOf(params: JsonObject | undefined, key: keyof typeof ENVELOPE): JsonObject | string | undefined {
  const meta = params?.['_meta'];
  const value = isObject(meta) ? meta[ENVELOPE[key]] : undefined;
  return typeof value === 'string' || isObject(value) ? value : undefined;
}
