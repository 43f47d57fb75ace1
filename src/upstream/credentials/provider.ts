import { z } from 'zod';

const URL_TEXT = z.url({ protocol: /^https?$/ }).max(2048);
const NAMES = z.array(z.string().max(200)).max(200);

/** What is kept of an authorization server's metadata (RFC 8414): what a connection is made, refreshed and ended with. */
export const PROVIDER = z.object({
  issuer: z.string().min(1).max(2048),
  authorization_endpoint: URL_TEXT,
  token_endpoint: URL_TEXT,
  response_types_supported: NAMES,
  code_challenge_methods_supported: NAMES,
  token_endpoint_auth_methods_supported: NAMES.exactOptional(),
  scopes_supported: z.array(z.string().max(200)).max(1000).exactOptional(),
  registration_endpoint: URL_TEXT.exactOptional(),
  revocation_endpoint: URL_TEXT.exactOptional(),
  client_id_metadata_document_supported: z.boolean().exactOptional(),
  authorization_response_iss_parameter_supported: z.boolean().exactOptional(),
});
export type Provider = z.infer<typeof PROVIDER>;

/** A client as a provider knows it; `client_secret` only where the provider or an administrator gave one. */
export const CLIENT = z.object({
  client_id: z.string().min(1).max(2048),
  client_secret: z.string().min(1).max(4096).exactOptional(),
  token_endpoint_auth_method: z.enum(['client_secret_basic', 'client_secret_post', 'none']).exactOptional(),
});
export type ProviderClient = z.infer<typeof CLIENT>;
