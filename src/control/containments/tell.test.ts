import { afterAll, beforeAll, expect, test } from 'bun:test';
import { openSmtpRelay, type SmtpRelay } from '../../../test/fixtures/smtp-relay.ts';
import type { JsonObject } from '../../domain/json.ts';
import { ask, ROOT } from '../admins/fixture-admin.ts';
import { configure, openControl, type ControlFixture } from '../fixture-control.ts';

let fixture: ControlFixture;
let relay: SmtpRelay;

beforeAll(async () => {
  fixture = await openControl();
  relay = await openSmtpRelay();
  await configure(fixture.role.control, 'setting', 'default', 'notify', {
    mail: { host: '127.0.0.1', port: relay.port, security: 'none', from: 'gate@corp.example', to: ['soc@corp.example'] },
  });
  await configure(fixture.role.control, 'vendor', 'default', 'acme', {
    name: 'Acme', owner: 'tests', purpose: 'tests', tier: 'standard', endpoints: [{ url: 'https://mcp.acme.example' }], data: { confidentiality: 'internal' },
    contacts: { incident: ['psirt@acme.example', 'https://acme.example/report'] },
  });
});
afterAll(async () => {
  await relay.close();
  await fixture.close();
});

const contained = async (verb: string, scope: JsonObject, more: JsonObject = {}): Promise<JsonObject> =>
  (await ask(fixture.role.control, ROOT, 'POST', '/containments', { body: { verb, scope, reason: 'it calls strangers', ...more } })).body;

test('people on call are told once of an incident, without a name of anybody', async () => {
  const about = { target: 'principal', name: 'https://idp.example|ann' };
  expect((await ask(fixture.role.control, ROOT, 'POST', '/audit/reveal', { body: { reason: 'an incident' } })).code).toBe('');
  expect(await contained('page', about, { incident: 'inc-7', message: 'Look at that agent' })).toMatchObject({ state: 'done', result: { mail: true } });
  expect(await contained('page', about, { incident: 'inc-7' })).toMatchObject({ known: true });
  expect(relay.got).toHaveLength(1);
  const [mail = ''] = relay.got;
  expect(mail).toStartWith('soc@corp.example\n');
  expect(mail).toContain('Subject: Sallyport: incident inc-7');
  expect(mail).not.toContain('idp.example|ann');
  expect(mail).toMatch(/About: principal p_[0-9a-f]{20}/);
});

test('a vendor\'s incident contacts are told by mail, and where one is a page that is said', async () => {
  expect(await contained('notify-vendor', { target: 'vendor', name: 'acme' }, { incident: 'inc-7' }))
    .toMatchObject({ state: 'done', result: { mailed: 1, tellThere: 'https://acme.example/report' } });
  expect(relay.got.at(-1)).toStartWith('psirt@acme.example\n');
  expect(await contained('notify-vendor', { target: 'vendor', name: 'nobody' })).toMatchObject({ message: expect.stringContaining('nobody') });
});
