import { afterEach, describe, expect, test } from 'bun:test';
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Subprocess } from 'bun';
import { codeOf } from '../../test/fixtures/code-of.ts';
import { startSinkPeer } from '../../test/fixtures/sink-peer.ts';
import type { Answer, SinkPeer } from '../../test/fixtures/sink-peer.ts';
import { recordOf } from '../../test/fixtures/sink-record.ts';
import { createJournal } from '../audit/journal.ts';
import type { LedgerJournal } from '../audit/journal.ts';
import { isArray, isObject } from '../domain/json.ts';
import type { Json, JsonObject } from '../domain/json.ts';
import { connectLink } from '../link/connect.ts';
import type { Link } from '../link/connect.ts';
import { spawnLedger } from '../../test/fixtures/ledger-process.ts';
import { runLedger } from './ledger.ts';

const CANARY = 'canary-7c9e02aa41';
const endings: (() => void | Promise<void>)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).toReversed()) await end();
});

function makeHome(): string {
  const home = mkdtempSync(join(tmpdir(), 'sp-sinks-'));
  endings.push(() => rmSync(home, { recursive: true, force: true }));
  return home;
}

function peerThat(answer: Answer): SinkPeer {
  const peer = startSinkPeer(answer);
  endings.push(() => peer.stop());
  return peer;
}

interface Running {
  readonly home: string;
  readonly control: Link;
  readonly journal: LedgerJournal;
}

/** Control's and a gateway's way to a ledger that runs here, or in the process that `spawned` starts. */
async function connected(home: string): Promise<Running> {
  const control = connectLink({ home, self: 'control', peer: 'ledger' });
  const gateway = connectLink({ home, self: 'gateway', peer: 'ledger' });
  const journal = createJournal(gateway, { node: 'gateway-1', incarnation: Bun.randomUUIDv7(), retryMs: 20_000, seenFile: join(home, 'seen.json') });
  endings.push(() => journal.close(), () => gateway.close(), () => control.close());
  return { home, control, journal };
}

async function started(home = makeHome()): Promise<Running> {
  const role = await runLedger({ home, strict: false });
  endings.push(() => role.close());
  return connected(home);
}

async function spawned(home: string): Promise<Subprocess> {
  const child = await spawnLedger(home, false);
  endings.push(() => child.kill('SIGKILL'));
  return child;
}

function configure(control: Link, sinks: JsonObject, failClosed: readonly string[] = []): Promise<Json> {
  return control.call('ledger.configure', {
    classes: [{ name: 'standard', region: 'local', recordDays: 400, bodyDays: 30, results: false }], holds: [], failClosed,
    pseudonyms: { on: true, key: Buffer.alloc(32, 7).toString('base64url') },
    sinks: { sinks: Object.fromEntries(Object.entries(sinks).map(([name, spec]) => [name, { spec }])) },
  });
}

const webhook = (peer: SinkPeer, of: JsonObject = {}): JsonObject =>
  ({ type: 'webhook', url: peer.url, secret: CANARY, from: 'start', batch: { wait: '1s', records: 20 }, ...of });

/** Positions as they were delivered. */
function delivered(peer: SinkPeer, from = 0): readonly number[] {
  return peer.seen.slice(from).flatMap(({ body }) => {
    const sent: { readonly data: { readonly records: readonly { readonly position: number }[] } } = JSON.parse(body);
    return sent.data.records.map(({ position }) => position);
  });
}

async function statusOf(control: Link, name: string): Promise<JsonObject> {
  const all = await control.call('ledger.sinks', {});
  const found = isArray(all) ? all.find((one) => isObject(one) && one['name'] === name) : undefined;
  return isObject(found) ? found : {};
}

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await Bun.sleep(20);
}

function everyFile(dir: string): readonly string[] {
  return readdirSync(dir, { recursive: true, encoding: 'utf8' }).map((name) => join(dir, name)).filter((file) => statSync(file).isFile());
}

describe('the ledger\'s sinks', () => {
  test('get every record under pseudonyms; control sees how far they are', async () => {
    const peer = peerThat(() => new Response());
    const { control, journal } = await started();
    const inFormat = (format: string): JsonObject => webhook(peer, { url: `${peer.url}/${format}`, format });
    await configure(control, { soc: webhook(peer), ocsf: inFormat('ocsf'), cef: inFormat('cef') });
    await Promise.all(Array.from({ length: 30 }, () => journal.append(recordOf())));
    await until(async () => Number((await statusOf(control, 'soc'))['position']) >= 30 && (await statusOf(control, 'cef'))['lagRecords'] === 0);
    expect(await statusOf(control, 'soc')).toMatchObject({ type: 'webhook', state: 'ok', parked: 0, failClosed: false });
    const bodies = peer.seen.map(({ body }) => body).join('\n');
    expect(bodies).not.toContain('idp.example|ann');
    expect(bodies).toMatch(/"principal":"p_[0-9a-f]{20}"/);
    expect(bodies).toContain('"class_uid":6003');
    expect(bodies).toContain('CEF:0|Sallyport|Sallyport|');
  }, 30_000);

  test('keep no secret of theirs on the disk, and say none', async () => {
    const peer = peerThat(({ body }) => new Response(`${CANARY} ${body}`, { status: 401 }));
    const { home, control, journal } = await started();
    await configure(control, { soc: webhook(peer) }, ['soc']);
    await journal.append(recordOf());
    await until(async () => (await statusOf(control, 'soc'))['state'] === 'retrying');
    const trial = await control.call('ledger.sink-test', { name: 'soc' });
    expect(trial).toMatchObject({ ok: false, error: 'webhook: HTTP 401' });
    expect(JSON.stringify(await control.call('ledger.sinks', {}))).not.toContain(CANARY);
    for (const file of everyFile(home)) expect(readFileSync(file).includes(CANARY), file).toBe(false);
    expect(await control.call('ledger.configure', { sinks: CANARY }).then(String, String)).not.toContain(CANARY);
  }, 30_000);

  test('a sink that is dead slows and loses nothing, and holds up no other', async () => {
    const alive = peerThat(() => new Response());
    const dead = peerThat(() => new Response(null, { status: 500 }));
    const { control, journal } = await started();
    await configure(control, { alive: webhook(alive), dead: webhook(dead) });
    await Promise.all(Array.from({ length: 50 }, () => journal.append(recordOf())));
    await until(async () => Number((await statusOf(control, 'alive'))['position']) >= 50 && (await statusOf(control, 'dead'))['state'] === 'retrying');
    expect(await statusOf(control, 'dead')).toMatchObject({ position: -1, error: 'webhook: HTTP 500' });
    await configure(control, { alive: webhook(alive), dead: webhook(alive, { url: `${alive.url}/mended` }) });
    await until(async () => Number((await statusOf(control, 'dead'))['position']) >= 50);
    const mended = alive.seen.filter(({ path }) => path === '/mended').length;
    expect(mended).toBeGreaterThan(0);
  }, 30_000);

  test('are sent records again from any position, and nothing that is no sink or position', async () => {
    const peer = peerThat(() => new Response());
    const { control, journal } = await started();
    await configure(control, { soc: webhook(peer) });
    await Promise.all(Array.from({ length: 10 }, () => journal.append(recordOf())));
    await until(async () => Number((await statusOf(control, 'soc'))['position']) >= 10);
    const before = peer.seen.length;
    await control.call('ledger.sink-replay', { name: 'soc', from: 4 });
    await until(() => delivered(peer, before).length >= 7);
    expect(delivered(peer, before).slice(0, 7)).toEqual([4, 5, 6, 7, 8, 9, 10]);
    expect(await codeOf(control.call('ledger.sink-replay', { name: 'none', from: 0 }))).toBe('ERR_NOT_FOUND');
    expect(await codeOf(control.call('ledger.sink-replay', { name: 'soc', from: 1e9 }))).toBe('ERR_REQUEST_INVALID');
    expect(await control.call('ledger.sink-test', { name: 'soc' })).toMatchObject({ ok: true });
  }, 30_000);
});

test('kill -9 of the ledger while it delivers: nothing is missing at the destination, and the order stays', async () => {
  const home = makeHome();
  const peer = peerThat(async () => {
    await Bun.sleep(5);
    return new Response();
  });
  let child = await spawned(home);
  const { control, journal } = await connected(home);
  // The link tries again by itself; until it is up, calls fail at once.
  const configureAgain = (): Promise<void> =>
    until(() => configure(control, { soc: webhook(peer, { batch: { records: 5, wait: '1s' } }) }).then(() => true, () => false));
  for (let round = 0; round < 3; round += 1) {
    await configureAgain();
    const seen = peer.seen.length;
    const appends = Array.from({ length: 100 }, () => journal.append(recordOf()));
    await peer.came(seen + 4);
    child.kill('SIGKILL');
    await child.exited;
    child = await spawned(home);
    await Promise.all(appends);
  }
  await configureAgain();
  const last = await journal.append(recordOf());
  await until(() => delivered(peer).includes(last));
  const positions = delivered(peer);
  const firsts = positions.filter((position, index) => positions.indexOf(position) === index);
  expect(firsts).toEqual(Array.from({ length: last + 1 }, (_, index) => index));
}, 60_000);

describe('a sink without which nothing may pass', () => {
  const soon = { behindMax: '1s' };

  test('that is too far behind holds up every call, and nothing else; when it has caught up, calls pass', async () => {
    let status = 503;
    const peer = peerThat(() => new Response(null, { status, headers: { 'retry-after': '1' } }));
    const { control, journal } = await started();
    await configure(control, { soc: webhook(peer, soon) }, ['soc']);
    await journal.append(recordOf({ event: 'call.permitted' }));
    const permit = (): Promise<string> => codeOf(journal.append(recordOf({ event: 'call.permitted' })));
    await until(async () => (await permit()) === 'ERR_SINK_BEHIND');
    expect(await codeOf(journal.append(recordOf({ event: 'call.denied' })))).toBe('fulfilled');
    expect(await codeOf(journal.append(recordOf({ event: 'result.delivered' })))).toBe('fulfilled');
    status = 200;
    await until(async () => (await permit()) === 'fulfilled');
  }, 30_000);

  test('holds up nothing where nobody said that it must not be behind', async () => {
    const peer = peerThat(() => new Response(null, { status: 503 }));
    const { control, journal } = await started();
    await configure(control, { soc: webhook(peer, soon) });
    await journal.append(recordOf());
    await until(async () => Number((await statusOf(control, 'soc'))['lagMs']) > 1_500);
    expect(await codeOf(journal.append(recordOf({ event: 'call.permitted' })))).toBe('fulfilled');
  }, 30_000);

  test('holds up calls too when the ledger was started again and control has said nothing yet', async () => {
    const home = makeHome();
    const first = await runLedger({ home, strict: false });
    const control = connectLink({ home, self: 'control', peer: 'ledger' });
    endings.push(() => control.close());
    const spec = webhook(peerThat(() => new Response(null, { status: 503 })), soon);
    await configure(control, { soc: spec }, ['soc']);
    await first.close();
    const { journal } = await started(home);
    await until(async () => (await codeOf(journal.append(recordOf({ event: 'call.permitted' })))) === 'ERR_SINK_BEHIND');
  }, 30_000);
});
