import { expect, test } from 'bun:test';
import { formatManifest, parseManifest } from './manifest.ts';
import { telemetryOf } from './telemetry-shape.ts';

const HASH = 'a'.repeat(64);

function read(telemetry: string): ReturnType<typeof telemetryOf> {
  return telemetryOf(parseManifest(`apiVersion: sallyport/v1\ntelemetry: ${telemetry}\n`, 'sallyport.yaml').telemetry ?? {});
}

test('every default is written out, and nothing asked is nothing told', () => {
  expect(read('{ metrics: "127.0.0.1:9464", traces: { endpoint: "https://otel.example/v1/traces" } }')).toEqual({
    propagate: true, baggage: [], resourceUris: false, metrics: { hostname: '127.0.0.1', port: 9464, scrapers: [] },
    traces: { endpoint: 'https://otel.example/v1/traces', ratio: 1, parentBased: true },
  });
  expect(read('{}')).toBeUndefined();
  expect(read('{ metrics: "[::1]:0" }')?.metrics).toEqual({ hostname: '::1', port: 0, scrapers: [] });
});

test('what was read is written back', () => {
  const text = `apiVersion: sallyport/v1
telemetry:
  metrics: "0.0.0.0:9464"
  scrapers: [${HASH}]
  traces: { endpoint: "http://127.0.0.1:4318/v1/traces", sample: 0.5, parentBased: false }
  propagate: false
  baggage: [a]
`;
  const manifest = parseManifest(text, 'sallyport.yaml');
  expect(parseManifest(formatManifest(manifest), 'sallyport.yaml').telemetry).toEqual(manifest.telemetry);
});

test.each([
  ['beyond loopback without a scraper', '{ metrics: "0.0.0.0:9464" }'],
  ['a scraper without metrics', `{ scrapers: [${HASH}] }`],
  ['a token in place of its hash', '{ metrics: "127.0.0.1:1", scrapers: [my-token] }'],
  ['no room for the other roles', '{ metrics: "127.0.0.1:65534" }'],
  ['spans in clear over a network', '{ traces: { endpoint: "http://otel.example/v1/traces" } }'],
  ['a secret in the address', '{ traces: { endpoint: "https://user:secret@otel.example/v1/traces" } }'],
  ['a share above one', '{ traces: { endpoint: "https://otel.example/", sample: 1.5 } }'],
  ['baggage that is no key', '{ baggage: ["a=b"] }'],
  ['a key that is not known', '{ arguments: true }'],
])('%s is refused', (_, telemetry) => {
  expect(() => read(telemetry)).toThrow('sallyport.yaml:');
});
