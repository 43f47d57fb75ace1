import { expect, test } from 'bun:test';
import { decodeJwt } from 'jose';
import * as oauth from 'oauth4webapi';
import { startPostgres } from '../../../test/fixtures/databases.ts';
import { Browser, CRM, LOOPBACK, openIssuerFixture } from './fixture-issuer.ts';

const REDIRECT = 'http://127.0.0.1:4321/callback';

test('over PostgreSQL too: a sign-in, a rotation, a restart, and a refresh token that comes back', async () => {
  const postgres = await startPostgres();
  const issuer = await openIssuerFixture(postgres.url);
  try {
    await issuer.client('app', { authentication: 'none', redirectUris: [REDIRECT] });
    await issuer.person('ann');
    const client = { client_id: 'app' };
    const verifier = oauth.generateRandomCodeVerifier();
    const url = new URL(`${issuer.origin}/oauth/authorize`);
    const asked = {
      client_id: 'app', response_type: 'code', redirect_uri: REDIRECT, scope: 'crm.read', resource: CRM, code_challenge_method: 'S256',
      code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    };
    for (const [name, value] of Object.entries(asked)) url.searchParams.set(name, value);
    const { url: landed } = await new Browser(issuer, 'ann').go(url);
    const parameters = oauth.validateAuthResponse(issuer.server, client, landed, oauth.expectNoState);
    const redeem = (): Promise<Response> => oauth.authorizationCodeGrantRequest(issuer.server, client, oauth.None(), parameters, REDIRECT, verifier, LOOPBACK);
    const first = await oauth.processAuthorizationCodeResponse(issuer.server, client, await redeem());
    await issuer.restart();
    const refresh = (token = ''): Promise<Response> => oauth.refreshTokenGrantRequest(issuer.server, client, oauth.None(), token, LOOPBACK);
    const second = await oauth.processRefreshTokenResponse(issuer.server, client, await refresh(first.refresh_token));
    expect(decodeJwt(second.access_token)).toMatchObject({ sub: 'ann', aud: CRM });
    expect((await refresh(first.refresh_token)).status).toBe(400);
    expect((await refresh(second.refresh_token)).status).toBe(400);
    expect(issuer.role.control.lease.current?.lease.revokedCredentials).toHaveLength(1);
  } finally {
    await issuer.stop();
    await postgres.stop();
  }
}, 60_000);
