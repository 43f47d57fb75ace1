import { afterEach, expect, test } from 'bun:test';
import { mkdtempSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { codeOf } from '../../test/fixtures/code-of.ts';
import { freePort } from '../../test/fixtures/free-port.ts';
import { administer, type Administration } from '../../test/fixtures/gate.ts';
import { endOf, startProgram } from '../../test/fixtures/program.ts';
import { removeHome } from '../../test/fixtures/record-judge.ts';
import { objects, text } from '../cli/json-view.ts';
import { noteSilentSensors, observe } from '../control/inventory/sensors.ts';
import { LIMITS } from '../domain/limits.ts';
import type { Looked, Observation } from '../domain/observation.ts';
import { joinMachines } from '../link/machines/join.ts';
import { connectLink } from '../link/connect.ts';
import { readAddress } from '../link/machines/address.ts';
import { startControl } from './control.ts';
import type { ControlRole } from './control.ts';
import { runLedger } from './ledger.ts';
import { openSensorQueue } from './sensor-queue.ts';
import { startSensor } from './sensor.ts';
import type { RunningSensor } from './sensor.ts';

const endings: (() => void | Promise<void>)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).toReversed()) await end();
});

function makeHome(): string {
  const home = mkdtempSync(join(tmpdir(), 'sp-s-'));
  endings.push(() => removeHome(home));
  return home;
}

interface Centre extends Administration {
  readonly at: string;
  control: ControlRole;
  restart(): Promise<void>;
  joinToken(node: string): Promise<string>;
}

async function startCentre(): Promise<Centre> {
  const home = makeHome();
  const ledger = await runLedger({ home, strict: false });
  endings.push(() => ledger.close());
  const at = `127.0.0.1:${freePort()}`;
  const start = (): Promise<ControlRole> => startControl({ home, fleet: { listen: at } });
  const gate = administer(home);
  const centre: Centre = {
    at, ...gate, control: await start(),
    restart: async () => void (centre.control = await start()),
    joinToken: async (node) => text((await gate.admin('POST', '/links/tokens', { role: 'sensor', node, ttlMs: 60_000 }))['token']),
  };
  endings.push(() => centre.control.close());
  return centre;
}

/** What is on the host of the test; it changes as the test has it. */
const there = new Map<string, Observation>();

async function* looking(): Looked {
  yield* there.values();
}

function put(name: string): void {
  const key = `program:${hostname().toLowerCase()}!/opt/${name}`;
  there.set(name, { sensor: 'process', kind: 'server', host: hostname(), place: 'pid 1', keys: [key], name, confidence: 80, risks: [],
    facts: {}, seenAt: Date.now() });
}

async function sense(home: string, node: string, token?: string): Promise<RunningSensor> {
  const options = { home, node, everyMs: 1_000, report: () => undefined, looks: [{ sensors: ['process'] as const, start: looking }] };
  const sensor = await startSensor({ ...options, ...(token === undefined ? {} : { join: token }) });
  endings.push(() => sensor.close());
  return sensor;
}

async function untilStanding(centre: Centre, ...wanted: readonly string[]): Promise<void> {
  for (;;) {
    const assets = objects((await centre.admin('GET', '/inventory/assets?kind=server'))['assets']);
    const found = assets.map(({ name, status }) => `${text(name)} ${text(status)}`).toSorted((one, other) => (one < other ? -1 : 1));
    if (Bun.deepEquals(found, [...wanted])) return;
    await Bun.sleep(30);
  }
}

test('a sensor joins by a token and tells what is on its host; what goes there goes from the inventory; that it stops is a finding', async () => {
  const centre = await startCentre();
  there.clear();
  put('one');
  const sensor = await sense(makeHome(), 'laptop-7', await centre.joinToken('laptop-7'));
  await untilStanding(centre, 'one rogue');
  there.clear();
  put('two');
  await untilStanding(centre, 'one stale', 'two rogue');
  expect(objects((await centre.admin('GET', '/inventory/sensors'))['sensors'])).toMatchObject([{ node: 'laptop-7', host: hostname(), state: 'watching' }]);
  await sensor.close();
  const findings = objects((await centre.admin('GET', '/inventory/findings'))['findings']);
  expect(findings[0]).toMatchObject({ rule: 'sensor-silent', severity: 'high', remedy: expect.stringContaining('laptop-7') });
  expect((await centre.records({ event: 'sensor.silent' })).map(({ detail }) => detail)).toMatchObject([{ node: 'laptop-7', state: 'stopped' }]);
}, 30_000);

test('[sensors-hosts] what is seen while control is away waits on the disk, over a restart, and is told when it is back', async () => {
  const centre = await startCentre();
  const home = makeHome();
  there.clear();
  const first = await sense(home, 'laptop-8', await centre.joinToken('laptop-8'));
  await untilStanding(centre);
  await centre.control.close();
  put('three');
  const queue = join(home, 'sensor', 'queue');
  const holds = (): boolean => readdirSync(queue).length > 0 && openSensorQueue(queue).queued > 0;
  while (!holds()) await Bun.sleep(30);
  await first.close();
  expect(statSync(join(queue, readdirSync(queue)[0] ?? '')).mode & 0o777).toBe(0o600);
  there.clear();
  await centre.restart();
  await sense(home, 'laptop-8');
  await untilStanding(centre, 'three stale');
}, 30_000);

test('a sensor that falls silent is on record once, and one that was shut out is not expected', async () => {
  const centre = await startCentre();
  there.clear();
  const home = makeHome();
  const sensor = await sense(home, 'laptop-9', await centre.joinToken('laptop-9'));
  const { control } = centre.control;
  const heard = async (): Promise<number> => objects((await centre.admin('GET', '/inventory/sensors'))['sensors']).length;
  while (await heard() === 0) await Bun.sleep(30);
  const later = { store: control.store, record: control.record, now: () => Date.now() + 60_000 };
  await noteSilentSensors({ ...later, now: Date.now });
  expect(await centre.records({ event: 'sensor.silent' })).toEqual([]);
  await centre.admin('POST', '/links/nodes/sensor/laptop-9/revoke');
  await sensor.close();
  await noteSilentSensors(later);
  await noteSilentSensors(later);
  expect((await centre.records({ event: 'sensor.silent' })).map(({ detail }) => detail)).toMatchObject([{ node: 'laptop-9', state: 'silent' }]);
  expect(objects((await centre.admin('GET', '/inventory/findings'))['findings'])).toEqual([]);
}, 30_000);

test('the command joins by a token in a file, looks, and says that it stops when it is told to', async () => {
  const centre = await startCentre();
  const home = makeHome();
  const file = join(home, 'sensor.join');
  writeFileSync(file, await centre.joinToken('laptop-11'), { mode: 0o600 });
  const child = startProgram(['sensor', '--node', 'laptop-11', '--join', file, '--every', '1s', '--home', home], { HOME: home });
  endings.push(() => child.kill());
  const ended = endOf(child);
  const stateOf = async (): Promise<string> => text(objects((await centre.admin('GET', '/inventory/sensors'))['sensors'])[0]?.['state']);
  while (await stateOf() !== 'watching') await Bun.sleep(50);
  child.kill('SIGTERM');
  expect(await ended).toMatchObject({ code: 0, err: expect.stringContaining('sensor laptop-11 looks at') });
  expect(await stateOf()).toBe('stopped');
}, 30_000);

test('a sensor speaks of its own host, and asks control for nothing else', async () => {
  const centre = await startCentre();
  const home = makeHome();
  const credentials = await joinMachines(home, { role: 'sensor', node: 'laptop-10' }, await centre.joinToken('laptop-10'));
  const link = connectLink({ home, self: 'sensor', peer: 'control', machine: { address: readAddress(centre.at), credentials: () => credentials } });
  endings.push(() => link.close());
  const beat = { host: 'laptop-10', everyMs: 1_000, queued: 0, dropped: 0, state: 'watching' };
  const seen = { sensor: 'process', kind: 'server', place: 'pid 1', keys: ['package:npm/x'], confidence: 80, risks: [], facts: {}, seenAt: 1 };
  const tell = (report: { observations: object[]; whole?: object[] }): Promise<string> =>
    codeOf(link.call('control.observe', JSON.parse(JSON.stringify({ beat, report }))));
  expect(await tell({ observations: [{ ...seen, host: 'laptop-10' }] })).toBe('fulfilled');
  expect(await tell({ observations: [{ ...seen, host: 'laptop-11' }] })).toBe('ERR_REQUEST_INVALID');
  expect(await tell({ observations: [], whole: [{ sensors: ['process'], host: 'laptop-11', since: 1 }] })).toBe('ERR_REQUEST_INVALID');
  for (const verb of ['control.keys', 'control.state', 'control.release', 'control.watch', 'ledger.append']) {
    expect(await codeOf(link.call(verb, {}))).toBe('ERR_LINK_FORBIDDEN');
  }
}, 30_000);

test('a sensor that stops and starts without end does not fill the journal', async () => {
  const centre = await startCentre();
  const { control } = centre.control;
  const beat = { host: 'laptop-12', everyMs: 1_000, queued: 0, dropped: 0 };
  for (let at = 0; at < LIMITS.sensorStopsPerHourMax + 3; at += 1) {
    for (const state of ['watching', 'stopped'] as const) await observe(control, 'laptop-12', { beat: { ...beat, state } });
  }
  expect(await centre.records({ event: 'sensor.silent' })).toHaveLength(LIMITS.sensorStopsPerHourMax);
}, 30_000);

test('a queue keeps what was seen last, and leaves what cannot be read', () => {
  const folder = join(makeHome(), 'queue');
  const queue = openSensorQueue(folder);
  for (let at = 0; at < LIMITS.sensorReportsMax + 2; at += 1) queue.add({ observations: [at] });
  expect([queue.queued, queue.dropped]).toEqual([LIMITS.sensorReportsMax, 2]);
  expect(queue.first()).toEqual({ observations: [2] });
  writeFileSync(join(folder, readdirSync(folder).toSorted((one, other) => (one < other ? -1 : 1))[0] ?? ''), '{"observ');
  const again = openSensorQueue(folder);
  expect(again.first()).toEqual({ observations: [3] });
  again.told();
  again.add({ observations: ['last'] });
  expect(openSensorQueue(folder).first()).toEqual({ observations: [4] });
});
