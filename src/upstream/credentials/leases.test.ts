import { createHash } from 'node:crypto';
import { expect, test } from 'bun:test';
import type { Exchange } from '../../domain/exchange.ts';
import type { CredentialSpec, Effect } from '../../domain/server.ts';
import { exchangeOf, faultOf, type Who } from '../../../test/fixtures/upstream-exchange.ts';
import { createCredentials, type Credential, type Credentials, type Released, type ReleaseRequest } from './leases.ts';

const ENDPOINT = { transport: 'http', url: 'http://127.0.0.1:1/', allowPrivate: true } as const;
const HEADER: CredentialSpec = { type: 'header', header: 'X-Api-Key', secret: 'vault:crm' };
const OWN: CredentialSpec = { type: 'authorization-code', scopes: { read: ['r'], write: ['w'] } };
const LIFE_MS = 100_000;

const by = (credentials: CredentialSpec, who: Who = {}, effect?: Effect): Exchange => {
  const exchange = exchangeOf(ENDPOINT, { ...who, credentials });
  return effect === undefined ? exchange : { ...exchange, call: { ...exchange.call, resource: { ...exchange.call.resource, effect } } };
};

interface Control {
  readonly asked: ReleaseRequest[];
  /** What it answers; each answer names how often it was asked. */
  answer: (count: number) => Released | Promise<Released>;
  clock: number;
  readonly credentials: Credentials;
}

function control(answer?: Control['answer']): Control {
  const state: Control = {
    asked: [],
    clock: 0,
    answer: answer ?? ((count) => ({ kind: 'header', name: 'X-Api-Key', value: `v${count}`, expiresAt: state.clock + LIFE_MS })),
    credentials: createCredentials(async (request) => {
      state.asked.push(request);
      return state.answer(state.asked.length);
    }, () => state.clock),
  };
  return state;
}
const shown = (value: string): Credential => ({ kind: 'header', name: 'x-api-key', value });
const digest = (value: string): string => createHash('sha256').update(value).digest('hex');

test('no credential means no header, and nothing is released', async () => {
  const { credentials, asked } = control();
  expect(await credentials.present(by({ type: 'none' }))).toBeUndefined();
  expect(asked).toEqual([]);
});

test('one is released against the exchange once for all who ask at once, and again when it has ended', async () => {
  const at = control();
  const all = await Promise.all([at.credentials.present(by(HEADER)), at.credentials.present(by(HEADER))]);
  expect(all).toEqual([shown('v1'), shown('v1')]);
  expect(at.asked).toEqual([{ space: 'default', server: 'crm', exchange: 'x', principal: 'sallyport|ann', agent: 'agent', actors: [] }]);
  at.clock = LIFE_MS;
  expect(await at.credentials.present(by(HEADER))).toEqual(shown('v2'));
  at.credentials.forget(by(HEADER));
  expect(await at.credentials.present(by(HEADER))).toEqual(shown('v3'));
  expect(await at.credentials.present(by({ ...HEADER, secret: 'vault:other' }))).toEqual(shown('v4'));
});

test('past half its life it is renewed in the background, once; a renewal that fails ends nothing before its time', async () => {
  const at = control();
  await at.credentials.present(by(HEADER));
  at.clock = LIFE_MS / 2;
  expect([at.credentials.present(by(HEADER)), at.credentials.present(by(HEADER))]).toEqual([shown('v1'), shown('v1')]);
  await Bun.sleep(0);
  expect(at.credentials.present(by(HEADER))).toEqual(shown('v2'));
  expect(at.asked).toHaveLength(2);
  at.clock += LIFE_MS / 2;
  at.answer = () => Promise.reject(new Error('away'));
  expect(at.credentials.present(by(HEADER))).toEqual(shown('v2'));
  await Bun.sleep(0);
  at.clock += LIFE_MS / 2 - 1;
  expect(at.credentials.present(by(HEADER))).toEqual(shown('v2'));
  at.clock += 1;
  expect(await faultOf(Promise.resolve(at.credentials.present(by(HEADER))))).toMatchObject({ code: 'ERR_UPSTREAM_CREDENTIAL', dispatched: false });
});

test('what is one caller\'s own is shown for nobody else, no other agent of theirs, and no other scopes', async () => {
  const at = control();
  const calls = [
    by(OWN, {}, 'read'), by(OWN, { principal: 'sallyport|bob' }, 'read'), by(OWN, { agent: 'other' }, 'read'), by(OWN, {}, 'write'),
    { ...by(OWN, {}, 'read'), onBehalfOf: { ...by(OWN).onBehalfOf, actors: ['between'] } },
  ];
  const values = await Promise.all(calls.map(async (call) => at.credentials.present(call)));
  expect(new Set(values.map((value) => JSON.stringify(value))).size).toBe(calls.length);
  expect(at.asked.map(({ principal, agent, actors, effect }) => [principal, agent, actors, effect])).toEqual([
    ['sallyport|ann', 'agent', [], 'read'], ['sallyport|bob', 'agent', [], 'read'], ['sallyport|ann', 'other', [], 'read'],
    ['sallyport|ann', 'agent', [], 'write'], ['sallyport|ann', 'agent', ['between'], 'read'],
  ]);
  await Promise.all([at.credentials.present(by(HEADER)), at.credentials.present(by(HEADER, { principal: 'sallyport|bob' }))]);
  expect(at.asked).toHaveLength(calls.length + 1);
});

test('a refused one is asked for anew with what the server said; the same again is none', async () => {
  const at = control();
  const first = await at.credentials.present(by(HEADER));
  const refusal = { status: 401, challenge: 'Bearer error="invalid_token"' } as const;
  expect(await at.credentials.another(by(HEADER), first, refusal)).toMatchObject(shown('v2'));
  expect(at.asked[1]).toMatchObject({ challenge: refusal.challenge, refused: digest('v1') });
  // Who comes later with the old one gets the new one without another question.
  expect(await at.credentials.another(by(HEADER), first, refusal)).toMatchObject(shown('v2'));
  expect(at.asked).toHaveLength(2);
  at.answer = () => ({ kind: 'header', name: 'X-Api-Key', value: 'v2', expiresAt: LIFE_MS });
  expect(await at.credentials.another(by(HEADER), await at.credentials.present(by(HEADER)), refusal)).toBeUndefined();
  expect(at.credentials.size).toBe(0);
  for (const challenge of [null, 'x'.repeat(5000), 'Bearer realm="ü"']) {
    await at.credentials.another(by(HEADER), undefined, { status: 401, challenge });
    expect(at.asked.at(-1)).toMatchObject({ challenge: '', refused: digest('') });
    at.credentials.forget(by(HEADER));
  }
});

test('what the revoked, deactivated and killed were given is dropped, an answer on its way too', async () => {
  const at = control((count) => ({ kind: 'header', name: 'authorization', value: `v${count}`, expiresAt: LIFE_MS, id: `connection/${count}` }));
  await Promise.all([at.credentials.present(by(OWN)), at.credentials.present(by(OWN, { principal: 'sallyport|bob' }))]);
  at.credentials.sweep(0, ({ principal }) => principal.id === 'sallyport|bob');
  expect(at.credentials.size).toBe(1);
  at.credentials.sweep(0, ({ principal }) => principal.credential === 'connection/1');
  expect(at.credentials.size).toBe(0);
  const late = at.credentials.present(by(OWN));
  at.credentials.forget(by(OWN));
  expect(await late).toMatchObject({ value: 'v3' });
  expect(at.credentials.size).toBe(0);
  await at.credentials.present(by(OWN));
  at.credentials.sweep(LIFE_MS, () => false);
  expect(at.credentials.size).toBe(0);
});

test('who must connect an account is told where, and nothing of it is in the words that are recorded', async () => {
  const { credentials } = control(() => ({ kind: 'connect', url: 'https://control.example/connections/start/t', id: 'e' }));
  const fault = await faultOf(Promise.resolve(credentials.present(by(OWN))));
  const elicitations = [{ mode: 'url', url: 'https://control.example/connections/start/t', elicitationId: 'e' }];
  expect(fault).toMatchObject({ code: 'ERR_UPSTREAM_CONNECT', dispatched: false, data: { elicitations } });
  expect(`${fault.message} ${fault.internal}`).not.toContain('control.example');
});

async function present(answer: Control['answer']): Promise<unknown> {
  return control(answer).credentials.present(by(HEADER));
}

test('one that is not released, not printable, or would take a header of the protocol is no credential', async () => {
  const fault = await faultOf(present(() => Promise.reject(new Error('secret-in-message'))));
  expect(fault).toMatchObject({ code: 'ERR_UPSTREAM_CREDENTIAL', dispatched: false });
  expect(`${fault.message} ${fault.remedy} ${fault.internal}`).not.toContain('secret-in-message');
  for (const value of ['a\r\nx: y', '', 'ü', 'a\0']) {
    expect(await faultOf(present(() => ({ kind: 'header', name: 'X-Api-Key', value, expiresAt: LIFE_MS })))).toMatchObject({ code: 'ERR_UPSTREAM_CREDENTIAL' });
  }
  for (const name of ['Host', 'mcp-session-id', 'Mcp-Method', 'content-length', 'Accept', 'cookie', 'a b', 'x:y', '', 'Transfer-Encoding', 'last-event-id']) {
    expect(await faultOf(present(() => ({ kind: 'header', name, value: 'v', expiresAt: LIFE_MS })))).toMatchObject({ code: 'ERR_UPSTREAM_CREDENTIAL' });
  }
  expect(await faultOf(present(() => ({ kind: 'certificate', pem: 'none', expiresAt: LIFE_MS })))).toMatchObject({ code: 'ERR_UPSTREAM_CREDENTIAL' });
});
