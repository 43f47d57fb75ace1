import { z } from 'zod';
import { CLIENT, PROVIDER } from '../../upstream/credentials/provider.ts';

const AT = z.int();
const SCOPES = z.array(z.string().max(200)).max(200);

/** Whose connection it is: this principal's through this agent (and chain), at this server. Nobody else's calls go by it. */
const HOLDER = {
  server: z.string(),
  principal: z.string().max(3000),
  agent: z.string().max(300),
  actors: z.array(z.string().max(300)).max(10),
};

/** One person's account at one server. What it opens the account with is sealed; the rest may be shown. */
export const CONNECTION = z.strictObject({
  ...HOLDER,
  /** The server's URL that it was made for: an edited entry needs a new one. */
  endpoint: z.string().max(8192),
  provider: PROVIDER,
  clientId: z.string().max(2048),
  resource: z.string().max(8192),
  /** What was asked for, and what the provider granted of it, as far as it said so. */
  asked: SCOPES,
  scopes: SCOPES,
  /** `broken`: the provider takes its refresh token no more. `revoked`: ended here, kept until its last access token has ended. */
  state: z.enum(['active', 'broken', 'revoked']),
  /** The client's secret and the tokens, sealed: `KEPT`. */
  sealed: z.string(),
  accessExpiresAt: AT,
  connectedAt: AT,
  refreshedAt: AT,
  endedAt: AT.exactOptional(),
});
export type Connection = z.infer<typeof CONNECTION>;

/** What is sealed of a connection. */
export const KEPT = z.strictObject({ client: CLIENT, accessToken: z.string(), refreshToken: z.string().exactOptional() });
export type Kept = z.infer<typeof KEPT>;

/** The gate as it registered itself at one issuer, for one redirect URI (RFC 7591). Never used at another issuer. */
export const REGISTRATION = z.strictObject({
  issuer: z.string(), redirectUri: z.string(), clientId: z.string(), scopes: SCOPES, sealed: z.string(), registeredAt: AT,
});

/** What a person is asked to agree to: control's own state, until they have answered. */
export const TICKET = z.strictObject({
  /** The elicitation that asks for it. */
  id: z.string(),
  space: z.string(),
  ...HOLDER,
  endpoint: z.string(),
  provider: PROVIDER,
  resource: z.string(),
  scopes: SCOPES,
  createdAt: AT,
});
export type Ticket = z.infer<typeof TICKET>;

/** An authorization request that is on its way; sealed, as the verifier and the client's secret are in it. */
export const PENDING = z.strictObject({ ticket: TICKET, client: CLIENT, verifier: z.string(), browser: z.string(), redirectUri: z.string() });
export type Pending = z.infer<typeof PENDING>;

/** What the company's provider said of a person when they signed in there: the one thing that it takes for an ID-JAG. Sealed. */
export const IDENTITY = z.strictObject({
  principal: z.string().max(3000), issuer: z.string().max(2048), sealed: z.string(), expiresAt: AT, keptAt: AT,
});
