import { afterAll, expect, test } from 'bun:test';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { installationOf } from '../backup/manifest.ts';
import type { JournalRecord } from '../domain/record.ts';
import { ensureRoleKey } from '../link/keys.ts';
import { publicHalf, signOrder, writeOrder } from '../recovery/order.ts';
import { openFloor } from './floor.ts';

const home = mkdtempSync('/tmp/sp-floor-');
afterAll(() => rmSync(home, { recursive: true }));
const installation = installationOf(ensureRoleKey(home, 'control'));
const [anna, ben, eve] = [0, 1, 2].map(() => generateKeyPairSync('ed25519').privateKey);
if (anna === undefined || ben === undefined || eve === undefined) throw new Error('no keys');
const recovery = { keys: { anna: publicHalf(anna), ben: publicHalf(ben) } };
const ledger = { origin: 'log', size: 5, root: 'cm9vdA==' };
const order = (from: number, to: number, ben_ = ben): string => {
  const [id, createdAt] = [crypto.randomUUID(), Date.now()];
  const text = writeOrder({ id, installation, from, to, restoredAt: 100, ledger, reason: 'lost', createdAt, expiresAt: createdAt + 60_000 });
  return signOrder(signOrder(text, 'anna', anna), 'ben', ben_);
};

test('a role goes back by an order, once, over restarts, and puts it on record', async () => {
  const file = join(home, 'a.version');
  const first = openFloor(home, file);
  expect(first.takes({ version: 3 }, 'any')).toBe(true);
  first.reached({ version: 9, recovery }, 'nine');
  const of = (version: number, bytes: string): boolean => first.takes({ version }, bytes);
  expect([of(9, 'nine'), of(9, 'another nine'), of(8, 'eight')]).toEqual([true, false, false]);
  // A restored store is another row of numbers: a higher one is no newer one.
  for (const version of [5, 9, 12]) expect(first.takes({ version, restoredAt: 100 }, 'restored')).toBe(false);
  const good = order(9, 5);
  first.offer(good);
  const may = (version: number, restoredAt: number): boolean => first.takes({ version, restoredAt }, 'restored');
  expect([may(4, 100), may(6, 101), may(6, 99), may(6, 100), may(12, 100)]).toEqual([false, false, false, true, true]);
  first.reached({ version: 6, restoredAt: 100, recovery }, 'six');
  expect([first.version, first.takes({ version: 10 }, 'of before'), first.takes({ version: 7, restoredAt: 100 }, 'seven')]).toEqual([6, false, true]);

  const again = openFloor(home, file);
  again.reached({ version: 9, restoredAt: 50, recovery }, 'nine');
  again.offer(good);
  expect(again.takes({ version: 6, restoredAt: 100 }, 'six')).toBe(false);
  const records: JournalRecord[] = [];
  const journal = { append: async (record: JournalRecord): Promise<number> => records.push(record) };
  await again.settle(journal, 'gateway');
  await again.settle(journal, 'gateway');
  expect(records).toMatchObject([{ event: 'recovery.accepted', snapshot: 6, detail: { by: 'anna, ben', from: 9, to: 6 } }]);
});

test('an order is for a role that is no further than it says', () => {
  const floor = openFloor(home, join(home, 'e.version'));
  floor.reached({ version: 10, recovery }, 'ten');
  floor.offer(order(9, 5));
  expect(floor.takes({ version: 6, restoredAt: 100 }, 'six')).toBe(false);
});

test('whose orders count is what the last snapshot said, not who brings one; without keys nobody\'s do', () => {
  const file = join(home, 'b.version');
  const floor = openFloor(home, file);
  floor.reached({ version: 9 }, '');
  expect([floor.takes({ version: 9, restoredAt: 100 }, 'x'), floor.takes({ version: 10, restoredAt: 100 }, 'x')]).toEqual([false, true]);
  expect(() => floor.offer(order(9, 5))).toThrow(expect.objectContaining({ code: 'ERR_RECOVERY_ORDER' }));
  floor.reached({ version: 10, recovery }, '');
  expect(() => floor.offer(order(10, 5, eve))).toThrow(expect.objectContaining({ code: 'ERR_RECOVERY_ORDER' }));
  expect(floor.takes({ version: 11, restoredAt: 100 }, 'x')).toBe(false);
});

test('an order that nothing needed is used up by the next snapshot, and by the next look at the log', () => {
  const floor = openFloor(home, join(home, 'c.version'));
  floor.reached({ version: 5, recovery }, '');
  floor.offer(order(9, 5));
  expect(floor.leave.current()).toMatchObject({ ...ledger, by: 'anna, ben' });
  floor.leave.spend();
  floor.reached({ version: 6, recovery }, '');
  floor.reached({ version: 8, recovery }, '');
  expect([floor.takes({ version: 9, restoredAt: 100 }, 'x'), floor.leave.current()]).toEqual([false, undefined]);
});

test('a floor that cannot be read is no floor of zero', () => {
  const file = join(home, 'd.version');
  writeFileSync(file, '{"version":1');
  expect(() => openFloor(home, file)).toThrow(expect.objectContaining({ code: 'ERR_FILE_UNREADABLE' }));
});
