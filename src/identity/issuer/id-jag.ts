import { createHash, type KeyObject } from 'node:crypto';
import { decodeJwt, jwtVerify, type JWTHeaderParameters, type JWTPayload } from 'jose';
import { errors, type Provider, type TokenEndpointGrantContext } from 'oidc-provider';
import { LIMITS } from '../../domain/limits.ts';
import { answerWithToken, narrowScopes, needResource, oneOf, thumbprintOf } from './grant-parts.ts';
import type { IssuerParts, TrustedProvider } from './parts.ts';

export const JWT_BEARER_PARAMETERS = ['assertion', 'scope', 'resource'] as const;

/**
 * RFC 7523 with an identity assertion (ID-JAG) of the company's identity provider: the provider says which person lets
 * which client in, for this issuer, once. The client must be the very one that authenticates here.
 */
export function acceptAssertion(provider: Provider, parts: IssuerParts) {
  return async (context: TokenEndpointGrantContext): Promise<void> => {
    const { client } = context.oidc;
    if (client.clientAuthMethod === 'none') throw new errors.UnauthorizedClient('only a client that proves who it is may bring an assertion');
    const assertion = oneOf(context, 'assertion');
    if (assertion === undefined || assertion.length > LIMITS.headerBytesMax) throw new errors.InvalidRequest('assertion must be given');
    const claims = await verify(assertion, parts);
    if (claims['client_id'] !== client.clientId) throw new errors.InvalidGrant('the assertion is for another client');
    const named = oneOf(context, 'resource');
    const uri = named ?? claims.resources?.[0];
    if (claims.resources?.includes(uri ?? '') === false) throw new errors.InvalidTarget('the assertion is for another resource');
    const resource = await needResource(context, parts, uri);
    const accountId = await parts.findSubject(claims.iss, claims.sub);
    if (accountId === undefined || (await parts.findAccount(accountId, claims.iat)) === undefined) throw new errors.InvalidGrant('nobody here is the subject');
    // One that is bound to a key is of no use to who has not its key.
    const boundTo = thumbprintOf(claims['cnf']);
    // Last, so that an assertion which is refused for another reason is not used up by it.
    await useOnce(claims, parts);
    const vouched = claims.scope?.split(' ') ?? resource.defaultScopes;
    await answerWithToken(provider, context, parts, {
      accountId, grantId: `jag.${digest(`${claims.iss}|${claims.jti}`)}`, resource, scopes: narrowScopes(oneOf(context, 'scope'), vouched, resource.scopes),
      expiresInSeconds: LIMITS.accessTokenMs / 1000, grantType: 'id-jag', ...(boundTo === undefined ? {} : { boundTo }),
    });
  };
}

type Claims = JWTPayload & { readonly iss: string; readonly sub: string; readonly jti: string; readonly exp: number } & {
  readonly scope: string | undefined;
  /** Undefined: whatever its bearer names. */
  readonly resources: readonly string[] | undefined;
};

/** One, or a list of them; what cannot be read is no word for anything, least of all for everything. */
function resourcesOf(claim: unknown): readonly string[] | undefined {
  if (claim === undefined) return undefined;
  const all: readonly unknown[] = Array.isArray(claim) ? claim : [claim];
  const texts = all.filter((one) => typeof one === 'string');
  if (texts.length !== all.length) throw new Error('claim resource');
  return texts;
}

async function verify(assertion: string, { origin, findProvider }: IssuerParts): Promise<Claims> {
  const trusted = await findProvider(issuerOf(assertion));
  if (trusted === undefined) throw new errors.InvalidGrant('nobody that is trusted made the assertion');
  try {
    const { payload } = await jwtVerify(assertion, (header) => keyOf(trusted, header), {
      issuer: trusted.issuer, audience: origin, typ: 'oauth-id-jag+jwt', algorithms: [...trusted.algorithms], clockTolerance: 5,
      requiredClaims: ['sub', 'jti', 'exp', 'iat', 'client_id'], maxTokenAge: LIMITS.assertionMs / 1000,
    });
    const { iss, sub, jti, exp, aud, scope, resource } = payload;
    // One audience: what was made for several parties could be used again by any of them.
    if (iss === undefined || sub === undefined || jti === undefined || exp === undefined || aud !== origin) throw new Error('claims');
    for (const [name, value] of Object.entries(trusted.claims)) if (payload[name] !== value) throw new Error(`claim ${name}`);
    if (scope !== undefined && typeof scope !== 'string') throw new Error('claim scope');
    return { ...payload, iss, sub, jti, exp, scope, resources: resourcesOf(resource) };
  } catch (cause) {
    throw new errors.InvalidGrant(cause instanceof Error ? `the assertion: ${cause.message}` : 'the assertion');
  }
}

/** Asked for once the header's algorithm is known to be one that the provider may use. */
async function keyOf({ algorithms, findKey }: TrustedProvider, { alg, kid }: Partial<JWTHeaderParameters>): Promise<KeyObject> {
  const algorithm = algorithms.find((one) => one === alg);
  const found = algorithm === undefined || (kid !== undefined && typeof kid !== 'string') ? undefined : await findKey(kid, algorithm);
  if (found === undefined) throw new Error('unknown key');
  return found.key;
}

/** Read before it is verified, to know whose keys to verify it with; nothing else comes of it. */
function issuerOf(assertion: string): string {
  try {
    return decodeJwt(assertion).iss ?? '';
  } catch {
    throw new errors.InvalidGrant('the assertion is no JWT');
  }
}

async function useOnce({ iss, jti, exp }: Claims, { state }: IssuerParts): Promise<void> {
  const leftMs = Math.max(1, Math.min(exp * 1000 - Date.now(), LIMITS.assertionMs) + 60_000);
  if (!(await state.setIfAbsent(`oauth/assertion/${digest(`${iss}|${jti}`)}`, '1', leftMs))) throw new errors.InvalidGrant('the assertion was used before');
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('base64url').slice(0, 22);
}
