import { expect, test } from 'bun:test';
import { runMutants, tableOf } from './mutants.ts';

test('whichever line of the path is left out, a test notices, or it is no program any more', async () => {
  const mutants = await runMutants();
  console.log(`mutation: each line of the path, and what notices that it is missing\n${tableOf(mutants)}`);
  expect(mutants.length).toBeGreaterThan(60);
  expect(mutants.filter(({ caughtBy }) => caughtBy === undefined)).toEqual([]);
}, 600_000);
