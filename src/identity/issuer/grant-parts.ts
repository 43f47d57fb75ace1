import * as untyped from 'oidc-provider/lib/helpers/grants.js';
import { errors, type AccessToken, type Provider, type TokenEndpointGrantContext } from 'oidc-provider';
import { LIMITS } from '../../domain/limits.ts';
import type { IssuerParts, ResourceView } from './parts.ts';

/** A proof of possession (RFC 9449) that was verified. */
interface Proof {
  readonly thumbprint: string;
}

interface GrantFunctions {
  validateDpop(provider: Provider, context: TokenEndpointGrantContext): Promise<Proof | undefined>;
  checkDpopReplay(provider: Provider, context: TokenEndpointGrantContext, proof: Proof | undefined, clientId: string): Promise<void>;
  checkDpopRequired(provider: Provider, context: TokenEndpointGrantContext, proof: Proof | undefined): void;
}

/** The functions that the provider's own grants are made of; the package has no types for them. */
const functions: GrantFunctions = untyped;

/** What a token of our own grant types is made of. */
export interface Making {
  readonly accountId: string;
  readonly grantId: string;
  readonly resource: ResourceView;
  readonly scopes: readonly string[];
  readonly expiresInSeconds: number;
  readonly grantType: string;
  /** Thumbprint of the key that must be proved here, because what the token is made of is bound to it. */
  readonly boundTo?: string;
  /** Told before the token is signed. */
  readonly mark?: (token: AccessToken) => void;
}

/** The resource that is asked for: exactly one, that exists, and whose space has the client as an agent. Throws `invalid_target`, `unauthorized_client`. */
export async function needResource(context: TokenEndpointGrantContext, parts: IssuerParts, uri: string | undefined): Promise<ResourceView> {
  const resource = uri === undefined ? undefined : await parts.findResource(uri);
  // What is reserved is asked for by a person who is there, never by the word of another token.
  if (resource === undefined || resource.reserved !== undefined) throw new errors.InvalidTarget('one existing resource must be named');
  if ((await parts.findAgent(context.oidc.client.clientId, resource.space)) === undefined) {
    throw new errors.UnauthorizedClient('no registered agent has this client');
  }
  return resource;
}

/** The one value of a parameter; `undefined` when it is absent. Throws `invalid_request` for several. */
export function oneOf(context: TokenEndpointGrantContext, name: string): string | undefined {
  const value = context.oidc.params[name];
  if (value === undefined) return undefined;
  if (typeof value !== 'string' || value === '') throw new errors.InvalidRequest(`${name} must be given once`);
  return value;
}

/** Of the key that a token or an assertion is bound to (`cnf`). A binding of another kind cannot be proved here, so nothing can equal it. */
export function thumbprintOf(cnf: unknown): string | undefined {
  if (cnf === undefined) return undefined;
  return typeof cnf === 'object' && cnf !== null && 'jkt' in cnf && typeof cnf.jkt === 'string' ? cnf.jkt : 'unprovable';
}

/** What of the wished scopes can be had; all that can be had when none is wished. Throws `invalid_scope` when nothing is left. */
export function narrowScopes(wished: string | undefined, ...ceilings: readonly (readonly string[])[]): readonly string[] {
  const [first = [], ...rest] = ceilings;
  const asked = wished === undefined ? first : wished.split(' ');
  const left = [...new Set(asked)].filter((scope) => [first, ...rest].every((ceiling) => ceiling.includes(scope)));
  if (left.length === 0) throw new errors.InvalidScope('nothing of what is asked for can be had', '');
  return left;
}

/** Makes the token, bound to the client's key if it proved one, and answers with it. No refresh token: the client has what it came with. */
export async function answerWithToken(provider: Provider, context: TokenEndpointGrantContext, parts: IssuerParts, making: Making): Promise<void> {
  const { client } = context.oidc;
  const proof = await functions.validateDpop(provider, context);
  await functions.checkDpopReplay(provider, context, proof, client.clientId);
  functions.checkDpopRequired(provider, context, proof);
  if (making.boundTo !== undefined && proof?.thumbprint !== making.boundTo) throw new errors.InvalidGrant('bound to another key');
  const { resource, scopes, grantType } = making;
  const expiresIn = Math.min(making.expiresInSeconds, LIMITS.accessTokenMs / 1000);
  if (expiresIn < 1) throw new errors.InvalidGrant('it has ended');
  const token = new provider.AccessToken({
    accountId: making.accountId, client, grantId: making.grantId, gty: grantType, scope: scopes.join(' '), expiresIn,
    resourceServer: new provider.ResourceServer(resource.uri, {
      audience: resource.uri, scope: scopes.join(' '), accessTokenFormat: 'jwt', jwt: { sign: { alg: 'ES256', kid: parts.keys.active.kid } },
    }),
  });
  if (proof !== undefined) token.setThumbprint('jkt', proof.thumbprint);
  making.mark?.(token);
  context.oidc.entity('AccessToken', token);
  context.body = {
    access_token: await token.save(), token_type: token.tokenType, expires_in: token.expiration, scope: token.scope,
    ...(grantType === 'token-exchange' ? { issued_token_type: 'urn:ietf:params:oauth:token-type:access_token' } : {}),
  };
}
