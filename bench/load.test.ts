import { afterAll, describe, expect, test } from 'bun:test';
import * as fc from 'fast-check';
import { median, summarise } from './figures.ts';
import { createReader } from './http.ts';
import type { LoadResult } from './load.ts';
import { measure } from './measure.ts';
import { callBody, resultText, wrongAnswer } from './payload.ts';
import { costOf } from './processes.ts';
import { startProcess, startScript, stopAll, waitFor } from './targets/target.ts';
import type { Running } from './targets/target.ts';

afterAll(stopAll);

const SETTINGS = { era: 'legacy', connections: 4, warmupMs: 50, measureMs: 60_000, calls: 200 } as const;

/** A hop that lies in one way: the generator must not make a figure of it. */
function lyingHop(upstream: string, lie: (text: string, count: number) => string): Running & { stop: () => Promise<void> } {
  let count = 0;
  const server = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    async fetch(request) {
      const response = await fetch(upstream, { method: request.method, headers: request.headers, body: await request.text() });
      return new Response(lie(await response.text(), count++), { status: response.status, headers: { 'content-type': 'application/json' } });
    },
  });
  return { url: `http://127.0.0.1:${server.port}/mcp`, headers: {}, parts: [], stop: () => server.stop(true) };
}

describe('the generator', () => {
  test('measures a target that answers rightly, and what it costs', async () => {
    const stub = await startScript('stub.ts', ['http']);
    const hop = await startScript('hop.ts', [`http://127.0.0.1:${stub.port}/mcp`]);
    const result = await measure({ url: `http://127.0.0.1:${hop.port}/mcp`, headers: {}, parts: [{ name: 'hop', pid: hop.pid }], stop: hop.stop }, SETTINGS);
    expect(result.calls).toBeGreaterThanOrEqual(200);
    expect(result.p99Ms).toBeGreaterThanOrEqual(result.p50Ms);
    expect(result.parts[0]?.rssBytes).toBeGreaterThan(1_000_000);
  });

  test('fails on an answer to another call', async () => {
    const stub = await startScript('stub.ts', ['http']);
    const hop = lyingHop(`http://127.0.0.1:${stub.port}/mcp`, (text, count) => (count === 100 ? text.replace(/"id":\d+/, '"id":999999') : text));
    const failure = measure(hop, SETTINGS).then(() => '', String);
    expect(await failure).toContain('no answer to');
    await hop.stop();
  });

  test('fails on an answer with one byte changed', async () => {
    const stub = await startScript('stub.ts', ['http']);
    const hop = lyingHop(`http://127.0.0.1:${stub.port}/mcp`, (text, count) => (count === 100 ? text.replace('quarterly', 'Quarterly') : text));
    const failure = measure(hop, SETTINGS).then(() => '', String);
    expect(await failure).toContain('unexpected answer');
    await hop.stop();
  });
});

describe('the payload', () => {
  test('has 1,024 bytes of arguments whatever the nonce', () => {
    for (const nonce of ['n1', 'nzzzzz']) {
      const { params }: { params: { arguments: object } } = JSON.parse(callBody(1, nonce, 'legacy'));
      expect(JSON.stringify(params.arguments).length).toBe(1024);
    }
  });

  test('is found in an event stream too', () => {
    const text = JSON.stringify({ jsonrpc: '2.0', id: 7, result: { content: [{ type: 'text', text: resultText('n7') }] } });
    expect(wrongAnswer('text/event-stream', `event: message\nid: 1\ndata: ${text}\n\n`, 7, 'n7')).toBeUndefined();
    expect(wrongAnswer('text/event-stream', `event: message\ndata: ${text}\n\n`, 7, 'n8')).toBeString();
  });
});

describe('the reader', () => {
  test('finds the same messages wherever the bytes are cut', () => {
    const plain = 'HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello';
    const chunked = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n';
    const bytes = Buffer.from(plain + chunked + plain);
    fc.assert(fc.property(fc.array(fc.integer({ min: 0, max: bytes.length }), { maxLength: 8 }), (cuts) => {
      const bodies: string[] = [];
      const read = createReader((message) => bodies.push(message.body));
      const edges = [0, ...cuts.toSorted((a, b) => a - b), bytes.length];
      edges.forEach((edge, index) => read(bytes.subarray(edges[index - 1] ?? 0, edge)));
      expect(bodies).toEqual(['hello', 'hello', 'hello']);
    }));
  });
});

function round(gateway: number, ledger: number): LoadResult {
  const parts = [{ name: 'gateway', cpuUsPerCall: gateway, rssBytes: 1 }, { name: 'ledger', cpuUsPerCall: ledger, rssBytes: 2 }];
  return { calls: 1, callsPerSecond: 1, p50Ms: 1, p99Ms: 1, generatorUsPerCall: 1, parts };
}

describe('the figures', () => {
  test('add the parts within a round before taking the median', () => {
    const row = summarise({ target: 'x', label: 'x', transport: 'plaintext', connections: 1 }, [round(10, 1), round(20, 30), round(30, 2)]);
    expect(row.cpuUsPerCall).toBe(32);
    expect(row.rssBytes).toBe(3);
    expect(median([4, 1, 3, 2])).toBe(2.5);
  });

  test('count a process with its children, and leave out the stub that a bridge starts', async () => {
    const stub = `${process.execPath} ${import.meta.dir}/stub.ts http`;
    const bridge = startProcess(['sh', '-c', `sleep 600 & sleeper=$!; ${stub} & trap "kill $sleeper $!" TERM; wait; wait`]);
    await waitFor('the stub', () => bridge.output().includes('port'), bridge);
    const { rssBytes } = costOf(bridge.pid);
    await bridge.stop();
    // A shell's and a sleep's worth of memory; the Bun process alone would be several times that.
    expect(rssBytes).toBeGreaterThan(1_000_000);
    expect(rssBytes).toBeLessThan(15_000_000);
  });
});
