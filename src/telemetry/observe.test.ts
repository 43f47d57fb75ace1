import { expect, test } from 'bun:test';
import { startCollector } from '../../test/fixtures/collector.ts';
import { exchangeOf, MODERN, requestOf } from '../../test/fixtures/upstream-exchange.ts';
import type { Exchange } from '../domain/exchange.ts';
import { isObject, type JsonObject } from '../domain/json.ts';
import type { Message } from '../domain/message.ts';
import { NO_TELEMETRY, type TelemetrySettings } from '../domain/telemetry.ts';
import { createMetrics } from './metrics.ts';
import { createTelemetry, type Telemetry } from './telemetry.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const THEIRS = `00-${TRACE}-00f067aa0ba902b7-01`;
const EXCHANGE = exchangeOf({ transport: 'http', url: 'http://127.0.0.1:9/secret-path?token=x', allowPrivate: true });

function open(settings: Partial<TelemetrySettings>): Telemetry {
  const telemetry = createTelemetry({ metrics: createMetrics('gateway', 'n'), node: 'n', version: '0', nameOf: () => 'note://cut' });
  telemetry.configure({ ...NO_TELEMETRY, ...settings }, undefined);
  return telemetry;
}

function asked(meta: JsonObject | undefined): Message {
  const { _meta: _theirs, ...params } = requestOf('tools/call', { name: 'send', arguments: {} }, 1, MODERN).params ?? {};
  return { ...requestOf('tools/call', {}, 1, MODERN), params: { ...params, ...(meta === undefined ? {} : { _meta: meta }) } };
}

/** One call as the path makes it; what the server's side gets of `_meta`. */
function pass(telemetry: Telemetry, message: Message, isKnown: boolean, more: Partial<Exchange> = {}): JsonObject | undefined {
  const seen = telemetry.begin({ headers: new Headers(), address: '10.0.0.7' });
  seen.said(message);
  if (isKnown) seen.known();
  const exchange = { ...EXCHANGE, ...more, trace: seen.trace };
  seen.belongsTo(exchange);
  const sending = telemetry.send(message, exchange);
  sending.end();
  seen.end();
  const sent = sending.message;
  const meta = sent.kind === 'request' ? sent.params?.['_meta'] : undefined;
  return isObject(meta) ? meta : undefined;
}

test('without spans the caller\'s own context goes on, nothing begins here, and baggage stays', () => {
  const telemetry = open({});
  const sent = pass(telemetry, asked({ traceparent: THEIRS, tracestate: 'a=1', baggage: 'note=secret', other: 1 }), true);
  expect(sent).toEqual({ other: 1, traceparent: THEIRS, tracestate: 'a=1' });
  expect(pass(telemetry, asked(undefined), true)).toBeUndefined();
  expect(pass(telemetry, asked({ traceparent: 'nonsense', tracestate: 'a=1' }), true)).toBeUndefined();
});

test('without spans what only the HTTP headers say is in the records, and goes no further', () => {
  const telemetry = open({});
  const seen = telemetry.begin({ headers: new Headers({ traceparent: THEIRS, tracestate: 'a=1' }) });
  const message = asked(undefined);
  seen.said(message);
  expect(seen.trace.ids).toMatchObject({ traceId: TRACE, parentId: '00f067aa0ba902b7' });
  expect(telemetry.send(message, { ...EXCHANGE, trace: seen.trace }).message).toBe(message);
});

test('a message with nothing to change is the very same', () => {
  const message = asked({ other: 1 });
  expect(open({}).send(message, EXCHANGE).message).toBe(message);
});

test('propagate: false takes everything out', () => {
  expect(pass(open({ propagate: false, baggage: ['note'] }), asked({ traceparent: THEIRS, tracestate: 'a=1', baggage: 'note=x' }), true)).toBeUndefined();
});

test('a stranger\'s sampled flag counts for nothing, a known caller\'s for its trace', async () => {
  const collector = startCollector();
  const telemetry = open({ traces: { endpoint: collector.endpoint, ratio: 0, parentBased: true } });
  const strange = telemetry.begin({ headers: new Headers({ traceparent: THEIRS }) });
  strange.belongsTo(EXCHANGE);
  strange.end();
  pass(telemetry, asked({ traceparent: THEIRS.replace(/^00-4b/, '00-5b') }), true);
  await telemetry.close();
  expect(collector.spans.map(({ traceId }) => traceId)).toEqual([`5b${TRACE.slice(2)}`, `5b${TRACE.slice(2)}`]);
  collector.stop();
});

test('a span says where, not by which path; a resource only where that is asked for', async () => {
  const collector = startCollector();
  const resource = { ...EXCHANGE.call.resource, kind: 'resource', name: 'note://secret?x' } as const;
  for (const resourceUris of [false, true]) {
    const telemetry = open({ resourceUris, traces: { endpoint: collector.endpoint, ratio: 1, parentBased: true } });
    pass(telemetry, requestOf('resources/read', { uri: resource.name }, 1, MODERN), true, { call: { ...EXCHANGE.call, method: 'resources/read', resource } });
    await telemetry.close();
  }
  expect(collector.spans.map(({ name }) => name)).toEqual(Array.from({ length: 4 }, () => 'resources/read'));
  expect(collector.spans.map(({ attributes }) => attributes['mcp.resource.uri'])).toEqual([undefined, undefined, 'note://cut', 'note://cut']);
  expect(collector.bodies.join('')).not.toContain('secret');
  collector.stop();
});
