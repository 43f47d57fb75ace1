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

test('a stable handle is the same each time, another for anything else, and opens like every other', () => {
  const handle = seal.sealStable('b', 'task-1');
  expect(seal.sealStable('b', 'task-1')).toBe(handle);
  expect(createSeal(key).sealStable('b', 'task-1')).toBe(handle);
  for (const [binding, text] of [['b', 'task-2'], ['c', 'task-1'], ['bt', 'ask-1']] as const) {
    expect(seal.sealStable(binding, text).slice(0, 16)).not.toBe(handle.slice(0, 16));
  }
  expect(seal.open('b', handle)).toBe('task-1');
  expect(seal.open('c', handle)).toBeUndefined();
});
