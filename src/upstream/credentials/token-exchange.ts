import type { SpecOf, TokenAsk } from './client-credentials.ts';
import { refused } from './refused.ts';
import { requestGrant, type Grant } from './token-endpoint.ts';

export const TOKEN_TYPES = {
  accessToken: 'urn:ietf:params:oauth:token-type:access_token',
  idToken: 'urn:ietf:params:oauth:token-type:id_token',
  refreshToken: 'urn:ietf:params:oauth:token-type:refresh_token',
  jwt: 'urn:ietf:params:oauth:token-type:jwt',
  idJag: 'urn:ietf:params:oauth:token-type:id-jag',
} as const;
export type TokenType = (typeof TOKEN_TYPES)[keyof typeof TOKEN_TYPES];

export const TOKEN_EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';

/** For whom a token is asked: the caller, and the agents that act for it. Minted for this exchange alone; never an inbound token (invariant 8). */
export interface Subject {
  readonly token: string;
  readonly type: TokenType;
}

/** RFC 8693: the caller as subject; who acts for it stands in the subject token's `act` and, where it is given, the actor token. */
export async function obtainByExchange(
  spec: SpecOf<'token-exchange'>, subject: Subject, actor: Subject | undefined, { fetch, server, now, resource, scopes, secret }: TokenAsk,
): Promise<Grant> {
  const grant = await requestGrant({
    client: { ...spec, secret },
    grantType: TOKEN_EXCHANGE,
    parameters: {
      subject_token: subject.token, subject_token_type: subject.type,
      ...(actor === undefined ? {} : { actor_token: actor.token, actor_token_type: actor.type }),
      requested_token_type: TOKEN_TYPES.accessToken, resource, audience: spec.audience ?? '', scope: scopes.join(' '),
    },
    fetch, server, now,
  });
  // Another kind of token (an ID token, a refresh token) is good for more than this server.
  if (grant.issuedType !== undefined && grant.issuedType !== TOKEN_TYPES.accessToken && grant.issuedType !== TOKEN_TYPES.jwt) {
    throw refused(server, 'another type of token was issued');
  }
  return grant;
}
