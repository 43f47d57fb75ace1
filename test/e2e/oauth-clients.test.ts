import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openBrowser } from '../fixtures/browser.ts';
import { startOutsideIssuer, type OutsideIssuer } from '../fixtures/outside-issuer.ts';
import { startGate, type Gate } from '../fixtures/gate.ts';
import { allow, officialV1, officialV2, openAccount, startClientSite, stopsAtClient, type ClientSite, type Official } from '../fixtures/oauth-client.ts';
import { startCountingServer, type CountingServer } from '../fixtures/counting-server.ts';
import { verifies } from './requirements.ts';

/** Official SDK clients that know the URL of a route, and their own client id, and nothing else. */
const ACCOUNT = { name: 'ada', password: 'quiet lemon boats at noon' };
const IN_A_YEAR = new Date(Date.now() + 365 * 86_400_000).toISOString().slice(0, 10);

let folder: string;
let gate: Gate;
let site: ClientSite;
let server: CountingServer;

beforeAll(async () => {
  folder = mkdtempSync('/tmp/sp-oauth-');
  site = await startClientSite('Desk agent');
  writeFileSync(join(folder, 'roots.pem'), site.ca);
  server = startCountingServer(join(folder, 'charges'));
  gate = await startGate({
    issuer: true,
    manifest: `network: { internal: ["127.0.0.0/8", "localhost"], extraRoots: ${join(folder, 'roots.pem')} }
admins: [{ group: owners, role: admin, space: "*" }]
servers:
  crm: { url: "${server.url}", allowPrivate: true, owner: tests, tools: { charge: { effect: write } } }
`,
    policy: 'permit(principal is Person, action, resource);',
  });
  await gate.enrol('crm');
  await openAccount(gate, ACCOUNT, ['owners']);
}, 60_000);

afterAll(async () => {
  await gate.stop();
  await site.stop();
  await server.stop();
  rmSync(folder, { recursive: true });
});

const KINDS: readonly (readonly [string, (url: string, id: string) => Official])[] = [['v1', officialV1], ['v2', officialV2]];

/** Signs in as a person would, wherever the client points. */
async function signIn(client: Official): Promise<void> {
  const browser = openBrowser({ stops: stopsAtClient });
  await client.finish(await client.kept.follow((url) => allow(browser, url, ACCOUNT)));
}

describe.each(KINDS)('an official SDK %s client', (name, official) => {
  test(verifies('oauth-clients', 'knows the URL only: it discovers, registers by its document, signs in, calls, steps up and refreshes'), async () => {
    const client = official(`${gate.url}/mcp/crm`, site.clientId);
    expect(await client.connect().catch(String)).toContain('Unauthorized');
    await signIn(client);
    await client.connect();
    const { kept } = client;
    expect(kept.visits).toHaveLength(1);
    expect(kept.visits[0]?.searchParams.get('client_id')).toBe(site.clientId);
    expect(kept.tokens?.scope).toBe('crm.read');

    // What it was registered for is its ceiling: to read. An administrator lets it do whatever its person may.
    expect(await client.list()).toEqual([]);
    await gate.admin('PUT', '/agents/tests', {
      owner: 'ada', purpose: 'End-to-end tests', clients: [`${gate.controlUrl}|${site.clientId}`], allow: '*', expiresAt: Date.parse(IN_A_YEAR),
    });
    // A new connection: a v2 client keeps a list for as long as it was told that it holds.
    await client.connect();
    expect(await client.list()).toContain('charge');

    // The token's scope is still to read: the call is challenged, the person asked again, and then it passes.
    expect(await client.call('charge', { id: 'early' }).catch(() => 'refused')).toBe('refused');
    if (name === 'v1' && kept.tokens !== undefined) {
      // v1 (1.32.2) tries its refresh token before it asks a person for more, and gets no more by it: its programs drop it first.
      delete kept.tokens.refresh_token;
      await client.connect();
      expect(await client.call('charge', { id: 'early' }).catch(() => 'refused')).toBe('refused');
    }
    expect(kept.visits.at(-1)?.searchParams.get('scope')?.split(' ')).toEqual(expect.arrayContaining(['crm.read', 'crm.write']));
    await signIn(client);
    expect(JSON.stringify(await client.call('charge', { id: 'stepped-up' }))).toContain('stepped-up');

    // A token that no longer holds is renewed without anybody.
    const { access_token: before, refresh_token: refresh } = kept.tokens ?? {};
    if (kept.tokens !== undefined) kept.tokens = { ...kept.tokens, access_token: `${before?.slice(0, -8)}AAAAAAAA` };
    expect(JSON.stringify(await client.call('charge', { id: 'refreshed' }))).toContain('refreshed');
    expect(kept.tokens?.access_token).not.toBe(before);
    expect(kept.tokens?.refresh_token).not.toBe(refresh);
    expect(kept.visits).toHaveLength(2);
    await client.close();
    await gate.admin('DELETE', '/agents/tests');
  }, 60_000);
});

describe('with the company\'s own provider, an independent oidc-provider', () => {
  let idp: OutsideIssuer;
  let company: Gate;

  beforeAll(async () => {
    idp = await startOutsideIssuer({ ca: site.ca, scope: 'crm.read crm.write', groups: ['sales'] });
    company = await startGate({
      ownUrl: true,
      manifest: `identity: { issuers: [{ issuer: "${idp.issuer}", allowPrivate: true }] }
servers:
  crm: { url: "${server.url}", allowPrivate: true, owner: tests, tools: { charge: { effect: read } } }
agents:
  desk: { owner: tests, purpose: tests, clients: ["${idp.issuer}|${site.clientId}"], allow: "*", expires: ${IN_A_YEAR} }
`,
      policy: 'permit(principal in Group::"sales", action, resource);',
    });
    await company.enrol('crm');
  }, 60_000);

  afterAll(async () => {
    await company.stop();
    await idp.stop();
  });

  const says = 'an official SDK %s client signs in there, calls and refreshes; the record names person and agent';
  test.each(KINDS)(verifies('oauth-clients', says), async (_name, official) => {
    const client = official(`${company.url}/mcp/crm`, site.clientId);
    expect(await client.connect().catch(String)).toContain('Unauthorized');
    await signIn(client);
    await client.connect();
    const { kept } = client;
    expect(new URL(kept.visits[0]?.href ?? '').origin).toBe(idp.issuer);
    expect(JSON.stringify(await client.call('charge', { id: 'by-the-company' }))).toContain('by-the-company');
    const before = kept.tokens?.access_token;
    if (kept.tokens !== undefined) kept.tokens = { ...kept.tokens, access_token: `${before?.slice(0, -8)}AAAAAAAA` };
    expect(JSON.stringify(await client.call('charge', { id: 'renewed' }))).toContain('renewed');
    expect(kept.tokens?.access_token).not.toBe(before);
    await client.close();
    const [record] = await company.records({ event: 'call.permitted', tool: 'charge' });
    expect(record).toMatchObject({ principal: `${idp.issuer}|${ACCOUNT.name}`, agent: 'desk' });
  }, 60_000);
});
