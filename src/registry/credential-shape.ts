import { z } from 'zod';
import { EFFECTS } from '../domain/server.ts';
import { DATE, SAFE_URL, SECRET } from './manifest-words.ts';

/** What is presented to a server, as it is declared and stored (`CredentialSpec`): references to secrets, never secrets. */

/** RFC 6749, section 3.3. */
export const SCOPE = z.string().regex(/^[\x21\x23-\x5B\x5D-\x7E]{1,200}$/, 'must be a scope: visible ASCII without space, quote and backslash');
const SCOPES = z.array(SCOPE).max(100);
const SCOPE_MAP = z.union([SCOPES, z.partialRecord(z.enum(EFFECTS), SCOPES)], { error: 'must be a list of scopes, or lists by effect' });
const CLIENT_ID = z.string().min(1).max(2048).regex(/^[\x20-\x7E]+$/, 'must be visible ASCII');

const KEEP = { owner: z.string().trim().min(1).max(300).exactOptional(), expires: DATE.exactOptional(), rotateBy: DATE.exactOptional() };

const TOKEN_CLIENT = {
  tokenUrl: SAFE_URL,
  issuer: SAFE_URL.exactOptional(),
  clientId: CLIENT_ID,
  secret: SECRET,
  authentication: z.enum(['client_secret_basic', 'client_secret_post', 'private_key_jwt']).exactOptional(),
  resource: SAFE_URL.exactOptional(),
  scopes: SCOPE_MAP.exactOptional(),
};

export const CREDENTIALS = z.discriminatedUnion(
  'type',
  [
    z.strictObject({ type: z.literal('none') }),
    z.strictObject({ type: z.literal('header'), header: z.string().regex(/^[A-Za-z0-9-]{1,64}$/, 'must be a header name'), secret: SECRET, ...KEEP }),
    z.strictObject({ type: z.literal('client-credentials'), ...TOKEN_CLIENT }),
    z.strictObject({ type: z.literal('token-exchange'), audience: z.string().min(1).max(2048).exactOptional(), ...TOKEN_CLIENT }),
    z.strictObject({ type: z.literal('id-jag'), idpTokenUrl: SAFE_URL, idpClientId: CLIENT_ID, idpSecret: SECRET.exactOptional(), ...TOKEN_CLIENT }),
    z.strictObject({ type: z.literal('mtls'), secret: SECRET, ...KEEP }),
    z
      .strictObject({
        type: z.literal('authorization-code'), issuer: SAFE_URL.exactOptional(), clientId: CLIENT_ID.exactOptional(), secret: SECRET.exactOptional(),
        scopes: SCOPE_MAP.exactOptional(), dynamicRegistration: z.boolean().exactOptional(),
      })
      .refine((spec) => spec.secret === undefined || spec.clientId !== undefined, { error: 'has a secret without the clientId that it belongs to' })
      // Else the server's own metadata would say to whom the secret is sent.
      .refine((spec) => spec.secret === undefined || spec.issuer !== undefined, { error: 'has a secret without the issuer that it is for' }),
  ],
  { error: 'must have a type: none, header, client-credentials, token-exchange, id-jag, mtls or authorization-code' },
);
