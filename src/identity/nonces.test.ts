import { expect, test } from 'bun:test';
import { createSeal } from '../gateway/seal.ts';
import { SallyportError } from '../domain/errors.ts';
import { LIMITS } from '../domain/limits.ts';
import { createNonces, type Nonces } from './nonces.ts';

const NOW = 1_800_000_000_000;
const seal = createSeal(new Uint8Array(32).fill(3));
const open = (): Nonces => createNonces({ node: 'a', seal, askOwner: () => Promise.reject(new Error('away')) });

function spend(nonces: Nonces, nonce: string, id: string, now = NOW): string {
  try {
    void nonces.spend({ nonce, id }, now);
    return 'fresh';
  } catch (fault) {
    return fault instanceof SallyportError ? String(fault.internal) : 'another fault';
  }
}

test('a nonce serves for a while as the newest, and ends five minutes after it was made', () => {
  const nonces = open();
  const first = nonces.current(NOW);
  expect(nonces.current(NOW + 59_999)).toBe(first);
  expect(nonces.current(NOW + 60_000)).not.toBe(first);
  expect(spend(nonces, first, 'one', NOW + LIMITS.proofNonceMs - 1)).toBe('fresh');
  expect(spend(nonces, first, 'two', NOW + LIMITS.proofNonceMs)).toBe('a nonce that is not in use');
});

test('so many nonces are kept, and no more', () => {
  const nonces = open();
  const made = Array.from({ length: 20 }, (_, minute) => nonces.current(NOW + minute * 60_000));
  const now = NOW + 19 * 60_000;
  expect(made.filter((nonce) => spend(nonces, nonce, 'id', now) === 'fresh')).toHaveLength(5);
});

test('a memory that is full forgets nothing: its nonce ends, and all that was seen with it stays refused', () => {
  const nonces = open();
  const nonce = nonces.current(NOW);
  for (let id = 0; id < LIMITS.proofsPerNonceMax; id += 1) void nonces.spend({ nonce, id: String(id) }, NOW);
  expect(spend(nonces, nonce, '0')).toBe('replayed');
  expect(spend(nonces, nonce, 'one too many')).toBe('a nonce that is not in use');
  expect(spend(nonces, nonce, '0')).toBe('a nonce that is not in use');
  expect(nonces.current(NOW)).not.toBe(nonce);
});

test('a replica that was started again knows none of its earlier nonces', () => {
  const nonce = open().current(NOW);
  expect(spend(open(), nonce, 'id')).toBe('a nonce that is not in use');
});

test('what another key sealed, or for another purpose, names no owner', () => {
  const foreign = createNonces({ node: 'b', seal: createSeal(new Uint8Array(32).fill(4)), askOwner: () => Promise.reject(new Error('away')) });
  expect(spend(open(), foreign.current(NOW), 'id')).toBe('a nonce that is not in use');
  expect(spend(open(), seal.seal('session', JSON.stringify({ node: 'b' })), 'id')).toBe('a nonce that is not in use');
});
