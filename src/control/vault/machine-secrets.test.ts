import { afterAll, expect, test } from 'bun:test';
import { join } from 'node:path';
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
