import { afterAll, expect, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { openDump } from './dump.ts';
import { openDatabase, openStore } from './open.ts';
import { BACKED_TABLES } from './tables.ts';

const folder = mkdtempSync('/tmp/sp-dump-');
afterAll(() => rmSync(folder, { recursive: true }));
const url = `sqlite:${join(folder, 'store.db')}`;

test('every table of the store is in a backup, with every column, but what must not come back', async () => {
  await (await openStore(url)).close();
  const database = await openDatabase(url, {});
  const names = (await database.read("SELECT name FROM sqlite_master WHERE type = 'table'")).map(({ name }) => String(name));
  expect(names.toSorted()).toEqual([...BACKED_TABLES.map(({ name }) => name), 'migration', 'state'].toSorted());
  for (const { name, columns } of BACKED_TABLES) {
    const found = (await database.read(`SELECT name FROM pragma_table_info('${name}')`)).map((column) => String(column['name']));
    expect([name, found]).toEqual([name, [...columns]]);
  }
  await database.close();
});

test('a dump is of the moment at which it was opened, whatever is written meanwhile', async () => {
  const store = await openStore(url);
  for (let index = 0; index < 500; index += 1) await store.put('observed', 'default', `row-${index}`, { index }, { by: 'test' });
  const dump = await openDump(url, {});
  await store.put('observed', 'default', 'row-0', { index: 'later' }, { by: 'test' });
  await store.put('observed', 'default', 'row-500', {}, { by: 'test' });
  const rows = (await Array.fromAsync(dump.rows())).filter(({ table }) => table === 'resource').flatMap((some) => some.rows);
  await dump.close();
  await store.close();
  expect([rows.length, rows.some(({ body }) => String(body).includes('later'))]).toEqual([500, false]);
});
