import { afterAll, beforeAll, expect, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { recordOf } from '../../test/fixtures/sink-record.ts';
import type { JsonObject } from '../domain/json.ts';
import type { Origin } from './entry.ts';
import { openLedger } from './ledger.ts';
import type { Ledger } from './ledger.ts';
import type { Placed } from './turns.ts';

/** What a gateway that was broken into may send to blind whoever reads records, or in somebody else's name. */
const GATEWAY: Origin = { role: 'gateway', node: 'gateway-1', incarnation: 'i' };
const EGRESS: Origin = { role: 'egress', node: 'egress', incarnation: 'i' };
const CONTROL: Origin = { role: 'control', node: 'control', incarnation: 'i' };
let dir = '';
let ledger: Ledger;

beforeAll(async () => {
  dir = mkdtempSync('/tmp/sp-admit-');
  ledger = await openLedger(dir, { strict: false, reserveBytes: 4096 });
  await ledger.hello(GATEWAY, new Set());
  await ledger.hello(CONTROL, new Set());
  await ledger.hello(EGRESS, new Set());
});
afterAll(async () => {
  await ledger.close();
  rmSync(dir, { recursive: true, force: true });
});

const send = (more: JsonObject, origin = GATEWAY): Promise<Placed> =>
  ledger.appendLines([JSON.stringify({ ...recordOf(), node: origin.node, ...more })], origin);
const nested = (depth: number): JsonObject => JSON.parse(`${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`);

test.each<JsonObject>([
  { at: 1.5 }, { at: -1 }, { at: 9_000_000_000_000_000 }, { at: '2026-11-23' }, { principal: 5 }, { principal: null }, { actors: 'bot' }, { policies: [1] },
  { labels: {} }, { labels: { confidentiality: 'secret', categories: [], integrity: 'trusted' } }, { findings: [null] }, { findings: {} },
  { findings: [{ detector: 'a', rule: 'b', severity: 'worst', at: [] }] }, { client: 'x' }, { trace: 'x' }, { trace: { traceId: 1, spanId: '' } },
  { sizeBytes: 1.5 }, { snapshot: 'x' }, { latencyMs: '1' }, { principalKind: 'root' }, { onBehalfOf: { principal: 1 } }, { standing: { credentials: 'x' } },
  { request: {} }, { space: ['default'] },
  { space: '' }, { space: 'a\nb' }, { id: 'x\n<0>1 forged' }, { id: '' }, { exchange: 'a b' }, { id: '\u009b2J' },
  { detail: nested(5_000) }, { unheardOf: nested(5_000) },
])('a record whose fields are not of their form is not taken: %j', async (odd) => {
  expect(await send(odd)).toEqual(['ERR_REQUEST_INVALID']);
});

test.each(['position', 'role', 'incarnation', 'body', 'erased'])('a record says nothing of its own place: %s', async (name) => {
  expect(await send({ [name]: 7 })).toEqual(['ERR_REQUEST_INVALID']);
});

test.each(['people.revealed', 'evidence.erased', 'hold.lifted', 'config.changed', 'admin.refused', 'proposal.approved', 'approval.granted'])(
  'a gateway does not write what control does: %s', async (event) => {
    expect(await send({ event, category: 'config' })).toEqual(['ERR_REQUEST_INVALID']);
    expect(await send({ event, category: 'config' }, CONTROL)).toEqual([expect.any(Number)]);
  },
);

test('the egress alone says what was connected, and it says nothing of calls', async () => {
  for (const event of ['connection.opened', 'connection.closed', 'connection.refused']) {
    for (const origin of [GATEWAY, CONTROL]) expect(await send({ event, category: 'execution' }, origin)).toEqual(['ERR_REQUEST_INVALID']);
    expect(await send({ event, category: 'execution' }, EGRESS)).toEqual([expect.any(Number)]);
  }
  for (const event of ['call.permitted', 'call.denied', 'server.failed']) {
    expect(await send({ event, category: 'access' }, EGRESS)).toEqual(['ERR_REQUEST_INVALID']);
  }
});

test('what only the ledger knows, not even control writes', async () => {
  for (const event of ['evidence.expired', 'record.corrupt']) expect(await send({ event, category: 'error' }, CONTROL)).toEqual(['ERR_REQUEST_INVALID']);
});

test('a record as gateways write it is taken, also with a field that is not known yet', async () => {
  const trace = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16) };
  expect(await send({ trace, actors: [], findings: [], detail: nested(20), laterVersion: { a: [1] } })).toEqual([expect.any(Number)]);
});
