import { expect, test } from 'bun:test';
import { conditionOf } from './spread.ts';

/** What Cedar's `like` means (`*`: anything). */
const isLike = (value: string, pattern: string): boolean =>
  new RegExp(`^${pattern.split('*').map((part) => RegExp.escape(part)).join('.*')}$`, 's').test(value);

test('a limit to a folder lets no path out of it, neither on its way nor at its end', () => {
  const text = conditionOf({ argument: 'path', kind: 'folder', allowed: ['/srv/notes/'], optional: false });
  const holds = (value: string): boolean => Array.from(text.matchAll(/(!\()?context\.arguments\.path like "([^"]*)"/g))
    .every(([, not, pattern = '']) => isLike(value, pattern) === (not === undefined));
  const values = ['/srv/notes/a.txt', '/srv/notes/a/..b/c', '/srv/notes/../x', '/srv/notes/..', '/srv/other'];
  expect(values.map(holds)).toEqual([true, true, false, false, false]);
});
