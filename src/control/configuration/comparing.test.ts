import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { journalOf } from '../../../test/fixtures/journal-of.ts';
import { objects, part, text } from '../../cli/json-view.ts';
import type { JsonObject } from '../../domain/json.ts';
import { ask, person, ROOT } from '../admins/fixture-admin.ts';
import { configure, openControl, surfaceSaying, type ControlFixture } from '../fixture-control.ts';

setDefaultTimeout(60_000);

let fixture: ControlFixture;
const control = (): ControlFixture['role']['control'] => fixture.role.control;
const head = (): number => control().configuration.head?.statement.number ?? 0;
beforeAll(async () => {
  fixture = await openControl();
});
afterAll(() => fixture.close());

const SERVERS = `servers:
  crm:
    url: https://crm.example/mcp
    owner: sales@example.com
    hosting: self
    tier: internal
    tools: { search: { effect: read }, remove: { effect: destroy } }
  notes:
    command: [/opt/notes/serve, --token, s3cr3t-of-ours]
    env: { KEY: hunter2-hunter2, OTHER: "vault:other" }
    owner: it@example.com
    hosting: self
    tier: internal
`;
const FORBID = '@id("no-remove") forbid(principal, action == Action::"call_tool", resource) when { resource.effect == "destroy" };';
const PERMIT = '@id("all") permit(principal, action == Action::"call_tool", resource);';

function manifest(servers: string, ...policies: readonly string[]): JsonObject {
  const said = `apiVersion: sallyport/v1\npolicies: [a.cedar]\n${servers}`;
  return { file: 'sallyport.yaml', text: said, policies: [{ file: 'a.cedar', text: policies.join('\n') }] };
}

async function diff(body: JsonObject): Promise<JsonObject> {
  const answer = await ask(control(), ROOT, 'POST', '/configuration/diff', { body });
  expect(answer.code).toBe('');
  return answer.body;
}

const brief = (body: JsonObject): readonly string[] => objects(body['differences'])
  .map((one) => [one['verb'], one['resource'], one['id'], one['weight']].map((word) => text(word)).join(' '));

test('a manifest is compared with what is in force by meaning: servers, tools and policies by name, who can do more, and no secret', async () => {
  const added = await diff(manifest(SERVERS, FORBID, PERMIT));
  expect(brief(added)).toEqual(['add server crm more', 'add server notes more', 'add policy no-remove less', 'add policy all more']);
  const words = JSON.stringify(added);
  expect(words).not.toMatch(/s3cr3t|hunter2/);
  expect(words).toContain('vault:other');

  expect((await ask(control(), ROOT, 'POST', '/manifest', { body: { ...manifest(SERVERS, FORBID, PERMIT), reason: 'the first' } })).code).toBe('');
  fixture.says.set('crm', surfaceSaying({ search: { annotations: { readOnlyHint: true } }, remove: {} }));
  const scanned = await fixture.api('POST', '/servers/crm/scan');
  const digest = text(part(scanned.body, 'candidate', 'digest'));
  expect((await fixture.api('POST', '/servers/crm/approve', { digest })).status).toBe(200);
  expect(brief(await diff(manifest(SERVERS, FORBID, PERMIT)))).toEqual([]);

  const loosened = await diff(manifest(SERVERS, PERMIT));
  expect(brief(loosened)).toEqual(['remove policy no-remove more']);
  const anybody = { caller: 'any agent for anybody', space: 'default' };
  expect(objects(loosened['permits'])).toEqual([{ ...anybody, tool: 'crm/remove', before: 'closed', after: 'open', more: true }]);

  const moved = await diff(manifest(SERVERS.replace('crm.example', 'crm.elsewhere.example').replace('effect: destroy', 'effect: read'), FORBID, PERMIT));
  expect(objects(moved['differences']).find((one) => one['resource'] === 'server')).toMatchObject({
    id: 'crm', verb: 'change', weight: 'more',
    parts: expect.arrayContaining([
      expect.objectContaining({ path: 'endpoint.url', before: 'https://crm.example/mcp', after: 'https://crm.elsewhere.example/mcp' }),
      expect.objectContaining({ path: 'tools.remove.effect', before: 'destroy', after: 'read', weight: 'more' }),
      expect.objectContaining({ path: 'status', before: 'approved', after: 'declared', weight: 'less' }),
    ]),
  });
});

test('[config-rollback] an earlier version comes back as a new one, recorded with its reason, and what was stopped since stays stopped', async () => {
  const before = head();
  expect((await ask(control(), ROOT, 'POST', '/manifest', { body: manifest(SERVERS, PERMIT) })).code).toBe('');
  const body = { version: before, reason: 'the forbid is missed' };
  expect((await ask(control(), ROOT, 'POST', '/configuration/rollback', { body: { ...body, dryRun: true } })).code).toBe('');
  expect(head()).toBe(before + 1);
  expect((await ask(control(), ROOT, 'POST', '/configuration/rollback', { body })).code).toBe('');
  expect(control().configuration.head?.statement).toMatchObject({ number: before + 2, restores: before, reason: 'the forbid is missed', author: ROOT.id });
  expect(JSON.stringify(await control().store.list('policy'))).toContain('no-remove');
  const recorded = journalOf(fixture.home, { event: 'config.changed' }).filter(({ action }) => action === 'configuration.rollback');
  expect(recorded).toMatchObject([{ reason: body.reason }]);

  expect((await ask(control(), ROOT, 'POST', '/servers/:id/quarantine', { params: { id: 'crm' }, body: { reason: 'odd' } })).code).toBe('');
  expect((await ask(control(), ROOT, 'POST', '/configuration/rollback', { body })).code).toBe('ERR_CONFLICT');
  expect((await ask(control(), ROOT, 'POST', '/configuration/rollback', { body: { version: 99_999, reason: 'x' } })).code).toBe('ERR_NOT_FOUND');
});

test('history, one version and two versions compared say who did what when and why', async () => {
  const versions = objects((await ask(control(), ROOT, 'GET', '/configuration/versions')).body['versions']);
  expect(versions.find((one) => one['reason'] === 'the first')).toMatchObject({ author: ROOT.id, action: 'manifest.apply', approvers: [] });
  const number = text(versions.find((one) => one['reason'] === 'the first')?.['number']);
  const shown = await ask(control(), ROOT, 'GET', '/configuration/versions/:number', { params: { number } });
  expect(shown.body).toMatchObject({ manifestAfter: expect.stringContaining('crm.example') });
  expect(JSON.stringify(shown.body['differences'])).not.toMatch(/s3cr3t|hunter2/);
  const compared = await ask(control(), ROOT, 'GET', '/configuration/diff', { query: { from: '1' } });
  expect(brief(compared.body)).toContain('add policy no-remove less');
  expect((await ask(control(), ROOT, 'POST', '/configuration/verify')).body).toMatchObject({ holds: true, versions: head() });
});

test('[config-two-people] where every widening takes two, what lets more happen waits for a second person; what takes away does not', async () => {
  const [ann, bob] = [person('ann', 'sec'), person('bob', 'sec')];
  for (const { id } of [ann, bob]) await configure(control(), 'admin', 'default', id.slice(-3), { to: { principal: id }, role: 'admin', space: '*' });
  await configure(control(), 'setting', 'default', 'administration', { everyWidening: true });
  const put = (source: string): ReturnType<typeof ask> => ask(control(), ann, 'PUT', '/policies', { body: { file: 'more.cedar', source } });
  expect((await put('@id("other") permit(principal, action == Action::"call_tool", resource);')).code).toBe('ERR_PROPOSAL_STORED');
  expect((await ask(control(), ann, 'PUT', '/roles/:id', { params: { id: 'reader' }, body: { allow: [{ server: 'crm' }] } })).code).toBe('ERR_PROPOSAL_STORED');
  expect((await put('@id("other") forbid(principal, action == Action::"call_tool", resource) when { resource.effect == "write" };')).code).toBe('');
  const version = head() - 1;
  const rollback = await ask(control(), ann, 'POST', '/configuration/rollback', { body: { version, reason: 'undo the forbid' } });
  expect(rollback.code).toBe('ERR_PROPOSAL_STORED');
  const proposal = await ask(control(), bob, 'GET', '/proposals/:id', { params: { id: text(rollback.body['proposal']) } });
  const approved = await ask(control(), bob, 'POST', '/proposals/:id/approve', {
    params: { id: text(rollback.body['proposal']) }, body: { digest: text(proposal.body['digest']) },
  });
  expect(approved.code).toBe('');
  expect(control().configuration.head?.statement).toMatchObject({ restores: version, author: ann.id, approvers: [bob.id] });
});
