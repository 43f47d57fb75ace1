import { afterAll, expect, test } from 'bun:test';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { objects, part, text } from '../cli/json-view.ts';
import { redact } from '../domain/redacted.ts';
import type { Json, JsonObject } from '../domain/json.ts';
import { openControl, surfaceSaying } from './fixture-control.ts';
import { followManifest } from './manifest/follow.ts';
import { readManifestFiles } from './manifest/files.ts';

const fixture = await openControl();
const { api, says } = fixture;
const folder = mkdtempSync('/tmp/sp-manifest-');
mkdirSync(join(folder, 'policies'));
afterAll(async () => {
  await fixture.close();
  rmSync(folder, { recursive: true, force: true });
});

const MANIFEST = `apiVersion: sallyport/v1
servers:
  crm:
    url: https://crm.example/mcp
    owner: sales@example.com
    credentials: { type: header, header: x-key, secret: env:SP_TEST_CRM_KEY }
    tools: { search: { effect: read } }
roles: { reader: { allow: [{ server: crm, effects: [read] }] } }
bindings: [{ role: reader, to: { group: support } }]
policies: [policies/*.cedar]
`;
const FORBID = '@id("no-deletes")\nforbid(principal, action == Action::"call_tool", resource) when { resource.effect == "destroy" };\n';

function write(manifest: string, policy: string): string {
  const file = join(folder, 'sallyport.yaml');
  writeFileSync(file, manifest);
  writeFileSync(join(folder, 'policies', 'a.cedar'), policy);
  return file;
}

async function apply(manifest: string, policy: string, dryRun = false): ReturnType<typeof api> {
  const files: JsonObject = JSON.parse(JSON.stringify(await readManifestFiles(write(manifest, policy))));
  return api('POST', '/manifest', { ...files, dryRun });
}

async function approve(id: string): Promise<void> {
  const { body } = await api('POST', `/servers/${id}/scan`);
  expect(await api('POST', `/servers/${id}/approve`, { digest: text(part(body, 'candidate', 'digest')) })).toMatchObject({ status: 200 });
}

async function inForce(): Promise<Json | undefined> {
  return part((await api('GET', '/status')).body, 'snapshot', 'version');
}

test('a dry run tells every difference and changes nothing; applying makes the store match; again changes nothing', async () => {
  const differences = [
    { resource: 'server', id: 'crm', verb: 'add' }, { resource: 'role', id: 'reader', verb: 'add' }, { resource: 'binding', verb: 'add' },
    { resource: 'policy', verb: 'add' },
  ];
  expect(await apply(MANIFEST, FORBID, true)).toMatchObject({ status: 200, body: { dryRun: true, differences } });
  expect((await api('GET', '/servers')).body).toEqual({ servers: [] });
  expect(await apply(MANIFEST, FORBID)).toMatchObject({ body: { differences } });
  const version = await inForce();
  expect(await apply(MANIFEST, FORBID)).toMatchObject({ body: { differences: [] } });
  expect(await inForce()).toBe(version);
});

test('what is exported makes the same again', async () => {
  const { body } = await api('GET', '/manifest');
  expect(objects(body['policies'])).toEqual([{ file: 'policies/a.cedar', text: FORBID }]);
  expect(await apply(text(body['text']), FORBID)).toMatchObject({ status: 200, body: { differences: [] } });
});

test('settings of the network are exported whole, the roots as a file of their own', async () => {
  const roots = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n';
  writeFileSync(join(folder, 'corp.pem'), roots);
  const settings = 'gateway: { listen: 127.0.0.1:7443, publicUrl: https://gate.example, trustedProxy: 10.0.0.7 }\n' +
    'network: { internal: [10.0.0.0/8], origins: ["https://app.example"], proxy: http://proxy.example:3128, extraRoots: corp.pem }\n';
  expect(await apply(MANIFEST + settings, FORBID)).toMatchObject({ body: { differences: [{ resource: 'network', verb: 'change' }] } });
  const { body } = await api('GET', '/manifest');
  expect(body['extraRoots']).toEqual({ file: 'extra-roots.pem', text: roots });
  writeFileSync(join(folder, 'extra-roots.pem'), roots);
  expect(await apply(text(body['text']), FORBID)).toMatchObject({ status: 200, body: { differences: [] } });
  await apply(`${MANIFEST}gateway: { listen: 127.0.0.1:7443 }\n`, FORBID);
});

const IDENTITY = `identity:
  issuers: [{ issuer: "https://idp.example", audience: gate, tokenLifetimeMax: 10m, claims: { tid: t1 } }]
  scopes: { crm-read: [{ server: crm, effects: [read] }] }
  scim: { issuer: "https://idp.example", subject: userName }
agents:
  helpdesk: { owner: desk, purpose: answers tickets, clients: ["https://idp.example|desk"], allow: [{ server: crm, effects: [read] }], expires: 2027-01-31 }
admins: [{ group: sec, role: admin, space: "*" }]
`;

test('issuers, scopes and agents come into force with the manifest, are exported, and end when it does not name them', async () => {
  expect(await apply(MANIFEST + IDENTITY, FORBID)).toMatchObject({ status: 200, body: { differences: [
    { resource: 'agent', id: 'helpdesk', verb: 'add' }, { resource: 'admin', verb: 'add' }, { resource: 'identity', verb: 'change' },
  ] } });
  const snapshot: Json = JSON.parse(fixture.role.control.snapshots.current?.signed.bytes ?? '{}');
  expect(snapshot).toMatchObject({
    issuers: [{
      issuer: 'https://idp.example', spaces: ['default'], audience: ['gate'], tokenLifetimeMaxMs: 600_000, claims: { tid: 't1' }, scopes: 'required',
      groupsClaim: 'groups', clientClaim: 'client_id', allowPrivate: false, embedded: false,
    }],
    scopes: [{ scope: 'crm-read', space: 'default', allow: [{ server: 'crm', effects: ['read'] }] }],
    agents: [
      {
        id: 'helpdesk', space: 'default', owner: 'desk', allow: [{ server: 'crm', effects: ['read'] }], expiresAt: Date.parse('2027-01-31'),
        conversations: false,
      },
    ],
  });
  const { body } = await api('GET', '/manifest');
  expect(await apply(text(body['text']), FORBID)).toMatchObject({ status: 200, body: { differences: [] } });
  // Agents and administrators stay where the file is silent: people register them at the door too. An issuer that it does not name is out.
  expect(await apply(MANIFEST, FORBID)).toMatchObject({ body: { differences: [{ resource: 'identity' }] } });
  expect(await apply(`${MANIFEST}agents: {}\n`, FORBID)).toMatchObject({ body: { differences: [{ resource: 'agent', verb: 'remove' }] } });
  expect(JSON.parse(fixture.role.control.snapshots.current?.signed.bytes ?? '{}')).toMatchObject({ issuers: [], scopes: [], agents: [] });
  expect(await fixture.role.control.store.list('admin')).toHaveLength(1);
  expect(await apply(`${MANIFEST}admins: []\n`, FORBID)).toMatchObject({ body: { differences: [{ resource: 'admin', verb: 'remove' }] } });
});

function applyToRed(manifest: string): ReturnType<typeof api> {
  return api('POST', '/manifest?space=red', { file: 'f', text: `apiVersion: sallyport/v1\n${manifest}`, policies: [] });
}

function idp(more: string): string {
  return `identity: { issuers: [{ issuer: "https://idp.example"${more} }] }\n`;
}

test('a space lets an issuer, and makes an administrator, into itself alone', async () => {
  expect(await applyToRed(idp(', spaces: [default]'))).toMatchObject({ status: 422, body: { code: 'ERR_CONFIG_INVALID' } });
  expect(await applyToRed('admins: [{ group: red, role: admin, space: "*" }]\n')).toMatchObject({ status: 422, body: { code: 'ERR_CONFIG_INVALID' } });
  expect(await applyToRed(idp(''))).toMatchObject({ status: 200 });
  const both = await apply(MANIFEST + idp(', spaces: [default, red]'), FORBID);
  expect(both).toMatchObject({ status: 422, body: { message: expect.stringContaining('is declared by another space too') } });
  expect(await applyToRed('')).toMatchObject({ status: 200 });
});

test('another space\'s manifest shows nothing of the installation: not its proxy, nor how people sign in', async () => {
  await apply(`${MANIFEST}network: { internal: [10.20.0.0/16], proxy: "http://proxy.corp.example:3128" }\n`, FORBID);
  expect(text((await api('GET', '/manifest')).body['text'])).toContain('proxy.corp.example');
  const red = await api('GET', '/manifest?space=red');
  expect(red.status).toBe(200);
  for (const one of ['proxy', '10.20', 'gateway', 'control']) expect(text(red.body['text'])).not.toContain(one);
  expect((await api('POST', '/manifest?space=red', { file: 'f', text: text(red.body['text']), policies: [] })).status).toBe(200);
});

test('a bad manifest or policy names its place and remedy, and nothing of it is applied', async () => {
  const version = await inForce();
  const broken = 'forbid(principal, action == Action::"call_tool", resource) when { resource.effcet == "destroy" };\n';
  const refused = await apply(MANIFEST.replace('crm.example', 'other.example'), broken);
  expect(refused).toMatchObject(
    { status: 422, body: { code: 'ERR_POLICY_INVALID', message: expect.stringMatching(/^policies\/a\.cedar:1:\d+ /), remedy: expect.any(String) } },
  );
  expect(await api('POST', '/manifest', { file: 'sallyport.yaml', text: `${MANIFEST}serverz: {}\n`, policies: [] })).toMatchObject({
    status: 422, body: { code: 'ERR_CONFIG_INVALID', message: expect.stringContaining('sallyport.yaml:') },
  });
  expect(await inForce()).toBe(version);
  expect((await api('GET', '/servers/crm')).body['endpoint']).toBe('https://crm.example/mcp');

  const reported: string[] = [];
  const report = (line: string): void => void reported.push(line);
  await followManifest({ ...fixture.role.control, report }, { file: write(MANIFEST, broken), watch: true }).look();
  expect(reported.join('\n')).toContain('stays in force');
  expect(JSON.stringify((await api('GET', '/status')).body['problems'])).toContain('a.cedar:1:');
  await apply(MANIFEST, FORBID);
  expect((await api('GET', '/status')).body['problems']).toEqual([]);
});

test('a server that is reached in another way waits for approval again; what is not named any more is gone', async () => {
  says.set('crm', surfaceSaying({ search: {}, remove: {} }));
  await approve('crm');
  expect((await api('GET', '/servers/crm')).body).toMatchObject(
    { status: 'approved', baseline: { tools: [{ name: 'search', effect: 'read', confirmed: true }, { name: 'remove' }] } },
  );
  await apply(MANIFEST.replace('search: { effect: read }', 'search: { effect: write }'), FORBID);
  expect((await api('GET', '/servers/crm')).body).toMatchObject({ status: 'approved', baseline: { tools: [{ name: 'search', effect: 'write' }, {}] } });
  await apply(MANIFEST.replace('crm.example', 'elsewhere.example'), FORBID);
  expect((await api('GET', '/servers/crm')).body).toMatchObject({ status: 'declared', endpoint: 'https://elsewhere.example/mcp' });
  expect(await apply('apiVersion: sallyport/v1\n', FORBID)).toMatchObject(
    { body: { differences: expect.arrayContaining([{ resource: 'server', id: 'crm', verb: 'remove' }]) } },
  );
  for (const path of ['/servers', '/roles', '/bindings', '/policies']) expect(JSON.stringify((await api('GET', path)).body)).toMatch(/\[\]/);
});

test('policies are checked, tested, shown as a matrix and confined to their space', async () => {
  await apply(MANIFEST, FORBID);
  await approve('crm');
  await api('POST', '/tokens', { agent: 'helpdesk', groups: ['support'], audience: ['/mcp/crm'], ttlMs: 60_000 });
  expect((await api('GET', '/policies/matrix')).body).toMatchObject({
    principals: [{ agent: 'helpdesk' }],
    rows: [{ server: 'crm', tool: 'search', effect: 'read', cells: ['allow'] }, { tool: 'remove', effect: 'destroy', cells: ['deny'] }],
  });
  const cases = `principals: { ann: { groups: [support] } }
tests:
  - { name: may search, as: ann, server: crm, tool: search, expect: allow }
  - { name: may remove, as: ann, server: crm, tool: remove, expect: allow }
`;
  expect(
    (await api('POST', '/policies/test', { cases: [{ file: 't.yaml', text: cases }] })).body,
  ).toMatchObject({ ok: false, results: [{ passed: true }, { passed: false }] });
  const wrong = 'permit(principal, action == Action::"call_tool", resource == Tool::"crm/serach");';
  expect(
    (await api('POST', '/policies/check', { policies: [{ file: 'b.cedar', text: wrong }] })).body,
  ).toMatchObject({ ok: false, diagnostics: [{ file: 'b.cedar', line: 1, severity: 'error' }] });
  const open = { file: 'open.cedar', source: '@id("open")\npermit(principal, action, resource);\n' };
  expect(await api('PUT', '/policies?space=red', open)).toMatchObject({ status: 200 });
  expect((await api('GET', '/policies/matrix')).body).toMatchObject({ rows: [{ cells: ['allow'] }, { cells: ['deny'] }] });
  await api('DELETE', `/bindings/${text(objects((await api('GET', '/bindings')).body['bindings'])[0]?.['id'])}`);
  expect((await api('GET', '/policies/matrix')).body).toMatchObject({ rows: [{ cells: ['deny'] }, { cells: ['deny'] }] });
});

test('a recorded decision is explained in words, also when something else than policy refused', async () => {
  const record = { at: 1, category: 'access', node: 'gateway', space: 'default', principal: 'sallyport|ann', agent: 'helpdesk' } as const;
  const killed = { event: 'call.denied', code: 'ERR_KILLED', reason: redact('A kill switch is on.'), policies: ['role:reader:group:support:0:tools'] } as const;
  await fixture.ledger.ledger.append([
    { ...record, id: Bun.randomUUIDv7(), exchange: 'e1', event: 'call.denied', policies: ['no-deletes'], code: 'ERR_POLICY_DENIED' },
    { ...record, ...killed, id: Bun.randomUUIDv7(), exchange: 'e2' },
    { ...record, id: Bun.randomUUIDv7(), exchange: 'e3', event: 'call.denied', policies: [], space: 'red' },
    { ...record, id: Bun.randomUUIDv7(), exchange: 'e4', event: 'call.denied', code: 'ERR_POLICY_DENIED', reason: redact('No policy permits this call.') },
    { ...record, id: Bun.randomUUIDv7(), exchange: 'e5', event: 'call.permitted', policies: ['no-deletes'] },
    { ...record, id: Bun.randomUUIDv7(), exchange: 'e5', event: 'result.delivered', policies: ['no-deletes'] },
  ]);
  expect((await api('GET', '/policies/explain?exchange=e1')).body).toMatchObject({
    decisions: [{ summary: expect.stringContaining('no-deletes forbids') }],
  });
  expect((await api('GET', '/policies/explain?exchange=e1')).body).toMatchObject({
    decisions: [{ policies: [{ id: 'no-deletes', place: 'policies/a.cedar:1:1', text: expect.stringContaining('destroy') }] }],
  });
  expect((await api('GET', '/policies/explain?exchange=e2')).body).toMatchObject({ decisions: [{ summary: 'Not policy: A kill switch is on.' }] });
  expect(await api('GET', '/policies/explain?exchange=e3')).toMatchObject({ status: 404 });
  expect((await api('GET', '/policies/explain?exchange=e4')).body).toMatchObject({ decisions: [{ summary: expect.stringContaining('no policy permits it') }] });
  expect((await api('GET', '/policies/explain?exchange=e5')).body['decisions']).toEqual([
    expect.objectContaining({ event: 'call.permitted', summary: 'Allowed by no-deletes.' }),
  ]);
});

test('an exception and a learning period permit for their time, and no longer than allowed', async () => {
  const common = { reason: 'r', owner: 'o', approver: 'a' };
  const learn = { scope: { kind: 'learn', server: 'crm', to: { group: 'support' } }, ...common };
  expect(await api('POST', '/exceptions', { ...learn, expiresAt: Date.now() + 15 * 24 * 3_600_000 })).toMatchObject({ status: 400 });
  const { body } = await api('POST', '/exceptions', { ...learn, expiresAt: Date.now() + 3_600_000 });
  expect((await api('GET', '/policies/matrix')).body).toMatchObject(
    { rows: [{ tool: 'search', cells: [expect.not.stringMatching('deny')] }, { tool: 'remove', cells: ['deny'] }] },
  );
  await api('DELETE', `/exceptions/${text(body['id'])}`);
  expect((await api('GET', '/policies/matrix')).body).toMatchObject({ rows: [{ cells: ['deny'] }, { cells: ['deny'] }] });
});
