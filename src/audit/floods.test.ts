import { expect, test } from 'bun:test';
import type { JournalRecord } from '../domain/record.ts';
import { createFloods } from './floods.ts';

function refusal(address: string, code = 'ERR_TOKEN_MISSING'): JournalRecord {
  return { id: Bun.randomUUIDv7(), at: 0, category: 'access', event: 'call.refused', node: 'g', space: 'default', exchange: 'x', address, code };
}

test('a flood becomes a few single records and one aggregate that counts the rest', async () => {
  const kept: JournalRecord[] = [];
  let now = 1_000;
  const floods = createFloods({ append: (record) => Promise.resolve(kept.push(record)) }, { node: 'g', space: 'default', now: () => now });
  const codes = ['ERR_TOKEN_MISSING', 'ERR_TOKEN_INVALID'];
  for (let index = 0; index < 10_000; index += 1) await floods.refuse(refusal(`10.0.${index % 500}.1`, codes[index % 2]));
  expect(kept).toHaveLength(60);
  await floods.flush();
  const aggregate = kept.at(-1);
  const detail = { since: 1_000, count: 9_940, codes: { ERR_TOKEN_MISSING: 4_970, ERR_TOKEN_INVALID: 4_970 } };
  expect(aggregate).toMatchObject({ event: 'flood.refused', category: 'access', detail });
  expect(JSON.stringify(aggregate).length).toBeLessThan(4_000);

  await floods.flush();
  expect(kept).toHaveLength(61);
  now += 3_000;
  for (let index = 0; index < 10; index += 1) await floods.refuse(refusal('10.0.0.1'));
  expect(kept).toHaveLength(64);
  await floods.close();
  expect(kept.at(-1)).toMatchObject({ event: 'flood.refused', detail: { count: 7 } });
});

test('the aggregate comes by itself when its window ends', async () => {
  const aggregate = Promise.withResolvers<JournalRecord>();
  const journal = {
    append: (record: JournalRecord) => {
      if (record.event === 'flood.refused') aggregate.resolve(record);
      return Promise.resolve(0);
    },
  };
  const floods = createFloods(journal, { node: 'g', space: 'default', now: () => 0, windowMs: 5 });
  for (let index = 0; index < 61; index += 1) await floods.refuse(refusal('10.0.0.1'));
  expect((await aggregate.promise).detail).toMatchObject({ count: 1 });
});

test('a refusal rejects as the journal does', async () => {
  const floods = createFloods({ append: () => Promise.reject(new Error('down')) }, { node: 'g', space: 'default' });
  const outcome = await floods.refuse(refusal('10.0.0.1')).catch((error: unknown) => error);
  expect(String(outcome)).toContain('down');
});
