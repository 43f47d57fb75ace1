import { describe, expect, test } from 'bun:test';
import { join } from 'node:path';
import { dataParts } from '../../scripts/make-release/data.ts';
import { isAllowed, namesOnlyAllowed, reportLicences } from '../../scripts/make-release/licences.ts';

const ROOT = join(import.meta.dir, '..', '..');

describe('licences', () => {
  test.each([
    ['MIT', true], ['(MIT OR GPL-3.0-or-later)', true], ['(MIT AND Zlib)', true], ['MIT AND (ISC OR AGPL-3.0)', true], ['GPL-3.0', false],
    ['MIT AND GPL-3.0', false], ['unknown', false], ['SEE LICENSE IN LICENSE', false], ['', false], ['MIT OR', false], ['(MIT', false], ['MIT MIT', false],
    ['MIT)', false], ['UNLICENSED', false],
  ])('%s: %p', (expression, is) => expect(isAllowed(expression)).toBe(is));

  test('of training data every licence that is named counts, and one must be', () => {
    expect(['MIT', 'MIT and Apache-2.0 inputs', 'MIT, Apache-2.0, BSD'].map(namesOnlyAllowed)).toEqual([true, true, true]);
    expect(['', 'ask them', 'MIT; some CC-BY-NC', 'GPL-3.0', 'research only'].map(namesOnlyAllowed)).toEqual([false, false, false, false, false]);
  });

  test('one that nobody allowed stops the release', () => {
    expect(() => reportLicences([{ name: 'left-pad', version: '1.0.0', licence: 'WTFPL', isAllowed: isAllowed('WTFPL') }])).toThrow('left-pad 1.0.0: WTFPL');
  });

  test('whatever ships and is no program text has a licence', () => {
    const listed = dataParts(ROOT).map(({ path }) => path);
    const others = [...new Bun.Glob('src/**/*').scanSync({ cwd: ROOT, onlyFiles: true })].filter((path) => !/\.(?:ts|cedar)$/.test(path));
    expect(others.toSorted()).toEqual(listed.toSorted());
  });
});
