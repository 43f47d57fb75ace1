import { z } from 'zod';
import { ED25519_KEY } from './backup-shape.ts';

/** The `knowledge` part of sallyport.yaml: whose bundles of what ages are believed. Public keys only. */
export const KNOWLEDGE_SHAPE = z.strictObject({
  keys: z.record(
    z.string().regex(/^[a-z0-9][a-z0-9.@_-]{0,99}$/, 'must be a short name of whose key it is'),
    z.string().regex(ED25519_KEY, 'must be an Ed25519 public key: 32 bytes, base64'),
  ).exactOptional(),
});
