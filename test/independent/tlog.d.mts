export interface Checkpoint {
  readonly origin: string;
  readonly size: number;
  readonly root: Buffer;
}
export function leafHash(entry: Uint8Array): Buffer;
export function treeRoot(leaves: readonly Buffer[]): Buffer;
export function readVkey(vkey: string): { readonly name: string; readonly id: string };
export function openNote(note: string, vkey: string): string;
export function openCheckpoint(note: string, vkey: string): Checkpoint;
export function checkInclusion(claim: {
  readonly index: number;
  readonly size: number;
  readonly leaf: Buffer;
  readonly path: readonly Buffer[];
  readonly root: Buffer;
}): void;
export function checkConsistency(claim: {
  readonly first: Pick<Checkpoint, 'size' | 'root'>;
  readonly second: Pick<Checkpoint, 'size' | 'root'>;
  readonly path: readonly Buffer[];
}): void;
export function checkProof(proof: string, entry: Uint8Array, vkey: string): { readonly index: number; readonly checkpoint: Checkpoint; readonly extra: Buffer };
export function checkTree(folder: string, vkey: string): {
  readonly checkpoint: Checkpoint;
  readonly entries: readonly Buffer[];
  /** Files that lie beyond the checkpoint. */
  readonly beyond: readonly string[];
};
