import { expect, test } from 'bun:test';
import { switchEachOff, tableOf } from '../faults/switched-off.ts';
import { SEGMENTATION } from '../faults/switches-segmentation.ts';

test('whichever control of segmentation is switched off, the test that is named for it notices', async () => {
  const { broken, offs } = await switchEachOff(SEGMENTATION);
  console.log(`switched off: each control, and what notices\n${tableOf(offs)}`);
  expect(broken).toBeUndefined();
  expect(offs.filter(({ caughtBy, named }) => caughtBy?.includes(named) !== true)).toEqual([]);
});
