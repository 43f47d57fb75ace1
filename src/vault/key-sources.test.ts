import { afterAll, beforeAll, expect, test } from 'bun:test';
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { armor, Decrypter } from 'age-encryption';
import { makeIdentity } from './identity.ts';
import { keyInFile } from './key-file.ts';
import { keyInKeyring, systemKeyring } from './key-keyring.ts';
import type { KeyringTool } from './key-keyring.ts';
import { keyByPassphrase } from './key-passphrase.ts';

const PASSPHRASE = 'four random words and one';
let folder: string;
let first: string;
let second: string;

beforeAll(async () => {
  folder = mkdtempSync('/tmp/sp-key-');
  [first, second] = [await makeIdentity(), await makeIdentity()];
});
afterAll(() => rmSync(folder, { recursive: true }));

async function faultOf(work: Promise<unknown>): Promise<{ readonly code?: string; readonly message: string; readonly remedy?: string }> {
  return work.then(() => ({ message: 'done' }), (error: unknown) => (error instanceof Error ? error : { message: String(error) }));
}

test('a key file is private, holds what was saved, and any age tool reads it', async () => {
  const file = keyInFile(join(folder, 'own', 'vault.key'));
  expect(await file.load()).toEqual([]);
  await file.save([first]);
  await file.save([first, second]);
  expect(await file.load()).toEqual([first, second]);
  expect(file.describe()).toEqual({ where: join(folder, 'own', 'vault.key'), mode: '0600' });
  expect(readFileSync(join(folder, 'own', 'vault.key'), 'utf8').split('\n').filter((line) => !line.startsWith('#') && line !== '')).toEqual([first, second]);
  expect(statSync(join(folder, 'own')).mode & 0o777).toBe(0o700);
  expect(readdirSync(join(folder, 'own'))).toEqual(['vault.key']);
  await file.erase();
  expect(await file.load()).toEqual([]);
});

test('one that others could read, that is a link, or no file is refused', async () => {
  const path = join(folder, 'open.key');
  const file = keyInFile(path);
  await file.save([first]);
  for (const mode of [0o644, 0o640, 0o604, 0o660, 0o601]) {
    chmodSync(path, mode);
    const fault = await faultOf(file.load());
    expect(fault).toMatchObject({ code: 'ERR_VAULT_KEY', remedy: expect.stringContaining('rekey') });
    expect(JSON.stringify(fault)).not.toContain(first);
  }
  expect(file.describe().mode).toBe('0601');
  chmodSync(path, 0o600);
  expect(await file.load()).toEqual([first]);
  symlinkSync(path, join(folder, 'link.key'));
  for (const wrong of [join(folder, 'link.key'), folder]) expect(await faultOf(keyInFile(wrong).load())).toMatchObject({ code: 'ERR_VAULT_KEY' });
});

test('a passphrase opens the key, a wrong one does not, and none leaves it locked', async () => {
  const path = join(folder, 'vault.key.age');
  const own = keyByPassphrase(path, async () => PASSPHRASE);
  expect(await own.load()).toEqual([]);
  await own.save([first]);
  expect(await own.load()).toEqual([first]);
  expect(readFileSync(path, 'utf8')).not.toContain(first);
  expect(await faultOf(keyByPassphrase(path, async () => `${PASSPHRASE} `).load())).toMatchObject({ code: 'ERR_VAULT_KEY' });
  expect(await faultOf(keyByPassphrase(path, async () => undefined).load())).toMatchObject({ code: 'ERR_VAULT_LOCKED' });
  expect(await faultOf(keyByPassphrase(path, async () => 'short').save([second]))).toMatchObject({ code: 'ERR_REQUEST_INVALID' });
  const decrypter = new Decrypter();
  decrypter.addPassphrase(PASSPHRASE);
  expect(await decrypter.decrypt(armor.decode(readFileSync(path, 'utf8')), 'text')).toContain(first);
  chmodSync(path, 0o644);
  expect(await faultOf(own.load())).toMatchObject({ code: 'ERR_VAULT_KEY' });
}, 30_000);

/** Stands in for the system's tool: keeps one entry in a file, and writes down its arguments. */
function imitation(kind: KeyringTool['kind']): KeyringTool {
  const path = join(folder, kind);
  const kept = join(folder, `${kind}.kept`);
  const script = kind === 'secret-tool'
    ? `case "$1" in store) /bin/cat > ${kept};; lookup) [ -f ${kept} ] || exit 1; /bin/cat ${kept};; clear) /bin/rm -f ${kept};; esac`
    : `case "$1" in -i) read line; printf '%s' "\${line##* }" > ${kept};;
       find-generic-password) [ -f ${kept} ] || exit 44; /bin/cat ${kept}; echo;; delete-generic-password) /bin/rm -f ${kept};; esac`;
  writeFileSync(path, `#!/bin/sh\necho "$@" >> ${path}.argv\n${script}\n`, { mode: 0o700 });
  return { kind, path, env: {} };
}

test.each(['secret-tool', 'security'] as const)('the keyring keeps the key by way of %s, and no argument holds it', async (kind) => {
  const tool = imitation(kind);
  const keyring = keyInKeyring(tool, 'a1');
  expect(await keyring.load()).toEqual([]);
  await keyring.save([first, second]);
  expect(await keyring.load()).toEqual([first, second]);
  expect(keyring.describe().where).toContain(kind);
  const said = readFileSync(`${tool.path}.argv`, 'utf8');
  expect(said).toContain('sallyport-vault');
  expect(said).not.toContain('AGE-SECRET-KEY');
  await keyring.erase();
  expect(await keyring.load()).toEqual([]);
  expect(existsSync(join(folder, `${kind}.kept`))).toBe(false);
});

test('a keyring that refuses is no empty keyring, and one that forgets is found out', async () => {
  const path = join(folder, 'broken');
  writeFileSync(path, `#!/bin/sh\necho ${first}\nexit 3\n`, { mode: 0o700 });
  const refusing = keyInKeyring({ kind: 'secret-tool', path, env: {} }, 'a1');
  for (const work of [() => refusing.load(), () => refusing.save([first])]) {
    const fault = await faultOf(work());
    expect(fault).toMatchObject({ code: 'ERR_PROVIDER_FAILED' });
    expect(Bun.inspect(fault)).not.toContain(first);
  }
  const forgetful = join(folder, 'forgetful');
  writeFileSync(forgetful, '#!/bin/sh\nexit 0\n', { mode: 0o700 });
  expect(await faultOf(keyInKeyring({ kind: 'security', path: forgetful, env: {} }, 'a1').save([first]))).toMatchObject({ code: 'ERR_PROVIDER_FAILED' });
  expect(systemKeyring({ HOME: '/home/a', SECRET: 's' }, 'darwin')).toEqual({ kind: 'security', path: '/usr/bin/security', env: { HOME: '/home/a' } });
});
