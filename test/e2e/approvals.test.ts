import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { createHmac } from 'node:crypto';
import { join } from 'node:path';
import { Client as ClientV2, StreamableHTTPClientTransport as TransportV2 } from '@modelcontextprotocol/client';
import { denyApproval } from '../../src/control/approvals/decide.ts';
import type { Approval } from '../../src/control/approvals/words.ts';
import { putStored } from '../../src/control/stored.ts';
import { part, text } from '../../src/cli/json-view.ts';
import type { JsonObject } from '../../src/domain/json.ts';
import { startApproving, type Approving } from '../fixtures/approving.ts';
import { connectV1 } from '../fixtures/clients.ts';
import { codeOf } from '../fixtures/code-of.ts';
import { modernRequest, objectIn, toolParams } from '../fixtures/modern-call.ts';
import { verifies } from './requirements.ts';

setDefaultTimeout(60_000);

const POLICY = `permit(principal, action, resource);
@id("mail-is-approved") @approve("owner") @reason("what leaves is looked at")
forbid(principal, action == Action::"call_tool", resource == Tool::"mail/send");
@id("announcements") @approve("2:comms")
forbid(principal, action == Action::"call_tool", resource == Tool::"mail/announce");
@id("wiping") @stage("owner") forbid(principal, action == Action::"call_tool", resource == Tool::"mail/wipe");`;

async function lastOf(on: Approving): Promise<Approval> {
  const found = (await on.approvals()).at(-1);
  if (found === undefined) throw new Error('nothing was asked');
  return found;
}

describe('people approve calls', () => {
  let on: Approving;
  let told: { readonly headers: Headers; readonly body: string }[] = [];
  let hook: Bun.Server<undefined>;
  beforeAll(async () => {
    hook = Bun.serve({
      hostname: '127.0.0.1', port: 0,
      async fetch(request) {
        told.push({ headers: request.headers, body: await request.text() });
        return new Response('ok');
      },
    });
    const desk = `{ url: "http://127.0.0.1:${hook.port}/", secret: "env:APPROVALS_TEST_HOOK", format: slack, allowPrivate: true }`;
    const hooks = `approvals:\n  webhooks: { desk: ${desk} }\n`;
    process.env['APPROVALS_TEST_HOOK'] = 'a-secret-of-hooks';
    on = await startApproving(POLICY, { olga: [], carl: ['comms'], cora: ['comms'], eve: [] }, hooks);
  });
  afterAll(async () => {
    await on.stop();
    await hook.stop(true);
  });

  test(verifies('approval-one-call', 'a call waits, is approved, and passes once; any other byte is another call'), async () => {
    const token = await on.gate.token({ agent: 'one' });
    const before = on.sent();
    expect((await on.call(token, { to: 'a@x.example' })).code).toBe('ERR_APPROVAL_REQUIRED');
    const asked = await lastOf(on);
    expect((await on.call(token, { to: 'a@x.example' }, 'west')).code).toBe('ERR_APPROVAL_REQUIRED');
    expect((await lastOf(on)).id).toBe(asked.id);
    expect(await codeOf(on.grant('eve', asked))).toBe('ERR_APPROVER');
    await on.grant('olga', asked);
    expect((await on.call(token, { to: 'b@x.example' })).code).toBe('ERR_APPROVAL_REQUIRED');
    expect(on.sent()).toBe(before);
    expect((await on.call(token, { to: 'a@x.example' }, 'west')).result).toBeDefined();
    expect((await on.call(token, { to: 'a@x.example' })).code).toBe('ERR_APPROVAL_REQUIRED');
    expect(on.sent()).toBe(before + 1);
    const used = (await on.gate.records({ event: 'approval.used' })).at(-1);
    const permitted = (await on.gate.records({ event: 'call.permitted' })).findLast(({ exchange }) => exchange === used?.['exchange']);
    expect(permitted).toMatchObject({ detail: { approval: asked.id } });
  });

  test(verifies('approval-one-call', 'of many at once, at two gateways, one passes'), async () => {
    const token = await on.gate.token({ agent: 'racer' });
    await on.call(token, { to: 'race@x.example' });
    await on.grant('olga', await lastOf(on));
    const before = on.sent();
    const all = await Promise.all(Array.from({ length: 12 }, (_, n) => on.call(token, { to: 'race@x.example' }, n % 2 === 0 ? 'east' : 'west')));
    expect(all.filter(({ result }) => result !== undefined)).toHaveLength(1);
    expect(on.sent()).toBe(before + 1);
  });

  test(verifies('approval-other-people', 'two of a group are two people, and nobody is asked about their own agents'), async () => {
    const token = await on.gate.token({ agent: 'news' });
    await on.call(token, { to: 'all' }, 'east', 'announce');
    await on.grant('carl', await lastOf(on));
    expect((await on.call(token, { to: 'all' }, 'east', 'announce')).code).toBe('ERR_APPROVAL_REQUIRED');
    expect(await codeOf(on.grant('carl', await lastOf(on)))).toBe('ERR_CONFLICT');
    await on.grant('cora', await lastOf(on));
    expect((await on.call(token, { to: 'all' }, 'east', 'announce')).result).toBeDefined();
    // The same person by her token's name: as whoever made it, and as whom it says that it is.
    const { token: own } = await on.gate.admin('POST', '/tokens', { agent: 'hers', kind: 'person', subject: 'cora', audience: ['*'], ttlMs: 60_000 });
    await on.call(text(own), { to: 'all' }, 'east', 'announce');
    expect(await codeOf(on.grant('cora', await lastOf(on)))).toBe('ERR_APPROVER');
    expect(await codeOf(on.grant('sallyport|admin', await lastOf(on), { via: 'root', presence: 'passphrase' }))).toBe('ERR_APPROVER');
  });

  test('a policy that was changed since, even by a word, asks anew', async () => {
    const token = await on.gate.token({ agent: 'policy' });
    await on.call(token, { to: 'p@x.example' });
    const asked = await lastOf(on);
    await on.grant('olga', asked);
    const { policies } = await on.gate.admin('GET', '/policies');
    expect(policies).toBeDefined();
    const changed = POLICY.replace('resource == Tool::"mail/send");', 'resource == Tool::"mail/send") when { context.zone == "loopback" };');
    await applyPolicy(on, changed);
    expect((await on.call(token, { to: 'p@x.example' })).code).toBe('ERR_APPROVAL_REQUIRED');
    expect((await lastOf(on)).id).not.toBe(asked.id);
    await applyPolicy(on, POLICY);
  });

  test('what was granted too long ago, or to a caller that was stopped since, is used by nobody', async () => {
    const token = await on.gate.token({ agent: 'late' });
    await on.call(token, { to: 'l@x.example' });
    const [granted] = await on.grant('olga', await lastOf(on));
    if (granted === undefined) throw new Error('not granted');
    await putStored(on.gate.control().store, 'approval', 'default', granted.id, { ...granted.body, expiresAt: Date.now() - 1 }, 'test');
    const before = on.sent();
    expect((await on.call(token, { to: 'l@x.example' })).code).toBe('ERR_APPROVAL_REQUIRED');
    expect((await lastOf(on)).id).not.toBe(granted.id);
    await on.grant('olga', await lastOf(on));
    await on.gate.admin('PUT', '/kill', { target: 'agent', name: 'late', on: true, reason: 'test' });
    expect((await on.call(token, { to: 'l@x.example' })).result).toBeUndefined();
    expect(on.sent()).toBe(before);
  });

  test('what was refused stays refused, and says why; what is too large to be shown is refused at once', async () => {
    const token = await on.gate.token({ agent: 'no' });
    await on.call(token, { to: 'n@x.example' });
    await denyApproval(on.gate.control(), 'default', (await lastOf(on)).id, { id: on.people['olga'] ?? '', via: 'page' }, 'not them');
    for (const _ of [1, 2]) expect((await on.call(token, { to: 'n@x.example' })).code).toBe('ERR_APPROVAL_DENIED');
    expect((await on.call(token, { to: 'n@x.example', text: 'x'.repeat(40_000) })).code).toBe('ERR_APPROVAL_UNSHOWABLE');
  });

  test('nobody approves what they have not looked at; who never looks long, or never says no, is a finding', async () => {
    const token = await on.gate.token({ agent: 'tired' });
    for (let n = 0; n < 21; n++) {
      await on.call(token, { to: `${n}@x.example` });
      await on.grant('olga', await lastOf(on)).catch(() => undefined);
    }
    const rules = (await on.gate.records({ event: 'finding.raised' })).flatMap(({ findings }) => JSON.stringify(findings));
    expect(rules.some((one) => one.includes('"hasty"'))).toBeTrue();
  });

  test(verifies('stage-shows-first', 'a call that destroys is shown by its dry run, and only exactly that is done'), async () => {
    const token = await on.gate.token({ agent: 'cleaner' });
    const before = on.sent();
    expect((await on.call(token, { folder: 'old', dry_run: true }, 'east', 'wipe')).result).toBeDefined();
    expect((await on.call(token, { folder: 'old' }, 'east', 'wipe')).code).toBe('ERR_APPROVAL_REQUIRED');
    const [listed] = [await on.gate.admin('GET', `/approvals/${(await lastOf(on)).id}`)];
    expect(listed).toMatchObject({ preview: expect.stringContaining('would delete 3 files') });
    await on.grant('olga', await lastOf(on));
    // By now it would do something else.
    on.state.files = 4;
    expect((await on.call(token, { folder: 'old' }, 'west', 'wipe')).code).toBe('ERR_APPROVAL_REQUIRED');
    expect(on.sent()).toBe(before);
    await on.grant('olga', await lastOf(on));
    expect((await on.call(token, { folder: 'old' }, 'west', 'wipe')).result).toBeDefined();
    expect(on.sent()).toBe(before + 1);
  });

  test('a webhook is signed, and carries neither arguments nor people', async () => {
    told = [];
    await on.call(await on.gate.token({ agent: 'hooked' }), { to: 'secret-address@x.example' });
    for (let n = 0; n < 200 && told.length === 0; n++) await Bun.sleep(20);
    const [one] = told;
    const id = one?.headers.get('webhook-id') ?? '';
    const signed = createHmac('sha256', 'a-secret-of-hooks').update(`${id}.${one?.headers.get('webhook-timestamp') ?? ''}.${one?.body ?? ''}`).digest('base64');
    expect(one?.headers.get('webhook-signature')).toBe(`v1,${signed}`);
    expect(one?.body).toContain('mail/send');
    expect(one?.body).not.toContain('secret-address');
  });

  test('a denial leads to where access is asked for, once, and says so on record', async () => {
    const token = await on.gate.token({ agent: 'asker' });
    const { exchange } = await on.call(token, { to: 'q@x.example' });
    await on.gate.admin('POST', '/denials', { exchange: exchange ?? '', kind: 'access', reason: 'the newsletter' });
    expect(await refusalOf(on.gate.admin('POST', '/denials', { exchange: exchange ?? '', kind: 'access', reason: 'again' }))).toContain('ERR_CONFLICT');
    expect((await on.gate.records({ event: 'access.requested' })).at(-1)).toMatchObject({ exchange, server: 'mail', tool: 'send', reason: 'the newsletter' });
  });

  test(verifies('approval-both-eras', 'a legacy client that listens is held with progress, and its call runs when it is approved'), async () => {
    const token = await on.gate.token({ agent: 'legacy' });
    const client = await connectV1(`${on.gate.url}/mcp/mail`, token);
    const progress: unknown[] = [];
    const called = client.callTool({ name: 'send', arguments: { to: 'held@x.example' } }, undefined, { onprogress: (one) => progress.push(one) });
    for (let n = 0; n < 200 && progress.length === 0; n++) await Bun.sleep(20);
    expect(JSON.stringify(progress)).toContain('Waits for a person');
    await on.grant('olga', await lastOf(on));
    expect(await called).toMatchObject({ content: expect.any(Array) });
    await client.close();
  });
});

describe('one person on a laptop', () => {
  let on: Approving;
  beforeAll(async () => {
    on = await startApproving(POLICY, {}, '', true);
  });
  afterAll(() => on.stop());
  const sallyport = async (args: readonly string[], input = ''): Promise<{ readonly code: number; readonly out: string; readonly err: string }> => {
    const program = Bun.spawn([join(import.meta.dir, '../../bin/sallyport'), 'approve', ...args, '--home', on.gate.home], {
      env: { PATH: process.env['PATH'] ?? '', HOME: on.gate.home }, stdin: new Blob([input]), stdout: 'pipe', stderr: 'pipe',
    });
    const [out, err] = await Promise.all([new Response(program.stdout).text(), new Response(program.stderr).text()]);
    return { code: await program.exited, out, err };
  };

  test(verifies('approval-presence', 'the machine\'s token alone approves nothing: it takes the passphrase, and not many guesses'), async () => {
    const token = await on.gate.token({ agent: 'own' });
    await on.call(token, { to: 'me@x.example' });
    const { id, body: { digest } } = await lastOf(on);
    expect(await sallyport(['list'])).toMatchObject({ code: 0, out: expect.stringContaining(id) });
    expect(await sallyport(['show', id])).toMatchObject({ code: 0, out: expect.stringContaining('me@x.example') });
    expect(await sallyport(['grant', id, '--digest', digest], 'whatever')).toMatchObject({ err: expect.stringContaining('ERR_PRESENCE') });
    expect(await sallyport(['passphrase'], 'quiet lemon boats at noon\n')).toMatchObject({ code: 0 });
    expect(await sallyport(['grant', id, '--digest', digest], 'wrong passphrase of an agent')).toMatchObject({ err: expect.stringContaining('ERR_PRESENCE') });
    const grant = { approvals: [{ id, digest }] };
    expect(await refusalOf(on.gate.admin('POST', '/approvals/grant', grant))).toContain('ERR_PRESENCE');
    expect(await sallyport(['grant', id, '--digest', digest], 'quiet lemon boats at noon\n')).toMatchObject({ code: 0,
      out: expect.stringContaining('Approved') });
    expect((await on.call(token, { to: 'me@x.example' })).result).toBeDefined();
    expect((await on.gate.records({ event: 'approval.granted' })).at(-1)).toMatchObject({ detail: { solo: true, presence: 'passphrase' } });
    for (let n = 0; n < 6; n++) await refusalOf(on.gate.admin('POST', '/approvals/grant', { ...grant, passphrase: `guess number ${n}` }));
    expect(await refusalOf(on.gate.admin('POST', '/approvals/grant', { ...grant, passphrase: 'quiet lemon boats at noon' }))).toContain('too many');
  });

  test(verifies('approval-both-eras', 'a modern client is led to the page, and its retry runs exactly the approved call'), async () => {
    const token = await on.gate.token({ agent: 'modern' });
    const params = { ...toolParams('send', { to: 'm@x.example' }) };
    const meta = { ...objectIn(params['_meta']), 'io.modelcontextprotocol/clientCapabilities': { elicitation: { url: {} } } };
    const ask = async (more: JsonObject): Promise<JsonObject> => {
      const response = await fetch(`${on.gate.url}/mcp/mail`, modernRequest(token, 'tools/call', { ...params, ...more, _meta: meta }));
      return objectIn(JSON.parse(await response.text()));
    };
    const asked = await ask({});
    const question = part(asked, 'result', 'inputRequests', 'io.sallyport/approval', 'params');
    expect(part(question, 'mode')).toBe('url');
    const { id, body: { digest } } = await lastOf(on);
    expect(text(part(question, 'url'))).toBe(`${on.gate.controlUrl}/approvals/${id}`);
    const answered = ask({ inputResponses: { 'io.sallyport/approval': { action: 'accept' } } });
    await on.gate.admin('GET', `/approvals/${id}`);
    // Guesses of the test before are forgotten when their time is over.
    await on.gate.control().state.delete('presence-tries');
    await on.gate.admin('POST', '/approvals/grant', { approvals: [{ id, digest }], passphrase: 'quiet lemon boats at noon' });
    expect(part(await answered, 'result', 'content')).toBeDefined();
    expect(JSON.stringify(on.mail.effects().at(-1)?.params)).not.toContain('io.sallyport/approval');
  });

  test('the official client of the modern era goes to the page by itself', async () => {
    const token = await on.gate.token({ agent: 'sdk' });
    const client = new ClientV2({ name: 't', version: '1' }, { capabilities: { elicitation: { url: {} } }, versionNegotiation: { mode: 'auto' } });
    const visited: string[] = [];
    client.setRequestHandler('elicitation/create', async ({ params }) => {
      visited.push(JSON.stringify(params));
      const { id, body: { digest } } = await lastOf(on);
      await on.gate.admin('GET', `/approvals/${id}`);
      await on.gate.control().state.delete('presence-tries');
      await on.gate.admin('POST', '/approvals/grant', { approvals: [{ id, digest }], passphrase: 'quiet lemon boats at noon' });
      return { action: 'accept' };
    });
    await client.connect(new TransportV2(new URL(`${on.gate.url}/mcp/mail`), { requestInit: { headers: { authorization: `Bearer ${token}` } } }));
    expect(await client.callTool({ name: 'send', arguments: { to: 'sdk@x.example' } })).toMatchObject({ content: expect.any(Array) });
    expect(visited).toHaveLength(1);
    expect(visited[0]).toContain(`${on.gate.controlUrl}/approvals/`);
    await client.close();
  });
});

async function applyPolicy(on: Approving, policy: string): Promise<void> {
  const file = join(on.gate.home, 'sallyport.yaml');
  await on.gate.admin('POST', '/manifest', { file, text: await Bun.file(file).text(), policies: [{ file: 'policy.cedar', text: policy }] });
}

async function refusalOf(work: Promise<unknown>): Promise<string> {
  return work.then(() => '', (error: unknown) => String(error));
}
