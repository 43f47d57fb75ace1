import { expect, test } from 'bun:test';
import { recordOf } from '../../../test/fixtures/sink-record.ts';
import type { JsonObject } from '../../domain/json.ts';
import type { JournalRecord } from '../../domain/record.ts';
import { redactDetail } from '../../domain/redacted.ts';
import type { SinkSpec } from '../../domain/sink.ts';
import { readSink } from '../../registry/sink-shape.ts';
import { createPseudonyms } from '../pseudonym.ts';
import { Lag } from './lag.ts';
import { createPrepare } from './prepare.ts';
import type { Item } from './sink.ts';

const key = new Uint8Array(32).fill(3);
const people = createPseudonyms(key);

function prepared(of: JsonObject, record: Partial<JournalRecord> = {}): Item | undefined {
  const spec: SinkSpec = readSink({ type: 'file', directory: '/logs', ...of }, undefined);
  const prepare = createPrepare(spec, { hide: (one) => people.hide(one), key, source: { origin: 'o', version: '1' } });
  return prepare({ position: 7, role: 'gateway', incarnation: 'i', record: recordOf(record) });
}

test.each(['json', 'ocsf', 'cef'])('people are under their pseudonyms, unless the sink may know them (%s)', (format) => {
  expect(prepared({ format })?.text).not.toContain('idp.example|ann');
  expect(prepared({ format })?.text).toContain(people.of('https://idp.example|ann'));
  expect(prepared({ format, reveal: true })?.text).toMatch(/ann/);
});

test('fields are left out, or hashed under the installation\'s key', () => {
  const detail = redactDetail({ id: 'x1', kept: 'yes' });
  const text = prepared({ fields: { drop: ['address', 'detail.id', 'detail.none.deeper'], hash: ['tool', 'none'] } }, { detail })?.text ?? '';
  const record: JsonObject = JSON.parse(text);
  expect(record).toMatchObject({ position: 7, detail: { kept: 'yes' }, tool: expect.stringMatching(/^[0-9a-f]{32}$/) });
  expect(Object.keys(record)).not.toContain('address');
  expect(text).not.toContain('x1');
  expect(text).not.toContain('search_contacts');
  const plain = new Bun.CryptoHasher('sha256').update('"search_contacts"').digest('hex').slice(0, 32);
  expect(record['tool']).not.toBe(plain);
});

test.each([
  [{ categories: ['execution'] }, true],
  [{ categories: ['access'] }, false],
  [{ events: ['message.permitted'], spaces: ['default'] }, true],
  [{ events: ['message.permitted'], spaces: ['other'] }, false],
  [{ severity: 'info' }, true],
  [{ severity: 'high' }, false],
])('a filter lets through what it names (%j: %p)', (filter, passes) => {
  expect(prepared({ filter }) !== undefined).toBe(passes);
});

test('the gravest finding on a record is its severity', () => {
  const findings = [{ detector: 'd', rule: 'r', severity: 'critical' as const, at: [] }];
  expect(prepared({ filter: { severity: 'high' } }, { findings })?.severity).toBe(4);
});

test('how far behind a sink is goes on counting when nothing is heard of it', () => {
  const lag = new Lag(10, 1_000);
  expect(lag.measure(10, 6_000)).toEqual({ records: 10, ms: 5_000 });
  lag.see({ position: 9, seenAt: 6_000 }, 10);
  expect(lag.measure(10, 20_000)).toEqual({ records: 0, ms: 0 });
  lag.see({ position: 11, oldestAt: 7_000, seenAt: 8_000 }, 15);
  expect(lag.measure(15, 9_000)).toEqual({ records: 3, ms: 2_000 });
  // The thread hangs: what it said last is no longer believed to be all.
  expect(lag.measure(15, 20_000).ms).toBeGreaterThanOrEqual(12_000);
});
