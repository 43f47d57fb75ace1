import { createHash, createPublicKey, sign, verify } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { z } from 'zod';
import { SallyportError } from '../domain/errors.ts';

/** Put before the bytes that are signed, so that nothing else that the key signs can be read as a manifest. */
const PURPOSE = 'sallyport/backup/v1\n';
const COUNT = z.int().min(0);

const MANIFEST = z.strictObject({
  format: z.literal('sallyport-backup/1'),
  id: z.uuid(),
  /** Whose: the fingerprint of the key that signed this. */
  installation: z.string(),
  /** Epoch ms; when it began. */
  createdAt: COUNT,
  /** Whether the roles ran meanwhile. */
  live: z.boolean(),
  store: z.strictObject({
    /** What it was read from; it can be restored to either. */
    from: z.enum(['sqlite', 'postgres']),
    migrations: COUNT,
    /** Version of the newest snapshot; 0: there was none. */
    snapshot: COUNT,
    rows: z.record(z.string(), COUNT),
  }).exactOptional(),
  ledger: z.strictObject({
    origin: z.string(), size: COUNT,
    /** Base64. */
    root: z.string(),
  }).exactOptional(),
  /** The vault's key: in here, sealed by its passphrase in here, or kept by a keyring elsewhere. */
  vaultKey: z.enum(['none', 'here', 'elsewhere']),
  /** Path below the state folder and mode. */
  folders: z.array(z.tuple([z.string(), COUNT]).readonly()).readonly(),
  /** Name in the archive, bytes, mode, SHA-256 (hex). */
  files: z.array(z.tuple([z.string(), COUNT, COUNT, z.string().regex(/^[0-9a-f]{64}$/)]).readonly()).readonly(),
});
/** What a backup holds, signed by the installation that it is of. */
export type Manifest = z.infer<typeof MANIFEST>;
export type ManifestFile = Manifest['files'][number];

/** Which installation a key speaks for: `spi_` and the first half of its SHA-256. People write it down; it is no secret. */
export function installationOf(key: KeyObject): string {
  const publicKey = key.type === 'public' ? key : createPublicKey(key);
  return `spi_${createHash('sha256').update(publicKey.export({ type: 'spki', format: 'der' })).digest('hex').slice(0, 32)}`;
}

/** The manifest's bytes, and what vouches for them: the public key (PEM) and its signature. */
export function signManifest(manifest: Manifest, key: KeyObject): { readonly bytes: Uint8Array; readonly signature: Uint8Array } {
  const bytes = Buffer.from(JSON.stringify(manifest));
  const signature = sign(null, Buffer.concat([Buffer.from(PURPOSE), bytes]), key).toString('base64');
  const pem = createPublicKey(key).export({ type: 'spki', format: 'pem' });
  return { bytes, signature: Buffer.from(JSON.stringify({ key: pem, signature })) };
}

const SIGNATURE = z.strictObject({ key: z.string().max(1_000), signature: z.string().max(200) });

/** Checks that the installation that is named made this manifest. Anybody who knows its recipients can encrypt an archive. Throws `ERR_BACKUP_INVALID`. */
export function openManifest(bytes: Uint8Array, vouched: Uint8Array, installation: string): Manifest {
  const { key, signature } = readJson(SIGNATURE, vouched, 'its signature cannot be read');
  const publicKey = publicKeyOf(key);
  const signer = installationOf(publicKey);
  if (!verify(null, Buffer.concat([Buffer.from(PURPOSE), bytes]), publicKey, Buffer.from(signature, 'base64'))) throw invalid('its signature is not good');
  if (signer !== installation) throw invalid(`it is of the installation ${signer}, and not of ${installation}`);
  const manifest = readJson(MANIFEST, bytes, 'its manifest cannot be read');
  if (manifest.installation !== signer) throw invalid('its manifest names another installation than the one that signed it');
  return manifest;
}

function publicKeyOf(pem: string): KeyObject {
  try {
    const key = createPublicKey(pem);
    if (key.asymmetricKeyType === 'ed25519') return key;
  } catch {
    // Told below.
  }
  throw invalid('it is signed by no key of ours');
}

function readJson<T>(shape: z.ZodType<T>, bytes: Uint8Array, why: string): T {
  try {
    const read = shape.safeParse(JSON.parse(Buffer.from(bytes).toString('utf8')), { reportInput: false });
    if (read.success) return read.data;
  } catch {
    // Told below.
  }
  throw invalid(why);
}

function invalid(why: string): SallyportError {
  return new SallyportError('ERR_BACKUP_INVALID', `the archive cannot be used: ${why}`, {
    remedy: 'Name the installation whose backup it is with --installation: `sallyport backup create` printed it, and the escrow shares hold it.',
  });
}
