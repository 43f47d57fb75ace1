import { afterAll, beforeAll, expect, test } from 'bun:test';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { SMTPServer } from 'smtp-server';
import type { JsonObject } from '../../domain/json.ts';
import { ask, ROOT } from '../admins/fixture-admin.ts';
import { configure, openControl, type ControlFixture } from '../fixture-control.ts';

let fixture: ControlFixture;
let relay: SMTPServer;
const got: string[] = [];

beforeAll(async () => {
  fixture = await openControl();
  relay = new SMTPServer({
    disableReverseLookup: true, authOptional: true, hideSTARTTLS: true,
    onData: (stream, session, done) => {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        got.push(`${session.envelope.rcptTo.map(({ address }) => address).join()}\n${Buffer.concat(chunks).toString()}`);
        done();
      });
    },
  });
  relay.listen(0, '127.0.0.1');
  await once(relay.server, 'listening');
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- it listens on TCP
  const { port } = relay.server.address() as AddressInfo;
  await configure(fixture.role.control, 'setting', 'default', 'notify', {
    mail: { host: '127.0.0.1', port, security: 'none', from: 'gate@corp.example', to: ['soc@corp.example'] },
  });
  await configure(fixture.role.control, 'vendor', 'default', 'acme', {
    name: 'Acme', owner: 'tests', purpose: 'tests', tier: 'standard', endpoints: [{ url: 'https://mcp.acme.example' }], data: { confidentiality: 'internal' },
    contacts: { incident: ['psirt@acme.example', 'https://acme.example/report'] },
  });
});
afterAll(async () => {
  await new Promise<void>((done) => {
    relay.close(done);
  });
  await fixture.close();
});

const contained = async (verb: string, scope: JsonObject, more: JsonObject = {}): Promise<JsonObject> =>
  (await ask(fixture.role.control, ROOT, 'POST', '/containments', { body: { verb, scope, reason: 'it calls strangers', ...more } })).body;

test('people on call are told once of an incident, without a name of anybody', async () => {
  const about = { target: 'principal', name: 'https://idp.example|ann' };
  expect(await contained('page', about, { incident: 'inc-7', message: 'Look at that agent' })).toMatchObject({ state: 'done', result: { mail: true } });
  expect(await contained('page', about, { incident: 'inc-7' })).toMatchObject({ known: true });
  expect(got).toHaveLength(1);
  const [mail = ''] = got;
  expect(mail).toStartWith('soc@corp.example\n');
  expect(mail).toContain('Subject: Sallyport: incident inc-7');
  expect(mail).not.toContain('idp.example|ann');
  expect(mail).toMatch(/About: principal p_[0-9a-f]{20}/);
});

test('a vendor\'s incident contacts are told by mail, and where one is a page that is said', async () => {
  expect(await contained('notify-vendor', { target: 'vendor', name: 'acme' }, { incident: 'inc-7' }))
    .toMatchObject({ state: 'done', result: { mailed: 1, tellThere: 'https://acme.example/report' } });
  expect(got.at(-1)).toStartWith('psirt@acme.example\n');
  expect(await contained('notify-vendor', { target: 'vendor', name: 'nobody' })).toMatchObject({ message: expect.stringContaining('nobody') });
});
