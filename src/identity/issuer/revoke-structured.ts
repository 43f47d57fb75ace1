import type { KoaContextWithOIDC } from 'oidc-provider';
import { DEFAULT_SPACE } from '../../domain/principal.ts';
import { fingerprintOf } from '../credential.ts';
import type { IssuerParts } from './parts.ts';
import { readOwnToken } from './own-token.ts';

/**
 * RFC 7009 for access tokens that are JWTs, which the provider itself cannot revoke: the token's id goes on the list that
 * gateways check. Only its own client may; whatever is not its own is "revoked" without effect, as section 2.2 says.
 * False: it was none, or its client did not prove who it is.
 */
export async function revokeStructured(context: KoaContextWithOIDC & { body: unknown }, parts: IssuerParts): Promise<boolean> {
  const { client, params } = context.oidc ?? {};
  const token = params?.['token'];
  const { body } = context;
  const error = typeof body === 'object' && body !== null && 'error' in body ? body.error : undefined;
  // That the provider got as far as refusing the kind of token means that the client has proved who it is.
  if (client === undefined || typeof token !== 'string' || error !== 'unsupported_token_type') return false;
  const claims = await readOwnToken(token, parts);
  context.status = 200;
  context.body = '';
  if (claims?.['client_id'] !== client.clientId || typeof claims.jti !== 'string') return true;
  await parts.revoke({ credential: `${parts.origin}|${claims.jti}`, reason: 'revoked by its client' });
  await parts.record({
    event: 'token.revoked', space: DEFAULT_SPACE, reason: 'revoked by its client', principal: `${parts.origin}|${claims.sub ?? ''}`,
    detail: { client: client.clientId, credential: claims.jti, fingerprint: fingerprintOf(token) },
  });
  return true;
}
