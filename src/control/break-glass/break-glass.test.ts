import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Json, JsonObject } from '../../domain/json.ts';
import { isArray, isObject } from '../../domain/json.ts';
import { codeOf } from '../../../test/fixtures/code-of.ts';
import { text } from '../../cli/json-view.ts';
import { crm, openControl } from '../fixture-control.ts';
import type { ControlFixture } from '../fixture-control.ts';
import { deriveCustodianKey } from './custodian-key.ts';
import type { CustodianKey } from './custodian-key.ts';

let fixture: ControlFixture;
const keys = new Map<string, CustodianKey>();
const PASSPHRASES = { olga: 'six random words make olga', piet: 'six random words make piet' };
const SALTS = { olga: 'b2xnYS1zYWx0LW9mLXRlc3Rz', piet: 'cGlldC1zYWx0LW9mLXRlc3Rz' };

beforeAll(async () => {
  fixture = await openControl();
  for (const name of ['olga', 'piet'] as const) {
    const key = await deriveCustodianKey(PASSPHRASES[name], SALTS[name]);
    keys.set(name, key);
    expect((await fixture.api('PUT', `/break-glass/custodians/${name}`, { publicKey: key.publicKey, salt: SALTS[name] })).status).toBe(200);
  }
});
afterAll(() => fixture.close());

type Answered = Awaited<ReturnType<ControlFixture['api']>>;

/** Whoever reaches the socket and shows nothing. */
async function stranger(method: string, path: string, body?: JsonObject): Promise<Answered> {
  const response = await fetch(`http://control/api/v1${path}`, {
    method, unix: join(fixture.home, 'run', 'control', 'api.sock'), headers: body === undefined ? {} : { 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const answer: Json = JSON.parse(await response.text());
  return { status: response.status, body: isObject(answer) ? answer : {} };
}

const WISH = { space: 'default', access: ['read', 'stop'], reason: 'the provider is down', minutes: 30, custodians: ['olga', 'piet'] };

const begin = (more: JsonObject = {}): Promise<Answered> => stranger('POST', '/break-glass', { ...WISH, ...more });
const sign = (name: string, challenge: Json | undefined): string => keys.get(name)?.sign(text(challenge)) ?? '';
const confirm = (id: Json | undefined, signatures: readonly string[]): Promise<Answered> =>
  stranger('POST', `/break-glass/${text(id)}/confirm`, { signatures });

async function open(more: JsonObject = {}): Promise<{ readonly id: string; readonly token: string }> {
  const { body } = await begin(more);
  const opened = await confirm(body['id'], ['olga', 'piet'].map((name) => sign(name, body['challenge'])));
  expect(opened.status).toBe(200);
  return { id: text(opened.body['id']), token: text(opened.body['token']) };
}

async function recordsOf(event: string): Promise<string> {
  const { body } = await fixture.api('GET', `/audit/records?event=${event}&order=oldest`);
  return isArray(body['records']) ? JSON.stringify(body['records']) : '';
}

describe('two custodians', () => {
  test('open exactly what they named, for as long as they said; it is recorded and shown', async () => {
    const { id, token } = await open();
    await fixture.api('POST', '/servers', crm('crm'));
    expect((await fixture.api('GET', '/servers', undefined, token)).status).toBe(200);
    expect((await fixture.api('POST', '/servers/crm/quarantine', { reason: 'attack' }, token)).status).toBe(200);
    expect((await fixture.api('DELETE', '/servers/crm', undefined, token)).status).toBe(403);
    expect((await fixture.api('GET', '/servers?space=red', undefined, token)).status).toBe(403);
    expect((await fixture.api('GET', '/people', undefined, token)).status).toBe(403);
    expect((await fixture.api('POST', '/admins', { to: { group: 'x' }, role: 'admin', space: '*' }, token)).status).toBe(403);
    expect(await recordsOf('break-glass.opened')).toContain('the provider is down');
    expect(await recordsOf('config.changed')).toContain(`"principal":"sallyport|break-glass/${id}"`);
    expect((await fixture.api('GET', '/status')).body).toMatchObject({ breakGlass: { open: [id], unreviewed: [id], overdue: [] } });
    for (const file of readdirSync(join(fixture.home, 'ledger', 'segments'))) {
      expect(readFileSync(join(fixture.home, 'ledger', 'segments', file), 'utf8')).not.toContain(token);
    }
    expect(readFileSync(join(fixture.home, 'control', 'store.db')).includes(token)).toBe(false);
  });

  test('close it, or it ends by itself; then somebody else reviews it', async () => {
    const { id, token } = await open({ space: '*', access: ['investigate', 'audit'] });
    expect((await fixture.api('GET', '/break-glass', undefined, token)).status).toBe(200);
    expect((await fixture.api('POST', `/break-glass/${id}/review`, { note: 'fine' }, token)).status).toBe(409);
    expect((await stranger('POST', `/break-glass/${id}/close`)).status).toBe(403);
    expect((await fixture.api('POST', `/break-glass/${id}/close`, undefined, token)).status).toBe(200);
    expect((await fixture.api('GET', '/break-glass', undefined, token)).status).toBe(401);
    const other = await open({ space: '*', access: ['investigate'] });
    expect((await fixture.api('POST', `/break-glass/${id}/review`, { note: 'fine' }, other.token)).body['code']).toBe('ERR_SECOND_PERSON');
    expect((await fixture.api('POST', `/break-glass/${id}/review`, { note: 'looked at it all' })).body).toMatchObject({ review: { by: 'sallyport|admin' } });
    const { store } = fixture.role.control;
    const body = (await store.get('opening', 'default', other.id))?.body;
    const at = Date.now();
    await store.put('opening', 'default', other.id, { ...(isObject(body) ? body : {}), openedAt: at - 100_000_000, endsAt: at - 1 }, { by: 'test' });
    expect((await fixture.api('GET', '/me', undefined, other.token)).status).toBe(401);
    expect((await fixture.api('GET', '/status')).body).toMatchObject({ breakGlass: { overdue: [other.id] } });
  });

  test('are needed both, and their word is for one opening', async () => {
    const { body } = await begin();
    const [olga, piet] = ['olga', 'piet'].map((name) => sign(name, body['challenge']));
    expect((await confirm(body['id'], [olga ?? '', olga ?? ''])).body['code']).toBe('ERR_BREAK_GLASS');
    // A try is a try: the right signatures come too late.
    expect((await confirm(body['id'], [olga ?? '', piet ?? ''])).body['code']).toBe('ERR_BREAK_GLASS');
    const good = await begin();
    const signatures = ['olga', 'piet'].map((name) => sign(name, good.body['challenge']));
    expect((await confirm(good.body['id'], signatures)).status).toBe(200);
    expect((await confirm(good.body['id'], signatures)).body['code']).toBe('ERR_BREAK_GLASS');
    const next = await begin();
    expect((await confirm(next.body['id'], signatures)).body['code']).toBe('ERR_BREAK_GLASS');
    expect((await begin({ custodians: ['olga', 'olga'] })).body['code']).toBe('ERR_BREAK_GLASS');
    expect((await begin({ minutes: 61 })).status).toBe(400);
    expect((await begin({ access: ['everything'] })).status).toBe(400);
  });

  test('have each their own key', async () => {
    const key = keys.get('olga')?.publicKey ?? '';
    expect((await fixture.api('PUT', '/break-glass/custodians/quinn', { publicKey: key, salt: SALTS.olga })).status).toBe(409);
    expect(await codeOf(deriveCustodianKey('too short', SALTS.olga))).toBe('ERR_PASSWORD_WEAK');
    expect((await deriveCustodianKey(PASSPHRASES.olga, SALTS.olga)).publicKey).toBe(key);
  });
});

test('who only reaches the socket can do nothing else', async () => {
  for (const [method, path] of [['GET', '/servers'], ['GET', '/break-glass/custodians'], ['GET', '/people'], ['GET', '/me']] as const) {
    expect((await stranger(method, path)).status).toBe(403);
  }
  expect((await begin({ custodians: ['olga', 'nobody'] })).body['code']).toBe('ERR_BREAK_GLASS');
});

test('guessing is over after a few failures, also for who then guesses right; each is recorded', async () => {
  for (let tries = 0; tries < 5; tries += 1) {
    const { body } = await begin();
    await confirm(body['id'], ['x', 'y']);
  }
  const { body } = await begin();
  expect((await confirm(body['id'] ?? 'none', ['olga', 'piet'].map((name) => sign(name, body['challenge'])))).status).toBe(403);
  expect(await recordsOf('break-glass.refused')).toContain('failed');
});
