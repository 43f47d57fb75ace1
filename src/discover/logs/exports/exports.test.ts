import { afterAll, describe, expect, test } from 'bun:test';
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isUnseen } from '../../../domain/observation.ts';
import type { Observation } from '../../../domain/observation.ts';
import { LIMITS } from '../../../domain/limits.ts';
import { knowledgeOf, shippedTables } from '../../../knowledge/table.ts';
import { lookAtLogs } from '../look.ts';

const folder = mkdtempSync(join(tmpdir(), 'exports-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const { vendorOf } = knowledgeOf(shippedTables());

let files = 0;
function put(content: string): string {
  const path = join(folder, `${files += 1}`);
  writeFileSync(path, content);
  return path;
}

async function look(path: string, format?: string): Promise<{ readonly seen: readonly Observation[]; readonly unseen: readonly string[] }> {
  const seen: Observation[] = [];
  const unseen: string[] = [];
  const options = { vendorOf, vendors: [], gates: [], signal: new AbortController().signal, now: () => 1_800_000_000_000,
    ...(format === undefined ? {} : { format }) };
  for await (const item of lookAtLogs([path], options)) {
    if (isUnseen(item)) unseen.push(item.reason);
    else seen.push(item);
  }
  return { seen, unseen };
}

function brief(seen: readonly Observation[]): readonly string[] {
  return seen.map(({ kind, keys, confidence, risks, person }) => `${kind} ${keys.join(' ')} ${confidence} ${risks.join()} ${person ?? ''}`.trim());
}

describe('grants of identity providers', () => {
  test('Entra: service principals with what was granted to them, and consents of the audit log', async () => {
    const { seen, unseen } = await look(put(JSON.stringify({
      servicePrincipals: [
        { id: 'sp1', appId: 'a1', displayName: 'Notes helper', servicePrincipalType: 'Application',
          replyUrls: ['https://claude.ai/api/mcp/auth_callback'], createdDateTime: '2026-10-01T00:00:00Z' },
        { id: 'sp2', appId: 'a2', displayName: 'Payroll', servicePrincipalType: 'Application', replyUrls: ['https://payroll.example/callback'] },
        { id: 'sp3', appId: 'a3', displayName: 'Tickets', servicePrincipalType: 'Application', replyUrls: ['https://mcp.linear.app/callback'] },
        { id: 'sp4', appId: 'a4', displayName: 'Claude Monet gallery', servicePrincipalType: 'Application', replyUrls: [] },
      ],
      oauth2PermissionGrants: [{ clientId: 'sp1', consentType: 'Principal', principalId: 'user-1', scope: 'Files.Read Mail.Read' }],
    }, undefined, 2)));
    expect(unseen).toEqual([]);
    expect(brief(seen)).toEqual(['client client:claude!entra!* 90 ungovernable user-1', 'server host:mcp.linear.app 70']);
    expect(seen[0]?.facts).toMatchObject({ provider: 'entra', scopes: 'Files.Read, Mail.Read', closes: expect.stringContaining('Enterprise applications') });
    const audit = await look(put(JSON.stringify({ value: [{
      activityDisplayName: 'Consent to application', activityDateTime: '2026-11-01T10:00:00Z', initiatedBy: { user: { userPrincipalName: 'ann@corp.example' } },
      targetResources: [{ id: 'x', displayName: 'ChatGPT' }],
    }] })));
    expect(brief(audit.seen)).toEqual(['client client:chatgpt!entra!* 60 ungovernable ann@corp.example']);
    expect(audit.seen[0]?.seenAt).toBe(Date.parse('2026-11-01T10:00:00Z'));
  });

  test('Google: tokens of the directory, and the report of activity', async () => {
    const token = { kind: 'admin#directory#token', clientId: 'c1', displayText: 'ChatGPT', scopes: ['https://www.googleapis.com/auth/drive.readonly'] };
    const { seen } = await look(put(JSON.stringify({ items: [{ ...token, userKey: 'ann@corp.example' }, { ...token, userKey: 'bob@corp.example' },
      { ...token, clientId: 'c2', displayText: 'Calendar sync' }, { ...token, clientId: 'c3', displayText: 'ChatGPT for Sheets' }] })));
    expect(brief(seen)).toEqual(['client client:chatgpt!google!* 60 ungovernable']);
    expect(seen[0]?.facts['people']).toBe('ann@corp.example, bob@corp.example');
    const report = await look(put(JSON.stringify({ items: [{
      kind: 'admin#reports#activity', id: { time: '2026-11-01T10:00:00Z' }, actor: { email: 'ann@corp.example' },
      events: [{ name: 'authorize', parameters: [{ name: 'app_name', value: 'Acme MCP' }, { name: 'client_id', value: 'c9' }] }, { name: 'revoke' }],
    }] })));
    expect(brief(report.seen)).toEqual(['client client:app-c9!google!* 40  ann@corp.example']);
  });

  test('Okta: apps, and consents of the system log, a line each', async () => {
    const apps = await look(put(JSON.stringify([
      { id: 'o1', label: 'Helper', signOnMode: 'OPENID_CONNECT',
        settings: { oauthClient: { redirect_uris: ['https://chatgpt.com/connector_platform_oauth_redirect'] } } },
      { id: 'o2', label: 'Bridge', signOnMode: 'OPENID_CONNECT', settings: { oauthClient: { redirect_uris: ['http://localhost:3334/oauth/callback'] } } },
    ])));
    expect(brief(apps.seen)).toEqual(['client client:chatgpt!okta!* 90 ungovernable', 'client client:mcp-remote!okta!* 90']);
    const event = { eventType: 'app.oauth2.as.consent.grant', published: '2026-11-01T10:00:00Z', actor: { alternateId: 'ann@corp.example' } };
    const { seen, unseen } = await look(put([{ ...event, target: [{ id: 'p', type: 'PublicClientApp', displayName: 'Claude' }, { type: 'scope',
      displayName: 'crm.read' }] }]
      .map((line) => JSON.stringify(line)).join('\n').concat('\n{"broken\n')));
    expect(brief(seen)).toEqual(['client client:claude!okta!* 60 ungovernable ann@corp.example']);
    expect(unseen).toEqual(['1 rows are broken: line 2']);
  });
});

describe('connectors of AI products', () => {
  test('ChatGPT: a list of connectors; those of its own name no address', async () => {
    const { seen, unseen } = await look(put(JSON.stringify({ connectors: [
      { id: 'c1', name: 'CRM', type: 'custom_mcp', url: 'https://u:p@crm.example/mcp?key=hunter2', created_by: { email: 'ann@corp.example' } },
      { id: 'c2', name: 'Google Drive', type: 'connector' },
      { id: 'c3', name: 'Picture', type: 'image', url: 'https://pictures.example/1.png' },
    ] })), 'chatgpt');
    expect(brief(seen)).toEqual(['server url:https://crm.example/mcp 90 ungovernable ann@corp.example']);
    expect(seen[0]).toMatchObject({ name: 'CRM', client: 'chatgpt', facts: { product: 'ChatGPT', closes: expect.stringContaining('developer mode') } });
    expect(JSON.stringify(seen)).not.toContain('hunter2');
    expect(unseen).toEqual([expect.stringContaining('1 connectors name no address')]);
  });

  test('Claude: its audit log as CSV, and its activities', async () => {
    const csv = ['created_at,actor_info,event,entity_info,ip_address',
      '2026-11-01T10:00:00Z,"{""email"":""ann@corp.example""}",mcp_connector_created,'
        + '"{""name"":""Wiki, internal"",""metadata"":{""server_url"":""https://wiki.example/mcp""}}",10.0.0.1',
      '2026-11-01T10:01:00Z,"{""email"":""ann@corp.example""}",conversation_created,"{""name"":""x""}",10.0.0.1', 'cut off', ''].join('\r\n');
    const { seen, unseen } = await look(put(csv));
    expect(brief(seen)).toEqual(['server url:https://wiki.example/mcp 90 ungovernable ann@corp.example']);
    expect(seen[0]?.facts['closes']).toContain('Organization settings: Connectors');
    expect(unseen).toEqual(['1 rows are broken: line 4']);
    const activities = await look(put(JSON.stringify({ data: [
      { id: 'a', organization_uuid: 'o', type: 'mcp_server_created', actor: { email_address: 'ann@corp.example' },
        mcp_server_url: 'http://old.example/sse', mcp_server_name: 'Old' },
    ] })));
    expect(brief(activities.seen)).toEqual(['server url:http://old.example/sse 90 ungovernable,cleartext ann@corp.example']);
  });

  test('Microsoft 365: agent connectors of an app manifest, runtimes of a plugin', async () => {
    const manifest = { agentConnectors: [{ id: 'c', displayName: 'Orders', toolSource: { remoteMcpServer: { mcpServerUrl: 'https://orders.example/mcp',
      authorization: { type: 'None' } } } }] };
    const plugin = { name_for_human: 'x', runtimes: [{ type: 'RemoteMCPServer', spec: { url: 'https://stock.example/mcp' } }, { type: 'OpenApi',
      spec: { url: 'https://other.example/openapi.yaml' } }] };
    expect((await look(put(JSON.stringify(manifest)))).seen).toMatchObject([{ name: 'Orders', client: 'microsoft-365',
      keys: ['url:https://orders.example/mcp'], risks: ['ungovernable'] }]);
    expect(brief((await look(put(JSON.stringify(plugin)))).seen)).toEqual(['server url:https://stock.example/mcp 90 ungovernable']);
  });

  test('the same server once, with all who added it', async () => {
    const list = ['ann@corp.example', 'bob@corp.example'].map((email) => ({ name: 'CRM', mcp_server_url: 'https://crm.example/mcp/', created_by: { email } }));
    // On one line, and longer than a line of a log may be.
    const { seen } = await look(put(JSON.stringify([...list, { note: 'x'.repeat(LIMITS.logLineBytesMax) }])), 'claude');
    expect(seen.map(({ facts }) => facts['people'])).toEqual(['ann@corp.example, bob@corp.example']);
  });
});

test('what is no export says so; one that is too large or deep ends, and takes nothing with it', async () => {
  expect((await look(put('{"some":"json"}'))).unseen).toEqual([expect.stringContaining('say which with --format')]);
  const grants = put(JSON.stringify([{ kind: 'admin#directory#token', clientId: 'c1', displayText: 'ChatGPT' }]));
  expect((await look(grants)).seen).toHaveLength(1);
  expect((await look(grants, 'google')).seen).toHaveLength(1);
  for (const other of ['okta', 'claude', 'zeek']) expect(await look(grants, other)).toMatchObject({ seen: [],
    unseen: [expect.stringMatching(/^it is no log of|^no connector of Claude/)] });
  expect((await look(put('a;b\n1;2\n'))).unseen).toEqual([expect.stringContaining('no export')]);
  const large = put('[');
  truncateSync(large, LIMITS.exportBytesMax + 1);
  expect((await look(large)).unseen).toEqual([expect.stringContaining('at most')]);
  const deep = `${'{"type":"mcp","x":'.repeat(5000)}1${'}'.repeat(5000)}`;
  expect((await look(put(deep), 'claude')).seen).toEqual([]);
  expect((await look(put(JSON.stringify({ data: [{ type: 'mcp', url: 'https://[broken', name: 'x' }, { type: 'mcp', url: 'file:///etc/passwd',
    name: 'y' }] })), 'claude')).seen).toEqual([]);
});
