import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { openKeep } from '../../client-files/seal/kept.ts';
import type { FileSealer } from '../../client-files/seal/kept.ts';
import type { SealingPlace } from '../../client-files/seal/seal.ts';
import type { TextSealer } from '../../client-files/seal/at-rest.ts';
import { SallyportError } from '../../domain/errors.ts';
import { openEnvelope, sealFor } from '../../vault/envelope.ts';
import { makeIdentity, openIdentity } from '../../vault/identity.ts';
import { keyByPassphrase } from '../../vault/key-passphrase.ts';
import { keyInFile } from '../../vault/key-file.ts';
import { keyInKeyring, systemKeyring } from '../../vault/key-keyring.ts';
import { writePrivateFile, type KeySource, type KeySourceName } from '../../vault/key-source.ts';
import { openBytes, sealBytes } from '../../vault/seal-bytes.ts';
import type { Io } from '../command.ts';
import { readSecret } from '../secret-input.ts';
import type { Call } from '../verbs.ts';

/**
 * What was taken out of files of this person, on this machine. It is no part of control's vault: that one gives secrets to gateways
 * alone, each against a permit, and what a client starts by itself needs its own without one (docs/decisions/0024-files-of-clients.md).
 */
export interface FileVault extends SealingPlace {
  readonly text: TextSealer;
}

type Parts = Pick<Call, 'options' | 'io'> & { readonly home: string };

/** Throws `ERR_NOT_FOUND` where nothing was ever sealed, and `ERR_VAULT_*`. */
export async function openFileVault(parts: Parts): Promise<FileVault> {
  const [identity] = await load(parts);
  if (identity !== undefined) return vaultOf(parts.home, identity);
  throw new SallyportError('ERR_NOT_FOUND', `nothing was sealed by you with ${folderOf(parts.home)}`, { remedy: 'Begin with: sallyport config seal FILE' });
}

/** The same; its key is made when it is first needed, and rests where `source` says. */
export async function openOrMakeFileVault(parts: Parts, source: KeySourceName | undefined): Promise<FileVault> {
  const [identity] = await load(parts);
  if (identity !== undefined) return vaultOf(parts.home, identity);
  const made = await makeIdentity();
  const name = source ?? 'file';
  await sourceNamed(name, parts).save([made]);
  // Written last: a key that nobody knows the place of is none.
  await writePrivateFile(join(folderOf(parts.home), 'key-source'), `${name}\n`);
  return vaultOf(parts.home, made);
}

function folderOf(home: string): string {
  return join(home, 'client-files');
}

async function load(parts: Parts): Promise<readonly string[]> {
  const marker = join(folderOf(parts.home), 'key-source');
  if (!existsSync(marker)) return [];
  const name = (await Bun.file(marker).text()).trim();
  const found = await sourceNamed(name === 'keyring' || name === 'passphrase' ? name : 'file', parts).load();
  if (found.length > 0) return found;
  throw new SallyportError('ERR_VAULT_KEY', `the key of what was sealed with ${folderOf(parts.home)} is gone`, {
    remedy: 'Restore it from its copy; without it nothing that was sealed can be read.',
  });
}

function sourceNamed(name: KeySourceName, { home, io, options }: Parts): KeySource {
  const file = join(folderOf(home), 'key');
  if (name === 'file') return keyInFile(file);
  if (name === 'passphrase') return keyByPassphrase(`${file}.age`, () => passphraseOf(io, options));
  return keyInKeyring(systemKeyring(process.env), createHash('sha256').update(folderOf(home)).digest('hex').slice(0, 32));
}

/** Asked for at the terminal; whoever starts a client without one keeps the key in the keyring. */
async function passphraseOf(io: Io, options: Call['options']): Promise<string | undefined> {
  return io.interactive || options.text('fd') !== undefined ? readSecret({ options, io }, 'Passphrase of your sealed files') : undefined;
}

async function vaultOf(home: string, identity: string): Promise<FileVault> {
  const key = await openIdentity(identity);
  const sealer: FileSealer = { seal: (bound, bytes) => sealBytes(key, bound, bytes), open: (bound, sealed) => openBytes(key, bound, sealed) };
  const text: TextSealer = { seal: (plain) => sealFor(key.recipient, plain), open: (sealed) => openEnvelope(key, sealed) };
  return { keep: openKeep(join(folderOf(home), 'kept'), sealer), now: Date.now, text };
}
