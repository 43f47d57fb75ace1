import { expect, test } from 'bun:test';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { codeOf } from '../../test/fixtures/code-of.ts';
import { isObject } from '../domain/json.ts';
import { LIMITS } from '../domain/limits.ts';
import type { JournalRecord } from '../domain/record.ts';
import type { AuditSettings, RetentionClass } from '../domain/retention.ts';
import { createDataKeys } from './data-keys.ts';
import { openBody, unwrapDataKey } from './open-body.ts';

const CLASS: RetentionClass = { name: 'standard', region: 'local', recordDays: 400, bodyDays: 30, results: false };
const NOON = Date.parse('2026-11-23T12:10:00Z');
const HOUR_MS = 3_600_000;

async function setUp(): Promise<{
  readonly identity: string; readonly settings: AuditSettings; readonly wrapped: JournalRecord[]; readonly at: { now: number };
  readonly keys: ReturnType<typeof createDataKeys>;
}> {
  const identity = await generateX25519Identity();
  const settings: AuditSettings = {
    classes: [CLASS], scorePeople: true, keys: [{ class: 'standard', region: 'local', epoch: '2026-11', recipient: await identityToRecipient(identity) }],
  };
  const wrapped: JournalRecord[] = [];
  const at = { now: NOON };
  const keys = createDataKeys({ append: async (record) => wrapped.push(record) }, 'gw', () => at.now);
  return { identity, settings, wrapped, at, keys };
}

function wrappedIn(record: JournalRecord | undefined): string {
  const detail = record?.detail;
  return isObject(detail) && typeof detail['wrapped'] === 'string' ? detail['wrapped'] : '';
}

test('what is sealed opens with the key of its epoch, for its own record alone', async () => {
  const { identity, settings, wrapped, keys } = await setUp();
  const key = await keys.of(CLASS, settings);
  const body = key?.seal('e1', 'r1', '{"arguments":{"to":"ünï"}}');
  if (body === undefined) throw new Error('not sealed');
  expect(wrapped).toMatchObject([{ id: body.key, event: 'key.wrapped', category: 'config', detail: { class: 'standard', epoch: '2026-11' } }]);
  const opened = await unwrapDataKey(identity, wrappedIn(wrapped[0]));
  expect(openBody(opened, body, { exchange: 'e1', record: 'r1' })).toEqual({ arguments: { to: 'ünï' } });
  for (const [exchange, record] of [['e2', 'r1'], ['e1', 'r2'], ['e1/r', '1']] as const) {
    expect(await codeOf(Promise.try(() => openBody(opened, body, { exchange, record })))).toBe('ERR_BODY_UNREADABLE');
  }
  const box = body.box.replace(/^.{31}/, (head) => `${head.slice(0, -1)}${head.endsWith('A') ? 'B' : 'A'}`);
  expect(await codeOf(Promise.try(() => openBody(opened, { ...body, box }, { exchange: 'e1', record: 'r1' })))).toBe('ERR_BODY_UNREADABLE');
  expect(await codeOf(unwrapDataKey(await generateX25519Identity(), wrappedIn(wrapped[0])))).toBe('ERR_BODY_UNREADABLE');
});

test('a key is on record before it seals anything, and serves one hour', async () => {
  const { settings, wrapped, at, keys } = await setUp();
  const [one, two] = await Promise.all([keys.of(CLASS, settings), keys.of(CLASS, settings)]);
  expect(wrapped).toHaveLength(1);
  expect(one).toBe(two);
  at.now += HOUR_MS;
  const later = await keys.of(CLASS, settings);
  expect(later?.seal('e', 'r', '{}')?.key).not.toBe(one?.seal('e', 'r', '{}')?.key);
  expect(wrapped).toHaveLength(2);
  // No two payloads under one nonce.
  const boxes = Array.from({ length: 100 }, () => later?.seal('e', 'r', '{}')?.box.slice(0, 16));
  expect(new Set(boxes).size).toBe(100);
});

test('a key that can\'t be recorded seals nothing, and the next one is tried', async () => {
  const { settings } = await setUp();
  let fails = true;
  const keys = createDataKeys({ append: async () => (fails ? Promise.reject(new Error('full')) : 1) }, 'gw', () => NOON);
  expect(await Promise.resolve(keys.of(CLASS, settings)).then(() => 'made', () => 'rejected')).toBe('rejected');
  fails = false;
  expect((await keys.of(CLASS, settings))?.seal('e', 'r', '{}')).toBeDefined();
});

test('nobody to seal for, or too much: nothing is kept', async () => {
  const { settings, keys } = await setUp();
  expect(await keys.of({ ...CLASS, name: 'other' }, settings)).toBeUndefined();
  expect(await keys.of(CLASS, { ...settings, keys: settings.keys.map((key) => ({ ...key, epoch: '2026-12' })) })).toBeUndefined();
  expect((await keys.of(CLASS, settings))?.seal('e', 'r', 'x'.repeat(LIMITS.keptBodyCharsMax + 1))).toBeUndefined();
});
