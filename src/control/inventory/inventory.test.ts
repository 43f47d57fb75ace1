import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { hostname } from 'node:os';
import { objects, part, text } from '../../cli/json-view.ts';
import { keysOfRuns } from '../../discover/keys.ts';
import type { JsonObject } from '../../domain/json.ts';
import type { RecordEvent } from '../../domain/record.ts';
import { LIMITS } from '../../domain/limits.ts';
import { codeOf } from '../../../test/fixtures/code-of.ts';
import { ask, person } from '../admins/fixture-admin.ts';
import { configure, crm, openControl, surfaceSaying } from '../fixture-control.ts';
import { keepReport } from './evidence.ts';
import { REPORT } from './schema.ts';

// A shared machine: nothing here is a statement about time.
setDefaultTimeout(90_000);

const fixture = await openControl();
const { api, says } = fixture;
afterAll(() => fixture.close());

beforeAll(async () => {
  await api('POST', '/servers', crm('crm'));
  says.set('crm', surfaceSaying({ search: { annotations: { readOnlyHint: true } } }));
  const { body } = await api('POST', '/servers/crm/scan');
  await api('POST', '/servers/crm/approve', { digest: text(part(body, 'candidate', 'digest')) });
});

const SEEN = {
  sensor: 'client-file', kind: 'server', host: 'laptop-7', place: '/home/ann/.cursor/mcp.json:3', confidence: 80, risks: [], facts: {}, seenAt: Date.now(),
  client: 'cursor', person: 'ann',
};
const ROGUE = { ...SEEN, keys: ['url:https://rogue.example/mcp'], name: 'notes', runs: { kind: 'remote', url: 'https://rogue.example/mcp' } };
const THROUGH = { ...SEEN, keys: ['gate:crm'], runs: { kind: 'gate', server: 'crm' }, place: '/home/ann/.cursor/mcp.json:9' };

function report(space: string, observations: readonly JsonObject[], whole: readonly JsonObject[] = []): ReturnType<typeof api> {
  return api('POST', `/inventory/observations?space=${space}`, { observations: [...observations], whole: [...whole] });
}

async function statuses(space: string): Promise<readonly string[]> {
  const { body } = await api('GET', `/inventory/assets?space=${space}&kind=server`);
  return objects(body['assets']).map(({ keys, status }) => `${text(keys)} ${text(status)}`).toSorted((one, other) => (one < other ? -1 : 1));
}

async function recorded(space: string, event: RecordEvent): Promise<readonly JsonObject[]> {
  const { entries } = await fixture.role.control.ledger.query({ space, event, order: 'oldest' });
  return entries.map(({ record }) => ({ ...record }));
}

test('[inventory-statuses] what was seen is compared with the registry: sanctioned, bypassing beside the gate, rogue', async () => {
  expect(await report('default', [ROGUE, THROUGH])).toMatchObject({ status: 200, body: { added: 2, seenAgain: 0, gone: 0 } });
  expect(await statuses('default')).toEqual(['gate:crm, url:https://crm.example/mcp sanctioned', 'url:https://rogue.example/mcp rogue']);
  await report('default', [{ ...SEEN, keys: ['url:https://crm.example/mcp'], client: 'claude-code' }]);
  expect(await statuses('default')).toEqual(['gate:crm, url:https://crm.example/mcp bypassing', 'url:https://rogue.example/mcp rogue']);
  const { body } = await api('GET', '/inventory/findings');
  expect(objects(body['findings']).map(({ rule, severity }) => [rule, severity])).toEqual([['bypassing', 'high'], ['rogue', 'medium']]);
});

test('what is the same is kept once; what a whole look did not see again is gone, and nobody ends what another one saw', async () => {
  const since = Date.now();
  await report('red', [ROGUE]);
  expect(await report('red', [{ ...ROGUE, place: '/home/ann/.cursor/mcp.json:7', seenAt: since + 1 }])).toMatchObject({ body: { added: 0, seenAgain: 1 } });
  const { control } = fixture.role;
  const whole = REPORT.parse({ observations: [], whole: [{ sensors: ['client-file'], host: 'laptop-7', since: since + 10 }] });
  expect(await keepReport(control, 'red', 'somebody else', whole)).toEqual({ added: 0, seenAgain: 0, gone: 0 });
  expect(await report('red', [], [{ sensors: ['client-file'], host: 'laptop-8', since: since + 10 }])).toMatchObject({ body: { gone: 0 } });
  expect(await statuses('red')).toContain('url:https://rogue.example/mcp rogue');
  const later = { sensors: ['client-file'], host: 'laptop-7', since: since + 10 };
  expect(await report('red', [], [{ ...later, except: ['/home/ann'] }])).toMatchObject({ body: { gone: 0 } });
  expect(await report('red', [], [{ ...later, except: ['/home/bob'] }])).toMatchObject({ body: { gone: 1 } });
  expect(await statuses('red')).toContain('url:https://rogue.example/mcp stale');
});

test('no sensor makes itself the gate, or a server of it out of another one', async () => {
  for (const wrong of [
    { ...ROGUE, sensor: 'gate' }, { ...ROGUE, keys: ['gate:crm', 'url:https://rogue.example/mcp'] }, { ...ROGUE, keys: ['gate:crm', 'program:laptop-7!/x'] },
    { ...ROGUE, keys: ['package:npm/x', 'package:npm/y'] }, { ...ROGUE, keys: ['gate:crm', 'gate:erp'] }, { ...ROGUE, keys: [] }, { ...ROGUE, keys: ['crm'] },
    { ...ROGUE, confidence: 101 }, { ...ROGUE, secret: 'x' }, { ...ROGUE, keys: [`url:${'x'.repeat(600)}`] },
  ]) expect(await report('blue', [wrong])).toMatchObject({ status: 400, body: { code: 'ERR_REQUEST_INVALID' } });
  expect(await report('blue', Array.from({ length: LIMITS.observationsReportedMax + 1 }, () => ROGUE))).toMatchObject({ status: 400 });
});

test('nobody fills the inventory, and one reporter leaves room for the others', async () => {
  const { control } = fixture.role;
  const { sensor, host, ...item } = REPORT.parse({ observations: [ROGUE] }).observations[0] ?? {};
  const items = Object.fromEntries(Array.from({ length: LIMITS.evidenceByReporterMax }, (_, at) => [String(at), { ...item, firstSeenAt: 1 }]));
  await control.store.put('evidence', 'full', 'much', JSON.parse(JSON.stringify({ by: 'loud', sensor, host, items })), { by: 'tests' });
  const one = REPORT.parse({ observations: [{ ...ROGUE, host: 'laptop-8' }] });
  expect(await codeOf(keepReport(control, 'full', 'loud', one))).toBe('ERR_BUSY');
  expect(await codeOf(keepReport(control, 'full', 'quiet', one))).toBe('fulfilled');
});

test('a secret that a sensor let through is not kept, and a time to come is now', async () => {
  const secret = 'ghp_0123456789abcdefghij0123456789abcdef';
  await report('green', [{
    ...ROGUE, keys: ['program:laptop-7!/opt/x'], place: `pid 7 --token=${secret}`, name: `x ${secret}`, facts: { version: secret },
    runs: { kind: 'shell', line: `API_KEY=${secret} run` }, seenAt: Date.now() + 86_400_000,
  }, { ...ROGUE, runs: { kind: 'remote', url: `https://rogue.example/s/${secret}/mcp?key=${secret}` } }]);
  const { body } = await api('GET', '/inventory/assets?space=green');
  const [id = ''] = objects(body['assets']).filter(({ name }) => text(name).startsWith('x')).map((one) => text(one['id']));
  const [one, findings] = [await api('GET', `/inventory/assets/${id}?space=green`), await api('GET', '/inventory/findings?space=green')];
  const all = JSON.stringify([body, one.body, findings.body]);
  expect(all).not.toContain(secret);
  expect(objects(body['assets']).every(({ lastSeenAt }) => Number(lastSeenAt) <= Date.now())).toBe(true);
});

test('[inventory-change] only what changed goes on record, once', async () => {
  const { inventory } = fixture.role.control;
  await report('grey', [ROGUE]);
  await inventory.settle();
  await inventory.settle();
  const found = await recorded('grey', 'inventory.found');
  expect(found.map(({ detail }) => detail)).toMatchObject([{ status: 'rogue', key: 'url:https://rogue.example/mcp', hosts: ['laptop-7'] }]);
  expect(found[0]).toMatchObject({ category: 'detection', principal: 'sallyport|control' });
  await report('grey', [], [{ sensors: ['client-file'], host: 'laptop-7', since: Date.now() + 1 }]);
  await inventory.settle();
  expect((await recorded('grey', 'inventory.changed')).map(({ detail }) => detail)).toMatchObject([{ before: 'rogue', status: 'stale' }]);
});

test('what nobody has seen for long is forgotten, whoever said it', async () => {
  await report('old', [{ ...ROGUE, seenAt: Date.now() - LIMITS.evidenceGoneMs - 1 }, { ...ROGUE, host: 'laptop-8' }]);
  await fixture.role.control.inventory.settle();
  expect((await fixture.role.control.store.list('evidence', 'old')).map(({ body }) => text(part(body, 'host')))).toEqual(['laptop-8']);
});

test('an asset is ignored until a day, by somebody who may change things, on record; then it is heard of again', async () => {
  await report('pink', [ROGUE]);
  const { body } = await api('GET', '/inventory/assets?space=pink&status=rogue');
  const id = text(part(objects(body['assets'])[0], 'id'));
  const path = `/inventory/assets/${id}/ignore?space=pink`;
  expect(await api('POST', path, { reason: 'a test server', until: Date.now() + LIMITS.assetIgnoredMsMax + 60_000 })).toMatchObject({ status: 400 });
  expect(await api('POST', path, { reason: 'a test server', until: Date.now() + 60_000 })).toMatchObject({ status: 200 });
  expect(await api('GET', '/inventory/findings?space=pink')).toMatchObject({ body: { findings: [] } });
  expect(await api('GET', '/inventory/findings?space=pink&ignored=true')).toMatchObject({ body: { findings: [{ rule: 'rogue' }] } });
  expect((await recorded('pink', 'config.changed'))[0]).toMatchObject({ action: 'inventory.ignore', reason: 'a test server' });
  expect(await api('DELETE', path)).toMatchObject({ body: { heeded: 1 } });
  expect(await api('GET', '/inventory/findings?space=pink')).toMatchObject({ body: { findings: [{ rule: 'rogue' }] } });
});

test('what is ignored hides nothing that another one sees, whoever says that it is the same', async () => {
  await report('teal', [{ ...SEEN, keys: ['package:npm/toy'] }]);
  const { body } = await api('GET', '/inventory/assets?space=teal&status=rogue');
  const id = text(part(objects(body['assets'])[0], 'id'));
  expect(await api('POST', `/inventory/assets/${id}/ignore?space=teal`, { reason: 'a toy', until: Date.now() + 60_000 })).toMatchObject({ status: 200 });
  const say = (by: string, keys: readonly string[]): Promise<unknown> =>
    keepReport(fixture.role.control, 'teal', by, REPORT.parse({ observations: [{ ...SEEN, sensor: 'process', keys }] }));
  await say('laptop-7', ['package:npm/toy', 'process:laptop-7!1!1']);
  expect(await api('GET', '/inventory/findings?space=teal')).toMatchObject({ body: { findings: [] } });
  await say('laptop-8', ['program:laptop-8!/tmp/evil']);
  await say('laptop-7', ['package:npm/toy', 'program:laptop-8!/tmp/evil']);
  expect(await api('GET', '/inventory/findings?space=teal')).toMatchObject({ body: { findings: [{ rule: 'rogue' }] } });
});

async function codes(role: string): Promise<readonly string[]> {
  const { control } = fixture.role;
  const who = person('ann', role);
  const asked = [
    ask(control, who, 'POST', '/inventory/observations', { body: { observations: [] } }), ask(control, who, 'GET', '/inventory/assets'),
    ask(control, who, 'POST', '/inventory/assets/:id/ignore', { params: { id: 'x' }, body: { reason: 'x', until: Date.now() + 9_000 } }),
  ];
  return (await Promise.all(asked)).map(({ code }) => code);
}

test('who may observe may not read, and who may read may not observe or ignore', async () => {
  for (const role of ['sensor', 'auditor']) await configure(fixture.role.control, 'admin', 'default', role, { to: { group: role }, role, space: 'default' });
  expect(await codes('sensor')).toEqual(['', 'ERR_ADMIN_FORBIDDEN', 'ERR_ADMIN_FORBIDDEN']);
  expect(await codes('auditor')).toEqual(['ERR_ADMIN_FORBIDDEN', '', 'ERR_ADMIN_FORBIDDEN']);
});

test('a local server of the registry is known by what its command really runs', async () => {
  const launch = { command: 'npx', args: ['-y', '@scope/notes@1.2.3'], env: {}, shared: false };
  const { id: _, ...declared } = crm('notes');
  await configure(fixture.role.control, 'server', 'default', 'notes', { ...declared, endpoint: { transport: 'stdio', launch }, status: 'approved', allow: [] });
  await report('default', [{ ...SEEN, keys: ['package:npm/@scope/notes'], sensor: 'process', client: 'cursor' }]);
  const { body } = await api('GET', '/inventory/assets?status=bypassing');
  expect(objects(body['assets']).map(({ servers }) => servers)).toContainEqual(['notes']);
  // A line of which a part may not be told is known by the rest, and that is anybody's.
  const shell = { command: 'sh', args: ['-c', 'x --token=hunter2'], env: {}, shared: false };
  await configure(fixture.role.control, 'server', 'default', 'line', {
    ...declared, endpoint: { transport: 'stdio', launch: shell }, status: 'approved', allow: [],
  });
  const [like = ''] = keysOfRuns({ kind: 'shell', line: 'x --token=hunter3' }, hostname());
  await report('default', [{ ...SEEN, keys: [like], sensor: 'client-file', client: 'cursor' }]);
  const rogue = objects((await api('GET', '/inventory/assets?status=rogue')).body['assets']);
  expect(rogue.map(({ keys }) => keys)).toContainEqual([like]);
});

test('pages go on where the one before ended', async () => {
  const first = (await api('GET', '/inventory/assets?limit=1')).body;
  const second = (await api('GET', `/inventory/assets?limit=1&after=${text(first['next'])}`)).body;
  expect([objects(first['assets']).length, objects(second['assets']).length]).toEqual([1, 1]);
  expect(part(objects(first['assets'])[0], 'id')).not.toBe(part(objects(second['assets'])[0], 'id'));
});
