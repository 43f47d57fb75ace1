import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runCli } from '../../../test/fixtures/in-process-cli.ts';
import { spawnCli, type Outcome } from '../../../test/fixtures/spawned-cli.ts';
import { ACCOUNTS } from '../../../test/vendor/planted-oauth.ts';
import { startPlanted } from '../../../test/vendor/planted.ts';
import type { Planted } from '../../../test/vendor/planted.ts';
import { configure, openControl } from '../../control/fixture-control.ts';
import type { ControlFixture } from '../../control/fixture-control.ts';
import { objects, part, text } from '../json-view.ts';

setDefaultTimeout(60_000);
let fixture: ControlFixture;
let planted: Planted;
beforeAll(async () => {
  fixture = await openControl();
  planted = await startPlanted('127.0.0.1', new Set(['hsts', 'pkce-s256']));
  await configure(fixture.role.control, 'vendor', 'default', 'acme', {
    name: 'Acme', owner: 'sales@example.com', purpose: 'customers', tier: 'standard', endpoints: [{ url: planted.url }], data: { confidentiality: 'internal' },
  });
  writeFileSync(join(fixture.home, 'ca.pem'), planted.roots.join('\n'));
  writeFileSync(join(fixture.home, 'accounts.yaml'), `acme: { token: ${ACCOUNTS.token} }\n`, { mode: 0o600 });
});
afterAll(async () => {
  planted.stop();
  await fixture.close();
});

const vendor = (...args: readonly string[]): Promise<Outcome> => runCli(['vendor', ...args], { folder: fixture.home, home: fixture.home });

function permission(until: string, addresses = '127.0.0.0/8'): string {
  writeFileSync(join(fixture.home, 'leave.yaml'), `apiVersion: sallyport/vendor-permission/v1
vendor: acme
by: security@acme.example
reference: ticket 4711
asker: us@example.com
until: ${until}
endpoints: ["${planted.url}"]
private: ["${addresses}"]
perSecond: 20
`);
  return 'leave.yaml';
}

const TOMORROW = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10);

test('without leave on record, with leave that ended, or for an address that it does not allow, no packet is sent', async () => {
  const none = await vendor('probe', 'acme');
  expect([none.code, none.err]).toEqual([1, expect.stringContaining('ERR_PROBE_FORBIDDEN')]);
  const ended = await vendor('probe', '--permission', permission('2020-01-01'));
  expect([ended.code, ended.err]).toEqual([1, expect.stringContaining('ERR_PROBE_FORBIDDEN')]);
  const elsewhere = await vendor('probe', '--permission', permission(TOMORROW, '10.0.0.0/8'), '--json');
  expect(elsewhere.code).toBe(0);
  expect(elsewhere.out).toContain('a loopback address, which the permission does not allow');
  expect(planted.arrived).toEqual([]);
});

test('with leave it is probed, control gets what was seen, and the test account\'s token is in neither', async () => {
  expect((await vendor('permit', permission(TOMORROW))).out).toContain('may be probed until');
  const args = ['--ca', 'ca.pem', '--accounts', 'accounts.yaml', '--only', 'p01,P04'];
  const first = await vendor('probe', 'acme', ...args, '--fail-on', 'high', '--json');
  expect([first.code, first.err]).toEqual([3, '']);
  const [one] = objects(part(JSON.parse(first.out), 'probed'));
  const checks = objects(part(one, 'report', 'probes')).flatMap((probe) => objects(probe['checks']));
  expect(checks.filter(({ outcome }) => outcome === 'fail').map(({ check }) => text(check)).toSorted()).toEqual(['hsts', 'pkce-s256']);
  const { body } = await fixture.api('GET', '/vendors/acme/probes');
  expect(objects(part(body, 'reports')).map((report) => report['endpoint'])).toEqual([planted.url]);
  expect(first.out + JSON.stringify(body)).not.toContain(ACCOUNTS.token);
  // As the worker runs it: its last line says all of it.
  const due = await vendor('probe', '--due', '--ca', 'ca.pem', '--only', 'P01');
  expect(due.out.trim().split('\n').at(-1)).toBe('1 endpoints of 1 vendors: 1 checks failed, 0 changes');
});

test('tokens that others may read are refused', async () => {
  chmodSync(join(fixture.home, 'accounts.yaml'), 0o644);
  expect((await vendor('probe', 'acme', '--accounts', 'accounts.yaml')).err).toContain('ERR_FILE_UNSAFE');
});

test('a worker does it when it is due, and says in one line what came of it', async () => {
  const { code, err } = await spawnCli(['worker', '--once', '--jobs', 'vendor-probes'], { folder: fixture.home, home: fixture.home });
  expect({ code, err }).toMatchObject({ code: 0, err: expect.stringContaining('vendor-probes: exit 0: 1 endpoints of 1 vendors') });
  const { body } = await fixture.api('GET', '/schedule');
  expect(objects(part(body, 'jobs')).find(({ kind }) => kind === 'vendor-probes')).toMatchObject({ runs: 1, last: { ok: true } });
});
