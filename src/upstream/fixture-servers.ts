import { createServer } from 'node:http';
import { createMcpHandler, McpServer as ModernServer } from '@modelcontextprotocol/server';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { SSEServerTransport } from '@modelcontextprotocol/sdk/server/sse.js';
import { WebStandardStreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js';
import type { EventStore } from '@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js';
import { CreateMessageResultSchema } from '@modelcontextprotocol/sdk/types.js';
import { z } from 'zod';

/** Servers on the official SDKs, on a free loopback port. */
export interface Fixture {
  readonly port: number;
  /** Connections that were initialised. */
  readonly connections: () => number;
  readonly stop: () => void;
}

/** SDK v2, stateless. */
export function startModernServer(): Fixture {
  const handler = createMcpHandler(() => {
    const server = new ModernServer({ name: 'modern', version: '1' });
    server.registerTool('echo', { inputSchema: z.object({ text: z.string() }) }, ({ text }) => ({ content: [{ type: 'text', text }] }));
    return server;
  });
  const http = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: (request) => handler.fetch(request) });
  return { port: portOf(http.port), connections: () => 0, stop: () => void http.stop(true) };
}

/** SDK v1 over streamable HTTP: sessions, event ids, resumption. */
export function startSessionServer(): Fixture {
  const sessions = new Map<string, WebStandardStreamableHTTPServerTransport>();
  const http = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    async fetch(request) {
      const id = request.headers.get('mcp-session-id');
      const known = id === null ? await newSession(sessions) : sessions.get(id);
      if (known === undefined) return Response.json({ jsonrpc: '2.0', id: null, error: { code: -32001, message: 'Session not found' } }, { status: 404 });
      return begun(await known.handleRequest(request));
    },
  });
  return { port: portOf(http.port), connections: () => sessions.size, stop: () => void http.stop(true) };
}

/** Bun sends the head of a response with its first chunk only, so a stream that is silent at first would look dead. */
function begun(response: Response): Response {
  const { body, status, headers } = response;
  if (body === null || headers.get('content-type') !== 'text/event-stream') return response;
  return new Response(afterComment(body), { status, headers });
}

async function* afterComment(from: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield new TextEncoder().encode(': open\n\n');
  yield* from;
}

async function newSession(sessions: Map<string, WebStandardStreamableHTTPServerTransport>): Promise<WebStandardStreamableHTTPServerTransport> {
  const transport: WebStandardStreamableHTTPServerTransport = new WebStandardStreamableHTTPServerTransport({
    sessionIdGenerator: () => crypto.randomUUID(),
    eventStore: createEvents(),
    onsessioninitialized: (id) => void sessions.set(id, transport),
    onsessionclosed: (id) => void sessions.delete(id),
  });
  await legacyServer().connect(transport);
  return transport;
}

/** SDK v1 over the HTTP+SSE transport of 2024-11-05. */
export async function startSseServer(): Promise<Fixture> {
  const transports = new Map<string, SSEServerTransport>();
  let connections = 0;
  const http = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://x');
    const known = transports.get(url.searchParams.get('sessionId') ?? '');
    if (known !== undefined) {
      void known.handlePostMessage(request, response);
      return;
    }
    connections += 1;
    const transport = new SSEServerTransport('/message', response);
    transports.set(transport.sessionId, transport);
    response.on('close', () => transports.delete(transport.sessionId));
    void legacyServer().connect(transport);
  });
  await new Promise<void>((resolve) => {
    http.listen(0, '127.0.0.1', resolve);
  });
  const address = http.address();
  return {
    port: portOf(typeof address === 'object' ? address?.port : undefined),
    connections: () => connections,
    stop() {
      http.close();
      http.closeAllConnections();
    },
  };
}

function legacyServer(): McpServer {
  const server = new McpServer({ name: 'legacy', version: '1' }, { capabilities: { logging: {} } });
  server.registerTool('echo', { inputSchema: { text: z.string() } }, ({ text }) => ({ content: [{ type: 'text', text }] }));
  server.registerTool('count', {}, async (extra) => {
    const progressToken = extra._meta?.progressToken;
    for (const progress of [1, 2]) {
      if (progressToken !== undefined) await extra.sendNotification({ method: 'notifications/progress', params: { progressToken, progress } });
    }
    return { content: [{ type: 'text', text: 'counted' }] };
  });
  server.registerTool('ask', {}, async (extra) => {
    const { content } = await extra.sendRequest({ method: 'sampling/createMessage', params: { messages: [], maxTokens: 1 } }, CreateMessageResultSchema);
    return { content: [{ type: 'text', text: content.type === 'text' ? content.text : '' }] };
  });
  server.registerTool('hang', {}, (extra) => new Promise((_, reject) => {
    extra.signal.addEventListener('abort', () => {
      cancellations += 1;
      reject(new Error('cancelled'));
    });
  }));
  return server;
}

let cancellations = 0;

/** Calls of `hang` that were told to stop. */
export function cancelledCalls(): number {
  return cancellations;
}

function createEvents(): EventStore {
  const events: { readonly id: string; readonly stream: string; readonly message: Parameters<EventStore['storeEvent']>[1] }[] = [];
  return {
    async storeEvent(stream, message) {
      const id = `${stream}_${events.length}`;
      events.push({ id, stream, message });
      return id;
    },
    async replayEventsAfter(last, { send }) {
      const from = events.findIndex((event) => event.id === last);
      const stream = events[from]?.stream ?? '';
      for (const event of events.slice(from + 1)) if (event.stream === stream) await send(event.id, event.message);
      return stream;
    },
  };
}

function portOf(port: number | undefined): number {
  if (port === undefined) throw new Error('not listening');
  return port;
}
