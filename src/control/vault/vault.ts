import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { createAddressGuard } from '../../upstream/address.ts';
import { createGuardedFetch } from '../../upstream/guarded-fetch.ts';
import { createHashicorpReader } from '../../vault/hashicorp.ts';
import type { Ask } from '../../vault/hashicorp.ts';
import { keyInFile } from '../../vault/key-file.ts';
import { keyInKeyring, systemKeyring } from '../../vault/key-keyring.ts';
import type { KeyringTool } from '../../vault/key-keyring.ts';
import { keyByPassphrase } from '../../vault/key-passphrase.ts';
import { readPrivateFile } from '../../vault/key-source.ts';
import type { KeySource } from '../../vault/key-source.ts';
import type { Control } from '../control.ts';
import { readNetwork } from '../manifest/settings.ts';
import { createVaultKeeper } from './keeper.ts';
import type { OpenSource, VaultKeeper } from './keeper.ts';
import { machineSecrets } from './machine-secrets.ts';
import { createSecretReader } from './resolve.ts';
import type { SecretReader } from './resolve.ts';

/** Everything that control keeps secret, and every secret that it is referred to. */
export interface Vault extends VaultKeeper, SecretReader {}

export interface VaultOptions extends Pick<Control, 'store' | 'change' | 'now'> {
  readonly home: string;
}

const PASSPHRASE_FILE = 'SALLYPORT_VAULT_PASSPHRASE_FILE';

export function openVault({ home, store, change, now }: VaultOptions): Vault {
  const keeper = createVaultKeeper({ store, change, source: sourcesIn(home, systemKeyring(process.env)) });
  const hashicorp = createHashicorpReader(guardedAsk(store), now);
  const reader = createSecretReader({ store, now, sealer: keeper.sealer, hashicorp, machine: machineSecrets(home) });
  return { ...keeper, ...reader };
}

/** Where the key of an installation may rest. */
export function sourcesIn(home: string, keyring: KeyringTool): OpenSource {
  const file = join(home, 'control', 'vault.key');
  // Another installation of the same user has another key.
  const account = createHash('sha256').update(home).digest('hex').slice(0, 32);
  return (name, passphrase): KeySource => {
    if (name === 'file') return keyInFile(file);
    if (name === 'keyring') return keyInKeyring(keyring, account);
    return keyByPassphrase(`${file}.age`, async () => passphrase ?? await namedPassphrase(process.env[PASSPHRASE_FILE]));
  };
}

/** The file is checked like a key file; the line break at its end is no part of the passphrase. */
async function namedPassphrase(path: string | undefined): Promise<string | undefined> {
  return path === undefined || path === '' ? undefined : (await readPrivateFile(path))?.replace(/\r?\n$/, '');
}

/** Asks a provider's server by way of the guard for addresses. */
function guardedAsk(store: Control['store']): Ask {
  const guard = createAddressGuard();
  return async ({ url, ...init }, { address, allowPrivate }, signal) => {
    const network = await readNetwork(store);
    const privateHosts = new Set(allowPrivate ? [new URL(address).hostname] : []);
    return createGuardedFetch({ guard, network, privateHosts, server: 'the vault provider', signal })(url, init);
  };
}
