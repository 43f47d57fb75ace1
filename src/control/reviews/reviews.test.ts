import { Database } from 'bun:sqlite';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { verifies } from '../../../test/e2e/requirements.ts';
import { codeOf } from '../../../test/fixtures/code-of.ts';
import { journalOf } from '../../../test/fixtures/journal-of.ts';
import { ocsfProblems } from '../../../test/fixtures/ocsf.ts';
import { openSmtpRelay } from '../../../test/fixtures/smtp-relay.ts';
import { checkBundle } from '../../audit/bundle/check.ts';
import { objects, part, text } from '../../cli/json-view.ts';
import type { Json, JsonObject } from '../../domain/json.ts';
import { isArray, isObject } from '../../domain/json.ts';
import { digestOf } from '../../registry/canonical.ts';
import { ask, person, ROOT } from '../admins/fixture-admin.ts';
import { configure, openControl } from '../fixture-control.ts';
import { SEVERITIES } from '../../domain/finding.ts';
import type { ControlFixture } from '../fixture-control.ts';
import type { Admin } from '../route.ts';
import { findStored, listStored, putStored } from '../stored.ts';
import { called, reads, tool } from './fixture-reviews.ts';
import { lapse } from './lapse.ts';
import { apply } from './remedy.ts';
import { announce } from './remind.ts';

setDefaultTimeout(60_000);

const DAY_MS = 86_400_000;
let fixture: ControlFixture;
const control = (): ControlFixture['role']['control'] => fixture.role.control;
/** Ann owns crm, Bob uses it, Cal stands in, Dan administers. */
const as = (name: string, ...groups: readonly string[]): Admin => ({ ...person(name, ...groups), id: `sallyport|${name}` });
const [ANN, BOB, CAL, DAN, EVE] = [as('ann'), as('bob'), as('cal'), as('dan', 'admins'), as('eve', 'admins')];

const send = (admin: Admin, method: 'GET' | 'POST', path: string, wanted: Parameters<typeof ask>[4] = {}): ReturnType<typeof ask> =>
  ask(control(), admin, method, path, wanted);
const decide = (admin: Admin, review: string, items: readonly string[], decision: string, more: JsonObject = {}): ReturnType<typeof ask> =>
  send(admin, 'POST', '/reviews/:id/decisions', { params: { id: review }, body: { items: [...items], decision, reason: 'because', ...more } });
const itemsOf = async (review: string): Promise<readonly JsonObject[]> =>
  objects((await send(DAN, 'GET', '/reviews/:id/items', { params: { id: review } })).body['items']);
const find = (items: readonly JsonObject[], check: string, subject: string): JsonObject => {
  const found = items.find((one) => one['check'] === check && `${text(part(one, 'subject', 'id'))}@${text(part(one, 'subject', 'server'))}` === subject);
  if (found === undefined) throw new Error(`no item ${check} ${subject}`);
  return found;
};
const idOf = (item: JsonObject): string => text(item['id']);

async function serve(id: string, owner: string, credentials: JsonObject = { type: 'none' }): Promise<void> {
  await configure(control(), 'server', 'default', id, {
    endpoint: { transport: 'http', url: `https://${id}.example/mcp`, allowPrivate: false }, owner, hosting: 'self', tier: 'internal', status: 'approved',
    labels: { confidentiality: 'internal', categories: [], integrity: 'trusted' }, credentials, tools: {}, allow: [],
  });
  await configure(control(), 'baseline', 'default', id, {
    digest: 'a'.repeat(64), approvedBy: 'sallyport|ann', approvedAt: Date.now(), surface: {
      revision: '2026-07-28', eras: ['modern'], serverInfo: {}, capabilities: {}, prompts: [], templates: [], pages: [],
      tools: [tool('find', 'read'), tool('list', 'read'), tool('wipe', 'destroy')],
    },
  });
}

const bind = (id: string, role: string, to: JsonObject): Promise<void> => configure(control(), 'binding', 'default', id, { role, to });
const rolesNow = async (to: JsonObject): Promise<Json> => {
  const roles = new Map((await listStored(control().store, 'role', 'default')).map(({ id, body }) => [id, body.allow]));
  const mine = (await listStored(control().store, 'binding', 'default')).filter(({ body }) => Bun.deepEquals(body.to, to));
  return JSON.parse(JSON.stringify(mine.flatMap(({ body }) => roles.get(body.role) ?? [])));
};

async function opened(title: string): Promise<string> {
  const { code, body } = await send(DAN, 'POST', '/reviews', { body: { title, standIns: { group: 'risk' } } });
  expect(code).toBe('');
  return text(body['id']);
}

/** Whatever is still open is certified by whoever may, one by one, so that it can be closed. */
async function settleRest(review: string): Promise<void> {
  await control().store.transaction(async (rows) => {
    for (const { id, body } of await listStored(rows, 'review-item', 'default')) {
      if (body.campaign === review && body.state === 'open') await putStored(rows, 'review-item', 'default', id, { ...body, state: 'certified' }, 'tests');
    }
  });
}

beforeAll(async () => {
  fixture = await openControl();
  const at = Date.now();
  for (const [name, ...groups] of [['admin'], ['ann'], ['bob', 'support'], ['cal', 'risk'], ['dan', 'admins'], ['eve', 'admins']] as const) {
    const body = { userName: name, email: `${name}@corp.example`, active: true, source: 'scim' as const, groups: [...groups], createdAt: at, changedAt: at };
    await putStored(control().store, 'person', 'default', name, body, 'tests');
  }
  await configure(control(), 'admin', 'default', 'admins', { to: { group: 'admins' }, role: 'admin', space: '*' });
  for (const [id, owner] of [['adm', 'admin'], ['crm', 'ann'], ['erp', 'ann@corp.example'], ['own', 'bob'], ['lost', 'nobody-known']] as const) await serve(id,
    owner);
  await configure(control(), 'role', 'default', 'desk', { allow: [reads('crm'), reads('erp')] });
  await configure(control(), 'role', 'default', 'wide', { allow: [{ server: 'crm', effects: ['read', 'write', 'destroy', 'execute', 'communicate'] }] });
  await configure(control(), 'role', 'default', 'mine', { allow: [reads('own')] });
  await configure(control(), 'role', 'default', 'lost', { allow: [reads('lost')] });
  await serve('keyed', 'ann', { type: 'header', header: 'x-api-key', secret: 'env:KEYED' });
  await bind('desk-support', 'desk', { group: 'support' });
  await bind('desk-sales', 'desk', { group: 'sales' });
  await bind('wide-ops', 'wide', { group: 'ops' });
  await bind('mine-support', 'mine', { group: 'support' });
  await bind('lost-ops', 'lost', { group: 'ops' });
  await configure(control(), 'role', 'default', 'adm', { allow: [reads('adm')] });
  await bind('adm-ops', 'adm', { group: 'ops' });
});
afterAll(() => fixture.close());

describe('who is asked', () => {
  let review: string;
  let items: readonly JsonObject[];
  beforeAll(async () => {
    review = await opened('Who');
    items = await itemsOf(review);
  });

  test('an owner, by any name; who has it themselves is passed over for who stands in; and nobody else answers', async () => {
    const crm = find(items, 'access', 'desk-support@crm');
    expect([crm['reviewers'], crm['as']]).toEqual([['ann'], 'owner']);
    expect(find(items, 'access', 'desk-support@erp')['reviewers']).toEqual(['ann']);
    const own = find(items, 'access', 'mine-support@own');
    expect([own['reviewers'], own['as']]).toEqual([['cal'], 'stand-in']);
    expect(find(items, 'access', 'lost-ops@lost')['reviewers']).toEqual(['cal']);
    expect(objects((await send(ANN, 'GET', '/reviews/mine')).body['items']).map(idOf)).toContain(idOf(crm));
    expect(objects((await send(BOB, 'GET', '/reviews/mine')).body['items'])).toEqual([]);
    for (const who of [BOB, CAL, ROOT, person('stranger'), as('ANN')]) expect((await decide(who, review, [idOf(crm)],
      'certify')).code).toBe('ERR_ADMIN_FORBIDDEN');
    expect((await decide(BOB, review, [idOf(own)], 'certify')).code).toBe('ERR_ADMIN_FORBIDDEN');
    // Nobody knows who holds the machine's token, whoever is called like it.
    const adm = find(items, 'access', 'adm-ops@adm');
    expect(adm['reviewers']).toEqual(['admin']);
    expect((await decide(ROOT, review, [idOf(adm)], 'certify')).code).toBe('ERR_ADMIN_FORBIDDEN');
    // Administering is no reason to answer for others.
    expect((await decide(DAN, review, [idOf(crm)], 'certify')).code).toBe('ERR_ADMIN_FORBIDDEN');
    expect((await send(BOB, 'GET', '/reviews/:id/items/:item/suggestion', { params: { id: review, item: idOf(own) } })).code).toBe('ERR_ADMIN_FORBIDDEN');
  });

  test(verifies('review-never-oneself', 'nobody is delegated what they have themselves, nor does anybody answer it after they came to have it'), async () => {
    const crm = find(items, 'access', 'desk-support@crm');
    expect((await decide(ANN, review, [idOf(crm)], 'delegate', { to: 'bob' })).code).toBe('ERR_ADMIN_FORBIDDEN');
    expect((await decide(ANN, review, [idOf(crm)], 'delegate', { to: 'nobody' })).code).toBe('ERR_NOT_FOUND');
    expect((await decide(ANN, review, [idOf(crm)], 'delegate', { to: 'EVE@corp.example' })).code).toBe('');
    expect((await decide(ANN, review, [idOf(crm)], 'certify')).code).toBe('ERR_ADMIN_FORBIDDEN');
    const { body: eve } = await findStored(control().store, 'person', 'default', 'eve') ?? {};
    if (eve === undefined) throw new Error('eve');
    await putStored(control().store, 'person', 'default', 'eve', { ...eve, groups: ['admins', 'support'] }, 'tests');
    expect((await decide(EVE, review, [idOf(crm)], 'certify')).code).toBe('ERR_ADMIN_FORBIDDEN');
    await putStored(control().store, 'person', 'default', 'eve', eve, 'tests');
    expect((await decide(EVE, review, [idOf(crm)], 'certify')).code).toBe('');
    expect((await decide(EVE, review, [idOf(crm)], 'revoke')).code).toBe('ERR_CONFLICT');
    const said = journalOf(fixture.home, { event: 'review.decided' });
    expect(said.map(({ action, principal, reason }) => [action, principal, reason])).toEqual([
      ['review.delegate', 'sallyport|ann', 'because'], ['review.certify', 'sallyport|eve', 'because'],
    ]);
    expect(said[0]).toMatchObject({ exchange: review, detail: { items: [{ id: idOf(crm), check: 'access', subject: 'binding desk-support' }] } });
  });

  test('what is grave, or unlike its peers, wants a look of its own', async () => {
    const grave = items.filter((one) => one['severity'] === 'high').slice(0, 2).map(idOf);
    expect(grave).toHaveLength(2);
    const { code, body } = await decide(CAL, review, grave, 'certify');
    expect([code, text(body['message'])]).toEqual(['ERR_REQUEST_INVALID', `item ${grave[0] ?? ''} wants a look of its own: it is high`]);
    const many = Array.from({ length: 21 }, (_, at) => at.toString(16).padStart(16, '0'));
    for (const decision of ['certify', 'revoke']) expect((await decide(CAL, review, many, decision)).code).toBe('ERR_REQUEST_INVALID');
    const low = items.filter((one) => one['severity'] === 'low').map(idOf);
    expect((await decide(CAL, review, low.slice(0, 2), 'certify')).code).not.toBe('ERR_REQUEST_INVALID');
  });

  test('the gravest stand first', () => {
    const ranks = items.map((one) => ['info', 'low', 'medium', 'high', 'critical'].indexOf(text(one['severity'])));
    expect(ranks).toEqual(ranks.toSorted((one, other) => other - one));
  });

  afterAll(() => settleRest(review));
});

describe('what an answer does', () => {
  let review: string;
  let items: readonly JsonObject[];
  beforeAll(async () => {
    const wide = { server: 'erp', effects: ['read'] };
    for (const name of ['idle', 'busy']) {
      await configure(control(), 'role', 'default', name, { allow: [wide] });
      await bind(`${name}-ops`, name, { group: 'ops' });
    }
    // These stand for long, and so does what is on record.
    const database = new Database(join(fixture.home, 'control', 'store.db'));
    database.run("UPDATE resource SET updated_at = updated_at - ? WHERE kind = 'binding' AND id IN ('wide-ops', 'idle-ops', 'busy-ops')", [100 * DAY_MS]);
    database.close();
    await called(fixture.home, 'other', 'lost', Date.now() - 120 * DAY_MS);
    await called(fixture.home, 'wide', 'crm', Date.now() - 5 * DAY_MS);
    review = await opened('Does');
    items = await itemsOf(review);
  });

  test('a revoked right is gone for whom it was asked about, at that server, and nowhere else', async () => {
    const { body } = await decide(ANN, review, [idOf(find(items, 'access', 'desk-support@crm'))], 'revoke');
    expect(objects(body['items'])).toMatchObject([{ state: 'revoked', remedy: 'done' }]);
    expect(await rolesNow({ group: 'support' })).toEqual([{ server: 'erp', effects: ['read'] }, { server: 'own', effects: ['read'] }]);
    expect(await rolesNow({ group: 'sales' })).toEqual([{ server: 'crm', effects: ['read'] }, { server: 'erp', effects: ['read'] }]);
    // What was asked about the same binding before it was narrowed still finds it.
    expect(objects((await decide(ANN, review, [idOf(find(items, 'access', 'desk-support@erp'))], 'revoke')).body['items'])).toMatchObject([{ remedy: 'done' }]);
    expect(await rolesNow({ group: 'support' })).toEqual([{ server: 'own', effects: ['read'] }]);
    const [change] = journalOf(fixture.home, { event: 'config.changed' }).filter(({ action }) => action === 'binding.narrow');
    expect(change).toMatchObject({ exchange: review, principal: 'sallyport|reviews', reason: 'because', detail: { review, decidedBy: 'sallyport|ann' } });
  });

  test('who administers is changed by people, whatever the answer', async () => {
    const admin = find(items, 'access', 'admins@');
    const { body } = await decide(CAL, review, [idOf(admin)], 'revoke');
    expect(objects(body['items'])).toMatchObject([{ state: 'revoked', remedy: 'task', note: 'sallyport admin remove admins' }]);
    expect(await findStored(control().store, 'admin', 'default', 'admins')).toBeDefined();
  });

  test('a server that nobody wants as it is goes into quarantine, and nothing more is asked of it', async () => {
    const keyed = find(items, 'retiring-authentication', 'keyed@');
    expect(objects((await decide(ANN, review, [idOf(keyed)], 'revoke')).body['items'])).toMatchObject([{ remedy: 'done', note: 'keyed is in quarantine' }]);
    expect((await findStored(control().store, 'server', 'default', 'keyed'))?.body.status).toBe('quarantined');
  });

  test('what was taken away and is there again is told', async () => {
    expect((await send(DAN, 'POST', '/reviews/:id/verify', { params: { id: review } })).body).toMatchObject({ remedies: { verified: 3, task: 1 } });
    // As an apply of a manifest does that still has it.
    await bind('desk-support', 'desk', { group: 'support' });
    expect((await send(DAN, 'POST', '/reviews/:id/verify', { params: { id: review } })).body).toMatchObject({ remedies: { returned: 2, verified: 1,
      task: 1 } });
  });

  test('what nobody answers lapses only where that stops nothing; the rest stays, and is told', async () => {
    expect(find(items, 'unused-access', 'idle-ops@erp')).toMatchObject({ severity: 'high', lapses: true });
    expect(find(items, 'unused-access', 'busy-ops@erp')).toMatchObject({ severity: 'high', lapses: true });
    // It was idle when it was asked about.
    await called(fixture.home, 'busy', 'erp', Date.now());
    const body = (await control().store.get('review', 'default', review))?.body;
    await control().store.put('review', 'default', review, { ...(isObject(body) ? body : {}), dueAt: Date.now() - 1 }, { by: 'tests' });
    await lapse(control(), 'default', review);
    const after = await itemsOf(review);
    expect(find(after, 'wildcard-grant', 'wide-ops@crm')).toMatchObject({ state: 'lapsed', remedy: 'done' });
    // To what was used, and never to more than there was.
    expect(await rolesNow({ group: 'ops' })).toContainEqual({ server: 'crm', effects: ['read', 'write', 'destroy', 'execute', 'communicate'],
      tools: ['find'] });
    expect(find(after, 'unused-access', 'idle-ops@erp')).toMatchObject({ state: 'lapsed', remedy: 'done' });
    expect(await findStored(control().store, 'binding', 'default', 'idle-ops')).toBeUndefined();
    for (const one of [find(after, 'access', 'desk-sales@crm'), find(after, 'unused-access', 'busy-ops@erp')]) {
      expect(one).toMatchObject({ state: 'unanswered', remedy: 'none' });
    }
    expect(await findStored(control().store, 'binding', 'default', 'busy-ops')).toBeDefined();
    expect(journalOf(fixture.home, { event: 'review.decided' }).at(-1)).toMatchObject({ principal: 'sallyport|reviews', action: 'review.lapse' });
    await lapse(control(), 'default', review);
    expect(journalOf(fixture.home, { event: 'review.decided' }).filter(({ action }) => action === 'review.lapse')).toHaveLength(1);
  });

  test('what was said and not begun, as control was ended, is carried out', async () => {
    const id = `${review}.${idOf(find(items, 'access', 'adm-ops@adm'))}`;
    const { body } = await findStored(control().store, 'review-item', 'default', id) ?? {};
    if (body === undefined) throw new Error(id);
    const words = [{ by: 'sallyport|admin', at: 1, decision: 'revoke' as const, reason: 'because' }];
    await putStored(control().store, 'review-item', 'default', id, { ...body, state: 'revoked', words }, 'tests');
    expect((await send(DAN, 'POST', '/reviews/:id/verify', { params: { id: review } })).code).toBe('');
    expect(await findStored(control().store, 'binding', 'default', 'adm-ops')).toBeUndefined();
    expect((await findStored(control().store, 'review-item', 'default', id))?.body.remedy).toBe('verified');
  });

  test('its evidence proves itself, and what is stored of it cannot be changed unseen', async () => {
    const closed = await send(DAN, 'POST', '/reviews/:id/close', { params: { id: review } });
    expect(closed.code).toBe('');
    expect((await decide(ANN, review, [idOf(find(items, 'access', 'desk-sales@crm'))], 'certify')).code).toBe('ERR_CONFLICT');
    const { body } = await send(DAN, 'GET', '/reviews/:id/evidence', { params: { id: review } });
    const files = new Map(Object.entries(isObject(body['files']) ? body['files'] : {}).map(([name, words]) => [name, Buffer.from(text(words))]));
    const { problems, manifest } = checkBundle(files);
    expect([problems, manifest.records.length]).toEqual([[], expect.any(Number)]);
    const events = (files.get('records.jsonl')?.toString() ?? '').split('\n').flatMap((line) => (line === '' ? [] : [text(JSON.parse(line).event)]));
    for (const event of ['review.opened', 'review.decided', 'config.changed', 'review.closed']) expect(events).toContain(event);
    const whole = files.get('review/campaign.json')?.toString() ?? '';
    expect(new Bun.CryptoHasher('sha256').update(whole).digest('hex')).toBe(text(closed.body['digest']));
    expect(journalOf(fixture.home, { event: 'review.closed' }).at(-1)?.digest).toBe(text(closed.body['digest']));
    expect(whole).not.toContain('sallyport|ann');
    files.set('review/campaign.json', Buffer.from(whole.replace('revoked', 'certified')));
    expect(checkBundle(files).problems).toEqual(['review/campaign.json: not what was signed']);
    await putStored(control().store, 'review-evidence', 'default', review, { text: whole.replace('revoked', 'certified') }, 'mallory');
    expect((await send(DAN, 'GET', '/reviews/:id/evidence', { params: { id: review } })).code).toBe('ERR_CONFIG_TAMPERED');
    await putStored(control().store, 'review-evidence', 'default', review, { text: whole }, 'tests');
  });

  test('its reports show what strangers wrote as text, and its rights as findings of IAM', async () => {
    await serve('shown', '=HYPERLINK("http://x")<script>alert(1)</script>|x|');
    await configure(control(), 'role', 'default', 'shown', { allow: [{ server: 'shown', effects: ['read'] }] });
    await bind('shown', 'shown', { group: '<img src=x onerror=alert(1)>' });
    const next = await opened('Shown');
    const as_ = async (form: string): Promise<JsonObject> => (await send(DAN, 'GET', '/reviews/:id/report', { params: { id: next }, query: { form } })).body;
    const page = text((await as_('html'))['text']);
    expect(page).toContain('&lt;img src=x');
    expect(page).not.toMatch(/<script|<img|onerror=alert\(1\)>/);
    expect(text((await as_('markdown'))['text'])).not.toMatch(/(?<!\\)<img/);
    const csv = text((await as_('csv'))['text']);
    expect(csv).toContain('"\'=HYPERLINK(""http');
    const events = objects((await as_('ocsf'))['events']);
    expect(events.length).toBeGreaterThan(4);
    expect(events.flatMap(ocsfProblems)).toEqual([]);
    expect(objects((await send(DAN, 'GET', '/reviews')).body['trend']).map(({ title }) => title)).toEqual(['Who', 'Does', 'Shown']);
    await settleRest(next);
    expect((await send(DAN, 'POST', '/reviews/:id/close', { params: { id: next } })).code).toBe('');
  });
});

test('a campaign is not closed over what is open, and answers faster than anybody reads are a finding, then refused', async () => {
  const review = await opened('Fast');
  expect((await send(DAN, 'POST', '/reviews/:id/close', { params: { id: review } })).code).toBe('ERR_CONFLICT');
  const open = (await itemsOf(review)).map(idOf);
  const codes: string[] = [];
  for (let at = 0; at < 61; at += 1) codes.push((await decide(EVE, review, [open[at % open.length] ?? ''], 'certify')).code);
  expect(codes.at(-1)).toBe('ERR_RATE_LIMITED');
  const raised = journalOf(fixture.home, { event: 'finding.raised' }).filter(({ principal }) => principal === EVE.id);
  expect(raised).toMatchObject([{ findings: [{ detector: 'review', rule: 'hasty', severity: 'low', seen: '31 answers in a minute' }] }]);
});

const fastOne = async (): Promise<string> =>
  (await listStored(control().store, 'review', 'default')).find(({ body }) => body.title === 'Fast')?.id ?? '';

const gravity = (severity: string): number => SEVERITIES.findIndex((one) => one === severity);
const mineOf = async (who: Admin): Promise<readonly string[]> => objects((await send(who, 'GET', '/reviews/mine')).body['items']).map(idOf);

test('what nobody is asked about waits for who administers, and for nobody else', async () => {
  const [id, body] = (await listStored(control().store, 'review-item', 'default')).flatMap((one) => (one.body.state === 'open' ? [one.id, one.body] : []))
    .slice(0, 2);
  if (typeof id !== 'string' || typeof body !== 'object') throw new Error('nothing is open');
  await putStored(control().store, 'review-item', 'default', id, { ...body, reviewers: [], as: 'nobody' }, 'tests');
  const severities = objects((await send(CAL, 'GET', '/reviews/mine')).body['items']).map(({ severity }) => text(severity));
  expect(severities).toEqual(severities.toSorted((one, other) => gravity(other) - gravity(one)));
  expect((await mineOf(DAN)).some((one) => id.endsWith(one))).toBe(true);
  expect((await mineOf(CAL)).some((one) => id.endsWith(one))).toBe(false);
  await putStored(control().store, 'review-item', 'default', id, body, 'tests');
});

test('people are told by a webhook that names nobody', async () => {
  const told: JsonObject[] = [];
  const hook = Bun.serve({ hostname: '127.0.0.1', port: 0, fetch: async (request) => {
    const said: Json = JSON.parse(await request.text());
    if (isObject(said)) told.push(said);
    return new Response();
  } });
  process.env['REVIEW_HOOK'] = 'a'.repeat(32);
  await configure(control(), 'setting', 'default', 'notify', {
    webhooks: { soc: { url: `http://127.0.0.1:${hook.port}/`, secret: 'env:REVIEW_HOOK', topics: ['review'], allowPrivate: true } },
  });
  const review = await fastOne();
  await announce(control(), 'default', review, 'reminded');
  expect(told).toMatchObject([{ type: 'sallyport.review.reminded', data: { review, dueAt: expect.any(Number), open: expect.any(Number) } }]);
  expect(JSON.stringify(told)).not.toMatch(/ann|bob|crm/);
  await hook.stop(true);
});

test('each reviewer is mailed how many items wait for them, and nothing of what is asked', async () => {
  const relay = await openSmtpRelay();
  await configure(control(), 'setting', 'default', 'notify', { mail: { host: '127.0.0.1', port: relay.port, security: 'none', from: 'gate@corp.example' } });
  const review = await fastOne();
  const open = (await itemsOf(review)).filter((one) => one['state'] === 'open');
  const waiting = new Set(open.flatMap(({ reviewers }) => (isArray(reviewers) ? reviewers.map(text) : [])));
  const { code, body } = await send(DAN, 'POST', '/reviews/:id/remind', { params: { id: review } });
  expect([code, body['mailed']]).toEqual(['', waiting.size]);
  expect(relay.got.map((one) => one.slice(0, one.indexOf('\n'))).toSorted()).toEqual([...waiting].map((name) => `${name}@corp.example`).toSorted());
  expect(relay.got.find((one) => one.startsWith('ann@'))).toMatch(/Subject: \d+ items to review by/);
  expect(relay.got.join()).not.toMatch(/crm|support/);
  await relay.close();
});

test('it is due in 14 days unless it says otherwise', async () => {
  const due = (await listStored(control().store, 'review', 'default')).filter(({ body }) => body.state === 'open').map(({ body }) =>
    body.dueAt - body.openedAt);
  expect(new Set(due)).toEqual(new Set([14 * DAY_MS]));
});

test('what is due is settled by itself, closed after its grace, and the next one is opened', async () => {
  const [fast, all] = [await fastOne(), await listStored(control().store, 'review', 'default')];
  for (const { id, body } of all.filter((one) => one.body.state === 'open')) {
    const times = id === fast ? { dueAt: Date.now() - 15 * DAY_MS } : { openedAt: Date.now() - 13 * DAY_MS, dueAt: Date.now() + DAY_MS };
    await putStored(control().store, 'review', 'default', id, { ...body, ...times }, 'tests');
  }
  expect((await send(DAN, 'POST', '/schedule/:kind/run', { params: { kind: 'review' } })).code).toBe('');
  const states = new Map((await listStored(control().store, 'review', 'default')).map(({ id, body }) => [id, body]));
  expect(states.get(fast)).toMatchObject({ state: 'closed', lapsedAt: expect.any(Number), closed: { by: 'sallyport|reviews' } });
  // One that is open, and due in a day, is reminded of, and no further one is opened beside it.
  const open = [...states.values()].filter(({ state }) => state === 'open');
  expect(open).toMatchObject([{ title: 'Who', reminders: [{ at: expect.any(Number) }] }]);
  const who = [...states].find(([, { title }]) => title === 'Who')?.[0] ?? '';
  expect((await send(DAN, 'POST', '/reviews/:id/close', { params: { id: who } })).code).toBe('');
  expect((await send(DAN, 'POST', '/schedule/:kind/run', { params: { kind: 'review' } })).code).toBe('');
  const next = (await listStored(control().store, 'review', 'default')).filter(({ body }) => body.state === 'open');
  expect(next.map(({ body }) => body.title)).toEqual([expect.stringMatching(/^Review of \d{4}-\d\d-\d\d$/)]);
});

test('a role that waits under the name of what will be left gives nothing', async () => {
  const [crm, erp] = [{ server: 'crm', effects: ['read'] }, { server: 'erp', effects: ['read'] }];
  await configure(control(), 'role', 'default', 'trap', { allow: [crm, erp] });
  await bind('trap-nobodies', 'trap', { group: 'nobodies' });
  const name = `review-${digestOf(['trap', [erp]]).slice(0, 16)}`;
  await configure(control(), 'role', 'default', name, { allow: [{ server: 'own', effects: ['read', 'destroy'] }] });
  const narrowed = control().store.transaction((rows) =>
    apply(rows, 'default', { kind: 'drop-grant', binding: 'trap-nobodies', server: 'crm' }, Date.now()));
  expect(await codeOf(narrowed)).toBe('ERR_CONFLICT');
  expect(await findStored(control().store, 'binding', 'default', 'trap-nobodies')).toBeDefined();
});
