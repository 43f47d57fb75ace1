import { expect, test } from 'bun:test';
import { switchEachOff, tableOf } from './switched-off.ts';
import { SWITCHES } from './switches.ts';

test('[controls-noticed] whichever obligation, inspection or label rule is switched off, the test that is named for it notices', async () => {
  const { broken, offs } = await switchEachOff();
  console.log(`switched off: each control, and what notices\n${tableOf(offs)}`);
  expect(broken).toBeUndefined();
  expect(offs).toHaveLength(SWITCHES.length);
  expect(offs.filter(({ caughtBy, named }) => caughtBy?.includes(named) !== true)).toEqual([]);
}, 600_000);
