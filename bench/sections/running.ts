import { join } from 'node:path';
import type { Figure } from '../figures.ts';
import { median } from '../figures.ts';
import { measure } from '../measure.ts';
import { VERSION } from '../payload.ts';
import { GROUP, SERVER, policyText } from '../policies.ts';
import { prepare, start } from '../targets/sallyport.ts';
import { startScript } from '../targets/target.ts';
import type { Bench, Running } from '../targets/target.ts';

const MIB = 1024 * 1024;
const CALLS = 100_000;
const TOOLS = 10_000;
const PAGES = 200;
const STARTS = 5;

/** What the gateway holds after 100,000 calls and after 200,000: a leak shows as growth. */
export async function measureMemory(bench: Bench): Promise<Figure[]> {
  const prepared = await prepare(join(bench.folder, 'memory'), { tls: false, upstream: bench.upstream, policies: policyText(200) });
  const running = await start(prepared);
  const settings = { era: 'legacy', connections: 16, warmupMs: 0, measureMs: 0, calls: CALLS } as const;
  const rss: number[] = [];
  for (let run = 0; run < 2; run++) {
    const { parts } = await measure(running, settings);
    rss.push((parts.find(({ name }) => name === 'gateway')?.rssBytes ?? 0) / MIB);
  }
  await running.stop();
  const [half = 0, whole = 0] = rss;
  return [
    { section: 'memory', name: 'gateway after 100,000 calls', value: half, unit: 'MiB' },
    { section: 'memory', name: 'gateway after 200,000 calls', value: whole, unit: 'MiB', target: '≤ 120 MB', met: whole * MIB <= 120e6 },
  ];
}

interface Page {
  readonly result?: { readonly tools?: readonly unknown[] };
}

/** One client of the raw protocol, over fetch; each answer is read whole. */
async function post(running: Running, session: string | undefined, body: object): Promise<{ text: string; session: string | undefined }> {
  const headers = {
    ...running.headers, 'content-type': 'application/json', accept: 'application/json, text/event-stream',
    ...(session === undefined ? {} : { 'mcp-session-id': session, 'mcp-protocol-version': VERSION.legacy }),
  };
  const response = await fetch(running.url, { method: 'POST', headers, body: JSON.stringify(body) });
  const text = await response.text();
  if (!response.ok) throw new Error(`${response.status} ${text.slice(0, 300)}`);
  return { text, session: response.headers.get('mcp-session-id') ?? session };
}

async function openSession(running: Running): Promise<string | undefined> {
  const params = { protocolVersion: VERSION.legacy, capabilities: {}, clientInfo: { name: 'sallyport-bench', version: '0' } };
  const { session } = await post(running, undefined, { jsonrpc: '2.0', id: 0, method: 'initialize', params });
  await post(running, session, { jsonrpc: '2.0', method: 'notifications/initialized' });
  return session;
}

/** Shows all tools but one, so that the page is a filtered one and full. */
const ALL_BUT_ONE = `@id("all-but-one")
permit (principal in Group::"${GROUP}", action == Action::"call_tool", resource in Server::"${SERVER}") when { resource.name != "tool_77" };`;

/** A page of a server with 10,000 pinned tools, each judged for this caller. */
export async function measureList(bench: Bench): Promise<Figure[]> {
  const stub = await startScript('stub.ts', ['http', String(TOOLS)]);
  const upstream = `http://127.0.0.1:${stub.port}/mcp`;
  const running = await start(await prepare(join(bench.folder, 'list'), { tls: false, upstream, policies: `${policyText(200)}\n${ALL_BUT_ONE}` }));
  const session = await openSession(running);
  const times: number[] = [];
  let shown = 0;
  for (let index = 0; index < PAGES; index++) {
    const startedAt = performance.now();
    const { text } = await post(running, session, { jsonrpc: '2.0', id: index + 1, method: 'tools/list' });
    times.push(performance.now() - startedAt);
    const page: Page = JSON.parse(text);
    shown = page.result?.tools?.length ?? 0;
    if (shown === 0 || text.includes('"tool_77"')) throw new Error(`not a filtered page: ${text.slice(0, 300)}`);
  }
  await running.stop();
  await stub.stop();
  const value = median(times);
  const name = `p50 of a filtered page (${shown} of ${TOOLS.toLocaleString('en')} tools)`;
  return [{ section: 'list', name, value, unit: 'ms', target: '≤ 5 ms', met: value <= 5 }];
}

/** From the command to the first answer of a governed call, on a home that was set up before. */
export async function measureStart(bench: Bench): Promise<Figure[]> {
  const prepared = await prepare(join(bench.folder, 'start'), { tls: false, upstream: bench.upstream, policies: policyText(200) });
  const times: number[] = [];
  for (let index = 0; index < STARTS; index++) {
    const startedAt = performance.now();
    const running = await start(prepared);
    const session = await openSession(running);
    const call = { name: 'search_contacts', arguments: { nonce: 'start', query: 'x', limit: 1 } };
    const { text } = await post(running, session, { jsonrpc: '2.0', id: 1, method: 'tools/call', params: call });
    times.push((performance.now() - startedAt) / 1000);
    if (!text.includes('"start: ')) throw new Error(`not the answer: ${text.slice(0, 300)}`);
    await running.stop();
  }
  const value = median(times);
  return [{ section: 'start', name: '`up` to the first governed call', value, unit: 's', target: '≤ 2 s', met: value <= 2 }];
}
