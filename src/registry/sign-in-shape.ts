import { z } from 'zod';
import { ISSUER_URL } from './identity-shape.ts';
import { SECRET } from './manifest-words.ts';

const DOMAIN = z.string().toLowerCase().regex(/^[a-z0-9.-]+\.[a-z0-9-]+$/, 'must be a domain, for instance corp.example');

/** The company's own provider, through which people sign in: an OpenID Connect client of ours there (redirect to `/sign-in/sso/callback`). */
const SSO = z.strictObject({
  issuer: ISSUER_URL,
  clientId: z.string().min(1).max(2048),
  secret: SECRET,
  /** The ID token's claim that lists groups. */
  groupsClaim: z.string().min(1).max(200).exactOptional(),
  /** Only verified e-mail addresses of these domains are let in. */
  allowedDomains: z.array(DOMAIN).min(1).max(100).exactOptional(),
  /** Whether its address may lie in a private network. */
  allowPrivate: z.boolean().exactOptional(),
});

/** `control: { signIn: … }` of sallyport.yaml: how people sign in at control's door. */
export const SIGN_IN = z.strictObject({ sso: SSO.exactOptional() });
