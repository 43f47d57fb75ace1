import { Database } from 'bun:sqlite';
import { afterAll, afterEach, beforeAll, beforeEach, expect, setDefaultTimeout, test } from 'bun:test';
import { copyFileSync, cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { codeOf } from '../../../test/fixtures/code-of.ts';
import { journalOf } from '../../../test/fixtures/journal-of.ts';
import { removeHome } from '../../../test/fixtures/record-judge.ts';
import { ask, ROOT } from '../admins/fixture-admin.ts';
import type { ControlRole } from '../../roles/control.ts';
import { startControl } from '../../roles/control.ts';
import { runLedger, type LedgerRole } from '../../roles/ledger.ts';
import { configure } from '../fixture-control.ts';
import { readRefusal, writeOrder, type Order } from './orders.ts';
import { CONFIGURED } from './state.ts';

setDefaultTimeout(60_000);

let home = '';
let ledger: LedgerRole;
let role: ControlRole | undefined;
const made = mkdtempSync('/tmp/sp-sealed-');
beforeAll(async () => {
  home = made;
  ledger = await runLedger({ home, strict: false });
  await history();
  await ledger.close();
});
beforeEach(async () => {
  home = mkdtempSync('/tmp/sp-sealed-');
  cpSync(made, home, { recursive: true });
  ledger = await runLedger({ home, strict: false });
});
afterEach(async () => {
  await stop();
  await ledger.close();
  removeHome(home);
});
afterAll(() => removeHome(made));

async function start(): Promise<ControlRole['control']> {
  role = await startControl({ home });
  return role.control;
}

async function stop(): Promise<void> {
  await role?.close();
  role = undefined;
}

/** Some history: three policies, one changed, one removed. Control is stopped then. */
async function history(): Promise<void> {
  const control = await start();
  for (const name of ['a', 'b', 'c']) await configure(control, 'policy', 'default', `${name}.cedar`, policy(name));
  await configure(control, 'policy', 'default', 'a.cedar', policy('a', '@ticket("changed") '));
  expect((await ask(control, ROOT, 'DELETE', '/policies/:id', { params: { id: 'c.cedar' } })).code).toBe('');
  await stop();
}

function policy(name: string, note = ''): { readonly file: string; readonly source: string } {
  return { file: `${name}.cedar`, source: `@id("${name}") ${note}forbid(principal, action == Action::"call_tool", resource);` };
}

/** What somebody with the database's file can do. */
function sql(...statements: readonly string[]): void {
  const database = new Database(join(home, 'control', 'store.db'));
  for (const statement of statements) database.run(statement);
  database.close();
}

function order(what: Order['order'], reason = 'it was looked into'): void {
  const refusal = readRefusal(home);
  writeOrder(home, { order: what, root: refusal?.root ?? '', latest: refusal?.latest ?? '', by: 'olga', at: Date.now(), reason });
}

const PERMIT = JSON.stringify({ file: 'x.cedar', source: '@id("x") permit(principal, action, resource);' });
const row = (kind: string, id: string, body: string): string => `INSERT INTO resource VALUES ('${kind}', 'default', '${id}', '${body}', 999, 0, 'me')`;

const EDITS: readonly (readonly [string, string])[] = [
  ['a policy that permits everything', row('policy', 'x.cedar', PERMIT)],
  ['a forbid that is gone', `DELETE FROM resource WHERE kind = 'policy' AND id = 'b.cedar'`],
  ['a forbid that says something else', `UPDATE resource SET body = replace(body, 'call_tool', 'list') WHERE kind = 'policy' AND id = 'b.cedar'`],
  ['an administrator', row('admin', 'me', JSON.stringify({ to: { group: 'us' }, role: 'admin', space: '*' }))],
  ['the two-person rule switched off', row('setting', 'administration', '{"twoPersons":false}')],
  ['servers let out of their sandbox', row('setting', 'runner', '{"unjailed":"accepted"}')],
  ['packages from elsewhere', row('setting', 'packages', '{"npm":"https://registry.example"}')],
  ['a row of another space', `UPDATE resource SET space = 'blue' WHERE kind = 'policy' AND id = 'b.cedar'`],
];

test('[config-sealed] edited by SQL while control is stopped: it does not start until a person decides what becomes of it', async () => {
  sql(row('policy', 'x.cedar', PERMIT), `DELETE FROM resource WHERE kind = 'policy' AND id = 'b.cedar'`);
  expect(await codeOf(start())).toBe('ERR_CONFIG_TAMPERED');
  expect(journalOf(home, { event: 'config.refused' })).toMatchObject([{ code: 'ERR_CONFIG_TAMPERED' }]);
  expect(await codeOf(start())).toBe('ERR_CONFIG_TAMPERED');
  order('restore');
  const control = await start();
  expect((await control.store.list('policy')).map(({ space, id }) => `${space}/${id}`)).toEqual(['default/a.cedar', 'default/b.cedar']);
  expect(journalOf(home, { event: 'config.accepted' })).toMatchObject([{ principal: 'sallyport|olga', detail: { order: 'restore' } }]);
  await stop();
  await start();
});

test('every row of the configuration is covered, whatever is done to it', async () => {
  const { configuration, store } = await start();
  const check = (): Promise<string> => codeOf(store.transaction((rows) => configuration.check(rows)));
  const undo = ['DELETE FROM resource', 'INSERT INTO resource SELECT * FROM before', 'DROP TABLE before'];
  for (const [what, edit] of EDITS) {
    sql('CREATE TABLE before AS SELECT * FROM resource', edit);
    expect([what, await check()]).toEqual([what, 'ERR_CONFIG_TAMPERED']);
    sql(...undo);
    expect([what, await check()]).toEqual([what, 'fulfilled']);
  }
});

test('edited by SQL while control runs: nothing can be changed on top of it, what is in force stays', async () => {
  const control = await start();
  const before = control.snapshots.current?.version;
  sql(row('policy', 'x.cedar', PERMIT));
  expect(await codeOf(configure(control, 'policy', 'default', 'b.cedar', policy('b', '@ticket("mine") ')))).toBe('ERR_CONFIG_TAMPERED');
  expect(await codeOf(configure(control, 'policy', 'default', 'b.cedar', policy('b', '@ticket("mine") ')))).toBe('ERR_CONFIG_TAMPERED');
  expect(control.snapshots.current?.version).toBe(before);
  expect(journalOf(home, { event: 'config.refused' })).toHaveLength(1);
  sql(`DELETE FROM resource WHERE id = 'x.cedar'`);
  await configure(control, 'policy', 'default', 'b.cedar', policy('b', '@ticket("mine") '));
});

const VERSIONS: readonly (readonly [what: string, code: string, ...statements: string[]])[] = [
  ['a bit of a statement', 'ERR_CONFIG_TAMPERED', `UPDATE configuration_version SET statement = replace(statement, '|tests', '|tastes') WHERE number = 3`],
  ['a bit of a signature', 'ERR_CONFIG_TAMPERED',
    `UPDATE configuration_version SET signature = iif(signature LIKE 'A%', 'B', 'A') || substr(signature, 2) WHERE number = 6`],
  ['two versions swapped', 'ERR_CONFIG_TAMPERED', `UPDATE configuration_version SET number = -number WHERE number IN (3, 4)`,
    `UPDATE configuration_version SET number = 7 + number WHERE number < 0`],
  ['one taken out of the middle', 'ERR_CONFIG_TAMPERED', `DELETE FROM configuration_version WHERE number = 3`],
  ['the newest taken away', 'ERR_CONFIG_ROLLED_BACK', `DELETE FROM configuration_version WHERE number = 6`],
  ['all of them taken away', 'ERR_CONFIG_ROLLED_BACK', 'DELETE FROM configuration_version'],
  ['the newest snapshot taken away', 'ERR_CONFIG_ROLLED_BACK', 'DELETE FROM snapshot WHERE version = (SELECT max(version) FROM snapshot)'],
];

test.each(VERSIONS)('of the versions themselves: %s', async (_, code, ...statements) => {
  sql(...statements);
  expect(await codeOf(start())).toBe(code);
  expect(journalOf(home, { event: 'config.refused' })).toMatchObject([{ code }]);
  order('accept');
  const control = await start();
  expect(control.configuration.head?.statement).toMatchObject({ anchor: true, author: 'sallyport|olga' });
  expect(control.configuration.head?.statement.number).toBeGreaterThan(6);
  await configure(control, 'policy', 'default', 'b.cedar', policy('b', '@ticket("later") '));
  await stop();
  await start();
});

test('a content that is not what was signed is refused where it is read', async () => {
  sql(`UPDATE configuration_version SET content = (SELECT content FROM configuration_version WHERE number = 2) WHERE number = 3`);
  const control = await start();
  const answer = await ask(control, ROOT, 'GET', '/configuration/versions/:number', { params: { number: '3' } });
  expect(answer).toMatchObject({ code: 'ERR_CONFIG_TAMPERED', body: { message: expect.stringContaining('the content of version 3') } });
});

test('[config-no-way-back] an older database in the place of the newest: found by what control keeps beside it, and without that by the ledger', async () => {
  const [store, pin] = ['store.db', 'configuration.json'].map((name) => join(home, 'control', name));
  sql('PRAGMA wal_checkpoint(TRUNCATE)');
  for (const file of [store, pin]) copyFileSync(file ?? '', `${file}.old`);
  await configure(await start(), 'policy', 'default', 'b.cedar', policy('b', '@ticket("newer") '));
  await stop();
  const replay = (...files: readonly (string | undefined)[]): void => {
    for (const suffix of ['-wal', '-shm']) rmSync(`${store}${suffix}`, { force: true });
    for (const file of files) copyFileSync(`${file}.old`, file ?? '');
  };
  replay(store);
  expect(await codeOf(start())).toBe('ERR_CONFIG_ROLLED_BACK');
  replay(store, pin);
  expect(await codeOf(start())).toBe('ERR_CONFIG_ROLLED_BACK');
  rmSync(pin ?? '');
  expect(await codeOf(start())).toBe('ERR_CONFIG_ROLLED_BACK');
  rmSync(store ?? '');
  expect(await codeOf(start())).toBe('ERR_CONFIG_ROLLED_BACK');
  const ledgers = expect.stringContaining('the ledger saw');
  expect(journalOf(home, { event: 'config.refused' }).map(({ reason }) => reason)).toEqual([
    expect.stringContaining('this control committed'), ledgers, ledgers, expect.any(String),
  ]);
});

test('an order is for what was refused when it was given, and for nothing that was changed since', async () => {
  sql(row('policy', 'x.cedar', PERMIT));
  expect(await codeOf(start())).toBe('ERR_CONFIG_TAMPERED');
  order('accept');
  sql(row('policy', 'y.cedar', PERMIT.replaceAll('x', 'y')));
  expect(await codeOf(start())).toBe('ERR_CONFIG_TAMPERED');
});

test('what rests in the store is sealed, and what stands beside it belongs to nobody else', async () => {
  const control = await start();
  for await (const { content } of { [Symbol.asyncIterator]: async function* rows() { yield* await control.store.configuration.after(0, 100); } }) {
    expect(content).toStartWith('-----BEGIN AGE ENCRYPTED FILE-----');
  }
  await stop();
  const pin = join(home, 'control', 'configuration.json');
  writeFileSync(pin, readFileSync(pin, 'utf8').replace(/"number":\d+/, '"number":99'));
  expect(await codeOf(start())).toBe('ERR_CONFIG_ROLLED_BACK');
  writeFileSync(pin, '{}');
  expect(await codeOf(start())).toBe('ERR_CONFIG_TAMPERED');
  expect(CONFIGURED).toContain('baseline');
});
