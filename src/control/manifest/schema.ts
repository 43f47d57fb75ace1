import { z } from 'zod';
import { LIMITS } from '../../domain/limits.ts';
import { GATE_SEGMENT } from '../../registry/segment-shape.ts';
import { SIGN_IN } from '../../registry/sign-in-shape.ts';

const TEXT = z.string().max(4 * 1024 * 1024);

/** Where gateways listen and what they may reach: settings of the installation, kept in the default space. */
export const NETWORK = z.strictObject({
  listen: z.string().min(1).max(200),
  publicUrl: z.url({ protocol: /^https?$/ }),
  internal: z.array(z.string().max(300)),
  origins: z.array(z.string().max(300)),
  trustedProxy: z.string().max(100).exactOptional(),
  /** The gateways' door for clients with certificates. */
  mtls: z.strictObject({ listen: z.string().min(1).max(200), publicUrl: z.url({ protocol: /^https$/ }) }).exactOptional(),
  /** Where gateways call from. */
  segment: GATE_SEGMENT.exactOptional(),
  /** Control's own door; absent until somebody says where it is to be. */
  control: z
    .strictObject({
      listen: z.string().min(1).max(200), publicUrl: z.url({ protocol: /^https?$/ }).exactOptional(), signIn: SIGN_IN.exactOptional(),
      /** Whether OAuth clients may register themselves (RFC 7591), each with a token that an administrator makes for it. */
      registration: z.enum(['off', 'initial-token']).exactOptional(),
    })
    .exactOptional(),
  proxy: z.string().max(2048).exactOptional(),
  /** PEM. */
  extraRoots: z.string().max(1024 * 1024).exactOptional(),
});
export type Network = z.infer<typeof NETWORK>;

/** A manifest and every file that it names, as `readManifestFiles` collects them. */
export const MANIFEST_REQUEST = z.strictObject({
  file: z.string().min(1).max(4096),
  text: TEXT,
  policies: z.array(z.strictObject({ file: z.string().min(1).max(4096), text: TEXT })).max(10_000),
  extraRoots: TEXT.exactOptional(),
  dryRun: z.boolean().default(false),
  /** Why, for whoever reads the history. */
  reason: z.string().min(1).max(LIMITS.reasonCharsMax).exactOptional(),
});
