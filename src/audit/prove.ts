import { join } from 'node:path';
import { findLines } from './find-lines.ts';
import { leafOf } from './line.ts';
import { HASH_BYTES, hashLeaf } from './log/hash.ts';
import { checkpointFile } from './log/keeper.ts';
import type { Signed } from './log/keeper.ts';
import { inconsistent } from './log/inconsistent.ts';
import { openTree, verifyConsistency, verifyInclusion } from './log/proof.ts';
import { logDir } from './log/tiles.ts';

/** That a log of `from` entries, whose root the asker knows, is the beginning of the one that was signed. */
export interface Extension {
  /** The signed checkpoint. */
  readonly note: string;
  /** The log's public key, as C2SP signed-note writes it. */
  readonly vkey: string;
  /** RFC 6962 consistency proof from size `from`, base64; empty for 0 and for the same size. */
  readonly proof: readonly string[];
}

/** That a record stands in the log: its line is the evidence, the rest proves it. */
export interface Proof {
  readonly position: number;
  /** As it lies in its segment: `leaf`, `salt` and what they commit to; an erased line shows its leaf only. */
  readonly line: string;
  /** RFC 6962 inclusion proof, base64. */
  readonly proof: readonly string[];
  readonly note: string;
}

/** `from` beyond the signed size gives no proof: the asker has seen more than there is. Throws `ERR_LOG_INCONSISTENT` where tiles are not the signed ones. */
export function extensionFrom(dir: string, signed: Signed, vkey: string, from: number): Extension {
  const { note, size, root } = signed;
  if (from === 0 || from >= size) return { note, vkey, proof: [] };
  const tree = openTree(logDir(dir), size);
  const proof = tree.consistency(from);
  if (!verifyConsistency(from, tree.root(from), size, root, proof)) throw tilesDiffer(dir, size);
  return { note, vkey, proof: proof.map(base64) };
}

/** Many records under one checkpoint; each position is below the signed size. Throws `ERR_LOG_INCONSISTENT`, also for a line that is missing. */
export async function proveEntries(dir: string, signed: Signed, positions: readonly number[]): Promise<readonly Proof[]> {
  const lines = await findLines(dir, positions);
  const tree = openTree(logDir(dir), signed.size);
  return positions.map((position) => {
    const line = lines.get(position);
    if (line === undefined) throw inconsistent(dir, 'the line is missing', { position });
    const proof = tree.inclusion(position);
    const hash = tree.leafHash(position);
    if (!verifyInclusion(hash, position, signed.size, proof, signed.root)) throw tilesDiffer(dir, signed.size);
    if (!isOf(line, hash)) throw inconsistent(join(dir, 'segments'), 'the log was signed with another line', { position });
    return { position, line: line.toString(), proof: proof.map(base64), note: signed.note };
  });
}

function isOf(line: Buffer, hash: Uint8Array): boolean {
  const [leaf, own] = [leafOf(line, 0, line.length), Buffer.alloc(HASH_BYTES)];
  if (leaf !== undefined) hashLeaf(leaf, own, 0);
  return own.equals(hash);
}

function tilesDiffer(dir: string, size: number): Error {
  return inconsistent(checkpointFile(dir), `the tiles of the ${size} entries that it covers give another root; \`sallyport audit verify\` names the tile`);
}

function base64(hash: Uint8Array): string {
  return Buffer.from(hash).toString('base64');
}
