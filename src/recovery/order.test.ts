import { expect, test } from 'bun:test';
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { codeOf } from '../../test/fixtures/code-of.ts';
import { BACKUP_SHAPE } from '../registry/backup-shape.ts';
import { makeRecoveryKey, openRecoveryKey } from './key-file.ts';
import { publicHalf, readOrder, signOrder, verifyOrder, writeOrder } from './order.ts';

const newKey = (): KeyObject => generateKeyPairSync('ed25519').privateKey;
const [anna, ben, eve] = [newKey(), newKey(), newKey()];
const keys = { anna: publicHalf(anna), ben: publicHalf(ben) };
const NOW = 1_800_000_000_000;
const terms = { keys, installation: 'spi_here', now: NOW };
const draft = (change: Partial<Parameters<typeof writeOrder>[0]> = {}): string => writeOrder({
  id: crypto.randomUUID(), installation: 'spi_here', from: 9, to: 5, restoredAt: 7, reason: 'the disk was lost', createdAt: NOW - 1,
  expiresAt: NOW + 1_000, ...change,
});
const signed = (text: string, by: Readonly<Record<string, KeyObject>>): string =>
  Object.entries(by).reduce((order, [who, key]) => signOrder(order, who, key), text);

test('an order of two people whose keys are known is good, here and until it ends', () => {
  const order = signed(draft(), { ben, anna });
  expect(verifyOrder(order, terms)).toMatchObject({ from: 9, to: 5, signers: ['anna', 'ben'] });
  expect(verifyOrder(signed(order, { eve }), terms).signers).toEqual(['anna', 'ben']);
  expect(readOrder(order).signers).toEqual(['ben', 'anna']);
});

test('one signer, a forged one, the same one twice, another installation, another time and any changed word are refused', () => {
  const good = signed(draft(), { anna, ben });
  const bad: Readonly<Record<string, string>> = {
    unsigned: draft(),
    'one signer': signed(draft(), { anna }),
    stranger: signed(draft(), { anna, eve }),
    forged: signOrder(signed(draft(), { anna }), 'ben', eve),
    'one person as two': signOrder(signed(draft(), { anna }), 'ben', anna),
    'another installation': signed(draft({ installation: 'spi_there' }), { anna, ben }),
    expired: signed(draft({ expiresAt: NOW }), { anna, ben }),
    'for ever': signed(draft({ expiresAt: NOW + 8 * 24 * 3_600_000 }), { anna, ben }),
    changed: good.replace('\\"from\\":9', '\\"from\\":99'),
    'with more': good.replace('{\\"format', '{\\"x\\":1,\\"format'),
    nothing: '', text: 'null',
  };
  for (const [why, text] of Object.entries(bad)) expect(() => verifyOrder(text, terms), why).toThrow(expect.objectContaining({ code: 'ERR_RECOVERY_ORDER' }));
  const same = { anna: keys.anna, ben: keys.anna };
  expect(() => verifyOrder(signOrder(signed(draft(), { anna }), 'ben', anna), { ...terms, keys: same })).toThrow('of 1 of the people');
  // The last character before the padding has two bits that no byte holds.
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
  const other = `${keys.anna.slice(0, 42)}${letters[letters.indexOf(keys.anna[42] ?? '') + 1] ?? ''}=`;
  expect(Buffer.from(other, 'base64')).toEqual(Buffer.from(keys.anna, 'base64'));
  const twice = { anna: keys.anna, ben: other };
  expect(() => verifyOrder(signOrder(signed(draft(), { anna }), 'ben', anna), { ...terms, keys: twice })).toThrow('of 1 of the people');
  expect(BACKUP_SHAPE.safeParse({ recoveryKeys: keys }).success).toBe(true);
  expect(BACKUP_SHAPE.safeParse({ recoveryKeys: twice }).success).toBe(false);
});

test('a recovery key opens with its passphrase and no other', async () => {
  const { key, sealed } = await makeRecoveryKey('correct horse battery');
  expect(publicHalf(await openRecoveryKey(sealed, 'correct horse battery'))).toBe(publicHalf(key));
  expect(await codeOf(openRecoveryKey(sealed, 'correct horse batterz'))).toBe('ERR_RECOVERY_ORDER');
  expect(await codeOf(makeRecoveryKey('short'))).toBe('ERR_REQUEST_INVALID');
}, 60_000);
