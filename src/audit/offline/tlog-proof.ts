import { SallyportError } from '../../domain/errors.ts';
import { leafOf, provesItself } from '../line.ts';
import { openCheckpoint } from '../log/checkpoint.ts';
import { HASH_BYTES, hashLeaf } from '../log/hash.ts';
import { readVkey } from '../log/note.ts';
import { verifyInclusion } from '../log/proof.ts';

/* C2SP tlog-proof: an inclusion proof that anybody can check who has the log's key and the entry. */

const VERSION = 'c2sp.org/tlog-proof@v1';

/** `proof`: base64 hashes from the leaf's sibling up. `note`: the signed checkpoint that they lead to, verbatim. */
export function writeTlogProof({ position, proof, note }: { readonly position: number; readonly proof: readonly string[]; readonly note: string }): string {
  return [VERSION, `index ${position}`, ...proof, '', note].join('\n');
}

/** That a record stands in a log. */
export interface RecordProof {
  readonly position: number;
  /** What the log has of it: base64url of 32 bytes. */
  readonly leaf: string;
  readonly proof: readonly string[];
  readonly note: string;
  readonly event: string;
  /** As it was written; absent where it may not be shown. */
  readonly line?: string;
}

/** Throws `ERR_LOG_INCONSISTENT` for what is not proven under this key, whoever said it. */
export function checkProof({ position, leaf, proof, note, line }: RecordProof, vkey: string): void {
  const key = readVkey(vkey);
  const checkpoint = key === undefined ? undefined : openCheckpoint(note, key);
  const hash = new Uint8Array(HASH_BYTES);
  hashLeaf(Buffer.from(leaf, 'base64url'), hash, 0);
  const path = proof.map((part) => Buffer.from(part, 'base64'));
  const isIn = checkpoint !== undefined && verifyInclusion(hash, position, checkpoint.size, path, checkpoint.root);
  if (isIn && (line === undefined || isOf(Buffer.from(line), leaf))) return;
  throw new SallyportError('ERR_LOG_INCONSISTENT', `record ${position} is not proven to be in the log of that key`, {
    remedy: 'See `sallyport audit verify`, and compare the key with the one that you were given.',
  });
}

/** An erased line shows its leaf alone. */
function isOf(line: Buffer, leaf: string): boolean {
  const named = leafOf(line, 0, line.length);
  if (named === undefined || Buffer.from(named).toString('base64url') !== leaf) return false;
  return provesItself(line, 0, line.length) || line.includes('"erased":');
}
