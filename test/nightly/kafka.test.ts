import { afterAll, beforeAll, expect, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Consumer, stringDeserializers } from '@platformatic/kafka';
import { openLedger } from '../../src/audit/ledger.ts';
import type { Ledger } from '../../src/audit/ledger.ts';
import { runSinks } from '../../src/audit/sinks/sinks.ts';
import type { RunningSinks } from '../../src/audit/sinks/sinks.ts';
import type { Json, JsonObject } from '../../src/domain/json.ts';
import { readSink } from '../../src/registry/sink-shape.ts';
import { makeCertificate } from '../fixtures/certificate.ts';
import { startKafka } from '../fixtures/kafka-broker.ts';
import type { KafkaBroker } from '../fixtures/kafka-broker.ts';
import { recordOf } from '../fixtures/sink-record.ts';

const START_MS = 300_000;
let tls: { readonly key: string; readonly cert: string };
let broker: KafkaBroker;
let home: string;
let ledger: Ledger;
let sinks: RunningSinks;

beforeAll(async () => {
  tls = await makeCertificate(['localhost', '127.0.0.1']);
  broker = await startKafka(tls);
  home = mkdtempSync(join(tmpdir(), 'sp-kafka-'));
  ledger = await openLedger(join(home, 'ledger'), { strict: false, reserveBytes: 0 });
  sinks = runSinks({
    home, dir: join(home, 'ledger'), source: { origin: 'sallyport.example/log', version: '0.1.0' }, tail: (from, signal) => ledger.tail(from, signal),
    next: () => ledger.next, news: () => undefined,
  });
}, START_MS);
afterAll(async () => {
  await sinks.close();
  await ledger.close();
  rmSync(home, { recursive: true, force: true });
  await broker.stop();
});

const spec = (topic: string, of: JsonObject = {}): JsonObject => ({
  type: 'kafka', brokers: [broker.address], topic, from: 'start', batch: { records: 100, wait: '1s' }, timeout: '5s',
  sasl: { mechanism: 'PLAIN', username: broker.user, password: broker.password }, ...of,
});

const configure = (all: JsonObject): Promise<void> => sinks.configure({
  sinks: Object.fromEntries(Object.entries(all).map(([name, one]) => [name, readSink(one, tls.cert)])), pseudonyms: { on: true, key: new Uint8Array(32) },
});

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await Bun.sleep(20);
}

interface Consumed {
  readonly partition: number;
  readonly key: string;
  readonly record: { readonly position: number; readonly context?: string };
}

async function consume(topic: string, count: number): Promise<readonly Consumed[]> {
  const consumer = new Consumer({
    clientId: 'reader', groupId: Bun.randomUUIDv7(), bootstrapBrokers: [broker.address], deserializers: stringDeserializers,
    tls: { ca: tls.cert }, tlsServerName: true,
    sasl: { mechanism: 'PLAIN', username: broker.user, password: broker.password },
  });
  const stream = await consumer.consume({ topics: [topic], mode: 'earliest', autocommit: false });
  const consumed: Consumed[] = [];
  for await (const { partition, key, value } of stream) {
    consumed.push({ partition, key, record: JSON.parse(value) });
    if (firstsOf(consumed).length >= count) break;
  }
  await consumer.close(true);
  return consumed;
}

/** Positions without what came twice: at least once is what is promised. */
function firstsOf(consumed: readonly Consumed[]): readonly number[] {
  return [...new Set(consumed.map(({ record }) => record.position))];
}

const append = (count: number, of: Parameters<typeof recordOf>[0] = {}): Promise<readonly number[]> =>
  ledger.append(Array.from({ length: count }, () => recordOf(of)));

test('a real broker over TLS 1.3 with SASL has every record in order, through a kill -9 of it', async () => {
  await broker.createTopic('audit', 3);
  await configure({ bus: spec('audit', { compression: 'zstd' }) });
  await append(500);
  await until(() => sinks.status().get('bus')?.position === ledger.next - 1);
  await broker.crash();
  await append(300);
  await until(() => sinks.status().get('bus')?.state === 'retrying');
  expect(sinks.status().get('bus')?.error).toMatch(/^kafka: [A-Z_]+$/);
  await broker.start();
  await until(() => sinks.status().get('bus')?.position === ledger.next - 1);
  const consumed = await consume('audit', ledger.next);
  expect(new Set(consumed.map(({ partition }) => partition)).size).toBe(1);
  expect(firstsOf(consumed)).toEqual(Array.from({ length: ledger.next }, (_, index) => index));
}, START_MS);

test('under the key of its context each record is in its context\'s order', async () => {
  await broker.createTopic('sessions', 3);
  const contexts = ['one', 'two', 'three', 'four', 'five'];
  for (let round = 0; round < 20; round += 1) for (const context of contexts) await append(1, { context });
  await configure({ byContext: spec('sessions', { key: 'context' }) });
  await until(() => sinks.status().get('byContext')?.position === ledger.next - 1);
  const consumed = (await consume('sessions', ledger.next)).filter(({ record }) => record.context !== undefined);
  expect(new Set(consumed.map(({ partition }) => partition)).size).toBeGreaterThan(1);
  for (const context of contexts) {
    const positions = firstsOf(consumed.filter(({ record }) => record.context === context));
    expect(positions).toHaveLength(20);
    expect(positions).toEqual(positions.toSorted((a, b) => a - b));
  }
}, START_MS);

test('a record that is larger than the broker takes is parked, and the others arrive', async () => {
  await broker.createTopic('small', 1);
  await append(1, { address: 'x'.repeat(40_000) });
  const last = await append(5);
  await configure({ small: spec('small', { batch: { records: 1_000, wait: '1s' } }) });
  await until(() => sinks.status().get('small')?.position === last.at(-1));
  expect(sinks.status().get('small')?.parked).toBe(1);
}, START_MS);

test.each([
  ['a wrong password', (): Json => spec('audit', { sasl: { mechanism: 'PLAIN', username: 'sallyport', password: 'canary-not-it' } })],
  ['a topic that is not there', (): Json => spec('nowhere')],
])('%s is an error that says so and nothing more, and delivers nothing', async (_, wrong) => {
  await configure({ wrong: JSON.parse(JSON.stringify(wrong())) });
  await until(() => sinks.status().get('wrong')?.state === 'retrying');
  expect(sinks.status().get('wrong')).toMatchObject({ position: -1, error: expect.stringMatching(/^kafka: [A-Z_]+$/) });
  await configure({});
}, START_MS);
