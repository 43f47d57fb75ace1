import { afterAll, beforeAll, expect, test } from 'bun:test';
import { codeOf } from '../../../test/fixtures/code-of.ts';
import { part, text } from '../../cli/json-view.ts';
import { ask, person, ROOT } from '../admins/fixture-admin.ts';
import { crm, openControl, surfaceSaying } from '../fixture-control.ts';
import type { ControlFixture } from '../fixture-control.ts';
import type { Admin } from '../route.ts';
import { enrolServer } from '../servers/enrol.ts';

/** Whether a server that was moved, or is shown another secret, waits until somebody else approves that. */
let fixture: ControlFixture;
const [ANN, BOB] = [person('ann', 'sec'), person('bob', 'sec')];
const send = (admin: Admin, method: 'GET' | 'POST', path: string, id: string, body?: Record<string, string>): ReturnType<typeof ask> =>
  ask(fixture.role.control, admin, method, path, { params: { id }, ...(body === undefined ? {} : { body }) });

const apply = (admin: Admin, servers: string): ReturnType<typeof ask> => ask(fixture.role.control, admin, 'POST', '/manifest', {
  body: { file: 'sallyport.yaml', text: `apiVersion: sallyport/v1\nservers:\n${servers}`, policies: [] },
});
const entry = (id: string, url: string, more = ''): string => `  ${id}: { url: "${url}", owner: sales${more} }\n`;
const header = (secret: string, more = ''): string => `, credentials: { type: header, header: x-key, secret: "vault:${secret}"${more} }`;
const token = (url: string): string => `, credentials: { type: client-credentials, tokenUrl: "${url}", clientId: gate, secret: "vault:crm" }`;

const at = (more: string): string => entry('crm', 'https://crm.example/mcp', more);

async function scanned(admin: Admin, id: string): Promise<string> {
  expect((await send(admin, 'POST', '/servers/:id/scan', id)).code).toBe('');
  return text(part((await send(admin, 'GET', '/servers/:id', id)).body, 'candidate', 'digest'));
}

const statusOf = async (id: string): Promise<string> => text((await send(ROOT, 'GET', '/servers/:id', id)).body['status']);

async function approved(id: string, manifest: string): Promise<string> {
  expect((await apply(ANN, manifest)).code).toBe('');
  const digest = await scanned(ANN, id);
  expect((await send(BOB, 'POST', '/servers/:id/approve', id, { digest })).code).toBe('');
  return digest;
}

beforeAll(async () => {
  fixture = await openControl();
  fixture.says.set('crm', surfaceSaying({ search: { annotations: { readOnlyHint: true } } }));
  for (const { id } of [ANN, BOB]) await ask(fixture.role.control, ROOT, 'POST', '/admins', { body: { to: { principal: id }, role: 'admin', space: '*' } });
});
afterAll(() => fixture.close());

test('nobody approves what they declared in a manifest, nor what they moved or declared anew with one', async () => {
  const here = entry('crm', 'https://crm.example/mcp');
  expect((await apply(ANN, here)).code).toBe('');
  const digest = await scanned(ANN, 'crm');
  expect((await send(ANN, 'POST', '/servers/:id/approve', 'crm', { digest })).code).toBe('ERR_SECOND_PERSON');
  expect((await apply(ANN, here.replace('owner: sales', 'owner: other'))).code).toBe('');
  expect((await send(ANN, 'POST', '/servers/:id/approve', 'crm', { digest })).code).toBe('ERR_SECOND_PERSON');
  expect((await send(BOB, 'POST', '/servers/:id/approve', 'crm', { digest })).code).toBe('');
  expect((await apply(BOB, entry('crm', 'https://evil.example/mcp'))).code).toBe('');
  expect((await send(BOB, 'POST', '/servers/:id/approve', 'crm', { digest: await scanned(BOB, 'crm') })).code).toBe('ERR_SECOND_PERSON');
});

test('what was scanned or approved elsewhere is not what somebody approves now', async () => {
  const digest = await approved('crm', entry('crm', 'https://crm.example/mcp'));
  await scanned(ANN, 'crm');
  expect((await apply(ANN, entry('crm', 'https://evil.example/mcp'))).code).toBe('');
  expect((await send(BOB, 'POST', '/servers/:id/approve', 'crm', { digest })).code).toBe('ERR_CONFLICT');
  expect((await send(BOB, 'POST', '/servers/:id/approve', 'crm', { digest: await scanned(ANN, 'crm') })).code).toBe('');
});

test('who was shown one place approves no other that says the same, and was read meanwhile', async () => {
  fixture.says.set('crm', surfaceSaying({ search: { annotations: { readOnlyHint: true } }, find: { annotations: { readOnlyHint: true } } }));
  const shown = await scanned(ANN, 'crm');
  const scannedAt = Number(part((await send(BOB, 'GET', '/servers/:id', 'crm')).body, 'candidate', 'scannedAt'));
  expect((await apply(ANN, entry('crm', 'https://mirror.example/mcp'))).code).toBe('');
  await Bun.sleep(2);
  expect(await scanned(ANN, 'crm')).toBe(shown);
  const approve = (read: number): ReturnType<typeof ask> =>
    ask(fixture.role.control, BOB, 'POST', '/servers/:id/approve', { params: { id: 'crm' }, body: { digest: shown, scannedAt: read } });
  expect((await approve(scannedAt)).code).toBe('ERR_CONFLICT');
  expect((await approve(Number(part((await send(BOB, 'GET', '/servers/:id', 'crm')).body, 'candidate', 'scannedAt')))).code).toBe('');
});

test('what is read while it is moved is not what the new place says', async () => {
  expect((await apply(ANN, entry('crm', 'https://crm.example/mcp'))).code).toBe('');
  const { control } = fixture.role;
  const moving: typeof control = {
    ...control, readServer: async (question) => {
      const read = await control.readServer(question);
      expect((await apply(ANN, entry('crm', 'https://slow.example/mcp'))).code).toBe('');
      return read;
    },
  };
  expect(await codeOf(enrolServer({ admin: { ...ANN, organisation: true }, space: 'default' }, 'crm', moving))).toBe('ERR_CONFLICT');
  expect((await send(ANN, 'GET', '/servers/:id', 'crm')).body['candidate']).toBeUndefined();
});

test('what a gateway saw at the old place is no candidate at the new one', async () => {
  await approved('crm', entry('crm', 'https://crm.example/mcp'));
  expect((await apply(ANN, entry('crm', 'https://elsewhere.example/mcp'))).code).toBe('');
  await fixture.asGateway.call('control.drift', { space: 'default', server: 'crm', node: 'late', raw: surfaceSaying({ other: {} }) });
  expect((await send(ANN, 'GET', '/servers/:id', 'crm')).body['candidate']).toBeUndefined();
});

test('nor is that what lifts a quarantine', async () => {
  const digest = await approved('crm', entry('crm', 'https://crm.example/mcp'));
  expect((await send(BOB, 'POST', '/servers/:id/quarantine', 'crm', { reason: 'odd' })).code).toBe('');
  expect((await apply(ANN, entry('crm', 'https://evil.example/mcp'))).code).toBe('');
  expect((await send(BOB, 'POST', '/servers/:id/approve', 'crm', { digest })).code).toBe('ERR_CONFLICT');
  expect(await statusOf('crm')).not.toBe('approved');
});

/** Applies what takes two people, and gives why. */
async function applyTogether(servers: string): Promise<string> {
  const { code, body } = await apply(ANN, servers);
  expect(code).toBe('ERR_PROPOSAL_STORED');
  const { body: proposal } = await send(BOB, 'GET', '/proposals/:id', text(body['proposal']));
  const digest = text(proposal['digest']);
  expect((await send(BOB, 'POST', '/proposals/:id/approve', text(body['proposal']), { digest })).code).toBe('');
  return text(proposal['reasons']);
}

test('a secret goes nowhere else, and no other secret goes there, before that is approved; how it is kept may change', async () => {
  // Reading a server shows it its secret, so that who declares where it goes could read it there.
  expect(await applyTogether(at(header('crm')))).toContain('it shows the secret vault:crm at https://crm.example (space default)');
  const digest = await scanned(ANN, 'crm');
  expect((await send(BOB, 'POST', '/servers/:id/approve', 'crm', { digest })).code).toBe('');
  expect((await apply(ANN, at(header('crm', ', owner: sales, rotateBy: 2027-01-31')))).code).toBe('');
  expect(await statusOf('crm')).toBe('approved');
  expect(await applyTogether(at(header('payroll')))).toContain('vault:payroll at https://crm.example');
  expect(await statusOf('crm')).toBe('declared');
  expect((await apply(ANN, entry('crm', 'https://crm.example/elsewhere', header('payroll')))).code).toBe('');
});

test('nobody alone sends a secret to a server, a command or a token endpoint of theirs', async () => {
  await applyTogether(at(token('https://idp.example/token')));
  for (const [other, where] of [
    [at(token('https://evil.example/token')), 'vault:crm at https://evil.example'],
    [entry('crm', 'https://evil.example/mcp', token('https://idp.example/token')), 'vault:crm at https://evil.example'],
    [`  crm: { command: [/bin/evil], owner: sales, env: { KEY: "vault:crm" } }\n`, 'vault:crm at ["/bin/evil"]'],
  ] as const) {
    const { code, body } = await apply(ANN, other);
    expect([code, text((await send(BOB, 'GET', '/proposals/:id', text(body['proposal']))).body['reasons'])]).toEqual(
      ['ERR_PROPOSAL_STORED', expect.stringContaining(where)],
    );
  }
  const { code } = await ask(fixture.role.control, ANN, 'POST', '/servers', {
    body: crm('mine', { credentials: { type: 'header', header: 'x-key', secret: 'vault:crm' } }),
  });
  expect(code).toBe('ERR_PROPOSAL_STORED');
  expect(text((await send(BOB, 'GET', '/servers/:id', 'crm')).body['endpoint'])).toBe('https://crm.example/mcp');
});
