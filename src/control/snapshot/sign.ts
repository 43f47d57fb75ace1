import { sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { SIGNED_AS, type Lease, type SignedSnapshot } from '../../domain/snapshot.ts';

/** Signs the exact bytes that travel; nobody has to canonicalise anything to check them. */
export function signBytes(purpose: keyof typeof SIGNED_AS, bytes: string, key: KeyObject): SignedSnapshot {
  return { bytes, signature: sign(null, Buffer.from(SIGNED_AS[purpose] + bytes), key).toString('base64url') };
}

export function signLease(lease: Lease, key: KeyObject): SignedSnapshot {
  return signBytes('lease', JSON.stringify(lease), key);
}
