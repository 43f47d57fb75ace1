import { afterAll, beforeAll, expect, test } from 'bun:test';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { JsonObject } from '../../domain/json.ts';
import { openControl } from '../fixture-control.ts';
import type { ControlFixture } from '../fixture-control.ts';

const VALUE = 'sesame-a90d';

let fixture: ControlFixture;
let folder: string;
let hashicorp: ReturnType<typeof Bun.serve>;
const asked: (string | null)[] = [];

beforeAll(async () => {
  folder = mkdtempSync('/tmp/sp-prov-');
  // `op` of another company, and a Vault: products that are none of ours, as their documentation says that they behave.
  writeFileSync(
    join(folder, 'op'), `#!/bin/sh\n[ "$OP_TOKEN" = own-token ] || { echo "bad token $OP_TOKEN" >&2; exit 1; }\necho "$2=${VALUE}"\n`, { mode: 0o700 },
  );
  hashicorp = Bun.serve({
    port: 0, hostname: '127.0.0.1',
    fetch: (request) => {
      asked.push(request.headers.get('x-vault-token'));
      return Response.json({ data: { data: { key: VALUE } } }, { status: request.headers.get('x-vault-token') === 'own-token' ? 200 : 403 });
    },
  });
  fixture = await openControl();
  expect(await fixture.api('PUT', '/vault/own', { value: 'own-token' })).toMatchObject({ status: 200 });
});
afterAll(async () => {
  await fixture.close();
  await hashicorp.stop(true);
  rmSync(folder, { recursive: true });
});

const manifest = (): string => `apiVersion: sallyport/v1
vault:
  providers:
    op: { type: exec, command: [${folder}/op, read, "{argument}"], env: { OP_TOKEN: vault:own } }
    hcv: { type: hashicorp, address: "http://127.0.0.1:${hashicorp.port}", auth: { type: token, secret: vault:own }, allowPrivate: true }
    far: { type: hashicorp, address: "https://127.0.0.1:${hashicorp.port}", auth: { type: token, secret: vault:own } }
`;

async function apply(text: string, space = 'default'): Promise<JsonObject> {
  return (await fixture.api('POST', `/manifest?space=${space}`, { file: 'sallyport.yaml', text, policies: [] })).body;
}

async function codeOf(reference: string, space = 'default'): Promise<string> {
  const fault: unknown = await fixture.role.control.vault.read(space, reference).catch((error: unknown) => error);
  expect(Bun.inspect(fault)).not.toContain(VALUE);
  expect(Bun.inspect(fault)).not.toContain('own-token');
  return fault instanceof Error && 'code' in fault ? String(fault.code) : 'released';
}

test('a secret may be kept by a command or a vault server that the manifest names; what they need is sealed in our own', async () => {
  expect(await apply(manifest())).toMatchObject({ differences: [{ resource: 'vault', id: 'vault', verb: 'change' }] });
  expect(await apply(manifest())).toMatchObject({ differences: [] });
  expect(await fixture.api('PUT', '/vault/by-command', { provider: 'op', argument: 'op://Sales/crm' })).toMatchObject({ status: 200 });
  expect(await fixture.api('PUT', '/vault/by-api', { provider: 'hcv', argument: 'apps/crm#key' })).toMatchObject({ status: 200 });
  const { vault } = fixture.role.control;
  expect(await vault.read('default', 'vault:by-command')).toEqual({ value: `op://Sales/crm=${VALUE}` });
  expect(await vault.read('default', 'vault:by-api')).toEqual({ value: VALUE });
  expect(asked).toEqual(['own-token']);
  const { body } = await fixture.api('GET', '/vault');
  expect(body).toMatchObject({ providers: [{ id: 'op', type: 'exec' }, { id: 'hcv', type: 'hashicorp' }, { id: 'far', type: 'hashicorp' }] });
  expect(JSON.stringify([body, await fixture.api('GET', '/audit/records'), await fixture.api('GET', '/manifest')])).not.toContain(VALUE);
  expect(JSON.stringify((await fixture.api('GET', '/manifest')).body)).toContain('op');
});

test('a provider is not asked what it should not be, nor by a space that it is not for', async () => {
  for (const body of [{ provider: 'op', argument: '--help' }, { provider: 'hcv', argument: '../sys#key' }, { provider: 'hcv', argument: 'apps' }]) {
    expect(await fixture.api('PUT', '/vault/bad', body)).toMatchObject({ status: 400 });
  }
  expect(await fixture.api('PUT', '/vault/bad', { provider: 'none' })).toMatchObject({ status: 404 });
  expect(await fixture.api('PUT', '/vault/bad?space=sales', { provider: 'op', argument: 'x' })).toMatchObject({ status: 404 });
  await fixture.role.control.store.put('secret', 'sales', 'bad', {
    createdAt: 1, holds: { kind: 'provider', provider: 'op', argument: 'x' },
  }, { by: 'intruder' });
  expect(await codeOf('vault:bad', 'sales')).toBe('ERR_PROVIDER_FAILED');
});

test('one that fails says no more than that, an address in private is not asked, and providers do not ask each other', async () => {
  await fixture.api('PUT', '/vault/far', { provider: 'far', argument: 'apps/crm#key' });
  expect(await codeOf('vault:far')).toBe('ERR_UPSTREAM_ADDRESS');
  await fixture.api('PUT', '/vault/own', { provider: 'op', argument: 'own' });
  expect(await codeOf('vault:by-command')).toBe('ERR_UPSTREAM_CREDENTIAL');
  await fixture.api('PUT', '/vault/own', { value: 'wrong' });
  expect([await codeOf('vault:by-command'), await codeOf('vault:by-api')]).toEqual(['ERR_PROVIDER_FAILED', 'ERR_PROVIDER_FAILED']);
  await apply('apiVersion: sallyport/v1\n');
  expect(await codeOf('vault:by-command')).toBe('ERR_PROVIDER_FAILED');
});

test('a space does not say which commands control runs, and no provider holds a secret in its declaration', async () => {
  expect(await apply(manifest(), 'sales')).toMatchObject({ code: 'ERR_CONFIG_INVALID', message: expect.stringContaining('whole installation') });
  const secret = ['ghp', 'a'.repeat(36)].join('_');
  const declare = (provider: string): Promise<JsonObject> => apply(`apiVersion: sallyport/v1\nvault:\n  providers:\n    x: ${provider}\n`);
  for (const provider of [
    `{ type: exec, command: [/bin/x], env: { OP_TOKEN: ${secret} } }`, `{ type: exec, command: [/bin/x, ${secret}] }`, '{ type: exec, command: [op, read] }',
    '{ type: exec, command: [/bin/sh, -c, "{argument}", "{argument}"] }',
    '{ type: hashicorp, address: "http://vault.example", auth: { type: token, secret: vault:own } }',
    `{ type: hashicorp, address: "https://vault.example", auth: { type: token, secret: ${secret} } }`,
    '{ type: hashicorp, address: "https://vault.example", mount: "../sys", auth: { type: token, secret: vault:own } }',
  ]) {
    const answer = await declare(provider);
    expect(answer).toMatchObject({ code: 'ERR_CONFIG_INVALID' });
    expect(JSON.stringify(answer)).not.toContain(secret);
  }
  expect(readFileSync(join(fixture.home, 'control', 'store.db'), 'latin1')).not.toContain(secret);
});
