import { sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import type { Lease, SignedSnapshot } from '../../domain/snapshot.ts';

/** What control's key signs, kept apart by purpose so that one kind can never be read as another. Gateways verify the same. */
export const PURPOSES = { snapshot: 'sallyport/snapshot/v1\n', lease: 'sallyport/lease/v1\n' } as const;

/** Signs the exact bytes that travel; nobody has to canonicalise anything to check them. */
export function signBytes(purpose: keyof typeof PURPOSES, bytes: string, key: KeyObject): SignedSnapshot {
  return { bytes, signature: sign(null, Buffer.from(PURPOSES[purpose] + bytes), key).toString('base64url') };
}

export function signLease(lease: Lease, key: KeyObject): SignedSnapshot {
  return signBytes('lease', JSON.stringify(lease), key);
}
