/**
 * The load generator, in a process of its own: keep-alive connections on raw sockets, one call in flight on each, every
 * answer checked. It also reads the target's CPU, so that the figure covers exactly the calls that it counted.
 * `bun bench/load.ts '<LoadPlan as JSON>'` prints a LoadResult.
 */
import { createReader, headerOf, statusOf } from './http.ts';
import type { HttpMessage } from './http.ts';
import { TOOL, VERSION, callBody, wrongAnswer } from './payload.ts';
import type { Era } from './payload.ts';
import { costOf } from './processes.ts';
import type { Part } from './processes.ts';

export interface LoadPlan {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** PEM of the root to trust, for https. */
  readonly ca?: string;
  readonly era: Era;
  readonly connections: number;
  readonly warmupMs: number;
  /** Ends the run, unless `calls` does. */
  readonly measureMs: number;
  readonly calls?: number;
  readonly parts: readonly Part[];
}

export interface LoadResult {
  readonly calls: number;
  readonly callsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly parts: readonly { readonly name: string; readonly cpuUsPerCall: number; readonly rssBytes: number }[];
  /** The generator's own cost: when it nears the target's, the figures are about the generator. */
  readonly generatorUsPerCall: number;
}

const plan: LoadPlan = JSON.parse(process.argv[2] ?? '{}');
const target = new URL(plan.url);

interface Connection {
  /** Resolves with the answer; one exchange at a time. */
  exchange(method: string, headers: string, body: string): Promise<HttpMessage>;
  close(): void;
}

async function open(): Promise<Connection> {
  let settle: { resolve: (message: HttpMessage) => void; reject: (error: Error) => void } | undefined;
  let unsent: Buffer = Buffer.alloc(0);
  const fail = (reason: string): void => settle?.reject(new Error(reason));
  const read = createReader((message) => settle?.resolve(message));
  const socket = await Bun.connect({
    hostname: target.hostname,
    port: Number(target.port),
    ...(target.protocol === 'https:' ? { tls: { ca: plan.ca ?? '', serverName: 'localhost' } } : {}),
    socket: {
      data: (_, chunk) => read(chunk),
      drain(peer) {
        unsent = unsent.subarray(Math.max(peer.write(unsent), 0));
      },
      close: () => fail('the target closed the connection'),
      error: (_, error) => fail(error.message),
    },
  });
  return {
    exchange(method, headers, body) {
      const text = `${method} ${target.pathname} HTTP/1.1\r\nhost: ${target.host}\r\n${headers}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
      return new Promise((resolve, reject) => {
        settle = { resolve, reject };
        const bytes = Buffer.from(text);
        unsent = bytes.subarray(Math.max(socket.write(bytes), 0));
      });
    },
    close: () => void socket.end(),
  };
}

function headerLines(headers: Readonly<Record<string, string>>): string {
  return Object.entries({ 'content-type': 'application/json', accept: 'application/json, text/event-stream', ...plan.headers, ...headers })
    .map(([name, value]) => `${name}: ${value}\r\n`).join('');
}

/** Opens a session where the era has one, and returns the headers of every later call. */
async function begin(connection: Connection): Promise<string> {
  if (plan.era === 'modern') return headerLines({ 'mcp-protocol-version': VERSION.modern, 'mcp-method': 'tools/call', 'mcp-name': TOOL });
  const params = { protocolVersion: VERSION.legacy, capabilities: {}, clientInfo: { name: 'sallyport-bench', version: '0' } };
  const { head, body } = await connection.exchange('POST', headerLines({}), JSON.stringify({ jsonrpc: '2.0', id: 0, method: 'initialize', params }));
  if (statusOf(head) !== 200) throw new Error(`initialize: ${head.split('\r\n')[0]} ${body.slice(0, 300)}`);
  const session = headerOf(head, 'mcp-session-id');
  const headers = headerLines({ 'mcp-protocol-version': VERSION.legacy, ...(session === undefined ? {} : { 'mcp-session-id': session }) });
  await connection.exchange('POST', headers, JSON.stringify({ jsonrpc: '2.0', method: 'notifications/initialized' }));
  return headers;
}

const samples: number[] = [];
const run = { measuring: false, done: false, nextId: 1 };

async function drive(connection: Connection, headers: string): Promise<void> {
  while (!run.done) {
    const id = run.nextId++;
    const nonce = `n${id.toString(36)}`;
    const sentAt = performance.now();
    const { head, body } = await connection.exchange('POST', headers, callBody(id, nonce, plan.era));
    const latencyMs = performance.now() - sentAt;
    const refused = statusOf(head) === 200 ? undefined : `${head.split('\r\n')[0]} ${body.slice(0, 300)}`;
    const wrong = refused ?? wrongAnswer(headerOf(head, 'content-type') ?? '', body, id, nonce);
    if (wrong !== undefined) throw new Error(`call ${id}: ${wrong}`);
    if (run.measuring) samples.push(latencyMs);
    if (plan.calls !== undefined && samples.length >= plan.calls) run.done = true;
  }
}

function costs(): { name: string; cpuUs: number; rssBytes: number }[] {
  return plan.parts.map(({ name, pid }) => ({ name, ...costOf(pid) }));
}

async function measure(): Promise<LoadResult> {
  await Bun.sleep(plan.warmupMs);
  const before = costs();
  const own = process.cpuUsage();
  const startedAt = performance.now();
  run.measuring = true;
  while (!run.done && (plan.calls !== undefined || performance.now() - startedAt < plan.measureMs)) await Bun.sleep(10);
  run.measuring = false;
  const elapsedMs = performance.now() - startedAt;
  const calls = samples.length;
  const spent = process.cpuUsage(own);
  const after = costs();
  run.done = true;
  const sorted = Float64Array.from(samples).sort();
  return {
    calls,
    callsPerSecond: (calls * 1000) / elapsedMs,
    p50Ms: sorted[Math.floor(calls * 0.5)] ?? 0,
    p99Ms: sorted[Math.floor(calls * 0.99)] ?? 0,
    parts: after.map((part, index) => ({ name: part.name, cpuUsPerCall: (part.cpuUs - (before[index]?.cpuUs ?? 0)) / calls, rssBytes: part.rssBytes })),
    generatorUsPerCall: (spent.user + spent.system) / calls,
  };
}

const first = await open();
const headers = await begin(first);
const connections = [first, ...(await Promise.all(Array.from({ length: plan.connections - 1 }, open)))];
const drivers = Promise.all(connections.map((connection) => drive(connection, headers)));
// A wrong answer ends the run at once: no figure is made of it.
const failed = new Promise<never>((_, reject) => void drivers.catch(reject));
const result = await Promise.race([measure(), failed]);
await drivers;
if (plan.era === 'legacy') await first.exchange('DELETE', headers, '');
for (const connection of connections) connection.close();
console.log(JSON.stringify(result));
process.exit(0);
