import { expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { switchEachOff, tableOf } from './switched-off.ts';
import { SWITCHES } from './switches.ts';
import { CONSOLE } from './switches-console.ts';
import { OUTSIDE } from './switches-outside.ts';
import { PRACTICES } from './switches-practices.ts';
import { SEGMENTATION } from './switches-segmentation.ts';

const text = (file: string): string => readFileSync(join(import.meta.dir, '../..', file), 'utf8');

test('[controls-noticed] whichever obligation, inspection or label rule is switched off, the test that is named for it notices', async () => {
  const { broken, offs } = await switchEachOff(SWITCHES);
  console.log(`switched off: each control, and what notices\n${tableOf(offs)}`);
  expect(broken).toBeUndefined();
  expect(offs).toHaveLength(SWITCHES.length);
  expect(offs.filter(({ caughtBy, named }) => caughtBy?.includes(named) !== true)).toEqual([]);
}, 600_000);

// To switch each of these off takes as long as all other tests: it is done by night (test/nightly).
test.each([['segmentation', SEGMENTATION], ['what is outside the gate', OUTSIDE], ['the practices around it', PRACTICES],
  ['the console', CONSOLE]])(
  'what the controls of %s are switched off by stands once where it is said to, and the test of each exists',
  (_, rows) => {
    const lost = rows.filter(({ file, from, to, tests }) => from === to || text(file).split(from).length !== 2 || !text(tests).includes('test('));
    expect(lost.map(({ what }) => what)).toEqual([]);
    expect(new Set(rows.map(({ what, file }) => `${file} ${what}`)).size).toBe(rows.length);
  },
);
