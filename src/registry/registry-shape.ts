import { z } from 'zod';
import { LIMITS } from '../domain/limits.ts';
import { isIP } from 'node:net';
import { SPAN, spanOf } from './package-shape.ts';

/** `registry:` of sallyport.yaml: under which names servers are published, who may read that, and how long what is imported waits. */
export const REGISTRY_SHAPE = z.strictObject({
  /** A domain backwards: `com.example`. */
  namespace: z.string().max(120).regex(/^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)+$/,
    'must be a domain backwards, for instance com.example')
    .exactOptional(),
  /** Whether clients that show nothing may read what is published in the default space. */
  anonymous: z.boolean().exactOptional(),
  coolingOff: SPAN.exactOptional(),
});
export type RegistryShape = z.infer<typeof REGISTRY_SHAPE>;

export interface RegistryPolicy {
  readonly namespace: string;
  readonly anonymous: boolean;
  readonly coolingOffMs: number;
}

/** With every default written out; the namespace is that of the gate's own address. */
export function readRegistryPolicy({ namespace, anonymous = false, coolingOff }: RegistryShape, publicUrl: string): RegistryPolicy {
  return {
    namespace: namespace ?? backwards(new URL(publicUrl).hostname), anonymous,
    coolingOffMs: coolingOff === undefined ? LIMITS.packageCoolingOffMs : spanOf(coolingOff),
  };
}

function backwards(hostname: string): string {
  const labels = hostname.toLowerCase().split('.');
  return isIP(hostname) !== 0 || hostname.startsWith('[') || labels.length < 2 ? 'local.sallyport' : labels.toReversed().join('.');
}
