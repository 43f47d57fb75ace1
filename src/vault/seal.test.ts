import { expect, test } from 'bun:test';
import { armor, Decrypter, Encrypter, identityToRecipient } from 'age-encryption';
import { LIMITS } from '../domain/limits.ts';
import { makeIdentity, openIdentity } from './identity.ts';
import type { Bound } from './seal.ts';
import { open, replaceSealed, reseal, seal } from './seal.ts';

const identity = await makeIdentity();
const key = await openIdentity(identity);
const CRM: Bound = ['secret', 'default', 'crm', '1'];
const sealed = await seal(key, CRM, 'k-5d1f');

async function codeOf(work: Promise<unknown>): Promise<string> {
  return work.then(() => 'done', (error: unknown) => (error instanceof Error && 'code' in error ? String(error.code) : String(error)));
}

/** What the vault would take if it believed whoever can seal for its public recipient. */
async function sealedByStranger(payload: object): Promise<string> {
  const encrypter = new Encrypter();
  encrypter.addRecipient(key.recipient);
  return armor.encode(await encrypter.encrypt(JSON.stringify(payload)));
}

test('what is sealed is opened again in its place, and says nothing of itself', async () => {
  expect(await open(key, CRM, sealed)).toBe('k-5d1f');
  expect(sealed).not.toContain('k-5d1f');
  expect(await seal(key, CRM, 'k-5d1f')).not.toBe(sealed);
  const long = 'ü\n"'.repeat(10_000);
  expect(await open(key, CRM, await seal(key, CRM, long))).toBe(long);
});

test('any age tool opens it with the identity', async () => {
  const decrypter = new Decrypter();
  decrypter.addIdentity(identity);
  expect(JSON.parse(await decrypter.decrypt(armor.decode(sealed), 'text'))).toMatchObject({ bound: ['secret', 'default', 'crm', '1'], value: 'k-5d1f' });
  expect(key.recipient).toBe(await identityToRecipient(identity));
});

test('the key is held as objects that cannot be read out', async () => {
  for (const one of [key.unseal, key.vouch]) expect(one.extractable).toBe(false);
  expect(await crypto.subtle.exportKey('jwk', key.unseal).then(() => 'exported', () => 'refused')).toBe('refused');
});

test('a text of another secret, space, version or kind is not taken in its place', async () => {
  for (const other of [['secret', 'default', 'crm', '2'], ['secret', 'default', 'erp', '1'], ['secret', 'sales', 'crm', '1'], ['secret', 'default/crm', '1']]) {
    expect(await codeOf(open(key, ['secret', ...other.slice(1)], sealed))).toBe('ERR_VAULT_SEAL');
  }
});

test('one that was sealed for the public recipient by somebody else is not taken', async () => {
  const theirs = { bound: [...CRM], value: 'theirs' };
  for (const payload of [theirs, { ...theirs, proof: '' }, { bound: [...CRM], value: 'theirs', proof: Buffer.alloc(32).toString('base64url') }, {}, []]) {
    expect(await codeOf(open(key, CRM, await sealedByStranger({ sallyport: 1, ...payload })))).toBe('ERR_VAULT_SEAL');
  }
});

test('truncated, changed or foreign texts, and another key, all fail alike and repeat nothing', async () => {
  const lines = sealed.split('\n');
  const changed = lines.map((line, at) => (at === 4 ? `${line.startsWith('A') ? 'B' : 'A'}${line.slice(1)}` : line)).join('\n');
  const broken = [
    sealed.slice(0, -60), lines.toSpliced(3, 1).join('\n'), changed, '', 'k-5d1f', sealed + sealed, `${sealed}${' '.repeat(4 * LIMITS.secretBytesMax)}`,
  ];
  for (const text of broken) {
    const fault = await open(key, CRM, text).then(() => undefined, (error: unknown) => error);
    expect(fault).toMatchObject({ code: 'ERR_VAULT_SEAL' });
    expect(Bun.inspect(fault)).not.toContain('k-5d1f');
  }
  expect(await codeOf(open(await openIdentity(await makeIdentity()), CRM, sealed))).toBe('ERR_VAULT_SEAL');
});

test('what is too large is refused, and what is no identity too', async () => {
  expect(await codeOf(seal(key, CRM, 'x'.repeat(LIMITS.secretBytesMax + 1)))).toBe('ERR_REQUEST_INVALID');
  const typo = identity.slice(0, -1) + (identity.endsWith('Q') ? 'P' : 'Q');
  for (const wrong of ['', typo, identity.toLowerCase(), `${identity} `, key.recipient, 'AGE-SECRET-KEY-1']) {
    const fault = await openIdentity(wrong).then(() => undefined, (error: unknown) => error);
    expect(fault).toMatchObject({ code: 'ERR_VAULT_KEY' });
    expect(Bun.inspect(fault)).not.toContain(identity.slice(0, 40));
  }
});

test('a row is sealed anew for another key, each text in its own place; the rest stays', async () => {
  const next = await openIdentity(await makeIdentity());
  const body = { versions: [{ version: 1, sealed }], note: 'as it is', at: 3, none: null, '-----BEGIN AGE ENCRYPTED FILE-----': true };
  const renewed = await replaceSealed(body, (text) => reseal(key, next, text));
  const text = JSON.stringify(renewed).match(/"sealed":("(?:[^"\\]|\\.)*")/)?.[1] ?? '""';
  const anew: string = JSON.parse(text);
  expect(anew).not.toBe(sealed);
  expect(renewed).toEqual({ ...body, versions: [{ version: 1, sealed: anew }] });
  expect(await open(next, CRM, anew)).toBe('k-5d1f');
  expect(await codeOf(open(key, CRM, anew))).toBe('ERR_VAULT_SEAL');
  expect(await codeOf(reseal(key, next, await sealedByStranger({ sallyport: 1, bound: [...CRM], value: 'theirs', proof: 'x' })))).toBe('ERR_VAULT_SEAL');
});
