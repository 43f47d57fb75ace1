import { afterAll, expect, test } from 'bun:test';
import { generateKeyPairSync } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Encrypter, generateX25519Identity, identityToRecipient } from 'age-encryption';
import { assert as hold, asyncProperty, boolean, infiniteStream, integer, nat, property } from 'fast-check';
import { codeOf } from '../../test/fixtures/code-of.ts';
import { readArchive } from './archive-read.ts';
import { once, writeArchive } from './archive-write.ts';
import { installationOf, signManifest, type Manifest } from './manifest.ts';
import { formatShare, joinShares, parseShare, splitSecret } from './shares.ts';
import { readTar, tarEnd, tarFile } from './tar.ts';

const folder = mkdtempSync('/tmp/sp-bk-');
afterAll(() => rmSync(folder, { recursive: true }));
const identity = await generateX25519Identity();
const recipient = await identityToRecipient(identity);
const { privateKey } = generateKeyPairSync('ed25519');
const installation = installationOf(privateKey);

type Files = Readonly<Record<string, string>>;

async function* filesOf(files: Files): AsyncGenerator<Parameters<typeof tarFile>[0]> {
  for (const [name, text] of Object.entries(files)) yield { name, size: Buffer.byteLength(text), mode: 0o600, body: once(Buffer.from(text)) };
}

const manifestOf = (files: Manifest['files']): Manifest => ({
  format: 'sallyport-backup/1', id: crypto.randomUUID(), installation, createdAt: 1, live: false, vaultKey: 'none', folders: [], files,
});

async function written(files: Files, change: (manifest: Manifest) => Manifest = (manifest) => manifest, key = privateKey): Promise<string> {
  const file = join(folder, `${crypto.randomUUID()}.age`);
  await writeArchive({
    file, recipients: [recipient], files: filesOf(files), signal: new AbortController().signal, onBytes: () => undefined,
    finish: async (listed) => signManifest(change(manifestOf(listed)), key),
  });
  return file;
}

async function readBack(file: string, more: Partial<Parameters<typeof readArchive>[0]> = {}): Promise<Files> {
  const found: Record<string, string> = {};
  await readArchive({
    file, identity, installation, ...more,
    take: async ({ name, body }) => {
      const chunks: Uint8Array[] = [];
      for await (const chunk of body) chunks.push(chunk.slice());
      found[name] = Buffer.concat(chunks).toString();
    },
  });
  return found;
}

const FILES = { 'home/control/key.pem': 'a secret', 'home/empty': '', 'store/resource.000001.jsonl': 'x'.repeat(700_000) };

test('what was put in comes out, and nothing of it can be read without the key', async () => {
  const file = await written(FILES);
  expect(await readBack(file)).toEqual(FILES);
  expect(readFileSync(file).includes('a secret')).toBe(false);
  expect(await codeOf(readBack(file, { identity: await generateX25519Identity() }))).toBe('ERR_BACKUP_KEY');
  expect(await codeOf(readBack(file, { identity: 'AGE-SECRET-KEY-1NONE' }))).toBe('ERR_BACKUP_KEY');
  expect(await codeOf(readBack(join(folder, 'none.age')))).toBe('ERR_NOT_FOUND');
});

test('an archive that was cut short or changed in any bit is refused', async () => {
  const file = await written({ 'home/a': 'b'.repeat(200_000) });
  const whole = readFileSync(file);
  await hold(asyncProperty(nat(whole.length - 1), nat(7), boolean(), async (at, bit, isCut) => {
    const bad = join(folder, 'bad.age');
    const bytes = Buffer.from(whole);
    bytes[at] = (bytes[at] ?? 0) ^ (1 << bit);
    writeFileSync(bad, isCut ? whole.subarray(0, at) : bytes);
    expect(['ERR_BACKUP_INVALID', 'ERR_BACKUP_KEY']).toContain(await codeOf(readBack(bad)));
  }), { numRuns: 60 });
});

test('an archive of another installation, or one that says what it does not hold, is refused', async () => {
  const other = generateKeyPairSync('ed25519').privateKey;
  expect(await codeOf(readBack(await written(FILES, (manifest) => manifest, other)))).toBe('ERR_BACKUP_INVALID');
  expect(await codeOf(readBack(await written(FILES), { installation: installationOf(other) }))).toBe('ERR_BACKUP_INVALID');
  for (const change of [
    (manifest: Manifest): Manifest => ({ ...manifest, files: manifest.files.slice(1) }),
    (manifest: Manifest): Manifest => ({ ...manifest, files: manifest.files.toReversed() }),
    (manifest: Manifest): Manifest => ({ ...manifest, files: manifest.files.map(([name, size, , digest]) => [name, size, 0o777, digest]) }),
  ]) expect(await codeOf(readBack(await written(FILES, change)))).toBe('ERR_BACKUP_INVALID');
});

/** An archive as anybody can make it who knows the recipient. */
async function forged(tar: Uint8Array): Promise<string> {
  const encrypter = new Encrypter();
  encrypter.addRecipient(recipient);
  const file = join(folder, `${crypto.randomUUID()}.age`);
  writeFileSync(file, await encrypter.encrypt(tar));
  return file;
}

const named = (name: string) => (header: Buffer): void => void header.fill(0, 0, 100).write(name, 0);
const finish = async (): Promise<never> => Promise.reject(new Error('no'));

async function* short(): AsyncGenerator<Parameters<typeof tarFile>[0]> {
  yield { name: 'home/a', size: 10, mode: 0o600, body: once(Buffer.from('short')) };
}

test('names that lead elsewhere, links and devices are refused before anything of them is taken', async () => {
  const tar = Buffer.concat([...(await Array.fromAsync(tarFile({ name: 'home/aaaaaaaaaa', size: 1, mode: 0o600, body: once(Buffer.from('x')) }))), tarEnd()]);
  const sealed = (change: (header: Buffer) => void): Promise<string> => {
    const bytes = Buffer.from(tar);
    change(bytes);
    bytes.fill(' ', 148, 156);
    const sum = bytes.subarray(0, 512).reduce((total, byte) => total + byte, 0);
    bytes.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
    return forged(bytes);
  };
  for (const name of ['../../etc/x', '/etc/passwd', 'home/../../x', 'home//x', 'home/./x', 'a\\..\\b', '']) {
    const taken: string[] = [];
    const reading = readArchive({ file: await sealed(named(name)), identity, installation, take: async (one) => void taken.push(one.name) });
    expect([name, await codeOf(reading), taken]).toEqual([name, 'ERR_BACKUP_INVALID', []]);
  }
  for (const type of ['1', '2', '3', '5', 'x', 'L']) {
    const taken: string[] = [];
    const link = await sealed((header) => void header.write(type, 156));
    const reading = readArchive({ file: link, identity, installation, take: async (one) => void taken.push(one.name) });
    expect([await codeOf(reading), taken]).toEqual(['ERR_BACKUP_INVALID', []]);
  }
  expect(await codeOf(readBack(await forged(tar)))).toBe('ERR_BACKUP_INVALID');
});

test('a backup that fails leaves what was there, and nothing half-made', async () => {
  const file = join(folder, 'kept.age');
  writeFileSync(file, 'the one before');
  const parts = { file, recipients: [recipient], finish, signal: new AbortController().signal, onBytes: () => undefined };
  expect(await codeOf(writeArchive({ ...parts, files: filesOf(FILES) }))).toBe('ERR_BACKUP_FAILED');
  expect(await codeOf(writeArchive({ ...parts, files: short() }))).toBe('ERR_FILE_CHANGED');
  expect(await codeOf(writeArchive({ ...parts, files: filesOf(FILES), recipients: [] }))).toBe('ERR_BACKUP_FAILED');
  expect(await codeOf(writeArchive({ ...parts, files: filesOf(FILES), recipients: ['age1none'] }))).toBe('ERR_BACKUP_FAILED');
  expect([readFileSync(file, 'utf8'), readdirSync(folder).some((name) => name.endsWith('.part'))]).toEqual(['the one before', false]);
});

test('long names are kept, as tar keeps them', async () => {
  const name = `home/${'d'.repeat(60)}/${'e'.repeat(60)}/${'f'.repeat(60)}.json`;
  const chunks = await Array.fromAsync(tarFile({ name, size: 0, mode: 0o644, body: once(new Uint8Array(0)) }));
  writeFileSync(join(folder, 'long.tar'), Buffer.concat([...chunks, tarEnd()]));
  expect(Bun.spawnSync(['tar', 'tf', join(folder, 'long.tar')]).stdout.toString()).toBe(`${name}\n`);
  for await (const file of readTar(once(Buffer.concat([...chunks, tarEnd()])))) expect([file.name, file.mode]).toEqual([name, 0o644]);
  expect(existsSync(join(folder, 'long.tar'))).toBe(true);
});

test('any shares that are enough give the key back, fewer or wrong ones do not', () => {
  hold(property(integer({ min: 2, max: 6 }), integer({ min: 0, max: 4 }), infiniteStream(nat()), (needed, more, picks) => {
    const all = splitSecret(identity, { recipient, needed, of: needed + more }).map((share) => parseShare(formatShare(share)));
    const some = all.toSorted((a, b) => (picks.next().value ?? 0) - (picks.next().value ?? 0) || a.at - b.at).slice(0, needed);
    expect(joinShares(some)).toBe(identity);
    expect(() => joinShares(some.slice(1))).toThrow('too few');
    expect(() => joinShares([...some.slice(1), some[1] ?? some[0], some[1] ?? some[0]].filter((share) => share !== undefined))).toThrow('too few');
    const [first] = splitSecret(identity, { recipient: 'age1other', needed, of: needed });
    expect(() => joinShares([...some.slice(1), ...(first === undefined ? [] : [{ ...first, at: 16 }])])).toThrow('not of one key');
  }), { numRuns: 30 });
  const text = formatShare(splitSecret('secret', { recipient, needed: 2, of: 2 })[0] ?? { recipient, needed: 2, of: 2, at: 1, part: '00' });
  expect(() => parseShare(text.replace(/.(?=.{12}$)/, (char) => (char === 'A' ? 'B' : 'A')))).toThrow('copied right');
  expect(() => splitSecret('secret', { recipient, needed: 1, of: 3 })).toThrow('at least 2');
});
