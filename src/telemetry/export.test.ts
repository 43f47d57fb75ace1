import { expect, test } from 'bun:test';
import { startCollector } from '../../test/fixtures/collector.ts';
import { makeCertificate } from '../../test/fixtures/certificate.ts';
import { LIMITS } from '../domain/limits.ts';
import { createExporter, type Exporter } from './export.ts';
import { createMetrics, type Metrics } from './metrics.ts';
import type { Span } from './span.ts';

const SPAN: Span = {
  traceId: '4bf92f3577b34da6a3ce929d0e0e4736', spanId: '00f067aa0ba902b7', name: 'tools/call read', kind: 'server', startedAt: 1_795_000_000_000.25,
  endedAt: 1_795_000_000_001.5, attributes: { 'mcp.method.name': 'tools/call', 'server.port': 443, 'sallyport.share': 0.5 }, links: [], isError: false,
};
const RESOURCE = { 'service.name': 'sallyport' };

function open(endpoint: string, roots?: string): { readonly exporter: Exporter; readonly metrics: Metrics } {
  const metrics = createMetrics('gateway', 'n');
  return { metrics, exporter: createExporter({ endpoint, resource: RESOURCE, metrics, ...(roots === undefined ? {} : { roots }) }) };
}

async function countOf(metrics: Metrics, name: string): Promise<number> {
  const line = (await metrics.text()).split('\n').find((one) => one.startsWith(`${name} `) || one.startsWith(`${name}{`));
  return line === undefined ? 0 : Number(line.split(' ').at(-1));
}

test('spans arrive as the protocol has them, times to the microsecond, texts cut', async () => {
  const collector = startCollector();
  const { exporter, metrics } = open(collector.endpoint);
  exporter.add({ ...SPAN, name: 'x'.repeat(10_000) });
  await exporter.close();
  const [told] = collector.spans;
  expect(told?.startedAt).toBe(1_795_000_000_000_250_000n);
  expect(told?.endedAt).toBe(1_795_000_000_001_500_000n);
  expect(told?.name.length).toBe(LIMITS.spanTextCharsMax + 1);
  expect(told?.attributes).toEqual({ 'mcp.method.name': 'tools/call', 'server.port': '443', 'sallyport.share': '0.5' });
  expect(await countOf(metrics, 'sallyport_spans_exported_total')).toBe(1);
  collector.stop();
});

test('a collector that is busy is asked again; what it rejects for good is counted and not sent again', async () => {
  const busy = startCollector({ answer: (request) => (request === 0 ? new Response(undefined, { status: 503, headers: { 'retry-after': '0' } }) : undefined) });
  const first = open(busy.endpoint);
  first.exporter.add(SPAN);
  expect((await busy.until(1)).length).toBe(1);
  await first.exporter.close();
  busy.stop();
  const strict = startCollector({ answer: () => Response.json({ partialSuccess: { rejectedSpans: '1' } }) });
  const second = open(strict.endpoint);
  for (const span of [SPAN, SPAN]) second.exporter.add(span);
  await second.exporter.close();
  expect(await countOf(second.metrics, 'sallyport_spans_exported_total')).toBe(1);
  expect(await countOf(second.metrics, 'sallyport_spans_dropped_total')).toBe(1);
  strict.stop();
});

test('a refusal for good, a redirect, and nobody there: counted, never thrown', async () => {
  const refusing = startCollector({ answer: () => new Response(undefined, { status: 400 }) });
  const moved = startCollector({ answer: () => Response.redirect('http://127.0.0.1:9/', 307) });
  for (const endpoint of [refusing.endpoint, moved.endpoint, 'http://127.0.0.1:9/v1/traces']) {
    const { exporter, metrics } = open(endpoint);
    exporter.add(SPAN);
    await exporter.close();
    expect(await countOf(metrics, 'sallyport_spans_dropped_total')).toBe(1);
  }
  refusing.stop();
  moved.stop();
});

test('the queue is bounded: what is too much is dropped and counted', async () => {
  const { exporter, metrics } = open('http://127.0.0.1:9/v1/traces');
  for (let at = 0; at < LIMITS.spansQueuedMax + 10; at += 1) exporter.add(SPAN);
  expect(await countOf(metrics, 'sallyport_spans_dropped_total')).toBe(10);
  await exporter.close();
});

test('over TLS it takes a certificate of known roots and TLS 1.3', async () => {
  const server = await makeCertificate(['localhost']);
  const ca = server.cert;
  const modern = startCollector({ tls: server });
  const old = startCollector({ tls: { ...server, maxVersion: 0x0303 } as Bun.TLSOptions });
  const counts = await Promise.all([[modern.endpoint, ca], [modern.endpoint, undefined], [old.endpoint, ca]].map(async ([endpoint = '', roots]) => {
    const { exporter, metrics } = open(endpoint, roots);
    exporter.add(SPAN);
    await exporter.close();
    return countOf(metrics, 'sallyport_spans_exported_total');
  }));
  expect(counts).toEqual([1, 0, 0]);
  modern.stop();
  old.stop();
});
