import { z } from 'zod';
import { GRANT_EXCHANGE, GRANT_JWT_BEARER, GRANT_TYPES } from '../../identity/issuer/grant-types.ts';
import { isSafeRedirect } from '../../identity/issuer/redirect.ts';
import { NAME, WORDS } from '../names.ts';

const REDIRECT = z.url().max(2048).refine(isSafeRedirect, 'must be https, loopback http, or a reverse-domain scheme, without fragment and wildcards');

const PUBLIC_KEY = z.looseObject({ kty: z.enum(['EC', 'OKP', 'RSA']) })
  .refine((key) => !['d', 'p', 'q', 'k'].some((part) => part in key), 'must be a public key');

/** Grants in which a client speaks for itself, or brings somebody's word. */
const PROVING: ReadonlySet<string> = new Set(['client_credentials', GRANT_EXCHANGE, GRANT_JWT_BEARER]);

const COMMON = {
  name: WORDS,
  redirectUris: z.array(REDIRECT).max(20).default([]),
  grantTypes: z.array(z.enum(GRANT_TYPES)).min(1).default(['authorization_code', 'refresh_token']),
  /** Its tokens are worth nothing without its key (RFC 9449). */
  dpop: z.boolean().default(false),
};

/** A client that speaks for itself is the subject of its tokens, as a person's row is of theirs: nobody may choose a person's. */
const PERSON_ID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** A client of the embedded issuer as an administrator enters it. With `private_key_jwt` it brings its public keys; a secret is made here. */
export const NEW_CLIENT = z.strictObject({
  id: NAME.refine((id) => !PERSON_ID.test(id), 'must not look like the id of a person'), ...COMMON,
  authentication: z.enum(['none', 'client_secret_basic', 'private_key_jwt']), keys: z.array(PUBLIC_KEY).max(10).default([]),
}).refine(({ authentication, keys }) => (authentication === 'private_key_jwt') === (keys.length > 0), 'keys belong to private_key_jwt, which needs them')
  .refine(({ grantTypes, redirectUris }) => grantTypes.includes('authorization_code') === (redirectUris.length > 0),
    'redirectUris belong to authorization_code, which needs them')
  .refine(({ authentication, grantTypes }) => authentication !== 'none' || !grantTypes.some((one) => PROVING.has(one)),
    'a public client proves nothing, so it has no grant of its own');

export const CLIENT = z.strictObject({
  ...COMMON, authentication: z.enum(['none', 'client_secret_basic', 'private_key_jwt']), keys: z.array(PUBLIC_KEY),
  /** Hex SHA-256. */
  secretHash: z.string().exactOptional(),
  createdAt: z.number(),
});
export type StoredClient = z.infer<typeof CLIENT>;
