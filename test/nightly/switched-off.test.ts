import { expect, test } from 'bun:test';
import { switchEachOff, tableOf } from '../faults/switched-off.ts';
import { OUTSIDE } from '../faults/switches-outside.ts';
import { CONSOLE } from '../faults/switches-console.ts';
import { PRACTICES } from '../faults/switches-practices.ts';
import { SEGMENTATION } from '../faults/switches-segmentation.ts';

test.each([['segmentation', SEGMENTATION], ['what is outside the gate', OUTSIDE], ['the practices around it', PRACTICES],
  ['the console', CONSOLE]])(
  'whichever control of %s is switched off, the test that is named for it notices',
  async (_, rows) => {
    const { broken, offs } = await switchEachOff(rows);
    console.log(`switched off: each control, and what notices\n${tableOf(offs)}`);
    expect(broken).toBeUndefined();
    expect(offs.filter(({ caughtBy, named }) => caughtBy?.includes(named) !== true)).toEqual([]);
  },
);
