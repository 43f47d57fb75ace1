import type { Exchange } from '../../src/domain/exchange.ts';
import type { Message, ResultMessage } from '../../src/domain/message.ts';
import { NO_TELEMETRY, type TelemetrySettings, type TraceContext } from '../../src/domain/telemetry.ts';
import type { Upstream } from '../../src/domain/upstream.ts';
import type { Permit } from '../../src/domain/verdict.ts';
import { enforce } from '../../src/gateway/enforce.ts';
import { traced } from '../../src/gateway/traced.ts';
import { createMetrics } from '../../src/telemetry/metrics.ts';
import { createTelemetry, type Telemetry } from '../../src/telemetry/telemetry.ts';
import { exchangeOf, MODERN, requestOf } from '../../test/fixtures/upstream-exchange.ts';
import { median } from '../figures.ts';
import type { Figure } from '../figures.ts';

const ROUNDS = 9;
const CALLS = 20_000;
const OFF_US = 1;
/** What one exporter takes in a second without dropping: spans are made no faster than they are sent. */
const SPANS_BETWEEN = 2_000;

const ANSWER: ResultMessage = { kind: 'result', from: 'server', revision: MODERN, id: 1, result: { content: [] } };
const WAY: Upstream = {
  // oxlint-disable-next-line typescript/require-await -- answers at once
  async *send() {
    yield ANSWER;
  },
};
const META_BEFORE = { 'io.modelcontextprotocol/protocolVersion': MODERN, 'io.modelcontextprotocol/clientCapabilities': {} };
const META = { traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01' };

/** What following a call costs: nothing but ids and counters while nobody asked for spans, two spans and their export when somebody did. */
export async function measureTelemetry(): Promise<Figure[]> {
  let received = 0;
  const collector = Bun.serve({ hostname: '127.0.0.1', port: 0, fetch: async (request) => {
    received += (await request.bytes()).byteLength;
    return Response.json({});
  } });
  const traces = { endpoint: `http://127.0.0.1:${collector.port}/v1/traces`, ratio: 1, parentBased: true };
  const bare = await cost(undefined, undefined, false);
  const off = await cost(NO_TELEMETRY, undefined, false);
  const counted = await cost(NO_TELEMETRY, undefined, true);
  const passing = await cost(NO_TELEMETRY, META, false);
  const on = await cost({ ...NO_TELEMETRY, traces }, META, true);
  void collector.stop(true);
  if (received === 0) throw new Error('no span arrived');
  return [
    figure('CPU a call, nobody asked: ids for its records', off - bare, OFF_US),
    figure('the same with trace context to pass on', passing - bare),
    figure('CPU a call with metrics', counted - bare),
    figure('CPU a call with metrics and two spans, written and sent (receiver included)', on - bare),
  ];
}

function figure(name: string, value: number, target?: number): Figure {
  return { section: 'telemetry', name, value, unit: 'µs', ...(target === undefined ? {} : { target: `≤ ${target} µs`, met: value <= target }) };
}

/** µs of CPU a call; without settings only what a call does anyway. */
async function cost(settings: TelemetrySettings | undefined, meta: { readonly traceparent: string } | undefined, isRead: boolean): Promise<number> {
  const metrics = createMetrics('gateway', 'bench');
  metrics.follow(isRead);
  const telemetry = createTelemetry({ metrics, node: 'bench', version: '0', nameOf: () => '' });
  telemetry.configure(settings, undefined);
  const exchange = exchangeOf({ transport: 'http', url: 'http://127.0.0.1:9', allowPrivate: true });
  const way = settings === undefined ? WAY : traced(WAY, telemetry);
  const follow = settings === undefined ? undefined : telemetry;
  await calls(way, follow, exchange, meta);
  const costs: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) costs.push(await calls(way, follow, exchange, meta));
  await telemetry.close();
  return median(costs);
}

async function calls(way: Upstream, telemetry: Telemetry | undefined, exchange: Exchange, meta: { readonly traceparent: string } | undefined): Promise<number> {
  const { signal } = new AbortController();
  const before = process.cpuUsage();
  for (let index = 0; index < CALLS; index += 1) {
    const bare = requestOf('tools/call', { name: 'send', arguments: { to: 'ann' } }, index, MODERN);
    const message = { ...bare, params: { ...bare.params, _meta: { ...META_BEFORE, ...meta } } };
    const seen = telemetry?.begin({ headers: HEADERS, address: '10.0.0.7' });
    seen?.said(message);
    seen?.known();
    const one = { ...exchange, trace: seen === undefined ? TRACE : seen.trace };
    seen?.belongsTo(one);
    let last: Message | undefined;
    for await (const answer of way.send(permitted(message), one, signal)) last = answer;
    if (last !== undefined) seen?.answered(last);
    seen?.end();
    if (index % SPANS_BETWEEN === 0) await Bun.sleep(1);
  }
  const { user, system } = process.cpuUsage(before);
  return (user + system) / CALLS;
}

const TRACE: TraceContext = { ids: { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331' }, sampled: false };
const HEADERS = new Headers({ 'content-type': 'application/json', authorization: 'Bearer x' });

function permitted(message: Message): Permit {
  const verdict = enforce(message, { outcome: 'allow', policies: [], obligations: [], errors: [], asked: [] }, false);
  if (verdict.outcome === 'permit') return verdict;
  throw new Error('refused');
}
