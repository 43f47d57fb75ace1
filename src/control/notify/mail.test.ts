import { afterAll, afterEach, beforeAll, expect, test } from 'bun:test';
import type { SMTPServerOptions } from 'smtp-server';
import { makeCertificate } from '../../../test/fixtures/certificate.ts';
import { openSmtpRelay, type SmtpRelay } from '../../../test/fixtures/smtp-relay.ts';
import type { JsonObject } from '../../domain/json.ts';
import { configure, openControl } from '../fixture-control.ts';
import type { ControlFixture } from '../fixture-control.ts';
import type { Letter } from './mail.ts';

let fixture: ControlFixture;
let certificate: { readonly key: string; readonly cert: string };
beforeAll(async () => {
  [fixture, certificate] = [await openControl(), await makeCertificate(['localhost', '127.0.0.1'])];
  await configure(fixture.role.control, 'setting', 'default', 'network', {
    listen: '127.0.0.1:7443', publicUrl: 'https://localhost:7443', internal: [], origins: [], extraRoots: certificate.cert,
  });
});
afterAll(() => fixture.close());

const relays: SmtpRelay[] = [];
afterEach(() => Promise.all(relays.splice(0).map((one) => one.close())));

async function relay(options: SMTPServerOptions, mail: JsonObject): Promise<readonly string[]> {
  const opened = await openSmtpRelay(options);
  relays.push(opened);
  await configure(fixture.role.control, 'setting', 'default', 'notify', {
    mail: { host: 'localhost', port: opened.port, from: 'gate@corp.example', to: ['soc@corp.example'], ...mail },
  });
  return opened.got;
}

const send = (letter: Partial<Letter> = {}) => fixture.role.control.notify.mail({ subject: 'Hello', text: 'One line.\n', ...letter })
  .then(() => 'sent', (error: unknown) => (error instanceof Error && 'code' in error ? error.code : error));

test('by TLS 1.3 from the first byte, and as the user that the manifest names', async () => {
  process.env['SP_MAIL'] = 'hunter2';
  const users: string[] = [];
  const got = await relay({
    secure: true, ...certificate, minVersion: 'TLSv1.3', authOptional: false,
    onAuth: ({ username, password }, _session, done) => {
      users.push(`${username}:${password}`);
      done(null, { user: username });
    },
  }, { security: 'tls', user: 'gate', secret: 'env:SP_MAIL' });
  expect(await send()).toBe('sent');
  expect(users).toEqual(['gate:hunter2']);
  expect(got.join()).toContain('One line.');
});

test('by STARTTLS that must succeed: a relay without it gets nothing', async () => {
  const got = await relay({ ...certificate }, { security: 'starttls' });
  expect(await send()).toBe('sent');
  expect(got).toHaveLength(1);
  const bare = await relay({ hideSTARTTLS: true, disabledCommands: ['STARTTLS'] }, { security: 'starttls' });
  expect(await send()).toBe('ERR_MAIL_REFUSED');
  expect(bare).toEqual([]);
});

test('neither an older TLS nor a stranger\'s certificate', async () => {
  const old = await relay({ secure: true, ...certificate, maxVersion: 'TLSv1.2' }, { security: 'tls' });
  expect(await send()).toBe('ERR_MAIL_REFUSED');
  const other = await relay({ secure: true, ...(await makeCertificate(['localhost'])) }, { security: 'tls' });
  expect(await send()).toBe('ERR_MAIL_REFUSED');
  expect([...old, ...other]).toEqual([]);
});

test('what others wrote begins no header, names no file and hides nothing', async () => {
  const got = await relay({ secure: true, ...certificate }, { security: 'tls' });
  expect(await send({ subject: 'Look\r\nBcc: thief@evil.example', text: 'a\u202Eb\u0000c\n.\nRCPT TO:<thief@evil.example>\n' })).toBe('sent');
  const [mail = ''] = got;
  expect(mail.split('\n')[0]).toBe('soc@corp.example');
  expect(mail).not.toMatch(/^Bcc:/im);
  expect(mail).toContain('Subject: Look Bcc: thief@evil.example');
  // Quoted-printable: U+202E would stand as these bytes.
  expect(mail).toContain('a=EF=BF=BDb');
  expect(mail).not.toContain('=E2=80=AE');
});

test('an address is one: a list, a name or a group that a directory holds reaches nobody besides', async () => {
  const got = await relay({ secure: true, ...certificate }, { security: 'tls' });
  const lists = ['a@corp.example, thief@evil.example', 'a@corp.example <thief@evil.example>', 'g: thief@evil.example;', 'thief@evil.example,b@corp.example'];
  for (const hostile of lists) {
    expect([hostile, await send({ to: [hostile] })]).toEqual([hostile, 'ERR_MAIL_REFUSED']);
  }
  expect(got).toEqual([]);
  // Who has one is told, and that others were not is said.
  expect(await send({ to: ['ann@corp.example', 'a@corp.example,thief@evil.example'] })).toBe('ERR_MAIL_REFUSED');
  expect(got.map((mail) => mail.split('\n')[0])).toEqual(['ann@corp.example']);
});

test('without a relay, or anybody to send to, that is said', async () => {
  await configure(fixture.role.control, 'setting', 'default', 'notify', {});
  expect(await send()).toBe('ERR_MAIL_UNSET');
});
