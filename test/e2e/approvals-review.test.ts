import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { ask as askRoute, person } from '../../src/control/admins/fixture-admin.ts';
import { grantApprovals } from '../../src/control/approvals/decide.ts';
import { noteShown } from '../../src/control/approvals/shown.ts';
import type { Approval } from '../../src/control/approvals/words.ts';
import { needStored, putStored } from '../../src/control/stored.ts';
import { objects, part, text } from '../../src/cli/json-view.ts';
import type { JsonObject } from '../../src/domain/json.ts';
import { startApproving, type Approving } from '../fixtures/approving.ts';
import { codeOf } from '../fixtures/code-of.ts';
import { objectIn } from '../fixtures/modern-call.ts';
import { verifies } from './requirements.ts';
import { configure } from '../../src/control/fixture-control.ts';

setDefaultTimeout(60_000);

const POLICY = `permit(principal, action, resource);
@id("mail-is-approved") @approve("owner") forbid(principal, action == Action::"call_tool", resource == Tool::"mail/send");
@id("strangers") @approve("owner") forbid(principal, action == Action::"call_tool", resource == Tool::"mail/announce")
when { context.destinations == "unknown" || context.destinations == "untrusted" };
@id("posting") @approve("owner") forbid(principal, action == Action::"call_tool", resource == Tool::"mail/post");
@id("wiping") @stage("owner") forbid(principal, action == Action::"call_tool", resource == Tool::"mail/wipe");
@id("purging") @stage("owner") forbid(principal, action == Action::"call_tool", resource == Tool::"mail/purge");`;

const APPROVALS = (port: number): string => `approvals:
  deputies: { olga: dora }
  onCall: callers
  escalateAfter: 30min
  escalateTo: leads
  perDay: 21
  webhooks:
${['slack', 'teams', 'json'].map((format) =>
    `    ${format}: { url: "http://127.0.0.1:${port}/${format}", secret: "env:REVIEW_TEST_HOOK", format: ${format}, allowPrivate: true }`).join('\n')}
`;

describe('review by people', () => {
  let on: Approving;
  let hook: Bun.Server<undefined>;
  const told = new Map<string, JsonObject[]>();
  beforeAll(async () => {
    process.env['REVIEW_TEST_HOOK'] = 'a-secret-of-hooks';
    hook = Bun.serve({
      hostname: '127.0.0.1', port: 0,
      async fetch(request) {
        const name = new URL(request.url).pathname.slice(1);
        told.set(name, [...(told.get(name) ?? []), objectIn(JSON.parse(await request.text()))]);
        return new Response('ok');
      },
    });
    const people = { olga: [], dora: [], carl: ['callers'], lena: ['leads'], eve: [], busy: ['callers'] };
    on = await startApproving(POLICY, people, APPROVALS(hook.port ?? 0), true);
  });
  afterAll(async () => {
    delete process.env['REVIEW_TEST_HOOK'];
    await on.stop();
    await hook.stop(true);
  });

  const last = async (): Promise<Approval> => {
    const found = (await on.approvals()).at(-1);
    if (found === undefined) throw new Error('nothing was asked');
    return found;
  };
  const asked = async (agent: string, args: JsonObject, tool = 'send'): Promise<{ readonly token: string; readonly approval: Approval }> => {
    const token = await on.gate.token({ agent });
    expect((await on.call(token, args, 'east', tool)).code).toBe('ERR_APPROVAL_REQUIRED');
    return { token, approval: await last() };
  };

  test(verifies('approval-shows-path', 'whoever approves sees by which answer the values of the call came in'), async () => {
    const token = await on.gate.token({ agent: 'carrier' });
    await on.call(token, {}, 'east', 'read_inbox');
    const { approval } = await asked('carrier', { to: 'quentin.harbour@strange.example', text: 'about the lighthouse invoice' }, 'announce');
    const shown = await on.gate.admin('GET', `/approvals/${approval.id}`);
    const path = JSON.stringify(shown['path']);
    expect(path).toContain('/to: a destination that came with what anybody may write');
    expect(path).toContain('from mail/read_inbox');
    expect(path).toMatch(/mail\/read_inbox came in, \d{4}-.* \(exchange [0-9a-f-]{36}\)/);
    expect(path).not.toContain('lighthouse');
  });

  test(verifies('approval-endorses', 'where people let a call go to, the same context goes by the same tool unasked, and nowhere else'), async () => {
    // From now on what the agent names is not trusted for that alone.
    await on.call(await on.gate.token({ agent: 'writer' }), {}, 'east', 'read_inbox');
    const { token, approval } = await asked('writer', { to: 'first@strange.example', text: 'one' }, 'announce');
    await on.grant('olga', approval);
    expect((await on.call(token, { to: 'first@strange.example', text: 'one' }, 'east', 'announce')).result).toBeDefined();
    expect((await on.call(token, { to: 'first@strange.example', text: 'two' }, 'west', 'announce')).result).toBeDefined();
    expect((await on.call(token, { to: 'other@strange.example', text: 'two' }, 'east', 'announce')).code).toBe('ERR_APPROVAL_REQUIRED');
    const elsewhere = await on.call(await on.gate.token({ agent: 'another-writer' }), { to: 'first@strange.example', text: 'two' }, 'east', 'announce');
    expect(elsewhere.code).toBe('ERR_APPROVAL_REQUIRED');
    const { store } = on.gate.control();
    const { body } = await needStored(store, 'context', 'default', approval.body.flow);
    await putStored(store, 'context', 'default', approval.body.flow, { ...body, labels: { ...body.labels, confidentiality: 'confidential' } }, 'test');
    // What the approvers did not know of has been read since.
    expect((await on.call(token, { to: 'first@strange.example', text: 'three' }, 'west', 'announce')).code).toBe('ERR_APPROVAL_REQUIRED');
    const used = (await on.gate.records({ event: 'approval.used' })).find(({ detail }) => part(detail, 'id') === approval.id);
    expect(part(used?.['detail'], 'endorsed')).toHaveLength(1);
    expect(JSON.stringify(used)).not.toContain('strange.example');
  });

  test(verifies('approval-standing', 'what is approved again and again becomes a policy that somebody puts in force, for this call alone'), async () => {
    const { token, approval } = await asked('daily', { to: 'report@x.example', text: 'the report of Monday' });
    const standing = async (vary: string): Promise<JsonObject> => on.gate.admin('GET', `/approvals/${approval.id}/policy?days=7${vary}`);
    const policy = await standing('&vary=text');
    expect(policy).toMatchObject({ policy: 'mail-is-approved', varying: ['text'] });
    // It is text: nothing has changed.
    expect((await on.call(token, { to: 'report@x.example', text: 'the report of Monday' })).code).toBe('ERR_APPROVAL_REQUIRED');
    await on.gate.admin('PUT', '/policies', { file: text(policy['file']), source: text(policy['source']) });
    expect((await on.call(token, { to: 'report@x.example', text: 'the report of Tuesday' }, 'west')).result).toBeDefined();
    expect((await on.call(token, { to: 'other@x.example', text: 'the report of Tuesday' })).code).toBe('ERR_APPROVAL_REQUIRED');
    expect((await on.call(await on.gate.token({ agent: 'another' }), { to: 'report@x.example', text: 'x' })).code).toBe('ERR_APPROVAL_REQUIRED');
    await on.gate.admin('PUT', '/policies', { file: text(policy['file']), source: POLICY });
    const whole = await standing('');
    expect(text(whole['after'])).toContain('context.arguments["text"] == "the report of Monday"');
    expect(text(whole['after'])).toContain('context.now < datetime(');
    // A policy of any tool can't speak of the arguments of one.
    const wide = POLICY.replace('resource == Tool::"mail/send"', 'resource');
    await on.gate.admin('PUT', '/policies', { file: text(policy['file']), source: wide });
    const { approval: other } = await asked('wide', { to: 'w@x.example' });
    expect(await on.gate.admin('GET', `/approvals/${other.id}/policy`).then(() => '', String)).toContain('ERR_CONFLICT');
    await on.gate.admin('PUT', '/policies', { file: text(policy['file']), source: POLICY });
  });

  test('no policy stands for calls of which an argument could come besides, that policies can not read', async () => {
    const { approval } = await asked('poster', { to: 'report@x.example' }, 'post');
    const policy = (vary: string): Promise<string> => on.gate.admin('GET', `/approvals/${approval.id}/policy?days=7${vary}`).then(() => 'written', String);
    expect(await policy('')).toContain('the argument cc is unknown, or has no one type');
    // Whoever says that it may be anything has said so.
    expect(await policy('&vary=cc')).toBe('written');
  });

  test(verifies('approval-routed', 'it goes to the owner, their deputy and who is on call; who is late is not waited for'), async () => {
    const { approval } = await asked('routed', { to: 'r@x.example' });
    for (const who of ['eve', 'lena']) expect(await codeOf(on.grant(who, approval))).toBe('ERR_APPROVER');
    await on.grant('dora', approval);
    const { approval: second } = await asked('routed', { to: 'r2@x.example' });
    await on.grant('carl', second);
    const { approval: late } = await asked('routed', { to: 'r3@x.example' });
    const control = on.gate.control();
    await control.approvals.tend();
    expect(await codeOf(on.grant('lena', late))).toBe('ERR_APPROVER');
    await putStored(control.store, 'approval', 'default', late.id, { ...late.body, askedAt: late.body.askedAt - 31 * 60_000 }, 'test');
    await control.approvals.tend();
    expect((await on.gate.records({ event: 'approval.escalated' })).at(-1)).toMatchObject({ detail: { id: late.id } });
    const [granted] = await on.grant('lena', late);
    expect(granted?.body.state).toBe('granted');
    // Nobody else has had it for longer than it took: how long is on record.
    expect((await on.gate.records({ event: 'approval.granted' })).at(-1)).toMatchObject({ detail: { answeredMs: expect.any(Number) } });
  });

  test('those whose call it is not are shown nothing of it, whatever role they have', async () => {
    const { approval } = await asked('private', { to: 'p@x.example' });
    const control = on.gate.control();
    const eve = person('eve');
    await configure(control, 'admin', 'default', 'eve', { to: { principal: eve.id }, role: 'approver', space: '*' });
    expect((await askRoute(control, eve, 'GET', '/approvals/:id', { params: { id: approval.id } })).code).toBe('ERR_APPROVER');
    expect((await askRoute(control, eve, 'GET', '/approvals/:id/policy', { params: { id: approval.id } })).code).toBe('ERR_APPROVER');
  });

  test('webhooks have the shapes of Slack, of Teams and our own, lead to the page, and hold nothing of the call', async () => {
    told.clear();
    const { approval } = await asked('hooked', { to: 'secret-address@x.example' });
    await on.grant('olga', approval);
    for (let n = 0; n < 300 && ['slack', 'teams', 'json'].some((name) => (told.get(name) ?? []).length < 2); n++) await Bun.sleep(20);
    const page = `${on.gate.controlUrl}/approvals/${approval.id}`;
    const [slack, teams, json] = ['slack', 'teams', 'json'].map((name) => told.get(name)?.[0]);
    const actions = { type: 'actions', elements: [{ type: 'button', url: page }] };
    expect(slack).toMatchObject({ text: expect.stringContaining('mail/send'), blocks: [{ type: 'section' }, actions] });
    expect(teams).toMatchObject({ type: 'message', attachments: [{
      contentType: 'application/vnd.microsoft.card.adaptive', content: { type: 'AdaptiveCard', actions: [{ type: 'Action.OpenUrl', url: page }] },
    }] });
    expect(json).toMatchObject({ type: 'sallyport.approval.asked', data: { id: approval.id, url: page, needs: ['owner'] } });
    expect(part(told.get('json')?.[1], 'type')).toBe('sallyport.approval.answered');
    expect(JSON.stringify([...told])).not.toContain('secret-address');
  });

  test(verifies('approval-fatigue', 'who answers faster than anybody reads, or never says no, is a finding; and a day has a budget'), async () => {
    const control = on.gate.control();
    const id = on.people['busy'] ?? '';
    const token = await on.gate.token({ agent: 'many' });
    // What a first answer adds to what its caller has read ends what was approved before.
    await on.call(token, {}, 'east', 'read_inbox');
    const batch = async (from: number, count: number): Promise<void> => {
      for (let n = from; n < from + count; n++) await on.call(token, { to: `${n}@x.example` });
      const all = (await on.approvals()).filter(({ body }) => body.principal.agent === 'many' && body.state === 'pending');
      for (const one of all) await noteShown(control, one.id, id);
      await grantApprovals(control, 'default', all.map((one) => ({ id: one.id, digest: one.body.digest })), { id, via: 'page' });
      for (let n = from; n < from + count; n++) expect((await on.call(token, { to: `${n}@x.example` })).result).toBeDefined();
    };
    await batch(0, 10);
    await batch(10, 10);
    const raised = (await on.gate.records({ event: 'finding.raised' })).filter(({ principal }) => principal === id);
    const rules = objects(raised.flatMap(({ findings }) => findings ?? [])).map(({ rule }) => rule);
    expect(new Set(rules)).toEqual(new Set(['hasty', 'never-refuses']));
    await batch(20, 1);
    expect(await codeOf(batch(21, 1))).toBe('ERR_RATE_LIMITED');
  });

  test(verifies('stage-shows-first', 'the dry run may be a tool of its own; without it, nobody is asked and nothing is done'), async () => {
    on.state.files = 7;
    const { token, approval } = await asked('purger', { folder: 'old' }, 'purge');
    expect(await on.gate.admin('GET', `/approvals/${approval.id}`)).toMatchObject({ preview: expect.stringContaining('would delete 7 files') });
    await on.grant('olga', approval);
    const before = on.mail.effects().filter(({ params }) => params['name'] === 'purge').length;
    expect((await on.call(token, { folder: 'old' }, 'west', 'purge')).result).toBeDefined();
    expect(on.mail.effects().filter(({ params }) => params['name'] === 'purge')).toHaveLength(before + 1);
    // Its dry run fails.
    on.state.files = -1;
    expect((await on.call(token, { folder: 'new' }, 'east', 'purge')).code).toBe('ERR_APPROVAL_UNSHOWABLE');
    expect(on.mail.effects().filter(({ params }) => params['name'] === 'purge')).toHaveLength(before + 1);
    on.state.files = 3;
  });
});
