import { expect, test } from 'bun:test';
import * as fc from 'fast-check';
import { CATEGORIES, CONFIDENTIALITIES, UNLABELLED, type Labels } from '../domain/server.ts';
import { covers, join, LOST, withFound } from './labels.ts';

const labels: fc.Arbitrary<Labels> = fc.record({
  confidentiality: fc.constantFrom(...CONFIDENTIALITIES), categories: fc.subarray([...CATEGORIES]), integrity: fc.constantFrom('trusted', 'untrusted'),
});
const ORDER = ['public', 'internal', 'confidential', 'restricted'];

/** Whether one is nowhere below the other, by each part for itself. */
function isAtLeast(one: Labels, other: Labels): boolean {
  const isLevel = ORDER.indexOf(one.confidentiality) >= ORDER.indexOf(other.confidentiality);
  return isLevel && new Set(one.categories).isSupersetOf(new Set(other.categories)) && !(one.integrity === 'trusted' && other.integrity === 'untrusted');
}

test('what carries two is at least as much as either, and no more than both', () => {
  fc.assert(fc.property(labels, labels, labels, (one, other, more) => {
    const both = join(one, other);
    expect([isAtLeast(both, one), isAtLeast(both, other)]).toEqual([true, true]);
    if (isAtLeast(more, one) && isAtLeast(more, other)) expect(isAtLeast(more, both)).toBeTrue();
    expect(join(other, one)).toEqual(both);
  }));
});

test('what is covered is what joining changes nothing of', () => {
  fc.assert(fc.property(labels, labels, (one, other) => {
    expect(covers(one, other)).toBe(isAtLeast(one, other));
    expect(Bun.deepEquals(join(one, other), one)).toBe(isAtLeast(one, other));
  }), { numRuns: 300 });
});

test('what was found is joined, and what a finding says nothing of stays', () => {
  const found = { detector: 'odd', rule: 'odd', severity: 'low', at: [] } as const;
  const all = withFound(UNLABELLED, [found, { ...found, labels: { categories: ['pii'] } }, { ...found, labels: { integrity: 'untrusted' } }]);
  expect(all).toEqual({ confidentiality: 'public', categories: ['pii'], integrity: 'untrusted' });
});

test('nothing is more than what a lost context carries', () => {
  fc.assert(fc.property(labels, (one) => expect(isAtLeast(LOST, one)).toBeTrue()));
});
