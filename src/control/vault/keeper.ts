import { SallyportError } from '../../domain/errors.ts';
import type { Rows, Store } from '../../store/store.ts';
import { makeIdentity, openIdentity, recipientOf } from '../../vault/identity.ts';
import type { VaultKey } from '../../vault/identity.ts';
import type { KeySource, KeySourceName, Place } from '../../vault/key-source.ts';
import { isSealed, openEnvelope, sealFor } from '../../vault/envelope.ts';
import { open, seal } from '../../vault/seal.ts';
import type { Sealer } from '../../vault/seal.ts';
import type { By, Change } from '../control.ts';
import { renewKey } from './rekey.ts';
import type { Rekey } from './schema.ts';
import { readKeyInUse, readVaultSettings, writeKeyInUse } from './settings.ts';
import type { KeyInUse } from './settings.ts';

/** The vault as control runs it: one key for the whole installation, held as key objects that cannot be read out. */
export interface VaultKeeper {
  /** Opens the vault at its first use. Throws `ERR_VAULT_KEY`, `ERR_VAULT_LOCKED`, `ERR_VAULT_SEAL`, `ERR_PROVIDER_FAILED`. */
  readonly sealer: Sealer;
  readonly envelope: Envelope;
  /** Says the passphrase, which is forgotten when the key is open. Throws `ERR_VAULT_KEY`. */
  unlock(passphrase: string): Promise<void>;
  /** Gives the vault a new key and seals everything anew, all or nothing; the old key is kept until that is done. How many texts. */
  rekey(by: By, wish: Rekey): Promise<{ readonly recipient: string; readonly resealed: number }>;
  /** Where the key rests, and whether it is open; never fails. */
  status(): Promise<VaultStatus>;
}

/** Texts that a signature vouches for, sealed for the vault's key; of any length that the store takes. */
export interface Envelope {
  /** Works while the vault is locked. As it is when the vault has no key yet: `tend` of who keeps it seals it then. */
  seal(rows: Rows, text: string): Promise<string>;
  /** Opens what `seal` gave. Throws as `sealer` does. */
  open(text: string): Promise<string>;
  /** Makes sure that there is a key. Throws as `sealer` does. */
  ready(): Promise<void>;
}

export interface VaultStatus {
  /** Null before the first use. */
  readonly key: (KeyInUse & Place) | null;
  readonly state: 'unused' | 'open' | 'closed';
  /** Where the declared settings want it. */
  readonly wanted: KeySourceName;
}

/** Makes the source of a name; the passphrase only serves the source that asks for one. */
export type OpenSource = (name: KeySourceName, passphrase: string | undefined) => KeySource;

export interface VaultParts {
  readonly store: Store;
  readonly change: Change;
  readonly source: OpenSource;
}

const SELF = 'sallyport|control';
const SETTLE_MS = 250;

export function createVaultKeeper(parts: VaultParts): VaultKeeper {
  const { store, source } = parts;
  let held: VaultKey | undefined;
  let opening: Promise<VaultKey> | undefined;
  let renewing: Promise<unknown> | undefined;

  /** The key that the store says is in use: another control may have changed it since. */
  const current = async (passphrase?: string): Promise<VaultKey> => {
    const inUse = await readKeyInUse(store);
    if (held !== undefined && held.recipient === inUse?.recipient) return held;
    opening ??= (async () => {
      held = await openIdentity(inUse === undefined ? await begin(parts, passphrase) : await find(parts, inUse, passphrase));
      return held;
    })().finally(() => {
      opening = undefined;
    });
    return opening;
  };

  return {
    sealer: {
      seal: async (bound, value) => {
        // What is sealed now for the key that is on its way out could not be opened any more.
        await renewing?.catch(() => undefined);
        return seal(await current(), bound, value);
      },
      open: async (bound, sealed) => open(await current(), bound, sealed),
    },
    envelope: {
      // A re-keying seals what was written before it anew, in the turn in which it says which key is in use.
      seal: async (rows, text) => {
        const recipient = (await readKeyInUse(rows))?.recipient;
        return recipient === undefined ? text : sealFor(recipient, text);
      },
      open: async (text) => (isSealed(text) ? openEnvelope(await current(), text) : text),
      ready: async () => void (await current()),
    },
    unlock: async (passphrase) => {
      // Who asked before waits for nobody's passphrase, and fails.
      await opening?.catch(() => undefined);
      held = undefined;
      await current(passphrase);
    },
    rekey: async (by, wish) => {
      if (renewing !== undefined) throw new SallyportError('ERR_CONFLICT', 'the vault is being given another key', { remedy: 'Try again.' });
      await current(wish.passphrase);
      const inUse = await readKeyInUse(store);
      if (inUse === undefined) throw new SallyportError('ERR_VAULT_KEY', 'the vault has no key yet', { remedy: 'Set a secret first.' });
      const oldIdentity = await find(parts, inUse, wish.passphrase);
      const work = (async () => {
        // Whoever sealed something a moment ago has written it by then.
        await Bun.sleep(SETTLE_MS);
        return renewKey(parts, by, inUse, oldIdentity, wish);
      })();
      renewing = work;
      const renewed = await work.finally(() => {
        renewing = undefined;
      });
      held = renewed.key;
      return { recipient: renewed.key.recipient, resealed: renewed.resealed };
    },
    status: async () => {
      const inUse = await readKeyInUse(store);
      const wanted = (await readVaultSettings(store)).key ?? 'file';
      if (inUse === undefined) return { key: null, state: 'unused', wanted };
      const isOpen = held?.recipient === inUse.recipient;
      return { key: { ...inUse, ...source(inUse.source, undefined).describe() }, state: isOpen ? 'open' : 'closed', wanted };
    },
  };
}

/** The identity that the store names, out of the source that it names. */
async function find({ source }: VaultParts, inUse: KeyInUse, passphrase: string | undefined): Promise<string> {
  const place = source(inUse.source, passphrase);
  for (const identity of await place.load()) if ((await recipientOf(identity)) === inUse.recipient) return identity;
  throw new SallyportError('ERR_VAULT_KEY', `the key that the vault is sealed with is not at ${place.describe().where}`, {
    remedy: `Restore the copy of the key ${inUse.recipient}; without it the secrets must be set again.`,
  });
}

/** The first use: a key that an administrator put there, or a new one. */
async function begin(parts: VaultParts, passphrase: string | undefined): Promise<string> {
  const { store, source } = parts;
  const name = (await readVaultSettings(store)).key ?? 'file';
  const place = source(name, passphrase);
  const found = (await place.load()).at(-1);
  const identity = found ?? await makeIdentity();
  if (found === undefined) await place.save([identity]);
  try {
    await writeKeyInUse(store, { source: name, recipient: await recipientOf(identity) }, SELF, true);
    return identity;
  } catch (error) {
    const inUse = await readKeyInUse(store);
    if (inUse === undefined) throw error;
    return find(parts, inUse, passphrase);
  }
}
