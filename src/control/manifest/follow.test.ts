import { afterEach, beforeEach, expect, setDefaultTimeout, test } from 'bun:test';
import { appendFileSync, mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { journalOf } from '../../../test/fixtures/journal-of.ts';
import { removeHome } from '../../../test/fixtures/record-judge.ts';
import { ask, person, ROOT } from '../admins/fixture-admin.ts';
import type { ControlRole } from '../../roles/control.ts';
import { startControl } from '../../roles/control.ts';
import { runLedger, type LedgerRole } from '../../roles/ledger.ts';
import { configure } from '../fixture-control.ts';
import { readManifestFiles } from './files.ts';
import { userName } from './on-disk.ts';
import { readPlaces } from './places.ts';

setDefaultTimeout(60_000);
const UID = process.getuid?.() ?? 0;
const OWNER = userName(UID);

let home = '';
let file = '';
let ledger: LedgerRole;
let role: ControlRole | undefined;
beforeEach(async () => {
  home = mkdtempSync('/tmp/sp-follow-');
  file = join(home, 'sallyport.yaml');
  writeFileSync(join(home, 'a.cedar'), '@id("a") forbid(principal, action == Action::"call_tool", resource);');
  writeFileSync(file, 'apiVersion: sallyport/v1\ngateway: { listen: 127.0.0.1:7001 }\npolicies: [a.cedar]\n');
  ledger = await runLedger({ home, strict: false });
});
afterEach(async () => {
  await stop();
  await ledger.close();
  removeHome(home);
});

async function start(watch = false): Promise<ControlRole['control']> {
  role = await startControl({ home, manifest: file, watch });
  return role.control;
}

async function stop(): Promise<void> {
  await role?.close();
  role = undefined;
}

const sourceOf = async (control: ControlRole['control']): Promise<string> => JSON.stringify((await control.store.get('policy', 'default', 'a.cedar'))?.body);
const loosen = (): void => writeFileSync(join(home, 'a.cedar'), '@id("a") permit(principal, action == Action::"call_tool", resource);');

async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await Bun.sleep(50);
}

test('[config-changed-file] the first start applies the manifest; one changed since waits for an administrator, told with who and when', async () => {
  const first = await start();
  expect(first.configuration.head?.statement).toMatchObject({
    author: 'sallyport|manifest', reason: 'first start', manifest: { file, origin: { uid: UID, owner: OWNER } },
  });
  await stop();
  expect(await start().then(({ configuration }) => configuration.head?.statement.number)).toBe(first.configuration.head?.statement.number);
  await stop();

  loosen();
  writeFileSync(file, 'apiVersion: sallyport/v1\ngateway: { listen: 0.0.0.0:7009 }\npolicies: [a.cedar]\n');
  const control = await start();
  expect(await sourceOf(control)).toContain('forbid');
  expect(control.onDisk()).toMatchObject({ state: 'changed', watched: false, origin: { owner: OWNER } });
  expect(JSON.stringify((await ask(control, ROOT, 'GET', '/status')).body['problems'])).toContain('is not what is in force');
  expect(journalOf(home, { event: 'config.noticed' })).toMatchObject([{ category: 'detection', detail: { file, uid: UID, owner: OWNER } }]);
  // Nor does it say where the gate listens at the next start.
  expect(readPlaces(home)).toEqual({ gateway: '127.0.0.1:7001' });

  const body = { ...await readManifestFiles(file), reason: 'a trial' };
  expect((await ask(control, ROOT, 'POST', '/manifest', { body })).code).toBe('');
  expect(control.configuration.head?.statement).toMatchObject({ author: ROOT.id, reason: 'a trial' });
  expect(readPlaces(home)).toEqual({ gateway: '0.0.0.0:7009' });
  await stop();
  expect((await start()).onDisk()).toMatchObject({ state: 'applied' });
});

test('what people configured is not replaced by a manifest that turns up later', async () => {
  role = await startControl({ home });
  const body = { file: 'b.cedar', source: '@id("b") forbid(principal, action, resource);' };
  expect((await ask(role.control, ROOT, 'PUT', '/policies', { body })).code).toBe('');
  await stop();
  const control = await start();
  expect(control.onDisk()).toMatchObject({ state: 'changed' });
  expect((await control.store.list('policy')).map(({ id }) => id)).toEqual(['b.cedar']);
});

test('a watched manifest takes effect when it is changed, each change recorded; a bad one does not, nor what takes two people', async () => {
  const control = await start(true);
  expect(control.onDisk()).toMatchObject({ state: 'applied', watched: true });
  loosen();
  await until(async () => (await sourceOf(control)).includes('permit'));
  const manifest = { origin: { file: join(home, 'a.cedar') } };
  expect(control.configuration.head?.statement).toMatchObject({ author: 'sallyport|manifest', reason: 'watched file', manifest });

  appendFileSync(file, 'unknown: 1\n');
  await until(async () => control.onDisk()?.state === 'bad');
  expect(control.onDisk()?.problem).toContain('sallyport.yaml:4');
  expect(await sourceOf(control)).toContain('permit');

  const two = [person('ann', 'sec'), person('bob', 'sec')];
  for (const { id } of two) await configure(control, 'admin', 'default', id.slice(-3), { to: { principal: id }, role: 'admin', space: '*' });
  writeFileSync(file, 'apiVersion: sallyport/v1\npolicies: [a.cedar]\nadmins: [{ group: agents, role: admin, space: "*" }]\n');
  const isRefused = (): boolean => control.onDisk()?.problem?.includes('takes two people') === true;
  await until(async () => isRefused() || (await control.store.list('admin')).length !== two.length);
  expect((await control.store.list('admin')).map(({ id }) => id)).toEqual(['ann', 'bob']);
});
