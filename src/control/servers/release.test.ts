import { afterAll, beforeAll, expect, setSystemTime, test } from 'bun:test';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { journalOf } from '../../../test/fixtures/journal-of.ts';
import { createJournal } from '../../audit/journal.ts';
import { text } from '../../cli/json-view.ts';
import type { Json, JsonObject } from '../../domain/json.ts';
import { LIMITS } from '../../domain/limits.ts';
import { REGISTRY_PRINCIPAL_ID } from '../../domain/principal.ts';
import type { JournalRecord } from '../../domain/record.ts';
import { connectLink } from '../../link/connect.ts';
import type { Link } from '../../link/connect.ts';
import { crm, openControl, surfaceSaying } from '../fixture-control.ts';
import type { ControlFixture } from '../fixture-control.ts';
import type { Person as StoredPerson } from '../people/schema.ts';
import { putStored } from '../stored.ts';

const VALUE = 'sesame-41ab';
const FLOW = 'f'.repeat(32);
const STANDING = { context: FLOW, standing: { credentials: ['https://idp.example|j1', 'https://idp.example|s1'], issuedAt: 1_000 } };
const ANN = { principal: 'sallyport|ann', agent: 'helper' };

let fixture: ControlFixture;
let folder: string;
let ledger: Link;
let journal: ReturnType<typeof createJournal>;

beforeAll(async () => {
  fixture = await openControl();
  folder = mkdtempSync('/tmp/sp-release-');
  writeFileSync(join(folder, 'key'), `${VALUE}\n`, { mode: 0o600 });
  ledger = connectLink({ home: fixture.home, self: 'gateway', peer: 'ledger' });
  journal = createJournal(ledger, { node: 'gw-1', incarnation: Bun.randomUUIDv7(), seenFile: join(fixture.home, 'seen-gw-1.json') });
  fixture.says.set('crm', surfaceSaying({ search: {} }));
  await declare('crm', { type: 'header', header: 'X-Key', secret: 'vault:crm' });
  await declare('other', { type: 'header', header: 'X-Key', secret: `file:${folder}/key` });
  await fixture.api('PUT', '/vault/crm', { value: VALUE });
});

afterAll(async () => {
  setSystemTime();
  journal.close();
  ledger.close();
  await fixture.close();
  rmSync(folder, { recursive: true });
});

async function declare(id: string, credentials: JsonObject, approve = true): Promise<void> {
  fixture.says.set(id, surfaceSaying({ search: {} }));
  await fixture.api('POST', '/servers', crm(id, { credentials }));
  if (!approve) return;
  const { body } = await fixture.api('POST', `/servers/${id}/scan`);
  const digest = JSON.stringify(body).match(/"candidate":\{"digest":"([0-9a-f]{64})"/)?.[1] ?? '';
  expect(await fixture.api('POST', `/servers/${id}/approve`, { digest })).toMatchObject({ status: 200 });
}

/** What a gateway writes before it calls a server; gives the exchange. */
async function permit(server: string, more: Partial<JournalRecord> = {}): Promise<string> {
  const exchange = Bun.randomUUIDv7();
  await journal.append({
    id: Bun.randomUUIDv7(), at: Date.now(), category: 'access', event: 'call.permitted', node: 'gw-1', space: 'default', exchange, server,
    method: 'tools/call', tool: 'search', ...ANN, ...more,
  });
  return exchange;
}

function release(server: string, exchange: string, more: JsonObject = {}): Promise<Json> {
  return fixture.asGateway.call('control.release', { space: 'default', server, exchange, ...more });
}

/** The code that it was refused with, and why, as the record has it. */
async function refusal(work: Promise<Json>): Promise<string> {
  const fault: unknown = await work.then((value) => `released ${JSON.stringify(value)}`, (error: unknown) => error);
  expect(Bun.inspect(fault)).not.toContain(VALUE);
  if (!(fault instanceof Error) || !('code' in fault)) return String(fault);
  const { body } = await fixture.api('GET', '/audit/records?event=credential.refused&limit=1');
  expect(JSON.stringify(body)).not.toContain(VALUE);
  return `${String(fault.code)}: ${JSON.stringify(body).match(/"why":"([^"]*)"/)?.[1] ?? ''}`;
}

test('a permitted call is given its server\'s credential, on record before it leaves', async () => {
  const exchange = await permit('crm');
  const answer = await release('crm', exchange, { ...ANN, actors: [] });
  expect(answer).toMatchObject({ kind: 'header', name: 'X-Key', value: VALUE, id: 'vault|default/crm@1' });
  const body = journalOf(fixture.home, { event: 'credential.released', exchange });
  expect(body).toMatchObject([
    { event: 'credential.released', exchange, server: 'crm', ...ANN, tool: 'search', detail: { node: 'gw-1', secret: 'vault:crm' } },
  ]);
  expect(JSON.stringify(body)).not.toContain(VALUE);
  const shown = await fixture.api('GET', '/vault/crm');
  expect(shown.body).toMatchObject({ name: 'crm', lastUsedAt: expect.any(Number), usedBy: ['crm'] });
});

test('on record is what its caller is: a workload stands there by its name', async () => {
  const exchange = await permit('crm', { principal: 'sallyport|build-bot', principalKind: 'workload', agent: 'ci' });
  await release('crm', exchange);
  const { body } = await fixture.api('GET', `/audit/records?event=credential.released&exchange=${exchange}`);
  expect(body).toMatchObject({ records: [{ principal: 'sallyport|build-bot', principalKind: 'workload' }] });
});

test('no receipt, no credential', async () => {
  expect(await refusal(release('crm', Bun.randomUUIDv7()))).toBe('ERR_RELEASE_REFUSED: no open call is known by that exchange');
  expect(await refusal(fixture.asGateway.call('control.release', { space: 'default', server: 'crm' }))).toContain('ERR_RELEASE_REFUSED');
});

test('a receipt is good for its own server, space and caller only', async () => {
  const exchange = await permit('crm');
  expect(await refusal(release('other', exchange))).toBe('ERR_RELEASE_REFUSED: the call was permitted on another server');
  expect(await refusal(release('crm', exchange, { space: 'sales' }))).toBe('ERR_RELEASE_REFUSED: the call was permitted on another server');
  for (const claim of [{ principal: 'sallyport|bob' }, { agent: 'another' }, { actors: ['a'] }]) {
    expect(await refusal(release('crm', exchange, claim))).toBe('ERR_RELEASE_REFUSED: the call was permitted to somebody else');
  }
  const workload = { principal: REGISTRY_PRINCIPAL_ID, agent: REGISTRY_PRINCIPAL_ID, onBehalfOf: { ...ANN, actors: ['inner'] } };
  expect(await release('crm', await permit('crm', workload), { ...ANN, actors: ['inner'] })).toMatchObject({ value: VALUE });
});

test('what another role wrote is no receipt', async () => {
  const asControl = connectLink({ home: fixture.home, self: 'control', peer: 'ledger' });
  const own = createJournal(asControl, { node: 'control-2', incarnation: Bun.randomUUIDv7(), seenFile: join(fixture.home, 'seen-control-2.json') });
  const exchange = Bun.randomUUIDv7();
  await own.append({
    id: Bun.randomUUIDv7(), at: Date.now(), category: 'access', event: 'call.permitted', node: 'control-2', space: 'default', exchange, server: 'crm', ...ANN,
  });
  expect(await refusal(release('crm', exchange))).toContain('no open call is known');
  own.close();
  asControl.close();
});

test('what the server refused is not given again, and not for ever asked for', async () => {
  const exchange = await permit('crm');
  await release('crm', exchange);
  const refused = new Bun.CryptoHasher('sha256').update(VALUE).digest('hex');
  expect(await release('crm', exchange, { refused, challenge: '' })).toMatchObject({ kind: 'none' });
  for (let more = 0; more < 2; more += 1) expect(await release('crm', exchange, { refused: '0'.repeat(64) })).toMatchObject({ value: VALUE });
  expect(await refusal(release('crm', exchange, { refused: '0'.repeat(64) }))).toBe('ERR_RELEASE_REFUSED: the receipt was used already');
});

test('only what the server declares is read, and only as what it is for', async () => {
  for (const secret of ['env:HOME', 'file:/etc/passwd', 'vault:crm2', `file:${folder}/key`]) {
    expect(await refusal(release('crm', await permit('crm'), { secret }))).toContain('ERR_UPSTREAM_CREDENTIAL');
  }
  writeFileSync(join(folder, 'key'), `${VALUE}\nx-other: 1\n`);
  expect(await refusal(release('other', await permit('other')))).toContain('ERR_UPSTREAM_CREDENTIAL');
  writeFileSync(join(folder, 'key'), `${VALUE}\n`);
  expect(await release('other', await permit('other'))).toMatchObject({ kind: 'header', value: VALUE });
});

test('a file that others can read is a finding; so is a credential that nobody owns', async () => {
  chmodSync(join(folder, 'key'), 0o644);
  const { body } = await fixture.api('GET', '/servers/other');
  expect(body['findings']).toEqual(expect.arrayContaining([
    expect.objectContaining({
      rule: 'credential-file-open', message: expect.stringContaining('0644'),
    }), expect.objectContaining({ rule: 'credential-unowned' }),
  ]));
  chmodSync(join(folder, 'key'), 0o600);
});

async function rules(id: string): Promise<readonly unknown[]> {
  const { body } = await fixture.api('GET', `/servers/${id}`);
  return JSON.stringify(body['findings']).match(/credential-[a-z-]+/g) ?? [];
}

test('after its last day a credential is denied, with a remedy; overdue rotation is a finding', async () => {
  await declare('old', { type: 'header', header: 'X-Key', secret: 'vault:crm', owner: 'ann', expires: '2026-01-31' });
  expect(await refusal(release('old', await permit('old')))).toContain('ERR_SECRET_EXPIRED');
  await declare('slow', { type: 'header', header: 'X-Key', secret: `file:${folder}/key`, owner: 'ann', rotateBy: '2026-01-31' });
  expect(await release('slow', await permit('slow'))).toMatchObject({ value: VALUE });
  expect(await rules('old')).toEqual(['credential-expired']);
  expect(await rules('slow')).toEqual(['credential-rotation-overdue']);
});

test('nobody who was stopped is given a credential, and no server in quarantine', async () => {
  const kill = (body: JsonObject): Promise<unknown> => fixture.api('PUT', '/kill', { reason: 'test', ...body });
  for (const target of [{ target: 'all' }, { target: 'agent', name: 'helper' }, { target: 'server', name: 'crm' }]) {
    const exchange = await permit('crm');
    await kill({ ...target, on: true });
    expect(await refusal(release('crm', exchange))).toBe('ERR_RELEASE_REFUSED: a kill switch is on');
    await kill({ ...target, on: false });
    expect(await release('crm', exchange)).toMatchObject({ value: VALUE });
  }
  for (const [target, name] of [['principal', 'sallyport|ann'], ['tool', 'crm/outer'], ['context', FLOW]] as const) {
    const exchange = await permit('crm', { ...STANDING, dispatchers: ['outer'] });
    await kill({ target, name, on: true });
    expect([target, await refusal(release('crm', exchange))]).toEqual([target, 'ERR_RELEASE_REFUSED: a kill switch is on']);
    await kill({ target, name, on: false });
    expect(await release('crm', exchange)).toMatchObject({ value: VALUE });
  }
  await declare('ill', { type: 'header', header: 'X-Key', secret: 'vault:crm' });
  const exchange = await permit('ill');
  await fixture.api('POST', '/servers/ill/quarantine', { reason: 'test' });
  expect(await refusal(release('ill', exchange))).toContain('ERR_SERVER_QUARANTINED');
});

test('nobody whose credential, sign-in or account has ended is given one, whatever the gateway says', async () => {
  for (const credential of STANDING.standing.credentials) {
    const exchange = await permit('crm', STANDING);
    await fixture.api('POST', '/revocations', { credential, reason: 'test' });
    expect(await refusal(release('crm', exchange))).toBe('ERR_RELEASE_REFUSED: the caller\'s credential was revoked');
    await fixture.role.control.store.delete('revocation', 'default', (await fixture.role.control.store.list('revocation'))[0]?.id ?? '', { by: 'test' });
    await fixture.role.control.lease.renew();
    expect(await release('crm', exchange)).toMatchObject({ value: VALUE });
  }
  const at = Date.now();
  const zoe = { userName: 'zoe', active: true, source: 'scim' as const, groups: [], createdAt: at, changedAt: at };
  const put = async (change: Partial<StoredPerson>): Promise<void> => {
    await putStored(fixture.role.control.store, 'person', 'default', 'zoe', { ...zoe, ...change }, 'test');
    await fixture.role.control.lease.renew();
  };
  const [direct, behind] = [{ principal: 'sallyport|zoe' }, { ...ANN, principal: 'sallyport|bot', onBehalfOf: { ...ANN, principal: 'sallyport|zoe' } }];
  const caller = { principal: 'sallyport|zoe', onBehalfOf: ANN };
  const permits = await Promise.all([direct, behind, caller].map((who) => permit('crm', { ...STANDING, ...who })));
  await put({ active: false, deactivatedAt: at, notBefore: at });
  for (const exchange of permits) expect(await refusal(release('crm', exchange))).toBe('ERR_RELEASE_REFUSED: the caller was deactivated');
  // Active again: what was issued before is not, nor what does not say when it was.
  await put({ notBefore: at });
  const silent = await permit('crm', direct);
  for (const exchange of [...permits, silent]) expect(await refusal(release('crm', exchange))).toContain('since the token was issued');
  const fresh = await permit('crm', { ...direct, standing: { ...STANDING.standing, issuedAt: at + 1 } });
  expect(await release('crm', fresh)).toMatchObject({ value: VALUE });
});

test('before it is approved, only the registry\'s own workload is given a server\'s credential', async () => {
  await declare('new', { type: 'header', header: 'X-Key', secret: 'vault:crm' }, false);
  expect(await refusal(release('new', await permit('new')))).toContain('ERR_SERVER_NOT_APPROVED');
  const registry = { principal: REGISTRY_PRINCIPAL_ID, agent: REGISTRY_PRINCIPAL_ID };
  expect(await release('new', await permit('new', registry))).toMatchObject({ value: VALUE });
  expect(await refusal(release('gone', await permit('gone')))).toContain('ERR_SERVER_UNKNOWN');
});

test('a rotated secret is released in its new version; a revoked one is named to every gateway', async () => {
  await fixture.api('PUT', '/vault/turning', { value: 'first' });
  await declare('turning', { type: 'mtls', secret: 'vault:turning', owner: 'ann' });
  expect(await release('turning', await permit('turning'))).toMatchObject({ kind: 'certificate', pem: 'first', id: 'vault|default/turning@1' });
  expect(await fixture.api('POST', '/vault/turning/rotate', { value: 'second', revokeOld: true })).toMatchObject({ status: 200 });
  expect(fixture.role.control.lease.current?.lease.revokedCredentials).toEqual(['vault|default/turning@1']);
  expect(await release('turning', await permit('turning'))).toMatchObject({ pem: 'second', id: 'vault|default/turning@2' });
  await fixture.api('POST', '/vault/turning/revoke', { version: 2 });
  expect(await refusal(release('turning', await permit('turning')))).toContain('ERR_UPSTREAM_CREDENTIAL');
});

test('above what a server can need in a minute nothing is released, loudly, once', async () => {
  await declare('busy', { type: 'header', header: 'X-Key', secret: `file:${folder}/key` });
  const before = fixture.role.control.releases.alarms.length;
  const codes: string[] = [];
  for (let asked = 0; asked < LIMITS.releasesPerServerMinuteMax + 3; asked += 1) {
    codes.push(await release('busy', await permit('busy')).then(
      () => 'released', (fault: unknown) => (fault instanceof Error && 'code' in fault ? text(String(fault.code)) : ''),
    ));
  }
  expect(codes.filter((code) => code === 'ERR_RELEASE_RATE').length).toBeGreaterThanOrEqual(1);
  expect(codes.slice(0, LIMITS.releasesPerServerMinuteMax)).not.toContain('ERR_RELEASE_REFUSED');
  expect(fixture.role.control.releases.alarms.slice(before)).toEqual([expect.objectContaining({ message: expect.stringContaining('default/busy') })]);
  // Other servers go on.
  expect(await release('crm', await permit('crm'))).toMatchObject({ value: VALUE });
}, 60_000);

// From here on the clock goes forward only, as control's does.

test('a receipt is used once; a call that goes on is given it again after half of the lease', async () => {
  const exchange = await permit('crm');
  const at = Date.now();
  await release('crm', exchange);
  expect(await refusal(release('crm', exchange))).toBe('ERR_RELEASE_REFUSED: the receipt was used already');
  setSystemTime(at + LIMITS.credentialLeaseMs / 2 + 1_000);
  await fixture.role.control.lease.renew();
  expect(await release('crm', exchange)).toMatchObject({ value: VALUE });
  expect(await refusal(release('crm', exchange))).toBe('ERR_RELEASE_REFUSED: the receipt was used already');
});

test('a receipt is good soon after the permit, and while its call is open', async () => {
  const [late, stream, closed] = [await permit('crm'), await permit('crm', { method: 'transport/stream' }), await permit('crm')];
  await journal.append({
    id: Bun.randomUUIDv7(), at: Date.now(), category: 'execution', event: 'result.delivered', node: 'gw-1', space: 'default', exchange: closed, server: 'crm',
  });
  expect(await refusal(release('crm', closed))).toContain('no open call is known');
  const [told, silent] = [await permit('crm'), await permit('crm')];
  for (const exchange of [told, silent]) {
    await journal.append({
      id: Bun.randomUUIDv7(), at: Date.now(), category: 'error', event: 'call.cancelled', node: 'gw-1', space: 'default', exchange, server: 'crm',
    });
  }
  // The server has to be told that it was given up.
  expect(await release('crm', told)).toMatchObject({ value: VALUE });
  setSystemTime(Date.now() + LIMITS.receiptFreshMs + 1_000);
  await fixture.role.control.lease.renew();
  for (const exchange of [late, silent]) expect(await refusal(release('crm', exchange))).toBe('ERR_RELEASE_REFUSED: the call was permitted too long ago');
  expect(await release('crm', stream)).toMatchObject({ value: VALUE });
});

test('a message that opens no call has a receipt for a minute', async () => {
  const event = { event: 'message.permitted', method: 'notifications/initialized' } as const;
  const [first, second] = [await permit('crm', event), await permit('crm', event)];
  expect(await release('crm', first)).toMatchObject({ value: VALUE });
  // What servers say is recorded by the same word; it is no permit to call them.
  expect(await refusal(release('crm', await permit('crm', { ...event, category: 'execution' })))).toContain('no open call is known');
  setSystemTime(Date.now() + LIMITS.receiptFreshMs + 1_000);
  await fixture.role.control.lease.renew();
  expect(await refusal(release('crm', second))).toContain('too long ago');
});
