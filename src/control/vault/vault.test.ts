import { afterAll, beforeAll, expect, test } from 'bun:test';
import { chmodSync, existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Decrypter, armor } from 'age-encryption';
import { text as plain } from '../../cli/json-view.ts';
import { isArray, isObject } from '../../domain/json.ts';
import type { Json, JsonObject } from '../../domain/json.ts';
import { LIMITS } from '../../domain/limits.ts';
import { answerApi } from '../listen.ts';
import { crm, openControl } from '../fixture-control.ts';
import type { ControlFixture } from '../fixture-control.ts';

const VALUE = 'sesame-7c01';

let fixture: ControlFixture;
beforeAll(async () => {
  fixture = await openControl();
});
afterAll(() => fixture.close());

const key = (): string => join(fixture.home, 'control', 'vault.key');

/** The row of a secret as something else than control would write it. */
async function tamper(name: string, change: (body: JsonObject) => Json, space = 'default'): Promise<void> {
  const { store } = fixture.role.control;
  const row = await store.get('secret', space, name);
  await store.put('secret', space, name, change(isObject(row?.body) ? row.body : {}), { by: 'intruder' });
}

function parse(text: string): Json {
  const value: Json = JSON.parse(text);
  return value;
}

async function sealedOf(name: string): Promise<readonly string[]> {
  const { holds } = await fixture.role.control.store.get('secret', 'default', name).then((row) => (isObject(row?.body) ? row.body : {}));
  const versions = isObject(holds) && isArray(holds['versions']) ? holds['versions'] : [];
  return versions.flatMap((one) => (isObject(one) && typeof one['sealed'] === 'string' ? [one['sealed']] : []));
}

async function check(name: string): Promise<string> {
  const { body } = await fixture.api('POST', `/vault/${name}/check`);
  expect(JSON.stringify(body)).not.toContain(VALUE);
  return plain(body['code'] ?? body['opens']);
}

test('a secret is set, listed, opened and removed, and its value is nowhere but in the vault', async () => {
  expect(await fixture.api('PUT', '/vault/team%2Fcrm', { value: VALUE, owner: 'ann' })).toEqual({ status: 200, body: { name: 'team/crm', version: 1 } });
  const { body } = await fixture.api('GET', '/vault');
  expect(body).toMatchObject({
    state: 'open', key: { source: 'file', mode: '0600', where: key() }, secrets: [{ name: 'team/crm', version: 1, owner: 'ann', findings: [] }],
  });
  expect(JSON.stringify([body, await fixture.api('GET', '/vault/team%2Fcrm'), await fixture.api('GET', '/audit/records')])).not.toContain(VALUE);
  expect(JSON.stringify(body)).not.toContain('AGE ENCRYPTED');
  expect(await check('team%2Fcrm')).toBe('true');
  expect(readFileSync(join(fixture.home, 'control', 'store.db'), 'latin1')).not.toContain(VALUE);
  const decrypter = new Decrypter();
  decrypter.addIdentity(readFileSync(key(), 'utf8').match(/AGE-SECRET-KEY-1\w+/)?.[0] ?? '');
  expect(await decrypter.decrypt(armor.decode((await sealedOf('team/crm'))[0] ?? ''), 'text')).toContain(VALUE);
  expect(await fixture.api('DELETE', '/vault/team%2Fcrm')).toMatchObject({ status: 200 });
  expect(await fixture.api('GET', '/vault/team%2Fcrm')).toMatchObject({ status: 404 });
});

test('a value is taken over the socket of this machine only, and a body that is none repeats nothing', async () => {
  const { control } = fixture.role;
  const ask = (path: string, method: string): Promise<unknown> => answerApi(
    new Request(`https://control.example/api/v1${path}`, {
      method, body: JSON.stringify({ value: VALUE, passphrase: VALUE }), headers: { 'content-type': 'application/json' },
    }),
    async () => ({ id: 'admin', may: ['read', 'change'] }), control, new AbortController().signal,
  ).then((response) => response.status, (fault: unknown) => (fault instanceof Error ? fault.message : ''));
  for (const [path, method] of [['/vault/x', 'PUT'], ['/vault/x/rotate', 'POST'], ['/vault/rekey', 'POST'], ['/vault/unlock', 'POST']] as const) {
    expect(await ask(path, method)).toBe('this is possible on the machine that runs control only');
  }
  const large = 'x'.repeat(LIMITS.secretBytesMax + 1);
  for (const body of [{ value: '' }, { value: `${VALUE}\0` }, { value: VALUE, more: VALUE }, { value: VALUE, expires: VALUE }, { value: large }]) {
    const answer = await fixture.api('PUT', '/vault/x', body);
    expect(answer).toMatchObject({ status: 400, body: { code: 'ERR_REQUEST_INVALID' } });
    expect(JSON.stringify(answer)).not.toContain(VALUE);
  }
  for (const name of ['', '..%2Fx', '%20', 'a%00b', 'x'.repeat(201)]) {
    expect((await fixture.api('PUT', `/vault/${name}`, { value: VALUE })).status).toBeGreaterThanOrEqual(400);
  }
});

test('each rotation is a version; old ones are kept, restored, revoked, and at last forgotten', async () => {
  await fixture.api('PUT', '/vault/many', { value: 'v1', owner: 'ann', rotateBy: '2020-01-01' });
  expect((await fixture.api('GET', '/vault/many')).body).toMatchObject({ findings: [{ rule: 'secret-not-recognised' }] });
  await fixture.api('POST', '/vault/many/rotate', { value: 'v2' });
  expect((await fixture.api('POST', '/vault/many/rotate', { restore: 1 })).body).toEqual({ name: 'many', version: 3 });
  expect(await fixture.role.control.vault.read('default', 'vault:many')).toEqual({ value: 'v1', version: 3 });
  await fixture.api('POST', '/vault/many/revoke', { version: 2 });
  expect(await fixture.api('POST', '/vault/many/rotate', { restore: 2 })).toMatchObject({ status: 404 });
  const { body } = await fixture.api('GET', '/vault/many');
  expect(body).toMatchObject({ owner: 'ann', version: 3, versions: [{ version: 1 }, { version: 2, revokedAt: expect.any(Number) }, { version: 3 }] });
  expect(body['rotateBy']).toBeUndefined();
  for (let more = 4; more <= LIMITS.secretVersionsMax + 2; more += 1) await fixture.api('POST', '/vault/many/rotate', { value: `v${more}` });
  expect(await sealedOf('many')).toHaveLength(LIMITS.secretVersionsMax);
  expect(await fixture.api('POST', '/vault/none/rotate', { value: 'x' })).toMatchObject({ status: 404 });
});

test('a secret that a server refers to is not removed', async () => {
  await fixture.api('PUT', '/vault/used', { value: VALUE });
  await fixture.api('POST', '/servers', crm('user', { credentials: { type: 'header', header: 'X-Key', secret: 'vault:used' } }));
  expect(await fixture.api('DELETE', '/vault/used')).toMatchObject({ status: 409, body: { message: 'the secret is used by user' } });
  await fixture.api('DELETE', '/servers/user');
  expect(await fixture.api('DELETE', '/vault/used')).toMatchObject({ status: 200 });
});

test('rows that were swapped, cut or sealed by others are noticed, in every direction', async () => {
  await fixture.api('PUT', '/vault/mine', { value: VALUE });
  await fixture.api('PUT', '/vault/mine', { value: 'second' });
  await fixture.api('PUT', '/vault/theirs', { value: 'theirs' });
  const [own, other] = [await fixture.role.control.store.get('secret', 'default', 'mine'), await fixture.role.control.store.get('secret', 'default', 'theirs')];
  const [one = '', two = ''] = await sealedOf('mine');
  const row = JSON.stringify(own?.body);
  const [first, second] = [JSON.stringify(one), JSON.stringify(two)];
  const changes: readonly Json[] = [
    other?.body ?? null,
    parse(row.replace(second, first)),
    parse(row.replaceAll(/"version":2/g, '"version":3')),
    parse(row.replace(second, JSON.stringify(two.slice(0, -80)))),
  ];
  for (const changed of changes) {
    await tamper('mine', () => changed);
    expect(await check('mine')).toBe('ERR_VAULT_SEAL');
  }
  await tamper('mine', () => own?.body ?? null);
  await fixture.role.control.store.put('secret', 'sales', 'mine', own?.body ?? null, { by: 'intruder' });
  expect((await fixture.api('POST', '/vault/mine/check?space=sales')).body).toMatchObject({ code: 'ERR_VAULT_SEAL' });
  await fixture.role.control.store.delete('secret', 'sales', 'mine', { by: 'test' });
  await tamper('mine', () => ({ sealed: 'x' }));
  expect((await fixture.api('POST', '/vault/mine/check')).body).toMatchObject({ code: 'ERR_STORE_UNAVAILABLE' });
  await tamper('mine', () => own?.body ?? null);
  expect(await check('mine')).toBe('true');
});

test('a key file that others can read, that is gone, or is another key opens nothing, and no new key is made in its place', async () => {
  await fixture.api('PUT', '/vault/kept', { value: VALUE });
  const kept = readFileSync(key(), 'utf8');
  const opens = async (): Promise<string> => {
    await fixture.restart();
    return check('kept');
  };
  chmodSync(key(), 0o644);
  expect(fixture.restart()).rejects.toMatchObject({ code: 'ERR_FILE_UNSAFE' });
  rmSync(key());
  expect(await opens()).toBe('ERR_VAULT_KEY');
  expect(await fixture.api('PUT', '/vault/new', { value: VALUE })).toMatchObject({ body: { code: 'ERR_VAULT_KEY' } });
  expect(existsSync(key())).toBe(false);
  writeFileSync(key(), kept.replace(/(?<=AGE-SECRET-KEY-1)\w{4}/, 'QQQQ'), { mode: 0o600 });
  expect(await opens()).toBe('ERR_VAULT_KEY');
  rmSync(key());
  writeFileSync(key(), kept, { mode: 0o600 });
  expect(await opens()).toBe('true');
  expect((await fixture.api('GET', '/vault')).body).toMatchObject({ state: 'open' });
});

test('the vault is given another key, then one behind a passphrase; each time everything opens, and the old key is gone', async () => {
  await fixture.api('PUT', '/vault/kept', { value: 'as it was' });
  const before = readFileSync(key(), 'utf8');
  const [old = ''] = await sealedOf('kept');
  const rekeyed = await fixture.api('POST', '/vault/rekey', {});
  expect(rekeyed).toMatchObject({ status: 200, body: { resealed: expect.any(Number), recipient: expect.stringMatching(/^age1/) } });
  expect(await sealedOf('kept')).not.toContain(old);
  expect(readFileSync(key(), 'utf8').match(/AGE-SECRET-KEY-1\w+/g)).toHaveLength(1);
  expect(readFileSync(key(), 'utf8')).not.toBe(before);
  expect(statSync(key()).mode & 0o777).toBe(0o600);
  expect(await check('kept')).toBe('true');

  const passphrase = 'five words that nobody knows';
  expect(await fixture.api('POST', '/vault/rekey', { source: 'passphrase', newPassphrase: 'short' })).toMatchObject({ status: 400 });
  expect(await check('kept')).toBe('true');
  expect(await fixture.api('POST', '/vault/rekey', { source: 'passphrase', newPassphrase: passphrase })).toMatchObject({ status: 200 });
  expect(existsSync(key())).toBe(false);
  await fixture.restart();
  expect((await fixture.api('GET', '/vault')).body).toMatchObject({ state: 'closed', key: { source: 'passphrase', mode: '0600' } });
  expect(await check('kept')).toBe('ERR_VAULT_LOCKED');
  expect(await fixture.api('POST', '/vault/unlock', { passphrase })).toMatchObject({ status: 200, body: { state: 'open' } });
  expect(await check('kept')).toBe('true');

  const file = join(fixture.home, 'passphrase');
  writeFileSync(file, `${passphrase}\n`, { mode: 0o600 });
  process.env['SALLYPORT_VAULT_PASSPHRASE_FILE'] = file;
  await fixture.restart();
  expect(await check('kept')).toBe('true');
  chmodSync(file, 0o644);
  await fixture.restart();
  expect(await check('kept')).toBe('ERR_VAULT_KEY');
  chmodSync(file, 0o600);
  expect(await fixture.api('POST', '/vault/rekey', { source: 'file' })).toMatchObject({ status: 200 });
  delete process.env['SALLYPORT_VAULT_PASSPHRASE_FILE'];
  expect(existsSync(`${key()}.age`)).toBe(false);
  await fixture.restart();
  expect(await check('kept')).toBe('true');
}, 60_000);
