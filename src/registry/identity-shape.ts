import { z } from 'zod';
import { TOKEN_ALGORITHMS } from '../domain/issuer.ts';
import type { Issuer, ScopeGrant } from '../domain/issuer.ts';
import { LIMITS } from '../domain/limits.ts';
import { EFFECTS } from '../domain/server.ts';
import { SCOPE } from './credential-shape.ts';
import { ID, SAFE_URL, SECRET } from './manifest-words.ts';

/** `identity:` of sallyport.yaml: whose access tokens the gate takes, and what the company's own scopes stand for. */

const CLAIM = z.string().min(1).max(200);
const CLAIM_VALUE = z.string().min(1).max(1000);
const AUDIENCE = z.string().min(1).max(2048);
const UNITS = { s: 1_000, m: 60_000, h: 3_600_000 } as const;
const SPAN = z
  .string()
  .regex(/^\d{1,6}[smh]$/, 'must be a span of time: 90s, 10m, 1h')
  .refine((text) => spanMs(text) >= UNITS.s && spanMs(text) <= LIMITS.tokenLifetimeMsMax, { error: 'must be 24h or less, and more than nothing' });

/** Ids of principals are `<issuer>|<subject>`, and an issuer's name has no query or fragment (RFC 8414, section 2). */
export const ISSUER_URL = SAFE_URL.max(1000).regex(/^[^|?#\s]+$/, 'must be the issuer exactly as its tokens name it, without "|", query and fragment');

const ISSUER = z.strictObject({
  issuer: ISSUER_URL,
  audience: z.union([AUDIENCE, z.array(AUDIENCE).max(100)], { error: 'must be an audience or a list of them' }).exactOptional(),
  jwksUri: SAFE_URL.exactOptional(),
  algorithms: z.array(z.enum(TOKEN_ALGORITHMS)).min(1).exactOptional(),
  tokenLifetimeMax: SPAN.exactOptional(),
  groupsClaim: CLAIM.exactOptional(),
  clientClaim: CLAIM.exactOptional(),
  scopes: z.enum(['required', 'ignored']).exactOptional(),
  claims: z.record(CLAIM, CLAIM_VALUE).exactOptional(),
  introspection: z.strictObject({ endpoint: SAFE_URL, clientId: z.string().min(1).max(2048), secret: SECRET }).exactOptional(),
  spaces: z.array(ID).min(1).max(1000).exactOptional(),
  allowPrivate: z.boolean().exactOptional(),
});

export const EFFECTS_OR_ALL = z.union([z.literal('*'), z.array(z.enum(EFFECTS)).min(1)], { error: `must be "*" or a list of ${EFFECTS.join(', ')}` });

export const IDENTITY = z.strictObject({
  agentTokens: z.literal(true, { error: 'is true: agent tokens are always taken, where there are any' }).exactOptional(),
  issuers: z.array(ISSUER).max(100).exactOptional(),
  scopes: z.record(SCOPE, z.array(z.strictObject({ server: ID, effects: EFFECTS_OR_ALL })).min(1).max(1000)).exactOptional(),
  scim: z.strictObject({ issuer: ISSUER_URL, subject: z.enum(['id', 'externalId', 'userName']).exactOptional() }).exactOptional(),
});
export type IdentityShape = z.infer<typeof IDENTITY>;

/** The issuers of one space's settings, with every default written out. */
export function issuersOf(identity: IdentityShape, space: string): readonly Issuer[] {
  return (identity.issuers ?? []).map(({ audience, tokenLifetimeMax, ...issuer }) => ({
    spaces: [space],
    algorithms: TOKEN_ALGORITHMS,
    groupsClaim: 'groups',
    clientClaim: 'client_id',
    scopes: 'required',
    claims: {},
    allowPrivate: false,
    ...issuer,
    audience: audience === undefined ? [] : typeof audience === 'string' ? [audience] : audience,
    tokenLifetimeMaxMs: tokenLifetimeMax === undefined ? LIMITS.tokenLifetimeMs : spanMs(tokenLifetimeMax),
    embedded: false,
  }));
}

export function scopesOf(identity: IdentityShape, space: string): readonly ScopeGrant[] {
  return Object.entries(identity.scopes ?? {}).map(([scope, allow]) => ({ scope, space, allow }));
}

function spanMs(text: string): number {
  const unit = text.at(-1);
  return Number.parseInt(text, 10) * (unit === 's' || unit === 'm' || unit === 'h' ? UNITS[unit] : 0);
}
