import type { IncomingMessage } from 'node:http';
import { errors, type Client, type Configuration, type KoaContextWithOIDC, type ResourceServer } from 'oidc-provider';
import { LIMITS } from '../../domain/limits.ts';
import { createAdapterFactory } from './adapter.ts';
import { claimsOf } from './claims-of-token.ts';
import { readClientDocument } from './client-document.ts';
import { mayAsk } from './may-ask.ts';
import { networkOf } from '../network-of.ts';
import type { IssuerParts, ResourceView } from './parts.ts';
import { promptsOf } from './prompts.ts';
import { registrationOf } from './registration.ts';
import { deriveKey } from './sealed-entry.ts';

/** Where the issuer's endpoints are, below its origin. */
const ROUTES = {
  authorization: '/oauth/authorize', token: '/oauth/token', jwks: '/oauth/jwks', revocation: '/oauth/revoke', userinfo: '/oauth/userinfo',
  pushed_authorization_request: '/oauth/par', device_authorization: '/oauth/device/authorize', code_verification: '/oauth/device',
  end_session: '/oauth/end-session', registration: '/oauth/register', introspection: '/oauth/introspect',
} as const;

const SECONDS = 1000;
const ASYMMETRIC = ['ES256', 'EdDSA', 'Ed25519', 'PS256', 'RS256'] as const;

/** The provider's configuration: every switch that widens is off unless it stands here. */
export function configurationOf(parts: IssuerParts, addressOf: (incoming: IncomingMessage) => string): Configuration {
  const isSecure = parts.origin.startsWith('https:');
  return {
    adapter: createAdapterFactory(parts),
    jwks: { keys: parts.keys.published.map(({ kid, jwk }) => ({ ...jwk, kid, alg: 'ES256', use: 'sig' })) },
    routes: ROUTES,
    scopes: ['openid', 'offline_access'],
    claims: { openid: ['sub'] },
    responseTypes: ['code'],
    clientDefaults: { grant_types: ['authorization_code', 'refresh_token'], response_types: ['code'], id_token_signed_response_alg: 'ES256' },
    clientAuthMethods: ['none', 'client_secret_basic', 'private_key_jwt'],
    enabledJWA: {
      clientAuthSigningAlgValues: [...ASYMMETRIC], idTokenSigningAlgValues: ['ES256'], userinfoSigningAlgValues: ['ES256'],
      dPoPSigningAlgValues: ['ES256', 'EdDSA', 'Ed25519'],
    },
    clientBasedCORS: () => false,
    clockTolerance: 5,
    pkce: { required: () => true },
    // Never a guess: one that differs from what is registered is refused, and one that is left out too.
    allowOmittingSingleRegisteredRedirectUri: false,
    discovery: { authorization_grant_profiles_supported: ['urn:ietf:params:oauth:grant-profile:id-jag'] },
    cookies: {
      // The prefix makes browsers refuse the cookie from anybody else; the two short ones are bound to their paths, which it forbids.
      names: { session: isSecure ? '__Host-oauth' : 'oauth', interaction: 'oauth-sign-in', resume: 'oauth-resume' },
      keys: [deriveKey(parts.secret, 'cookies').toString('base64url')],
      long: { httpOnly: true, sameSite: 'lax', signed: true, secure: isSecure },
      short: { httpOnly: true, sameSite: 'lax', signed: true, secure: isSecure },
    },
    ttl: {
      AccessToken: LIMITS.accessTokenMs / SECONDS, ClientCredentials: LIMITS.accessTokenMs / SECONDS, AuthorizationCode: 60,
      IdToken: LIMITS.accessTokenMs / SECONDS, DeviceCode: LIMITS.deviceCodeMs / SECONDS, Interaction: LIMITS.interactionMs / SECONDS,
      Grant: LIMITS.grantMs / SECONDS, Session: LIMITS.signInMaxMs / SECONDS, RefreshToken: LIMITS.refreshTokenMs / SECONDS,
    },
    features: featuresOf(parts, addressOf),
    interactions: { url: (_ctx, { uid }) => parts.interactionPath(uid), policy: promptsOf(parts) },
    loadExistingGrant: async (ctx) => {
      const { Grant } = ctx.oidc.provider;
      const fresh = ctx.oidc.result?.consent?.grantId;
      if (fresh !== undefined) return Grant.find(fresh);
      const known = ctx.oidc.client === undefined ? undefined : ctx.oidc.session?.grantIdFor(ctx.oidc.client.clientId);
      const grant = known === undefined ? undefined : await Grant.find(known);
      // What a person once refused may be asked again.
      if (grant !== undefined) delete grant.rejected;
      return grant;
    },
    rotateRefreshToken: true,
    expiresWithSession: async () => false,
    issueRefreshToken: async (_ctx, client) => client.grantTypeAllowed('refresh_token'),
    extraTokenClaims: (ctx, token) => claimsOf(parts, token, ctx.oidc.entities),
    findAccount: async (ctx, id, token) => {
      // What was issued, or signed in, before a person was deactivated is not revived with them.
      const since = token !== undefined && 'iat' in token && typeof token.iat === 'number' ? token.iat : ctx?.oidc?.session?.loginTs;
      const account = await parts.findAccount(id, since);
      return account && { accountId: account.id, claims: async () => ({ sub: account.id }) };
    },
    // The provider says how long it waits: whoever named the URL would hold its requests open.
    fetch: async (url, init) => readClientDocument(await parts.fetchGuarded(url instanceof Request ? url.url : url.toString(), init?.signal ?? undefined)),
    fetchResponseBodyLimits: { 'client_id metadata document': LIMITS.clientDocumentBytesMax, jwks_uri: LIMITS.strangerBodyBytesMax },
    renderError: async (ctx, out) => {
      ctx.type = 'html';
      ctx.body = parts.pages.failure(out.error);
    },
  };
}

function featuresOf(parts: IssuerParts, addressOf: (incoming: IncomingMessage) => string): NonNullable<Configuration['features']> {
  return {
    devInteractions: { enabled: false },
    userinfo: { enabled: false },
    rpInitiatedLogout: { enabled: false },
    pushedAuthorizationRequests: { enabled: true },
    clientCredentials: { enabled: true },
    registration: registrationOf(parts),
    // A token that is another client's is "revoked" without effect, as RFC 7009 section 2.2 has it for unknown ones.
    revocation: { enabled: true, allowedPolicy: async (_ctx, client, token) => token.clientId === client.clientId },
    dPoP: { enabled: true, nonceSecret: deriveKey(parts.secret, 'dpop-nonces'), requireNonce: () => false },
    clientIdMetadataDocument: {
      enabled: true, ack: 'draft-02', cacheDuration: { min: 60, max: LIMITS.clientDocumentMs / SECONDS },
      allowClient: async () => true,
      // Else anybody could have this issuer knock at any number of doors.
      allowFetch: async ({ req }, id) => id.length <= LIMITS.clientIdLengthMax
        && await parts.state.increment(`oauth/documents/${networkOf(addressOf(req))}`, 1, LIMITS.issuerWindowMs) <= LIMITS.clientDocumentFetchesMax,
    },
    deviceFlow: {
      enabled: true, charset: 'base-20', mask: '****-****',
      userCodeInputSource: async (ctx, form, _out, error) => {
        ctx.body = parts.pages.deviceCode(form, error !== undefined);
      },
      userCodeConfirmSource: async (ctx, form, client, _device, userCode) => {
        ctx.body = parts.pages.deviceConfirm(form, client.clientName ?? client.clientId, userCode);
      },
      successSource: async (ctx) => {
        ctx.body = parts.pages.deviceDone();
      },
    },
    resourceIndicators: {
      enabled: true,
      // RFC 8707 is not optional here: a token without a place would be good at many.
      defaultResource: async (_ctx, _client, oneOf) => {
        const [only, more] = oneOf ?? [];
        if (only === undefined || more !== undefined) throw new errors.InvalidTarget('one resource must be named');
        return only;
      },
      useGrantedResource: async () => true,
      getResourceServerInfo: (ctx, uri, client) => resourceServerOf(parts, ctx, uri, client),
    },
  };
}

async function resourceServerOf(parts: IssuerParts, ctx: KoaContextWithOIDC, uri: string, client: Client): Promise<ResourceServer> {
  const resource = await parts.findResource(uri);
  if (resource === undefined) throw new errors.InvalidTarget('there is no such resource');
  const isTaking = ctx.oidc.route === 'token';
  if (resource.reserved !== undefined) await checkReserved(resource.reserved, client, isTaking ? (ctx.oidc.account?.accountId ?? '') : undefined);
  // A person may yet register the agent, on the consent page; no token comes before that.
  else if (isTaking && !(await mayAsk(parts, client.clientId, resource))) throw new errors.UnauthorizedClient('no registered agent has this client');
  // RFC 6749 section 3.3: what a client that names no scope gets is ours to say.
  if (ctx.oidc.params !== undefined) ctx.oidc.params['scope'] ??= resource.defaultScopes.join(' ');
  return {
    audience: resource.uri, scope: resource.scopes.join(' '), accessTokenTTL: LIMITS.accessTokenMs / SECONDS, accessTokenFormat: 'jwt',
    jwt: { sign: { alg: 'ES256', kid: parts.keys.active.kid } },
  };
}

/** `account`: of whom a token is being made, each time anew; while nobody has signed in yet there is nobody to ask about. */
async function checkReserved({ client: only, serves }: NonNullable<ResourceView['reserved']>, client: Client, account: string | undefined): Promise<void> {
  // To others it is not there.
  if (client.clientId !== only) throw new errors.InvalidTarget('there is no such resource');
  if (account !== undefined && !(await serves(account))) throw new errors.InvalidGrant('the resource does not serve this person');
}
