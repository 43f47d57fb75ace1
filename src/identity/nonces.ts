import { LIMITS } from '../domain/limits.ts';
import { invalidProof, nonceNeeded, type Proof } from './proof.ts';

/** Seals under a key that all replicas share; `gateway/seal.ts` is one. */
export interface NonceSeal {
  seal(binding: string, text: string): string;
  open(binding: string, sealed: string): string | undefined;
}

/** `unknown`: the nonce is not, or no longer, one of that replica's. */
export type ProofVerdict = 'fresh' | 'replayed' | 'unknown';

export interface NonceOptions {
  /** This replica. */
  readonly node: string;
  readonly seal: NonceSeal;
  /** Puts a proof to the replica that made its nonce. Rejects when that can't be reached. */
  readonly askOwner: (node: string, proof: Proof) => Promise<ProofVerdict>;
}

/**
 * Server nonces (RFC 9449 section 8) and the memory of proofs. A nonce is always asked for, and names the replica that made
 * it: that replica alone remembers which proofs came with it, so a proof is good once in the whole fleet, without a write
 * to shared state for each call. What a replica forgot (restart, age, a full memory) is refused, never believed.
 */
export interface Nonces {
  /** The nonce that the next proof shall have. */
  current(now: number): string;
  /** Takes a proof, once. Throws, or rejects with, ERR_PROOF_INVALID for a replay and ERR_PROOF_NONCE for a nonce that is not in use. */
  spend(proof: Proof, now: number): void | Promise<void>;
  /** As the owner of a nonce, for another replica. */
  judge(proof: Proof, now: number): ProofVerdict;
}

interface Own {
  readonly madeAt: number;
  readonly spent: Set<string>;
}

const BINDING = 'dpop-nonce';

export function createNonces({ node, seal, askOwner }: NonceOptions): Nonces {
  /** Oldest first. */
  const own = new Map<string, Own>();
  let newest = { nonce: '', madeAt: Number.NEGATIVE_INFINITY };

  const make = (now: number): void => {
    for (const [nonce, { madeAt }] of own) if (now - madeAt >= LIMITS.proofNonceMs || own.size >= NONCES_MAX) own.delete(nonce);
    newest = { nonce: seal.seal(BINDING, JSON.stringify({ node, at: now, is: crypto.randomUUID() })), madeAt: now };
    own.set(newest.nonce, { madeAt: now, spent: new Set() });
  };
  const judge = ({ nonce, id }: Proof, now: number): ProofVerdict => {
    const mine = own.get(nonce);
    if (mine === undefined || now - mine.madeAt >= LIMITS.proofNonceMs) return 'unknown';
    if (mine.spent.has(id)) return 'replayed';
    // A memory that is full forgets nothing: its nonce is given up, and with it every proof that it was for.
    if (mine.spent.size >= LIMITS.proofsPerNonceMax) {
      own.delete(nonce);
      return 'unknown';
    }
    mine.spent.add(id);
    return 'fresh';
  };
  return {
    current(now) {
      if (now - newest.madeAt >= LIMITS.proofNonceMs / NONCES_MAX || !own.has(newest.nonce)) make(now);
      return newest.nonce;
    },
    spend(proof, now) {
      if (own.has(proof.nonce)) {
        accept(judge(proof, now));
        return undefined;
      }
      const owner = ownerOf(seal.open(BINDING, proof.nonce));
      if (owner === undefined || owner === node) throw nonceNeeded('a nonce that is not in use');
      return askOwner(owner, proof).then(accept, () => {
        throw nonceNeeded('the replica that made the nonce is away');
      });
    },
    judge,
  };
}

/** So many are in use at once: a nonce serves a fifth of its life as the newest. */
const NONCES_MAX = 5;

function accept(verdict: ProofVerdict): void {
  if (verdict === 'replayed') throw invalidProof('replayed');
  if (verdict === 'unknown') throw nonceNeeded('a nonce that is not in use');
}

function ownerOf(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what opens was sealed above, by a replica of ours
  return (JSON.parse(text) as { readonly node: string }).node;
}
