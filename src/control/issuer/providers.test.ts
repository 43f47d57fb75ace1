import { afterAll, beforeAll, beforeEach, expect, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { codeOf } from '../../../test/fixtures/code-of.ts';
import { makeKey, startIssuer, type TestIssuer, type TestKey } from '../../../test/fixtures/test-issuer.ts';
import type { JsonObject } from '../../domain/json.ts';
import { LIMITS } from '../../domain/limits.ts';
import { openStore } from '../../store/open.ts';
import type { Store } from '../../store/store.ts';
import { createProviders } from './providers.ts';

const START = 1_800_000_000_000;
const home = mkdtempSync('/tmp/sp-providers-');
let store: Store;
let idp: TestIssuer;
let old: TestKey;
let fresh: TestKey;
let now = START;
let providers: ReturnType<typeof createProviders>;

beforeAll(async () => {
  store = await openStore(`sqlite:${home}/store.db`);
  [old, fresh] = [await makeKey('ES256', 'old'), await makeKey('ES256', 'fresh')];
});
beforeEach(async () => {
  await idp?.stop();
  idp = startIssuer([old]);
  now = START;
  providers = createProviders(store, () => now);
  await declare({ allowPrivate: true });
});
afterAll(async () => {
  await idp.stop();
  await store.close();
  rmSync(home, { recursive: true });
});

async function declare(settings: JsonObject): Promise<void> {
  await store.put('setting', 'default', 'identity', { issuers: [{ issuer: idp.url, ...settings }] }, { by: 'tests' });
}

async function look(kid: string, from = providers): Promise<string | undefined> {
  return (await (await from(idp.url))?.findKey(kid, 'ES256'))?.kid;
}

test('a key that the provider made since is looked for at once, and keys outlast its being away', async () => {
  expect(await look('old')).toBe('old');
  idp.documents.set('/jwks', { keys: [old, fresh].map(({ jwk }) => ({ ...jwk })) });
  now += LIMITS.issuerKeysRetryMs;
  expect(await look('fresh')).toBe('fresh');
  idp.documents.set('/jwks', undefined);
  now += LIMITS.issuerKeysStaleMs - 1;
  expect(await look('fresh')).toBe('fresh');
});

test('other settings are other keys, and so is another control', async () => {
  expect(await look('old')).toBe('old');
  idp.documents.set('/moved', { keys: [{ ...fresh.jwk }] });
  await declare({ allowPrivate: true, jwksUri: `${idp.url}/moved` });
  expect([await look('fresh'), await look('old')]).toEqual(['fresh', undefined]);
  await declare({ allowPrivate: true });
  idp.documents.set('/jwks', { keys: [{ ...fresh.jwk }] });
  expect(await look('fresh', createProviders(store, () => now))).toBe('fresh');
});

test('a private address is reached where it was declared, and at no host that only metadata names', async () => {
  const elsewhere = `${idp.url.replace('127.0.0.1', 'localhost')}/jwks`;
  idp.documents.set('/.well-known/oauth-authorization-server', { issuer: idp.url, jwks_uri: elsewhere });
  expect(await codeOf(look('old'))).toBe('ERR_ISSUER_UNAVAILABLE');
  expect(idp.asked).not.toContain('/jwks');
  await declare({ allowPrivate: true, jwksUri: elsewhere });
  expect(await look('old')).toBe('old');
  const asked = idp.asked.length;
  await declare({ jwksUri: `${idp.url}/jwks` });
  expect(await codeOf(look('old'))).toBe('ERR_ISSUER_UNAVAILABLE');
  expect(idp.asked).toHaveLength(asked);
});

test('a private address that was not declared so is not even connected to', async () => {
  let connections = 0;
  const open = (): void => void (connections += 1);
  const listener = Bun.listen({ hostname: '127.0.0.1', port: 0, socket: { open, data: (socket) => void socket.end() } });
  const jwksUri = `https://127.0.0.1:${listener.port}/jwks`;
  await declare({ jwksUri });
  expect([await codeOf(look('old')), connections]).toEqual(['ERR_ISSUER_UNAVAILABLE', 0]);
  await declare({ jwksUri, allowPrivate: true });
  expect([await codeOf(look('old')), connections > 0]).toEqual(['ERR_ISSUER_UNAVAILABLE', true]);
  listener.stop(true);
});
