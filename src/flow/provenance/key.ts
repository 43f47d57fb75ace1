import { createHmac } from 'node:crypto';
import type { FlowKey } from './derive.ts';

/**
 * The keys of fingerprints, out of the secret that control gives gateways: all replicas have the same, so that what one writes
 * the others compare; nobody else can tell what a fingerprint is of, or choose what collides with it.
 */
export function flowKeyOf(secret: Uint8Array): FlowKey {
  const of = (purpose: string): Buffer => createHmac('sha256', secret).update(`sallyport/flow/${purpose}`).digest();
  const marks = of('marks');
  // Odd, and ≡ 5 modulo 8: the multipliers of the longest periods.
  const multiplier = (at: number): number => ((marks.readUInt32LE(at) & ~7) | 5) | 0;
  return { marks: { one: multiplier(0), other: multiplier(4) }, digests: of('digests').toString('base64url'), contexts: of('contexts').toString('base64url') };
}
