import { afterAll, expect, test } from 'bun:test';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SallyportError } from '../../domain/errors.ts';
import { openControl } from '../fixture-control.ts';

const fixture = await openControl();
afterAll(() => fixture.close());

test('the machine\'s environment and files are the default space\'s: no other space can name them, control\'s own keys least of all', async () => {
  const { vault } = fixture.role.control;
  const token = `file:${join(fixture.home, 'control', 'admin.token')}`;
  expect((await vault.read('default', 'env:PATH')).value).toBeTruthy();
  for (const reference of ['env:PATH', token]) {
    expect(await vault.read('red', reference).then(() => 'read', String)).toContain('has no');
  }
  const text = 'apiVersion: sallyport/v1\nidentity: { issuers: [{ issuer: "https://idp.example", introspection: { endpoint: "https://evil.example", '
    + `clientId: x, secret: "${token}" } }] }\n`;
  await fixture.api('POST', '/manifest?space=red', { file: 'f', text, policies: [] });
  const asked = await fixture.asGateway.call('control.issuer-secret', { issuer: 'https://idp.example' }).then(() => 'released', String);
  expect(asked).toContain('has no file: secrets');
});

test('what control itself runs by is no secret of a server, by whatever way it is named', async () => {
  const { vault } = fixture.role.control;
  const folder = mkdtempSync('/tmp/sp-machine-');
  const link = join(folder, 'link');
  symlinkSync(join(fixture.home, 'control', 'admin.token'), link);
  writeFileSync(join(folder, 'large'), 'x'.repeat(70_000));
  writeFileSync(join(folder, 'key'), ' k-1\n');
  process.env['SALLYPORT_TEST_OWN'] = 'own';
  await fixture.api('PUT', '/vault/any', { value: 'x' });
  const own = ['admin.token', 'vault.key', 'seal.key', 'key.pem', '../control/admin.token'].map((name) => `file:${fixture.home}/control/${name}`);
  const odd = [`file:${link}`, 'file:/proc/self/environ', 'file:/dev/zero', `file:${folder}`, `file:${folder}/large`, 'env:SALLYPORT_TEST_OWN'];
  for (const reference of [...own, ...odd]) {
    expect([reference, await vault.read('default', reference).then(() => 'read', (fault: unknown) => (fault instanceof SallyportError ? fault.code : ''))])
      .toEqual([reference, 'ERR_UPSTREAM_CREDENTIAL']);
  }
  expect(await vault.read('default', `file:${folder}/key`)).toEqual({ value: 'k-1' });
  delete process.env['SALLYPORT_TEST_OWN'];
  rmSync(folder, { recursive: true });
});
