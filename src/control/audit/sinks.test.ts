import { afterAll, beforeAll, expect, test } from 'bun:test';
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { startGate } from '../../../test/fixtures/gate.ts';
import type { Gate } from '../../../test/fixtures/gate.ts';
import { startSinkPeer } from '../../../test/fixtures/sink-peer.ts';
import type { SinkPeer } from '../../../test/fixtures/sink-peer.ts';
import { objects, part } from '../../cli/json-view.ts';
import type { JsonObject } from '../../domain/json.ts';

const CANARY = 'canary-0b1d55e7f2';
let peer: SinkPeer;
let gate: Gate;

beforeAll(async () => {
  peer = startSinkPeer(() => new Response());
  gate = await startGate({
    manifest: `
audit:
  sinks:
    soc: { type: webhook, url: ${peer.url}, secret: vault:soc, from: start, batch: { wait: 1s } }
    lost: { type: otlp, url: ${peer.url}/lost, headers: { x-key: vault:nothing }, behindMax: 1h }
  failClosed: [lost]
`,
  });
});
afterAll(async () => {
  await gate.stop();
  await peer.stop();
});

async function sinkOf(name: string): Promise<JsonObject> {
  return objects(part(await gate.admin('GET', '/audit/sinks'), 'sinks')).find((one) => one['name'] === name) ?? {};
}

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await Bun.sleep(20);
}

test('a sink gets its secret out of the vault when there is one, and until then delivers and forgets nothing', async () => {
  await until(async () => (await sinkOf('soc'))['state'] === 'dead');
  expect(await sinkOf('soc')).toMatchObject({ type: 'broken', error: 'ERR_UPSTREAM_CREDENTIAL', position: -1, failClosed: false });
  await gate.admin('PUT', '/vault/soc', { value: CANARY });
  await gate.control().retention.configure();
  await until(async () => Number((await sinkOf('soc'))['position']) > 0);
  expect(await sinkOf('soc')).toMatchObject({ type: 'webhook', state: 'ok' });
  expect(await sinkOf('lost')).toMatchObject({ type: 'broken', state: 'dead', failClosed: true });
  expect(peer.seen[0]?.body).toContain('"event":"role.started"');
}, 30_000);

test('a trial and a replay are asked for by name, and the replay is on record', async () => {
  expect(await gate.admin('POST', '/audit/sinks/soc/test', {})).toMatchObject({ ok: true });
  expect(peer.seen.at(-1)?.body).toContain('sink.tested');
  const before = peer.seen.length;
  expect(await gate.admin('POST', '/audit/sinks/soc/replay', { since: 0 })).toEqual({ sink: 'soc', from: 0 });
  await until(() => peer.seen.slice(before).some(({ body }) => body.includes('"position":0,')));
  expect(await gate.records({ event: 'sink.replayed' })).toMatchObject([{ detail: { sink: 'soc', since: 0 } }]);
  expect(gate.admin('POST', '/audit/sinks/none/replay', { from: 0 })).rejects.toThrow('ERR_NOT_FOUND');
  expect(gate.admin('POST', '/audit/sinks/soc/replay', {})).rejects.toThrow('ERR_REQUEST_INVALID');
}, 30_000);

test('no secret of a sink is on the disk of any role, or in what control answers', async () => {
  const files = readdirSync(gate.home, { recursive: true, encoding: 'utf8' }).map((name) => join(gate.home, name)).filter((file) => statSync(file).isFile());
  for (const file of files) expect(readFileSync(file).includes(CANARY), file).toBe(false);
  for (const path of ['/audit/sinks', '/manifest', '/audit/records']) expect(JSON.stringify(await gate.admin('GET', path))).not.toContain(CANARY);
});
