/**
 * The upstream of the bench: as cheap as an MCP server can be made, in both eras, over HTTP and stdio, so that it is never
 * what is measured. `bun bench/stub.ts http [tools]` prints its port; `bun bench/stub.ts stdio` speaks lines.
 */
import { createReader, headerOf } from './http.ts';
import type { HttpMessage } from './http.ts';
import { INPUT_SCHEMA, TOOL, VERSION, resultText } from './payload.ts';

interface Call {
  readonly id?: string | number;
  readonly method?: string;
  readonly params?: { readonly protocolVersion?: string; readonly cursor?: string; readonly arguments?: { readonly nonce?: string }; readonly _meta?: object };
}

const [mode = 'http', tools = '1'] = process.argv.slice(2);
const SERVER = { name: 'bench-stub', version: '1.0.0' };
const CACHE = { ttlMs: 60_000, cacheScope: 'public' };
const PAGE = 500;
const total = Number(tools);

function listPage(cursor: string | undefined): object {
  const from = Number(cursor ?? 0);
  const names = Array.from({ length: Math.min(PAGE, total - from) }, (_, index) => (from + index === 0 ? TOOL : `tool_${from + index}`));
  const items = names.map((name) => ({ name, description: `Searches contacts (${name}).`, inputSchema: INPUT_SCHEMA, annotations: { readOnlyHint: true } }));
  return { tools: items, ...(from + PAGE < total ? { nextCursor: String(from + PAGE) } : {}) };
}

function resultFor({ method, params }: Call): object | undefined {
  const modern = params?._meta !== undefined && 'io.modelcontextprotocol/protocolVersion' in params._meta;
  const complete = modern ? { resultType: 'complete' } : {};
  if (method === 'tools/call') return { content: [{ type: 'text', text: resultText(params?.arguments?.nonce ?? '') }], ...complete };
  if (method === 'tools/list') return { ...listPage(params?.cursor), ...(modern ? CACHE : {}), ...complete };
  if (method === 'initialize') return { protocolVersion: params?.protocolVersion ?? VERSION.legacy, capabilities: { tools: {} }, serverInfo: SERVER };
  if (method === 'server/discover') return { supportedVersions: [VERSION.modern], capabilities: { tools: {} }, ...CACHE, ...complete };
  return method === 'ping' ? {} : undefined;
}

/** The answer's text; undefined for a notification. */
function answer(body: string): string | undefined {
  const call: Call = JSON.parse(body);
  if (call.id === undefined) return undefined;
  const result = resultFor(call);
  if (result === undefined) return JSON.stringify({ jsonrpc: '2.0', id: call.id, error: { code: -32601, message: 'Method not found' } });
  return JSON.stringify({ jsonrpc: '2.0', id: call.id, result });
}

function respond({ head, body }: HttpMessage): string {
  if (head.startsWith('GET')) return 'HTTP/1.1 405 Method Not Allowed\r\ncontent-length: 0\r\n\r\n';
  if (!head.startsWith('POST')) return 'HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n';
  const text = answer(body);
  if (text === undefined) return 'HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n';
  const session = headerOf(head, 'mcp-session-id') ?? crypto.randomUUID();
  const status = text.includes('"error"') ? '404 Not Found' : '200 OK';
  return `HTTP/1.1 ${status}\r\ncontent-type: application/json\r\nmcp-session-id: ${session}\r\ncontent-length: ${Buffer.byteLength(text)}\r\n\r\n${text}`;
}

function serveHttp(): void {
  const server = Bun.listen<{ read: (chunk: Buffer) => void; unsent: Buffer[] }>({
    hostname: '127.0.0.1',
    port: 0,
    socket: {
      open(socket) {
        const unsent: Buffer[] = [];
        const read = createReader((message) => {
          unsent.push(Buffer.from(respond(message)));
          flush(socket, unsent);
        });
        socket.data = { read, unsent };
      },
      data: (socket, chunk) => socket.data.read(chunk),
      drain: (socket) => flush(socket, socket.data.unsent),
    },
  });
  console.log(JSON.stringify({ port: server.port }));
}

/** A socket takes what its buffer holds; the rest waits for `drain`. */
function flush(socket: { write(bytes: Buffer): number }, unsent: Buffer[]): void {
  for (let head = unsent[0]; head !== undefined; head = unsent[0]) {
    const written = socket.write(head);
    if (written < head.length) {
      unsent[0] = head.subarray(Math.max(written, 0));
      return;
    }
    unsent.shift();
  }
}

async function serveStdio(): Promise<void> {
  for await (const line of console) {
    const text = answer(line);
    if (text !== undefined) process.stdout.write(`${text}\n`);
  }
}

await (mode === 'stdio' ? serveStdio() : serveHttp());
