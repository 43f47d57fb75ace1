import { isObject, type Json, type JsonObject } from '../domain/json.ts';
import { LIMITS } from '../domain/limits.ts';
import { decodeBody } from '../mcp/decode.ts';
import { encodeHeaders } from '../mcp/encode.ts';
import { parseSse } from '../mcp/sse.ts';

/** The stdio side of the gate: one MCP client that launches commands, of either era, as an HTTP client of the gate. */
export interface StdioBridge {
  /** Carries messages until `input` ends or the signal aborts; then what is open ends. */
  run(input: AsyncIterable<Uint8Array | string>, signal: AbortSignal): Promise<void>;
}

export interface StdioBridgeOptions {
  readonly url: string;
  readonly ca: string | undefined;
  readonly token: () => string;
  /** Writes one message. */
  readonly out: (line: string) => void;
  readonly note: (text: string) => void;
}

const ENVELOPE_VERSION = 'io.modelcontextprotocol/protocolVersion';
const RECONNECT_MS = 1_000;

export function createStdioBridge(options: StdioBridgeOptions): StdioBridge {
  let session: string | undefined;
  let revision: string | undefined;
  const calls = new Map<Json, AbortController>();
  const ending = new AbortController();

  const headersOf = (message: JsonObject, line: string): Record<string, string> => {
    const common = { authorization: `Bearer ${options.token()}`, 'content-type': 'application/json', accept: 'application/json, text/event-stream' };
    // A modern request carries its revision; its mirrored headers are made from it, as an HTTP client would.
    if (isModern(message)) return { ...common, ...encodeHeaders(decodeBody(line, 'client', '2026-07-28')) };
    return {
      ...common,
      ...(session === undefined || message['method'] === 'initialize' ? {} : { 'mcp-session-id': session }),
      ...(revision === undefined || message['method'] === 'initialize' ? {} : { 'mcp-protocol-version': revision }),
    };
  };

  const post = async (line: string): Promise<void> => {
    const message = parse(line);
    if (message === undefined) return options.out(failure(null, -32700, 'Parse error'));
    const id = message['id'];
    if (isModern(message) || message['method'] === 'server/discover') cancelledBy(message, calls);
    const controller = new AbortController();
    if (id !== undefined && message['method'] !== undefined) calls.set(id, controller);
    try {
      const response = await send('POST', headersOf(message, line), line, AbortSignal.any([controller.signal, ending.signal]));
      session = response.headers.get('mcp-session-id') ?? session;
      await relay(response, (answer) => {
        if (message['method'] === 'initialize' && isObject(answer['result'])) revision = String(answer['result']['protocolVersion']);
      });
      if (message['method'] === 'notifications/initialized') void listen();
    } catch (fault) {
      if (!controller.signal.aborted && !ending.signal.aborted && id !== undefined && message['method'] !== undefined) {
        options.out(failure(id, -32603, `The gate can't be reached: ${fault instanceof Error ? fault.message : 'unknown'}`));
      }
    } finally {
      if (id !== undefined) calls.delete(id);
    }
  };

  const send = (method: string, headers: Record<string, string>, body: string | undefined, signal: AbortSignal): Promise<Response> =>
    fetch(options.url, {
      method, headers, signal, redirect: 'error',
      ...(body === undefined ? {} : { body }),
      ...(options.ca === undefined ? {} : { tls: { ca: options.ca } }),
    });

  const relay = async (response: Response, see: (answer: JsonObject) => void): Promise<void> => {
    if (response.headers.get('content-type')?.startsWith('text/event-stream') === true && response.body !== null) {
      for await (const event of parseSse(response.body, { eventBytesMax: LIMITS.sseEventBytesMax })) if (event.data !== '') emit(event.data, see);
      return;
    }
    const text = await response.text();
    if (text !== '') emit(text, see);
  };

  const emit = (text: string, see: (answer: JsonObject) => void): void => {
    const answer = parse(text);
    if (answer === undefined) return;
    see(answer);
    // One line a message (stdio transport): whatever layout it came in.
    options.out(text.includes('\n') ? JSON.stringify(answer) : text);
  };

  /** The legacy stream of what the server says unasked; a server without one is simply silent. */
  const listen = async (): Promise<void> => {
    while (!ending.signal.aborted) {
      try {
        const headers = { authorization: `Bearer ${options.token()}`, accept: 'text/event-stream', 'mcp-session-id': session ?? '', 'mcp-protocol-version': revision ?? '' };
        const response = await send('GET', headers, undefined, ending.signal);
        if (!response.ok) return;
        await relay(response, () => undefined);
      } catch {
        if (ending.signal.aborted) return;
      }
      await Bun.sleep(RECONNECT_MS);
    }
  };

  return {
    async run(input, signal) {
      signal.addEventListener('abort', () => ending.abort(), { once: true });
      const open = new Set<Promise<void>>();
      for await (const line of linesOf(input)) {
        if (ending.signal.aborted) break;
        const call = post(line);
        open.add(call);
        void call.finally(() => open.delete(call));
        // The session's id has to be known before anything that belongs to the session is sent.
        if (line.includes('"initialize"') || line.includes('notifications/initialized')) await call;
      }
      await Promise.race([Promise.all(open), Bun.sleep(RECONNECT_MS)]);
      if (session !== undefined) {
        await send('DELETE', { authorization: `Bearer ${options.token()}`, 'mcp-session-id': session, ...(revision === undefined ? {} : { 'mcp-protocol-version': revision }) }, undefined, AbortSignal.timeout(RECONNECT_MS)).catch(() => undefined);
      }
      ending.abort();
    },
  };
}

/** Over HTTP a modern call is cancelled by ending its response; on stdio the client says it in words. */
function cancelledBy(message: JsonObject, calls: ReadonlyMap<Json, AbortController>): void {
  const params = message['params'];
  if (message['method'] === 'notifications/cancelled' && isObject(params) && params['requestId'] !== undefined) calls.get(params['requestId'])?.abort();
}

function isModern(message: JsonObject): boolean {
  const params = message['params'];
  const meta = isObject(params) ? params['_meta'] : undefined;
  return isObject(meta) && typeof meta[ENVELOPE_VERSION] === 'string' && message['method'] !== 'initialize';
}

function parse(line: string): JsonObject | undefined {
  try {
    const value = JSON.parse(line) as Json;
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function failure(id: Json, code: number, message: string): string {
  return JSON.stringify({ jsonrpc: '2.0', id, error: { code, message } });
}

async function* linesOf(input: AsyncIterable<Uint8Array | string>): AsyncGenerator<string, void, undefined> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of input) {
    rest += typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true });
    if (rest.length > LIMITS.stdioLineBytesMax) throw new RangeError('a line on stdin is too long');
    const lines = rest.split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line.trim() !== '') yield line;
  }
}
