/** HTTP that is none of MCP's: what real clients and servers say, with everything that could be taken for it. */
export interface OtherServer {
  readonly url: string;
  stop(): Promise<void>;
}

export function startOtherServer(): OtherServer {
  const listener = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    async fetch(request) {
      const { pathname } = new URL(request.url);
      const body = await request.text();
      if (pathname.endsWith('/sse')) return new Response('event: tick\ndata: {"at": 1}\n\nevent: endpoint-changed\ndata: /messages\n\n',
        { headers: { 'content-type': 'text/event-stream' } });
      if (pathname.endsWith('.html')) return new Response(PAGE, { headers: { 'content-type': 'text/html' } });
      if (body.includes('jsonrpc')) return Response.json({ jsonrpc: '2.0', id: 1, result: { protocolVersion: 3, capabilities: {} } });
      return Response.json({ ok: true, method: request.method, length: body.length, session: request.headers.get('x-session-id') });
    },
  });
  return { url: `http://127.0.0.1:${listener.port}`, stop: () => listener.stop(true) };
}

/** A page about the protocol, as documentation shows it. */
const PAGE = `<h1>How to call a tool</h1><pre>POST /mcp
Mcp-Method: tools/call
{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28"}}}
event: endpoint
data: /message?sessionId=1</pre>`;

const EXAMPLE = '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"x","protocolVersion":"2025-11-25"}}';

interface Asked {
  readonly path: string;
  readonly body?: string;
  readonly type?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

const KINDS: readonly ((at: number) => Asked)[] = [
  (at) => ({ path: `/page/${at}.html` }),
  (at) => ({ path: `/mcp/intro-${at}.html` }),
  (at) => ({ path: `/mcp?q=tools/call&page=${at}` }),
  () => ({ path: '/events/sse', headers: { accept: 'text/event-stream' } }),
  (at) => ({ path: `/api/orders/${at}`, body: JSON.stringify({ order: at, method: 'tools/call', note: 'initialize' }) }),
  // JSON-RPC of others: editors, chains, routers.
  (at) => ({ path: '/lsp', body: JSON.stringify({ jsonrpc: '2.0', id: at, method: 'initialize', params: { processId: 1, capabilities: {} } }) }),
  (at) => ({ path: '/', body: JSON.stringify({ jsonrpc: '2.0', id: at, method: 'eth_call', params: [] }) }),
  (at) => ({ path: '/ubus', body: JSON.stringify({ jsonrpc: '2.0', id: at, method: 'call', params: ['session', 'tools', 'list', {}] }) }),
  (at) => ({ path: '/a2a', body: JSON.stringify({ jsonrpc: '2.0', id: at, method: 'message/send', params: { protocolVersion: '0.3' } }) }),
  // People who talk about it: to a model, in a ticket, in a search.
  (at) => ({ path: '/v1/messages', body: JSON.stringify({ messages: [{ role: 'user', content: `What does ${EXAMPLE} do? (${at})` }] }) }),
  (at) => ({ path: '/tickets', body: `title=${at}&text=${encodeURIComponent(EXAMPLE)}`, type: 'application/x-www-form-urlencoded' }),
  (at) => ({ path: '/logs', body: `${at} INFO sent Mcp-Method: tools/call, MCP-Protocol-Version: 2026-07-28\n`, type: 'text/plain' }),
  // Names that only resemble.
  (at) => ({ path: '/x', headers: { 'x-mcp-method': 'tools/call', 'mcp-methods': String(at), 'x-mcp-session-id': 'a' } }),
  (at) => ({ path: '/messages', body: JSON.stringify({ text: `hello ${at}` }) }),
  (at) => ({ path: '/graphql', body: JSON.stringify({ query: '{ tools { list } }', operationName: 'initialize',
    variables: { protocolVersion: '2025-11-25', at } }) }),
  (at) => ({ path: '/minecraft/mcpe.zip', headers: { cookie: `mcp-session-id=${at}; MCP-Protocol-Version=2026-07-28` } }),
  (at) => ({ path: '/upload', body: 'x'.repeat(2000 + at), type: 'application/octet-stream' }),
];

/** Asks for so many things, each answered. */
export async function askOthers(url: string, count: number): Promise<void> {
  for (let at = 0; at < count; at += 1) {
    const { path, body, type = 'application/json', headers = {} } = (KINDS[at % KINDS.length] ?? KINDS[0])?.(at) ?? { path: '/' };
    const answer = await fetch(`${url}${path}`, body === undefined ? { headers } : { method: 'POST', body, headers: { 'content-type': type, ...headers } });
    await answer.arrayBuffer();
    if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
  }
}
