import { SallyportError, type ErrorCode } from '../domain/errors.ts';
import type { Inbound } from '../domain/inbound.ts';
import { isArray, isObject, type JsonObject } from '../domain/json.ts';
import { REVISIONS, type Era, type Message, type Revision } from '../domain/message.ts';
import { withEnvelope } from '../mcp/envelope.ts';
import type { Gateway } from './gateway.ts';

/** One conversation of ours with a server: the era's framing around a method and its params. */
export interface Conversation {
  readonly revision: Revision;
  /** The result of `server/discover`, or of `initialize`. */
  readonly hello: JsonObject;
  /** Our sealed id of the legacy session. */
  readonly session: string | undefined;
  ask(method: string, params: JsonObject): Promise<JsonObject>;
  end(): Promise<void>;
}

/** Whom the gateway's own requests are for; they take the path of every request (invariant 1). */
export interface Asking {
  readonly gateway: Gateway;
  readonly space: string;
  readonly server: string;
  readonly internal: NonNullable<Inbound['internal']>;
  readonly signal: AbortSignal;
}

const MODERN: Revision = '2026-07-28';
const NEWEST_LEGACY: Revision = '2025-11-25';
const CLIENT = { name: 'sallyport', version: '0.1.0' };

/** Opens with `server/discover` (2026-07-28). Throws what the path refused with, ERR_UPSTREAM_PROTOCOL when the server is of another era. */
export async function openModern(asking: Asking): Promise<Conversation> {
  let id = 0;
  const ask = async (method: string, params: JsonObject): Promise<JsonObject> => {
    const { uri } = params;
    const headers = { 'mcp-protocol-version': MODERN, 'mcp-method': method, ...(typeof uri === 'string' ? { 'mcp-name': uri } : {}) };
    return resultOf(await tell(asking, 'POST', headers, { id: ++id, method, params: withEnvelope(params, {}, CLIENT, undefined) }), method);
  };
  const hello = await ask('server/discover', {});
  const { supportedVersions } = hello;
  if (!isArray(supportedVersions) || !supportedVersions.includes(MODERN)) {
    throw new SallyportError('ERR_UPSTREAM_PROTOCOL', `The server does not speak ${MODERN}.`);
  }
  return { revision: MODERN, hello, session: undefined, ask, end: async () => undefined };
}

/** The one request that opens a conversation in this era, and what came of it. */
export function greet(asking: Asking, era: Era): Promise<Message | undefined> {
  const params = { protocolVersion: NEWEST_LEGACY, capabilities: {}, clientInfo: CLIENT };
  if (era === 'legacy') return tell(asking, 'POST', {}, { id: 1, method: 'initialize', params });
  const headers = { 'mcp-protocol-version': MODERN, 'mcp-method': 'server/discover' };
  return tell(asking, 'POST', headers, { id: 1, method: 'server/discover', params: withEnvelope({}, {}, CLIENT, undefined) });
}

/** Opens with `initialize` and declares these capabilities (2025-11-25 and before). */
export async function openLegacy(asking: Asking, capabilities: JsonObject, clientInfo: JsonObject = CLIENT): Promise<Conversation> {
  let id = 0;
  const params = { protocolVersion: NEWEST_LEGACY, capabilities, clientInfo };
  const opened = await tell(asking, 'POST', {}, { id: ++id, method: 'initialize', params });
  const hello = resultOf(opened, 'initialize');
  const revision = REVISIONS.find((one) => one === hello['protocolVersion']);
  const session = opened?.kind === 'result' ? opened.session : undefined;
  if (revision === undefined || session === undefined) throw new SallyportError('ERR_UPSTREAM_PROTOCOL', 'The server chose a revision that is not known.');
  const headers = { 'mcp-protocol-version': revision, 'mcp-session-id': session };
  await tell(asking, 'POST', headers, { method: 'notifications/initialized' });
  return {
    revision,
    hello,
    session,
    ask: async (method, asked) => resultOf(await tell(asking, 'POST', headers, { id: ++id, method, params: asked }), method),
    end: async () => void (await tell(asking, 'DELETE', headers, undefined)),
  };
}

async function tell(
  asking: Asking, httpMethod: 'POST' | 'DELETE', headers: Readonly<Record<string, string>>, body: JsonObject | undefined,
): Promise<Message | undefined> {
  const inbound: Inbound = {
    route: { kind: 'server', space: asking.space, name: asking.server },
    httpMethod,
    headers: new Headers({ 'content-type': 'application/json', accept: 'application/json, text/event-stream', ...headers }),
    body: body === undefined ? new Uint8Array() : new TextEncoder().encode(JSON.stringify({ jsonrpc: '2.0', ...body })),
    address: '127.0.0.1',
    receivedAt: Date.now(),
    signal: asking.signal,
    internal: asking.internal,
  };
  let last: Message | undefined;
  for await (const message of asking.gateway.handle(inbound)) last = message;
  return last;
}

function resultOf(message: Message | undefined, method: string): JsonObject {
  if (message?.kind === 'result') return message.result;
  if (message?.kind !== 'error') throw new SallyportError('ERR_UPSTREAM_PROTOCOL', `The server gave no answer to ${method}.`);
  const { data } = message.error;
  // What the gate refused says so with its own code; everything else is the server's own error.
  const code = isObject(data) && typeof data['code'] === 'string' && data['code'].startsWith('ERR_') ? data['code'] : 'ERR_UPSTREAM_STATUS';
  const remedy = isObject(data) && code !== 'ERR_UPSTREAM_STATUS' && typeof data['remedy'] === 'string' ? data['remedy'] : undefined;
  const elicitations = isObject(data) ? data['elicitations'] : undefined;
  if (code === 'ERR_UPSTREAM_CONNECT' && elicitations !== undefined) {
    // Its words hold the address, which no record may.
    throw new SallyportError(code, `${method}: an account has to be connected first.`, {
      data: { elicitations }, dispatched: false, ...(remedy === undefined ? {} : { remedy }),
    });
  }
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the gate's own refusals alone begin so
  throw new SallyportError(code as ErrorCode, `${method}: ${message.error.message}`, remedy === undefined ? {} : { remedy });
}
