import { expect, test } from 'bun:test';
import { randomBytes } from 'node:crypto';
import { assert, property, string } from 'fast-check';
import { createSeal } from './seal.ts';

const key = randomBytes(32);
const seal = createSeal(key);

test('what was sealed opens with the same binding and key, and with nothing else', () => {
  assert(
    property(string(), string(), string(), (binding, other, text) => {
      const sealed = seal.seal(binding, text);
      expect(seal.open(binding, sealed)).toBe(text);
      expect(createSeal(key).open(binding, sealed)).toBe(text);
      expect(createSeal(randomBytes(32)).open(binding, sealed)).toBeUndefined();
      if (other !== binding) expect(seal.open(other, sealed)).toBeUndefined();
    }),
    { numRuns: 100 },
  );
});

test('a handle has one spelling: any changed, added or dropped character is refused', () => {
  const sealed = seal.seal('b', 'state');
  for (let at = 0; at < sealed.length; at += 1) {
    const changed = sealed.slice(0, at) + (sealed[at] === 'A' ? 'B' : 'A') + sealed.slice(at + 1);
    expect(seal.open('b', changed)).toBeUndefined();
  }
  for (const other of [`${sealed}=`, `${sealed}\n`, ` ${sealed}`, sealed.slice(1), '', 'x']) expect(seal.open('b', other)).toBeUndefined();
});

test('a handle is visible ASCII without separators, so that it can be a header', () => {
  expect(seal.seal('b', 'päyload\r\n')).toMatch(/^[A-Za-z0-9_-]+$/);
});
