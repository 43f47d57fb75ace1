import { randomBytes } from 'node:crypto';
import { createNonces } from '../../identity/nonces.ts';
import { openEntry, sealEntry } from '../../identity/issuer/sealed-entry.ts';
import { createProofs } from '../../identity/proof.ts';

/** Proofs of possession (RFC 9449) at control's door, by the same checks as a gate's. */
export interface ApiProofs {
  /** What the next proof shall have. */
  nonce(now: number): string;
  /** Takes the proof of a request, once. Throws, or rejects with, `ERR_PROOF_INVALID`, `ERR_PROOF_NONCE`. */
  spend(request: Request, bound: Bound, now: number): Promise<void>;
}

interface Bound {
  /** Digest of the access token. */
  readonly ath: string;
  /** Thumbprint of the key that it is bound to. */
  readonly jkt: string;
}

/** A replica of control believes proofs with a nonce of its own only, so what it has seen need not be known elsewhere: others say theirs. */
export function createApiProofs(): ApiProofs {
  const key = randomBytes(32);
  const proofs = createProofs();
  const nonces = createNonces({
    node: 'control', askOwner: () => Promise.resolve('unknown'),
    seal: { seal: (binding, text) => sealEntry(key, binding, text), open: (binding, sealed) => openEntry(key, binding, sealed) },
  });
  return {
    nonce: (now) => nonces.current(now),
    spend: async ({ headers, method, url }, bound, now) => {
      const { origin, pathname } = new URL(url);
      await nonces.spend(proofs.check(headers.get('dpop'), { ...bound, method, uris: [origin + pathname], now }), now);
    },
  };
}
