import { expect, test } from 'bun:test';
import { endOf, isExpired, keepState } from './keep.ts';

const at = (moment: string): number => Date.parse(moment);

test('the last day still counts, and the next moment does not', () => {
  const keep = { owner: 'o', expires: '2026-12-31' };
  expect(keepState(keep, at('2026-12-31T23:59:59.999Z'))).toBe('good');
  expect(keepState(keep, at('2027-01-01T00:00:00Z'))).toBe('expired');
  expect([isExpired({}, at('2099-01-01')), isExpired({ expires: 'someday' }, 0), endOf('someday')]).toEqual([false, true, 0]);
});

test('a rotation that was made is not overdue; expiry says more than being overdue, and that more than having no owner', () => {
  const now = at('2026-06-01T12:00:00Z');
  expect(keepState({ rotateBy: '2026-05-31' }, now)).toBe('overdue');
  expect(keepState({ rotateBy: '2026-06-01' }, now)).toBe('unowned');
  expect(keepState({ owner: 'o', rotateBy: '2026-05-31' }, now, at('2026-05-30'))).toBe('overdue');
  expect(keepState({ owner: 'o', rotateBy: '2026-05-31' }, now, at('2026-05-31T08:00:00Z'))).toBe('good');
  expect(keepState({ rotateBy: '2026-05-31', expires: '2026-05-30' }, now)).toBe('expired');
});
