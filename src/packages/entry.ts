import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import canonicalize from 'canonicalize';
import { z } from 'zod';
import { LIMITS } from '../domain/limits.ts';
import { packageFault } from './fault.ts';

const DIGEST = z.string().regex(/^[0-9a-f]{64}$/);
const PACKAGE = z.strictObject({
  name: z.string(), version: z.string(), at: z.string(), integrity: z.string(),
  /** Verified; absent: it has no attestation of its build. */
  provenance: z.strictObject({ repository: z.string(), builder: z.string() }).exactOptional(),
});
const ENTRY = z.strictObject({
  form: z.literal(1),
  ecosystem: z.enum(['npm', 'pypi']),
  name: z.string(),
  version: z.string(),
  /** What it can start: a command's name, and its program and arguments, with `PACKAGE_ROOT` for the entry. */
  programs: z.record(z.string(), z.array(z.string()).min(1)),
  packages: z.array(PACKAGE).max(LIMITS.packageTreeMax),
  /** What a person should know: scripts that were not run, peers that don't fit. */
  notes: z.array(z.string()).max(LIMITS.packageNotesMax),
  /** Sorted by path. */
  files: z.array(z.strictObject({ path: z.string(), sizeBytes: z.int().min(0), sha256: DIGEST, executable: z.boolean() })).max(LIMITS.packageFilesMax),
});
/** What one entry of the store is: everything that its digest covers. */
export type Entry = z.infer<typeof ENTRY>;
export type EntryFile = Entry['files'][number];

export const ENTRY_FILE = 'entry.json';
/** The folder of an entry that servers see as `PACKAGE_ROOT`. */
export const TREE = 'tree';

/** The canonical form (RFC 8785) that is written, and whose SHA-256 (hex) is the entry's name. */
export function encodeEntry(entry: Entry): { readonly text: string; readonly digest: string } {
  const text = canonicalize(entry) ?? '';
  return { text, digest: sha256(text) };
}

/** What an entry says of itself, which is what its name says. Throws `ERR_PACKAGE_MISSING`, `ERR_PACKAGE_TAMPERED`. */
export async function readEntry(store: string, digest: string): Promise<Entry> {
  const what = nameOf(digest);
  if (!DIGEST.safeParse(digest).success) throw packageFault('ERR_PACKAGE_MISSING', what, 'no entry of the store has such a name');
  let text: string;
  try {
    text = await readFile(join(store, digest, ENTRY_FILE), 'utf8');
  } catch {
    throw packageFault('ERR_PACKAGE_MISSING', what, 'it is not in the package store of this machine');
  }
  const entry = sha256(text) === digest ? ENTRY.safeParse(JSON.parse(text), { reportInput: false }) : undefined;
  if (entry?.success !== true) throw packageFault('ERR_PACKAGE_TAMPERED', what, 'its list of files was changed since it was installed');
  return entry.data;
}

export function nameOf(digest: string): string {
  return `package store entry ${digest.slice(0, 12)}`;
}

export function sha256(bytes: string | Uint8Array): string {
  return new Bun.CryptoHasher('sha256').update(bytes).digest('hex');
}
