import { afterEach, describe, expect, test } from 'bun:test';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:https';
import { makeCertificate } from '../../../test/fixtures/certificate.ts';
import { startSinkPeer } from '../../../test/fixtures/sink-peer.ts';
import type { Answer, SinkPeer } from '../../../test/fixtures/sink-peer.ts';
import { isObject } from '../../domain/json.ts';
import type { Json } from '../../domain/json.ts';
import { readSink } from '../../registry/sink-shape.ts';
import { deliver } from './deliver.ts';
import { openSink } from './open.ts';
import { SinkFault, toSinkFault } from './sink.ts';
import type { Item, Parked, Sink } from './sink.ts';

const CANARY = 'canary-4f1d6c0e9b';
const peers: SinkPeer[] = [];
afterEach(async () => {
  for (const peer of peers.splice(0)) await peer.stop();
});

function serve(answer: Answer, tls?: Parameters<typeof startSinkPeer>[1]): SinkPeer {
  const peer = startSinkPeer(answer, tls);
  peers.push(peer);
  return peer;
}

const open = (spec: Json, roots?: string): Promise<Sink> =>
  openSink(readSink(spec, roots), { name: 'siem', source: { origin: 'sallyport.example/log', version: '0.1.0' }, home: import.meta.dir });

function items(count: number, first = 0): readonly Item[] {
  return Array.from({ length: count }, (_, index) => ({
    position: first + index, at: 1_795_000_000_000 + index, id: `01900000-0000-7000-8000-00000000000${index}`, event: 'call.denied', severity: 2, context: 'c',
    text: JSON.stringify({ position: first + index, event: 'call.denied' }), trace: { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16) },
  }));
}

const signal = new AbortController().signal;
const send = (sink: Sink, batch: readonly Item[]): Promise<readonly Parked[]> => deliver(sink, batch, signal);
const faultOf = (sink: Sink, batch: readonly Item[]): Promise<SinkFault> => send(sink, batch).then(() => new SinkFault('none'), toSinkFault);
const positions = (parked: readonly Parked[]): readonly number[] => parked.map(({ item }) => item.position);
const json = (value: Json, status = 200): Response => Response.json(value, { status });

const splunkSpec = (url: string): Json => ({ type: 'splunk', url, token: 't', index: 'sec' });
const elasticSpec = (url: string): Json => ({ type: 'elastic', url, dataStream: 'logs-sallyport-default', username: 'u', password: 'p' });
const otlpSpec = (url: string): Json => ({ type: 'otlp', url: `${url}/v1/logs` });
const webhookSpec = (url: string, secret: string): Json => ({ type: 'webhook', url: `${url}/hook`, secret });

describe.each([
  ['splunk', { token: CANARY, acknowledge: false }],
  ['elastic', { dataStream: 'logs-sallyport-default', apiKey: CANARY }],
  ['otlp', { headers: { 'x-api-key': CANARY } }],
  ['webhook', { secret: CANARY }],
])('%s', (type, of) => {
  test.each([429, 503])('is asked again when it says so (%d and Retry-After)', async (status) => {
    const peer = serve(() => new Response('busy', { status, headers: { 'retry-after': '7' } }));
    const fault = await faultOf(await open({ type, url: peer.url, ...of }), items(2));
    expect(fault).toMatchObject({ kind: 'retry', retryAfterMs: 7_000, message: `${type}: HTTP ${status}` });
  });

  test('gets halves of what is too large (413)', async () => {
    const ok: Answer = () => json(type === 'elastic' ? { errors: false } : {});
    const peer = serve((seen, index) => (seen.body.split('call.denied').length > 4 ? new Response('', { status: 413 }) : ok(seen, index)));
    expect(await send(await open({ type, url: peer.url, ...of }), items(4))).toEqual([]);
    expect(peer.seen.length).toBeGreaterThan(2);
  });

  test('is followed nowhere', async () => {
    const other = serve(() => json({}));
    const peer = serve(() => new Response(null, { status: 307, headers: { location: other.url } }));
    expect((await faultOf(await open({ type, url: peer.url, ...of }), items(1))).message).toBe(`${type}: HTTP 307`);
    expect(other.seen).toHaveLength(0);
  });

  test('says nothing of what a peer wrote, or of its own secret', async () => {
    const peer = serve((seen) => new Response(`${CANARY} ${seen.body} ${JSON.stringify(seen.headers)}`, { status: 403 }));
    const fault = await faultOf(await open({ type, url: peer.url, ...of }), items(1));
    expect(fault.message).toBe(`${type}: HTTP 403`);
    expect(JSON.stringify(peer.seen[0]?.headers)).toContain(type === 'webhook' ? 'webhook-signature' : CANARY);
  });

  test('is waited for no longer than it may take', async () => {
    const held = Promise.withResolvers<Response>();
    const peer = serve(() => held.promise);
    expect((await faultOf(await open({ type, url: peer.url, timeout: '1s', ...of }), items(1))).message).toBe('timeout');
    held.resolve(new Response());
  });

  test('is believed no further than an answer may be long', async () => {
    const peer = serve(() => new Response('x'.repeat(5 * 1024 * 1024)));
    expect((await faultOf(await open({ type, url: peer.url, ...of }), items(1))).message).toBe('the answer is too large');
  });

  test('speaks TLS 1.3 to a certificate of the company\'s own roots, and to no other', async () => {
    const tls = await makeCertificate(['localhost']);
    const peer = serve(() => json(type === 'elastic' ? { errors: false } : {}), tls);
    expect(await send(await open({ type, url: peer.url, ...of }, tls.cert), items(1))).toEqual([]);
    expect((await faultOf(await open({ type, url: peer.url, ...of }), items(1))).message).toMatch(/CERT/);
    expect(peer.seen).toHaveLength(1);
    const old = createServer({ ...tls, maxVersion: 'TLSv1.2' }, (_, response) => void response.end('{"errors":false}')).listen(0, '127.0.0.1');
    await once(old, 'listening');
    const at = old.address();
    const url = `https://localhost:${typeof at === 'object' ? at?.port : 0}`;
    expect((await faultOf(await open({ type, url, ...of }, tls.cert), items(1))).message).toBe('EPROTO');
    old.close();
  });

  test('gets nothing unencrypted beyond this machine, but under an exception that lasts', async () => {
    const base = { type, url: 'http://192.0.2.1:1', timeout: '1s', ...of };
    const cleartext = { reason: 'lab', owner: 'o', approver: 'a' };
    expect(await faultOf(await open(base), items(1))).toMatchObject({ message: 'ERR_CLEARTEXT', kind: 'gone' });
    const expired = await open({ ...base, cleartext: { ...cleartext, expires: '2020-01-01' } });
    expect(await faultOf(expired, items(1))).toMatchObject({ message: 'ERR_CLEARTEXT_EXPIRED', kind: 'gone' });
  });
});

describe('splunk', () => {
  test('has what its indexers acknowledge, and is polled on the channel that it was sent on', async () => {
    let polls = 0;
    const peer = serve(({ path }) => {
      if (path === '/services/collector/event') return json({ text: 'Success', code: 0, ackId: 3 });
      polls += 1;
      return json({ acks: { 3: polls > 2 } });
    });
    expect(await send(await open(splunkSpec(peer.url)), items(2))).toEqual([]);
    expect(polls).toBe(3);
    const [event, poll] = peer.seen;
    expect(event?.headers.get('authorization')).toBe('Splunk t');
    expect(poll?.path).toBe(`/services/collector/ack?channel=${event?.headers.get('x-splunk-request-channel')}`);
    expect(poll?.body).toBe('{"acks":[3]}');
    const [first]: readonly Json[] = (event?.body ?? '').split('\n').map((line) => JSON.parse(line));
    expect(first).toEqual({
      time: '1795000000.000', source: 'sallyport', sourcetype: 'sallyport:json', index: 'sec', fields: { sallyport_event: 'call.denied' },
      event: { position: 0, event: 'call.denied' },
    });
  });

  test('whose token acknowledges nothing is not believed', async () => {
    const peer = serve(() => json({ text: 'Success', code: 0 }));
    expect((await faultOf(await open(splunkSpec(peer.url)), items(1))).kind).toBe('gone');
  });

  test('gets the rest without the event that it names as invalid', async () => {
    const peer = serve(({ path, body }) => {
      if (path.startsWith('/services/collector/ack')) return json({ acks: { 0: true } });
      const bad = body.split('\n').findIndex((line) => line.includes('"position":2'));
      return bad === -1 ? json({ code: 0, ackId: 0 }) : json({ text: 'Invalid data format', code: 6, 'invalid-event-number': bad }, 400);
    });
    expect(positions(await send(await open(splunkSpec(peer.url)), items(5)))).toEqual([2]);
  });

  test('that knows no such index refuses no record: that is for a person to mend', async () => {
    const peer = serve(() => json({ text: 'Incorrect index', code: 7, 'invalid-event-number': 0 }, 400));
    expect(await faultOf(await open(splunkSpec(peer.url)), items(3))).toMatchObject({ kind: 'retry', message: 'splunk: HTTP 400, code 7' });
  });
});

describe('elastic', () => {
  const created = { create: { status: 201 } };

  test('creates documents under the records\' ids; what it has already is no error', async () => {
    const peer = serve(() => json({ errors: true, items: [created, { create: { status: 409, error: { type: 'version_conflict_engine_exception' } } }] }));
    expect(await send(await open(elasticSpec(peer.url)), items(2))).toEqual([]);
    const [seen] = peer.seen;
    expect(seen?.path).toStartWith('/logs-sallyport-default/_bulk?');
    expect(seen?.headers.get('authorization')).toBe(`Basic ${btoa('u:p')}`);
    const lines: readonly Json[] = (seen?.body ?? '').trimEnd().split('\n').map((line) => JSON.parse(line));
    expect(lines[0]).toEqual({ create: { _id: '01900000-0000-7000-8000-000000000000' } });
    expect(lines[1]).toEqual({ '@timestamp': new Date(1_795_000_000_000).toISOString(), position: 0, event: 'call.denied' });
  });

  test('is sent again what it was too busy for, and that alone; what its mapping refuses is parked', async () => {
    const peer = serve((_, index) => json(index === 0
      ? { errors: true, items: [created, { create: { status: 429, error: { type: 'es_rejected_execution_exception' } } },
        { create: { status: 400, error: { type: 'document_parsing_exception', reason: CANARY } } }] }
      : { errors: false }));
    const parked = await send(await open(elasticSpec(peer.url)), items(3));
    expect(parked.map(({ item, reason }) => [item.position, reason])).toEqual([[2, 'elastic: document_parsing_exception']]);
    expect(peer.seen[1]?.body).toContain('000000000001');
    expect(peer.seen[1]?.body).not.toContain('000000000000');
  });

  test('that refuses every document parks none', async () => {
    const peer = serve(({ body }) => {
      const documents = body.trimEnd().split('\n').length / 2;
      return json({ errors: true, items: Array.from({ length: documents }, () => ({ create: { status: 400 } })) });
    });
    expect((await faultOf(await open(elasticSpec(peer.url)), items(4))).message).toContain('nothing is taken');
  });

  test('that answers for fewer items than it was sent is not believed', async () => {
    const peer = serve(() => json({ errors: true, items: [created] }));
    expect((await faultOf(await open(elasticSpec(peer.url)), items(2))).message).toBe('elastic: an answer without its items');
  });
});

describe('otlp', () => {
  test('gets log records as the data model has them', async () => {
    const peer = serve(() => json({}));
    expect(await send(await open(otlpSpec(peer.url)), items(1))).toEqual([]);
    const body: Json = JSON.parse(peer.seen[0]?.body ?? '');
    expect(body).toEqual({
      resourceLogs: [{
        resource: { attributes: expect.arrayContaining([{ key: 'service.name', value: { stringValue: 'sallyport' } }]) },
        scopeLogs: [{
          scope: { name: 'sallyport.audit', version: '0.1.0' },
          logRecords: [{
            timeUnixNano: '1795000000000000000', observedTimeUnixNano: '1795000000000000000', severityNumber: 13, severityText: 'WARN',
            eventName: 'sallyport.call.denied',
            body: { stringValue: '{"position":0,"event":"call.denied"}' }, traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), flags: 1,
            attributes: [
              { key: 'log.record.uid', value: { stringValue: '01900000-0000-7000-8000-000000000000' } },
              { key: 'sallyport.position', value: { intValue: '0' } }, { key: 'sallyport.context', value: { stringValue: 'c' } },
            ],
          }],
        }],
      }],
    });
  });

  test('that drops some is sent nothing twice, and they are counted', async () => {
    const peer = serve(() => json({ partialSuccess: { rejectedLogRecords: '2', errorMessage: CANARY } }));
    const [parked] = await send(await open(otlpSpec(peer.url)), items(5));
    expect(parked).toMatchObject({ count: 2, reason: 'otlp: partial success, 2 of positions 0 to 4' });
    expect(peer.seen).toHaveLength(1);
  });

  test('that drops all is broken', async () => {
    const peer = serve(() => json({ partialSuccess: { rejectedLogRecords: 3 } }));
    expect((await faultOf(await open(otlpSpec(peer.url)), items(3))).message).toBe('otlp: every record was rejected');
  });
});

describe('webhook', () => {
  test.each([['plain', 'plain'], ['whsec_c2VjcmV0', 'secret']])('is signed over id, time and body (%s)', async (secret, key) => {
    const peer = serve(() => new Response(null, { status: 204 }));
    const sink = await open(webhookSpec(peer.url, secret));
    await send(sink, items(2));
    await send(sink, items(2));
    const [first, second] = peer.seen;
    const [id, at, signature] = ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map((name) => first?.headers.get(name) ?? '');
    expect(signature).toBe(`v1,${createHmac('sha256', key).update(`${id}.${at}.${first?.body}`).digest('base64')}`);
    expect(Math.abs(Number(at) * 1_000 - Date.now())).toBeLessThan(60_000);
    expect(second?.headers.get('webhook-id')).toBe(id ?? '');
    const body: Json = JSON.parse(first?.body ?? '');
    expect(isObject(body) && body['data']).toEqual({ format: 'json', records: [{ position: 0, event: 'call.denied' }, { position: 1, event: 'call.denied' }] });
  });

  test('that is gone (410) waits for a person', async () => {
    const peer = serve(() => new Response(null, { status: 410 }));
    expect((await faultOf(await open(webhookSpec(peer.url, 's')), items(1))).kind).toBe('gone');
  });
});
