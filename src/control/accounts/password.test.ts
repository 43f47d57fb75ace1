import { expect, setDefaultTimeout, test } from 'bun:test';
import { codeOf } from '../../../test/fixtures/code-of.ts';
import { LIMITS } from '../../domain/limits.ts';
import { checkPassword, hashPassword } from './password.ts';

setDefaultTimeout(60_000);

test('short, common, patterned and self-named passwords are refused', async () => {
  const weak = [
    'elevenchars', 'password1234', 'Password123!!', 'qwertyuiop12', '123456789012', 'aaaaaaaaaaaa', 'abababababab', 'letmein12345', 'abcdefghijkl',
    'correcthorsebatterystaple', 'Summer2026!!!', 'administrator1', '210987654321', 'P@ssw0rd2026!',
  ];
  for (const password of weak) expect([password, await codeOf(hashPassword(password, []))]).toEqual([password, 'ERR_PASSWORD_WEAK']);
  expect(await codeOf(hashPassword('grace-hopper12', ['grace-hopper']))).toBe('ERR_PASSWORD_WEAK');
  expect(await codeOf(hashPassword('x'.repeat(100) + 'quiet lemon boats'.repeat(10), []))).toBe('ERR_PASSWORD_WEAK');
});

test('nothing of a password is cut off, and how it is composed makes no difference', async () => {
  const stem = 'quiet lemon boats at noon '.repeat(8);
  const hash = await hashPassword(`${stem}ü`, []);
  expect(hash).toStartWith('$argon2id$v=19$m=65536,t=3,p=1$');
  expect(await checkPassword(`${stem}ü`, hash)).toBe(true);
  for (const other of [`${stem}u`, stem, `${stem}ü `, stem.slice(0, 72)]) expect(await checkPassword(other, hash)).toBe(false);
});

test('without an account the same work is done, and never succeeds', async () => {
  expect(await checkPassword('quiet lemon boats', undefined)).toBe(false);
});

test('more than can wait are turned away, the others all get their turn', async () => {
  const many = LIMITS.passwordChecksMax + LIMITS.passwordChecksWaitingMax + 4;
  // The work itself is not what is looked at: a hash of the least cost.
  const cheap = await Bun.password.hash('quiet lemon boats', { algorithm: 'argon2id', memoryCost: 8, timeCost: 1 });
  const answers = await Promise.all(Array.from({ length: many }, () => codeOf(checkPassword('quiet lemon boats', cheap))));
  expect(answers.filter((answer) => answer === 'ERR_BUSY')).toHaveLength(4);
  expect(await checkPassword('quiet lemon boats', cheap)).toBe(true);
});
