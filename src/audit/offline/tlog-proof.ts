/* C2SP tlog-proof: an inclusion proof that anybody can check who has the log's key and the entry. */

const VERSION = 'c2sp.org/tlog-proof@v1';

/** `proof`: base64 hashes from the leaf's sibling up. `note`: the signed checkpoint that they lead to, verbatim. */
export function writeTlogProof({ position, proof, note }: { readonly position: number; readonly proof: readonly string[]; readonly note: string }): string {
  return [VERSION, `index ${position}`, ...proof, '', note].join('\n');
}
