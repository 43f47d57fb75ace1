import type { SpecOf, TokenAsk } from './client-credentials.ts';
import { refused } from './refused.ts';
import { issuerOf, requestGrant, type Grant } from './token-endpoint.ts';
import { TOKEN_EXCHANGE, TOKEN_TYPES, type Subject } from './token-exchange.ts';

const JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer';

/**
 * Enterprise-managed authorization: the company's provider turns the person's sign-in into an assertion for one server's
 * issuer (ID-JAG, by RFC 8693), and that issuer turns it into a token (RFC 7523). The assertion is good for that issuer only.
 */
export async function obtainByIdJag(
  spec: SpecOf<'id-jag'>, identity: Subject, idpSecret: string | undefined, { fetch, server, now, resource, scopes, secret }: TokenAsk,
): Promise<Grant> {
  const scope = scopes.join(' ');
  const assertion = await requestGrant({
    client: { tokenUrl: spec.idpTokenUrl, clientId: spec.idpClientId, ...(idpSecret === undefined ? {} : { secret: idpSecret }) },
    grantType: TOKEN_EXCHANGE,
    parameters: {
      requested_token_type: TOKEN_TYPES.idJag, audience: issuerOf(spec), resource, scope,
      subject_token: identity.token, subject_token_type: identity.type,
    },
    fetch, server, now,
  });
  if (assertion.issuedType !== TOKEN_TYPES.idJag) throw refused(server, 'the identity provider issued no ID-JAG');
  return requestGrant({
    client: { ...spec, secret }, grantType: JWT_BEARER, parameters: { assertion: assertion.token, scope, resource }, fetch, server, now,
  });
}
