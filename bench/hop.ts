/**
 * The floor: a hop that parses both bodies and forwards them, and nothing else. No token, policy, pin or record.
 * `bun bench/hop.ts <upstream> [cert key]` prints its port.
 */
const [upstream = '', cert, key] = process.argv.slice(2);
const FORWARDED = ['content-type', 'accept', 'mcp-session-id', 'mcp-protocol-version', 'mcp-method', 'mcp-name'];
const RETURNED = ['content-type', 'mcp-session-id'];

function pick(headers: Headers, names: readonly string[]): Headers {
  const picked = new Headers();
  for (const name of names) {
    const value = headers.get(name);
    if (value !== null) picked.set(name, value);
  }
  return picked;
}

const server = Bun.serve({
  hostname: '127.0.0.1',
  port: 0,
  idleTimeout: 0,
  ...(cert === undefined || key === undefined ? {} : { tls: { cert: Bun.file(cert), key: Bun.file(key) } }),
  async fetch(request) {
    const text = await request.text();
    const body = text === '' ? undefined : JSON.stringify(JSON.parse(text));
    const response = await fetch(upstream, { method: request.method, headers: pick(request.headers, FORWARDED), ...(body === undefined ? {} : { body }) });
    const answer = await response.text();
    return new Response(answer === '' ? null : JSON.stringify(JSON.parse(answer)), { status: response.status, headers: pick(response.headers, RETURNED) });
  },
});
console.log(JSON.stringify({ port: server.port }));
