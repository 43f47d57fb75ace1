import { expect, test } from 'bun:test';
import type { CredentialSpec } from '../../domain/server.ts';
import { createCredentials } from './leases.ts';
import type { Credentials, Release } from './leases.ts';
import { exchangeOf, faultOf } from '../../../test/fixtures/upstream-exchange.ts';

const ENDPOINT = { transport: 'http', url: 'http://127.0.0.1:1/', allowPrivate: true } as const;
const withSpec = (credentials: CredentialSpec): ReturnType<typeof exchangeOf> => exchangeOf(ENDPOINT, { credentials });
const HEADER: CredentialSpec = { type: 'header', header: 'X-Api-Key', secret: 'vault:crm' };
const present = async (credentials: Credentials, spec: CredentialSpec = HEADER): Promise<unknown> => credentials.present(withSpec(spec));

interface Counting {
  readonly asked: Parameters<Release>[0][];
  readonly release: Release;
  clock: number;
  readonly now: () => number;
}
function counting(value = 'v', lifeMs = 1_000): Counting {
  const state = {
    asked: [] as Parameters<Release>[0][],
    clock: 0,
    now: () => state.clock,
    release: async (request: Parameters<Release>[0]) => {
      state.asked.push(request);
      return { value, expiresAt: state.clock + lifeMs };
    },
  };
  return state;
}

test('no credential means no header, and nothing is released', async () => {
  const state = counting();
  expect(await present(createCredentials(state.release), { type: 'none' })).toBeUndefined();
  expect(state.asked).toEqual([]);
});

test('a secret is released against the exchange once, and again when it has expired or was refused', async () => {
  const state = counting();
  const credentials = createCredentials(state.release, state.now);
  await Promise.all([present(credentials), present(credentials)]);
  expect(await present(credentials)).toMatchObject({ name: 'x-api-key', value: 'v' });
  expect(state.asked).toEqual([{ space: 'default', server: 'crm', secret: 'vault:crm', exchange: 'x' }]);
  state.clock = 1_000;
  await present(credentials);
  expect(state.asked).toHaveLength(2);
  credentials.forget('default', 'crm');
  await present(credentials);
  expect(state.asked).toHaveLength(3);
  await present(credentials, { ...HEADER, secret: 'vault:other' });
  expect(state.asked.at(-1)?.secret).toBe('vault:other');
});

test('one that is not released, not printable, or would take a header of the protocol is no credential', async () => {
  const failing = createCredentials(() => Promise.reject(new Error('secret-in-message')));
  const fault = await faultOf(present(failing));
  expect(fault).toMatchObject({ code: 'ERR_UPSTREAM_CREDENTIAL', dispatched: false });
  expect(`${fault.message} ${fault.remedy} ${fault.internal}`).not.toContain('secret-in-message');
  for (const value of ['a\r\nx: y', '', 'ü', 'a\0']) {
    expect(await faultOf(present(createCredentials(counting(value).release)))).toMatchObject({ code: 'ERR_UPSTREAM_CREDENTIAL' });
  }
  for (const header of ['Host', 'mcp-session-id', 'Mcp-Method', 'content-length', 'Accept', 'cookie', 'a b', 'x:y', '', 'Transfer-Encoding', 'last-event-id']) {
    const credentials = createCredentials(counting().release);
    expect(await faultOf(present(credentials, { type: 'header', header, secret: 's' }))).toMatchObject({ code: 'ERR_UPSTREAM_CREDENTIAL' });
  }
});
