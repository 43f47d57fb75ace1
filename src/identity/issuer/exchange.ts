import { errors, type Provider, type TokenEndpointGrantContext } from 'oidc-provider';
import { LIMITS } from '../../domain/limits.ts';
import { CLAIM_GRANT, CLAIM_SPACE, setDelegation, speaksForItself, type Act } from './claims-of-token.ts';
import { answerWithToken, narrowScopes, needResource, oneOf, thumbprintOf } from './grant-parts.ts';
import { readOwnToken } from './own-token.ts';
import type { IssuerParts } from './parts.ts';

const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token';

/** The parameters of RFC 8693 section 2.1 that are read here. */
export const EXCHANGE_PARAMETERS = [
  'subject_token', 'subject_token_type', 'actor_token', 'actor_token_type', 'requested_token_type', 'resource', 'audience', 'scope',
] as const;

/**
 * RFC 8693: an agent that was called gets a token to call on, for the same person. It acts itself (the authenticated client
 * is the actor; nobody else's word for an actor is taken), and what it gets only shrinks: scope, life and reach. It stays
 * within its space: scopes are called after servers, and another space may call its own alike.
 */
export function exchangeToken(provider: Provider, parts: IssuerParts) {
  return async (context: TokenEndpointGrantContext): Promise<void> => {
    const subjectToken = oneOf(context, 'subject_token');
    if (subjectToken === undefined || oneOf(context, 'subject_token_type') !== ACCESS_TOKEN) {
      throw new errors.InvalidRequest('subject_token must be an access token of this issuer');
    }
    if ((oneOf(context, 'requested_token_type') ?? ACCESS_TOKEN) !== ACCESS_TOKEN) throw new errors.InvalidRequest('only access tokens are issued');
    // The client authenticated: a second statement of who acts could only contradict that.
    if (context.oidc.params['actor_token'] !== undefined) throw new errors.InvalidRequest('the actor is the authenticated client');
    const { client } = context.oidc;
    if (client.clientAuthMethod === 'none') throw new errors.UnauthorizedClient('only a client that proves who it is may act for others');
    const claims = await readOwnToken(subjectToken, parts);
    const { sub, exp, iat, jti, [CLAIM_GRANT]: grantId = jti } = claims ?? {};
    if (claims === undefined || sub === undefined || exp === undefined || typeof grantId !== 'string') throw new errors.InvalidGrant('subject_token');
    if (await parts.isRevoked([jti ?? '', grantId])) throw new errors.InvalidGrant('subject_token is revoked');
    const workload = speaksForItself(claims);
    // As of when the token was made: a new one would outlive what the gates remember of a person who left and came back.
    if (!workload && (await parts.findAccount(sub, iat)) === undefined) throw new errors.InvalidGrant('the account is gone');
    const resource = await needResource(context, parts, oneOf(context, 'resource') ?? oneOf(context, 'audience'));
    if (resource.space !== claims[CLAIM_SPACE]) throw new errors.InvalidTarget('the subject_token is of another space');
    const held = typeof claims['scope'] === 'string' ? claims['scope'].split(' ') : [];
    const act = actOf(client.clientId, claims, typeof claims['client_id'] === 'string' ? claims['client_id'] : '');
    // A bound token is of no use to who has not its key; passing it on does not change that.
    const boundTo = thumbprintOf(claims['cnf']);
    await answerWithToken(provider, context, parts, {
      accountId: sub, ...(boundTo === undefined ? {} : { boundTo }), grantId, resource, scopes: narrowScopes(oneOf(context, 'scope'), held, resource.scopes),
      expiresInSeconds: exp - Math.floor(Date.now() / 1000), grantType: 'token-exchange', mark: (token) => setDelegation(token, { act, workload }),
    });
  };
}

/** The chain with the new actor outside (RFC 8693 section 4.1). Throws `invalid_grant` when it gets too long or goes in a circle. */
function actOf(actor: string, claims: Readonly<Record<string, unknown>>, presenter: string): Act {
  // Whom the token was issued to has acted too, unless the chain names it already; a workload's own agent as well, for it has a ceiling.
  const before = readAct(claims['act']) ?? (presenter === actor ? undefined : { sub: presenter });
  const chain = subjectsOf(before);
  if (chain.includes(actor) || chain.length + 1 > LIMITS.delegationDepthMax) throw new errors.InvalidGrant('the chain of actors');
  return { sub: actor, ...(before === undefined ? {} : { act: before }) };
}

function readAct(value: unknown): Act | undefined {
  if (value === undefined) return undefined;
  if (typeof value !== 'object' || value === null || !('sub' in value) || typeof value.sub !== 'string') throw new errors.InvalidGrant('the chain of actors');
  const inner = 'act' in value ? readAct(value.act) : undefined;
  return { sub: value.sub, ...(inner === undefined ? {} : { act: inner }) };
}

function subjectsOf(act: Act | undefined): readonly string[] {
  return act === undefined ? [] : [act.sub, ...subjectsOf(act.act)];
}
