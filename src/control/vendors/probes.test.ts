import { afterAll, beforeAll, expect, test } from 'bun:test';
import { journalOf } from '../../../test/fixtures/journal-of.ts';
import type { JsonObject } from '../../domain/json.ts';
import { objects, part, text } from '../../cli/json-view.ts';
import { digestOf, PERMISSION } from '../../vendor/probe/permission.ts';
import type { Permission } from '../../vendor/probe/permission.ts';
import type { Observed, ProbeFacts, ProbeReport } from '../../vendor/probe/result.ts';
import { asJson } from '../as-json.ts';
import { configure, openControl } from '../fixture-control.ts';
import type { ControlFixture } from '../fixture-control.ts';

const ENDPOINT = 'https://mcp.acme.example/mcp';
const DAY_MS = 86_400_000;
const dayIn = (days: number): string => new Date(Date.now() + days * DAY_MS).toISOString().slice(0, 10);

let fixture: ControlFixture;
beforeAll(async () => {
  fixture = await openControl();
  await configure(fixture.role.control, 'vendor', 'default', 'acme', {
    name: 'Acme', owner: 'sales@example.com', purpose: 'customers', tier: 'standard', endpoints: [{ url: ENDPOINT }], data: { confidentiality: 'internal' },
  });
});
afterAll(() => fixture.close());

function permissionUntil(until: string, change: JsonObject = {}): Permission {
  return PERMISSION.parse({
    apiVersion: 'sallyport/vendor-permission/v1', vendor: 'acme', by: 'security@acme.example', reference: 'ticket 4711', asker: 'us@example.com', until,
    endpoints: [ENDPOINT], ...change,
  });
}

const permission = permissionUntil(dayIn(30));
let startedAt = Date.now() - 60_000;

function report(facts: ProbeFacts, checks: readonly Observed[] = [], change: Partial<ProbeReport> = {}): JsonObject {
  startedAt += 1_000;
  return asJson({
    format: 'sallyport/vendor-probe/1', vendor: 'acme', endpoint: ENDPOINT, startedAt, endedAt: startedAt + 1, requests: 3, withAccount: false,
    permission: { by: permission.by, until: Date.parse(permission.until) + DAY_MS, digest: digestOf(permission) },
    probes: [{ probe: 'P01', outcome: 'pass', checks }], facts, ...change,
  } satisfies ProbeReport);
}

const post = async (body: JsonObject) => fixture.api('POST', '/vendors/acme/probes', body);
const tools = (...names: readonly string[]): NonNullable<ProbeFacts['tools']> => names.map((name) => ({ name, digest: `sha256:${name}` }));
const rules = (body: JsonObject): readonly unknown[] => objects(part(body, 'changes')).map(({ rule }) => rule);

test('nothing is taken of what nobody permitted, of what was permitted otherwise, or of another\'s endpoint', async () => {
  expect((await post(report({}))).body).toMatchObject({ code: 'ERR_PROBE_FORBIDDEN' });
  const put = (body: Permission) => fixture.api('PUT', '/vendor-permissions/acme', asJson(body));
  expect((await put(permissionUntil(dayIn(-2)))).body).toMatchObject({ code: 'ERR_PROBE_FORBIDDEN' });
  expect((await put(permissionUntil(dayIn(400)))).body).toMatchObject({ code: 'ERR_PROBE_FORBIDDEN' });
  expect((await put(permissionUntil(dayIn(30), { endpoints: ['https://other.example/mcp'] }))).body).toMatchObject({ code: 'ERR_PROBE_FORBIDDEN' });
  expect((await fixture.api('PUT', '/vendor-permissions/nobody', asJson({ ...permission, vendor: 'nobody' }))).body).toMatchObject({ code: 'ERR_NOT_FOUND' });
  expect((await put(permission)).status).toBe(200);
  const another = permissionUntil(dayIn(30), { consents: ['limits'] });
  const forged = report({}, [], { permission: { by: another.by, until: 1, digest: digestOf(another) } });
  expect((await post(forged)).body).toMatchObject({ code: 'ERR_PROBE_FORBIDDEN' });
  expect((await post(report({}, [], { endpoint: 'https://mcp.acme.example/other' }))).body).toMatchObject({ code: 'ERR_PROBE_FORBIDDEN' });
  expect((await fixture.api('GET', '/vendors/acme/probes')).body).toEqual({ reports: [] });
});

test('what changed since the last run is a finding each, and asks for the vendor\'s word; a run that saw less forgets nothing', async () => {
  const good: Observed = { check: 'hsts', outcome: 'pass', evidence: 'for 365 days' };
  const first = { auth: 'oauth', tools: tools('get_a', 'get_b'), issuers: ['https://id.acme.example'], revisions: ['2026-07-28'] } as const;
  expect(rules((await post(report(first, [good]))).body)).toEqual([]);
  expect(rules((await post(report({}, [{ ...good, outcome: 'unknown' }]))).body)).toEqual([]);
  const others = [...tools('get_a', 'delete_c'), { name: 'get_b', digest: 'sha256:other' }];
  const later = { ...first, auth: 'none', tools: others, issuers: ['https://evil.example'] } as const;
  const { body } = await post(report(later, [{ ...good, outcome: 'fail' }]));
  expect(rules(body)).toEqual(['tool-added', 'tool-changed', 'authentication', 'issuer', 'regression']);
  const raised = journalOf(fixture.home, { event: 'finding.raised' }).flatMap((record) => objects(part(record, 'findings')));
  expect(raised.map((one) => [one['detector'], one['rule'], one['severity']])).toEqual([
    ['vendor', 'tool-added', 'medium'], ['vendor', 'tool-changed', 'medium'], ['vendor', 'authentication', 'critical'], ['vendor', 'issuer', 'high'],
    ['vendor', 'regression', 'low'],
  ]);
  const events = (await fixture.role.control.store.list('vendor-event')).map((row) => text(part(row.body, 'event')));
  expect(events.toSorted()).toEqual(['issuer-changed', 'tool-drift']);
  expect(journalOf(fixture.home, { event: 'vendor.probed' }).length).toBe(3);
});

test('an older run does not replace a later one, and one that is not over yet is none', async () => {
  const old = report({ auth: 'oauth' });
  expect((await post(report({ auth: 'none' }))).status).toBe(200);
  expect((await post(old)).body).toMatchObject({ code: 'ERR_CONFLICT' });
  const ahead = Date.now() + DAY_MS;
  expect((await post(report({}, [], { startedAt: ahead, endedAt: ahead }))).body).toMatchObject({ code: 'ERR_CONFLICT' });
  expect(objects(part((await fixture.api('GET', '/vendors/acme/probes')).body, 'reports'))).toMatchObject([{ facts: { auth: 'none' } }]);
});

test('leave that is withdrawn is none', async () => {
  expect((await fixture.api('DELETE', '/vendor-permissions/acme')).status).toBe(200);
  expect((await post(report({}))).body).toMatchObject({ code: 'ERR_PROBE_FORBIDDEN' });
});

const declared = (urls: readonly string[]): JsonObject => ({
  name: 'Moving', owner: 'sales@example.com', purpose: 'customers', tier: 'standard', endpoints: urls.map((url) => ({ url })),
  data: { confidentiality: 'internal' },
});

test('who declares another host for a vendor has somebody vouch for it anew; another path of the same is no other', async () => {
  await configure(fixture.role.control, 'vendor', 'default', 'moving', declared([ENDPOINT]));
  const open = async (): Promise<readonly unknown[]> => objects((await fixture.api('GET', '/vendors/moving')).body['open']).map(({ event }) => event);
  expect((await fixture.api('PUT', '/vendors/moving', declared([`${ENDPOINT}/v2`]))).status).toBe(200);
  expect(await open()).toEqual([]);
  expect((await fixture.api('PUT', '/vendors/moving', declared([ENDPOINT, 'https://evil.example/mcp']))).status).toBe(200);
  expect(await open()).toEqual(['domain-changed']);
});
