import { afterAll, beforeAll, expect, test } from 'bun:test';
import { isObject } from '../domain/json.ts';
import type { Json } from '../domain/json.ts';
import { createHashicorpReader } from './hashicorp.ts';
import type { Ask, HashicorpProvider } from './hashicorp.ts';

const SECRET = 'sesame-11d0';
const ROLE = { type: 'approle', mount: 'approle', roleId: 'gate' } as const;

/** Stands in for somebody else's product, as its API documents it: one AppRole, one secret in each version of the engine. */
let server: ReturnType<typeof Bun.serve>;
let provider: HashicorpProvider;
const asked: { readonly path: string; readonly token: string | null; readonly namespace: string | null }[] = [];
let logins = 0;
let leaseSeconds = 600;
let answer: ((path: string) => Response | undefined) | undefined;

beforeAll(() => {
  server = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: serve });
  provider = { address: `http://127.0.0.1:${server.port}`, mount: 'secret', version: 2, auth: ROLE, allowPrivate: true };
});
afterAll(() => server.stop(true));

async function serve(request: Request): Promise<Response> {
  const { pathname: path } = new URL(request.url);
  asked.push({ path, token: request.headers.get('x-vault-token'), namespace: request.headers.get('x-vault-namespace') });
  const odd = answer?.(path);
  if (odd !== undefined) return odd;
  if (path === '/v1/auth/approle/login') {
    const body: Json = JSON.parse(await request.text());
    if (!isObject(body) || body['role_id'] !== 'gate' || body['secret_id'] !== 'the-secret-id') return Response.json({ errors: [SECRET] }, { status: 400 });
    logins += 1;
    return Response.json({ auth: { client_token: `login-${logins}`, lease_duration: leaseSeconds } });
  }
  const token = request.headers.get('x-vault-token') ?? '';
  if (token !== `login-${logins}` && token !== 'fixed') return Response.json({ errors: [`${token} denied ${SECRET}`] }, { status: 403 });
  if (path === '/v1/secret/data/apps/crm') return Response.json({ data: { data: { key: SECRET, number: 7 }, metadata: {} }, lease_duration: 0 });
  if (path === '/v1/kv/apps/crm') return Response.json({ data: { key: SECRET }, lease_duration: 90 });
  return Response.json({ errors: [] }, { status: 404 });
}

const ask: Ask = ({ url, ...init }, _provider, signal) => fetch(url, { ...init, signal, redirect: 'manual' });
const secretId = async (): Promise<string> => 'the-secret-id';
const signal = AbortSignal.timeout(60_000);

async function faultOf(work: Promise<unknown>): Promise<string> {
  const fault: unknown = await work.then((value) => `released ${JSON.stringify(value)}`, (error: unknown) => error);
  const told = fault instanceof Error ? `${Bun.inspect(fault)} ${JSON.stringify(fault)}` : String(fault);
  for (const secret of [SECRET, 'the-secret-id', 'login-']) expect(told).not.toContain(secret);
  return told;
}

test('one login serves many reads for half of its lease; then there is another', async () => {
  let clock = 0;
  const reader = createHashicorpReader(ask, () => clock);
  logins = 0;
  for (let read = 0; read < 3; read += 1) expect(await reader.read(provider, 'apps/crm#key', secretId, signal)).toEqual({ value: SECRET });
  expect(logins).toBe(1);
  clock = 300_000;
  await reader.read(provider, 'apps/crm#key', secretId, signal);
  expect(logins).toBe(2);
  await reader.read({ ...provider, namespace: 'team/a' }, 'apps/crm#key', secretId, signal);
  expect(logins).toBe(3);
  expect(asked.at(-1)).toEqual({ path: '/v1/secret/data/apps/crm', token: 'login-3', namespace: 'team/a' });
});

test('a login that is not good any more is made anew at the next read', async () => {
  const reader = createHashicorpReader(ask);
  await reader.read(provider, 'apps/crm#key', secretId, signal);
  logins += 1;
  expect(await faultOf(reader.read(provider, 'apps/crm#key', secretId, signal))).toContain('status 403');
  expect(await reader.read(provider, 'apps/crm#key', secretId, signal)).toEqual({ value: SECRET });
});

test('the older engine has no wrapping, and says how long its answer is good for; a token needs no login', async () => {
  const reader = createHashicorpReader(ask);
  const before = logins;
  const old = { ...provider, mount: 'kv', version: 1, auth: { type: 'token' } } as const;
  expect(await reader.read(old, 'apps/crm#key', async () => 'fixed', signal)).toEqual({ value: SECRET, ttlMs: 90_000 });
  expect(logins).toBe(before);
  leaseSeconds = 0;
  const hasty = createHashicorpReader(ask);
  await hasty.read(provider, 'apps/crm#key', secretId, signal);
  await hasty.read(provider, 'apps/crm#key', secretId, signal);
  expect(logins).toBe(before + 2);
});

test('what is not there, no text, or asked for outside of the mount is a plain failure', async () => {
  const reader = createHashicorpReader(ask);
  const before = asked.length;
  const outside = [
    '../sys/raw#key', 'apps/../../sys#key', 'apps/./crm#key', 'apps//crm#key', '/apps#key', 'apps/crm', '#key', 'apps/crm#', 'apps?x=1#key', 'a%2f..#key',
  ];
  for (const argument of outside) {
    expect(await faultOf(reader.read(provider, argument, secretId, signal))).toContain('path#field');
  }
  expect(asked).toHaveLength(before);
  for (const argument of ['apps/erp#key', 'apps/crm#other', 'apps/crm#number', 'apps/crm#constructor']) {
    expect(await faultOf(reader.read(provider, argument, secretId, signal))).toContain('ERR_PROVIDER_FAILED');
  }
  expect(await faultOf(reader.read(provider, 'apps/crm#key', async () => 'wrong-id', signal))).toContain('status 400');
});

test('floods, redirects, and what is no answer at all are refused without being repeated', async () => {
  const reader = createHashicorpReader(ask);
  const read = (): Promise<string> => faultOf(reader.read({ ...provider, auth: { type: 'token' } }, 'apps/crm#key', async () => 'fixed', signal));
  const odd: readonly [() => Response, string][] = [
    [() => new Response(SECRET.repeat(100_000)), 'more than'],
    [() => new Response(`{"data":"${SECRET}`), 'not JSON'],
    [() => Response.json([SECRET]), 'not JSON'],
    [() => Response.json({ data: SECRET }), 'no such field'],
    [() => Response.redirect(`${provider.address}/v1/kv/apps/crm`, 307), 'status 307'],
    [() => new Response(SECRET, { status: 500 }), 'status 500'],
  ];
  for (const [make, says] of odd) {
    answer = make;
    expect(await read()).toContain(says);
  }
  answer = undefined;
});
