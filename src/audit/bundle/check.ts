import { createPublicKey, verify } from 'node:crypto';
import { z } from 'zod';
import { SIGNED_AS } from '../../domain/snapshot.ts';
import { SallyportError } from '../../domain/errors.ts';
import { provesItself, leafOf, positionIn } from '../line.ts';
import { openCheckpoint } from '../log/checkpoint.ts';
import type { Checkpoint } from '../log/checkpoint.ts';
import { HASH_BYTES, hashLeaf, sha256 } from '../log/hash.ts';
import { readVkey } from '../log/note.ts';
import { verifyInclusion } from '../log/proof.ts';
import { writeTlogProof } from '../offline/tlog-proof.ts';

const MANIFEST = z.object({
  format: z.literal('sallyport/evidence-bundle/v1'), createdAt: z.number(), createdBy: z.string(), space: z.string(),
  disclosure: z.enum(['original', 'pseudonyms']),
  scope: z.record(z.string(), z.json()), gaps: z.array(z.string()),
  records: z.array(z.object({ position: z.int().nonnegative(), leaf: z.string().regex(/^[\w-]{43}$/), line: z.boolean() })),
  files: z.record(z.string(), z.string()),
});
const SIGNATURE = z.object({ key: z.string(), signature: z.string() });
type Manifest = z.infer<typeof MANIFEST>;

export type Files = ReadonlyMap<string, Uint8Array>;

export interface CheckedBundle {
  readonly manifest: Manifest;
  readonly vkey: string;
  /** Control's public key, base64. */
  readonly key: string;
  /** Entries of the log at its checkpoint. */
  readonly size: number;
  readonly disclosed: number;
  /** Empty: the bundle is what was signed, and every record of it is in the log. */
  readonly problems: readonly string[];
}

/** Checks a bundle as its own script does. Keys that are given count, else those in the bundle. Throws `ERR_BUNDLE_INVALID` for what is none. */
export function checkBundle(files: Files, keys: { readonly log?: string | undefined; readonly control?: string | undefined } = {}): CheckedBundle {
  const problems: string[] = [];
  const manifest = parse(MANIFEST, files, 'manifest.json');
  const { key, signature } = parse(SIGNATURE, files, 'signature.json');
  if (keys.control !== undefined && keys.control !== key) problems.push(`the bundle is signed by ${key}, not by the key that was given`);
  const signed = Buffer.concat([Buffer.from(SIGNED_AS.bundle), files.get('manifest.json') ?? Buffer.alloc(0)]);
  if (!signedBy(key, signature, signed)) problems.push('manifest.json is not what was signed');
  checkFiles(files, manifest, problems);
  const vkey = (keys.log ?? textOf(files, 'log/vkey')).trim();
  const note = textOf(files, 'log/checkpoint');
  const noteKey = readVkey(vkey);
  const checkpoint = noteKey === undefined ? undefined : openCheckpoint(note, noteKey);
  if (checkpoint === undefined) problems.push('log/checkpoint is not signed by the log’s key');
  const disclosed = checkRecords(files, manifest, note, checkpoint, problems);
  return { manifest, vkey, key, size: checkpoint?.size ?? 0, disclosed, problems };
}

function checkFiles(files: Files, manifest: Manifest, problems: string[]): void {
  for (const name of files.keys()) {
    if (!Object.hasOwn(manifest.files, name) && name !== 'manifest.json' && name !== 'signature.json') problems.push(`${name}: not a file of this bundle`);
  }
  for (const [name, expected] of Object.entries(manifest.files)) {
    const bytes = files.get(name);
    if (bytes === undefined) problems.push(`${name}: missing`);
    else if (sha256(bytes).toString('hex') !== expected) problems.push(`${name}: not what was signed`);
  }
}

function checkRecords(files: Files, { records }: Manifest, note: string, checkpoint: Checkpoint | undefined, problems: string[]): number {
  const readable = textOf(files, 'records.jsonl').split('\n').filter((line) => line !== '');
  if (readable.length !== records.length) problems.push('records.jsonl does not hold the records of the manifest');
  let disclosed = 0;
  for (const [at, { position, leaf, line }] of records.entries()) {
    if (position <= (records[at - 1]?.position ?? -1)) problems.push(`record ${position}: twice, or not in the log’s order`);
    const text = textOf(files, `proofs/${position}.tlog-proof`);
    const proof = text.split('\n\n')[0]?.split('\n').slice(2) ?? [];
    const isInLog = checkpoint !== undefined && isIncluded(leaf, position, proof, checkpoint);
    if (!isInLog || text !== writeTlogProof({ position, proof, note })) problems.push(`record ${position}: not proven to be in the log`);
    const shown = readable[at] ?? '';
    if (line) {
      disclosed += 1;
      const why = undisclosed(Buffer.from(textOf(files, `lines/${position}.json`)), position, leaf, shown);
      if (why !== undefined) problems.push(`record ${position}: ${why}`);
    } else if (!shown.startsWith(`{"position":${position},`)) problems.push(`record ${position}: not in its place in records.jsonl`);
  }
  return disclosed;
}

/** Why a line is not the record that the log committed to and that is shown. */
function undisclosed(line: Buffer, position: number, leaf: string, shown: string): string | undefined {
  const named = leafOf(line, 0, line.length);
  const proven = named !== undefined && Buffer.from(named).toString('base64url') === leaf && provesItself(line, 0, line.length);
  if (!proven || positionIn(line, 0) !== position) return 'its line is not what the log committed to';
  const { record }: { readonly record: object } = JSON.parse(line.toString());
  return JSON.stringify({ position, ...record }) === shown ? undefined : 'records.jsonl says something else than its line';
}

function isIncluded(leaf: string, position: number, proof: readonly string[], { size, root }: Checkpoint): boolean {
  const hash = new Uint8Array(HASH_BYTES);
  hashLeaf(Buffer.from(leaf, 'base64url'), hash, 0);
  return verifyInclusion(hash, position, size, proof.map((part) => Buffer.from(part, 'base64')), root);
}

function signedBy(key: string, signature: string, data: Uint8Array): boolean {
  try {
    const publicKey = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: Buffer.from(key, 'base64').toString('base64url') }, format: 'jwk' });
    return verify(null, data, publicKey, Buffer.from(signature, 'base64'));
  } catch {
    return false;
  }
}

function textOf(files: Files, name: string): string {
  return Buffer.from(files.get(name) ?? []).toString();
}

function parse<T>(shape: z.ZodType<T>, files: Files, name: string): T {
  try {
    return shape.parse(JSON.parse(textOf(files, name)));
  } catch (cause) {
    throw new SallyportError('ERR_BUNDLE_INVALID', `${name} is missing, or is not one of an evidence bundle`, {
      remedy: 'Name a folder or .tar that `sallyport audit bundle` made.', cause,
    });
  }
}
