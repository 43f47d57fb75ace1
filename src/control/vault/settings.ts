import { z } from 'zod';
import { DEFAULT_SPACE } from '../../domain/principal.ts';
import { VAULT } from '../../registry/vault-shape.ts';
import type { VaultShape } from '../../registry/vault-shape.ts';
import type { Rows } from '../../store/store.ts';
import { decodeJson } from '../../store/body.ts';
import { KEY_SOURCES } from '../../vault/key-source.ts';

const DECLARED = 'vault';
const KEY = 'vault-key';

/** What an administrator declared of the vault, for the whole installation. */
export async function readVaultSettings(rows: Rows): Promise<VaultShape> {
  const row = await rows.get('setting', DEFAULT_SPACE, DECLARED);
  return VAULT.parse(row?.body ?? {});
}

export async function writeVaultSettings(rows: Rows, settings: VaultShape, by: string): Promise<void> {
  await rows.put('setting', DEFAULT_SPACE, DECLARED, decodeJson(JSON.stringify(settings)), { by });
}

const KEY_IN_USE = z.strictObject({ source: z.enum(KEY_SOURCES), recipient: z.string() });
/** Which key everything in the store is sealed for, and where it rests. Written at the first use, and by each re-keying. */
export type KeyInUse = z.infer<typeof KEY_IN_USE>;

export async function readKeyInUse(rows: Rows): Promise<KeyInUse | undefined> {
  const row = await rows.get('setting', DEFAULT_SPACE, KEY);
  return row === undefined ? undefined : KEY_IN_USE.parse(row.body);
}

/** `first`: throws `ERR_CONFLICT` when another control was the first. */
export async function writeKeyInUse(rows: Rows, key: KeyInUse, by: string, first: boolean): Promise<void> {
  await rows.put('setting', DEFAULT_SPACE, KEY, key, { by, ...(first ? { expectedVersion: 0 } : {}) });
}
