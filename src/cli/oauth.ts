import * as oauth from 'oauth4webapi';
import { SallyportError } from '../domain/errors.ts';
import { isLoopbackHost } from '../domain/loopback.ts';

/** Fetch that trusts whom the person named, and follows nobody. */
export type Http = (url: string, init?: RequestInit) => Promise<Response>;

/** Who signs people in for one route of a gate, as the gate itself says (RFC 9728, RFC 8414). */
export interface Desk {
  /** The canonical URI of the route: what tokens are asked for (RFC 8707). */
  readonly resource: string;
  readonly server: oauth.AuthorizationServer;
  /** What to ask for first: what the gate's challenge names, else what the resource lists. */
  readonly scopes: readonly string[];
}

/** What came out of a sign-in or a refresh. Times are epoch ms. */
export interface Granted {
  readonly accessToken: string;
  readonly expiresAt: number;
  readonly refreshToken: string | undefined;
  readonly scope: string | undefined;
}

/** A public client with its DPoP key (RFC 9449): what it is given is worthless to anyone else. */
export interface PublicClient {
  readonly clientId: string;
  readonly keys: CryptoKeyPair;
}

const GIVEN_UP = 'Check the address, and that the gate runs; `curl -i` on it shows its challenge.';
const LIFE_MS = 5 * 60_000;
/** RFC 8628 section 3.5: asked for too often is asked for less often. */
const SLOWER_S = 5;

/** Walks from a route's URL to its issuer: the 401, the resource's metadata, the issuer's metadata. Throws `ERR_SIGN_IN`. */
export async function findDesk(url: string, http: Http): Promise<Desk> {
  // A GET without a token is refused for want of one before anything else is looked at: its challenge names the least to ask for.
  const refused = await http(url, { headers: { accept: 'text/event-stream' } });
  await refused.body?.cancel();
  const challenge = refused.headers.get('www-authenticate') ?? '';
  const named = /resource_metadata="([^"]+)"/.exec(challenge)?.[1];
  const { origin, pathname } = new URL(url);
  const at = named ?? `${origin}/.well-known/oauth-protected-resource${pathname}`;
  // The gate speaks for itself only: a metadata address elsewhere would let whoever wrote it choose the issuer.
  if (!URL.canParse(at) || new URL(at).origin !== origin) throw refusal('the gate names metadata at another origin');
  const answer = await http(at);
  const found: unknown = answer.ok ? await answer.json() : undefined;
  const { resource, authorization_servers: servers, scopes_supported: supported } = asRecord(found);
  if (typeof resource !== 'string') throw refusal('this is no route of a gate: it is written https://HOST/mcp/SERVER or https://HOST/mcp/t/TOOLSET');
  if (resource !== url) throw refusal(`this route calls itself ${resource}: use that address`);
  const issuer: unknown = Array.isArray(servers) ? servers[0] : undefined;
  if (typeof issuer !== 'string') throw refusal('this gate names no issuer; it may take agent tokens only');
  const asked = /\bscope="([^"]*)"/.exec(challenge)?.[1]?.split(' ') ?? (Array.isArray(supported) ? supported.filter((one) => typeof one === 'string') : []);
  return { resource: url, server: await discover(issuer, http), scopes: asked };
}

async function discover(issuer: string, http: Http): Promise<oauth.AuthorizationServer> {
  const at = new URL(issuer);
  for (const algorithm of ['oauth2', 'oidc'] as const) {
    try {
      const response = await oauth.discoveryRequest(at, { algorithm, ...over(issuer, http) });
      if (response.ok) return await oauth.processDiscoveryResponse(at, response);
    } catch (cause) {
      throw refusal(`the issuer ${issuer} does not describe itself properly`, cause);
    }
  }
  throw refusal(`the issuer ${issuer} has no metadata`);
}

/** Cleartext is for loopback only (RFC 8252 section 8.3 speaks of redirects; the same reason holds here). */
function over(issuer: string, http: Http): { readonly [oauth.customFetch]: Http; readonly [oauth.allowInsecureRequests]: boolean } {
  const { hostname, protocol } = new URL(issuer);
  return { [oauth.customFetch]: http, [oauth.allowInsecureRequests]: protocol === 'http:' && isLoopbackHost(hostname) };
}

function optionsOf(desk: Desk, { clientId, keys }: PublicClient, http: Http) {
  const client: oauth.Client = { client_id: clientId };
  const options = { ...over(desk.server.issuer, http), DPoP: oauth.DPoP(client, keys), additionalParameters: { resource: desk.resource } };
  return { client, authentication: oauth.None(), options };
}

/** The nonce that an issuer wants in a proof comes with its first refusal (RFC 9449 section 8): asked once more with it. */
async function granted(request: () => Promise<Response>, read: (response: Response) => Promise<oauth.TokenEndpointResponse>, now: number): Promise<Granted> {
  try {
    return grantedOf(await read(await request()), now);
  } catch (fault) {
    if (!oauth.isDPoPNonceError(fault)) throw faultOf(fault);
  }
  try {
    return grantedOf(await read(await request()), now);
  } catch (fault) {
    throw faultOf(fault);
  }
}

function grantedOf(answer: oauth.TokenEndpointResponse, now: number): Granted {
  const { access_token: accessToken, refresh_token: refreshToken, scope, token_type: type, expires_in: seconds } = answer;
  if (type.toLowerCase() !== 'dpop') throw refusal('the issuer bound the token to no key');
  return { accessToken, refreshToken, scope, expiresAt: now + (seconds === undefined ? LIFE_MS : seconds * 1000) };
}

/** Sends the person to the issuer in a browser and takes the code that comes back on loopback (RFC 8252, PKCE S256, RFC 9207). */
export async function signInByBrowser(
  desk: Desk, own: PublicClient, scopes: readonly string[], http: Http, callback: Callback, show: (url: string) => void,
): Promise<Granted> {
  const { client, authentication, options } = optionsOf(desk, own, http);
  const [verifier, state] = [oauth.generateRandomCodeVerifier(), oauth.generateRandomState()];
  const url = new URL(need(desk.server.authorization_endpoint, 'no authorization endpoint'));
  const query = {
    response_type: 'code', client_id: own.clientId, redirect_uri: callback.redirectUri, scope: scopes.join(' '), state, resource: desk.resource,
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256',
  };
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  show(url.href);
  try {
    const parameters = oauth.validateAuthResponse(desk.server, client, await callback.answer, state);
    return await granted(
      () => oauth.authorizationCodeGrantRequest(desk.server, client, authentication, parameters, callback.redirectUri, verifier, options),
      (response) => oauth.processAuthorizationCodeResponse(desk.server, client, response), Date.now(),
    );
  } catch (fault) {
    throw faultOf(fault);
  }
}

/** A door on loopback for one answer. */
export interface Callback {
  readonly redirectUri: string;
  /** The query that the browser brought. */
  readonly answer: Promise<URLSearchParams>;
}

/** Shows a code that the person types at the issuer on any device, and waits (RFC 8628). */
export async function signInByDevice(
  desk: Desk, own: PublicClient, scopes: readonly string[], http: Http, show: (url: string, code: string) => void, signal: AbortSignal,
): Promise<Granted> {
  const { client, authentication, options } = optionsOf(desk, own, http);
  const parameters = { scope: scopes.join(' '), resource: desk.resource };
  const begun = await oauth.processDeviceAuthorizationResponse(
    desk.server, client, await oauth.deviceAuthorizationRequest(desk.server, client, authentication, parameters, over(desk.server.issuer, http)),
  ).catch((fault: unknown) => {
    throw faultOf(fault);
  });
  show(begun.verification_uri_complete ?? begun.verification_uri, begun.user_code);
  const until = Date.now() + begun.expires_in * 1000;
  let pauseS = begun.interval ?? SLOWER_S;
  while (Date.now() < until && !signal.aborted) {
    await Bun.sleep(pauseS * 1000);
    try {
      return await granted(
        () => oauth.deviceCodeGrantRequest(desk.server, client, authentication, begun.device_code, options),
        (response) => oauth.processDeviceCodeResponse(desk.server, client, response), Date.now(),
      );
    } catch (fault) {
      const { cause } = fault instanceof SallyportError ? fault : { cause: fault };
      const error = cause instanceof oauth.ResponseBodyError ? cause.error : '';
      if (error === 'slow_down') pauseS += SLOWER_S;
      else if (error !== 'authorization_pending') throw fault;
    }
  }
  throw refusal('nobody confirmed the code in time');
}

/** A new access token, and with it a new refresh token: the one that was used is spent (OAuth 2.1 section 4.3.1). */
export function refreshGrant(desk: Desk, own: PublicClient, refreshToken: string, http: Http): Promise<Granted> {
  const { client, authentication, options } = optionsOf(desk, own, http);
  return granted(
    () => oauth.refreshTokenGrantRequest(desk.server, client, authentication, refreshToken, options),
    (response) => oauth.processRefreshTokenResponse(desk.server, client, response), Date.now(),
  );
}

/** Tells the issuer that a refresh token, and all that came of it, has ended (RFC 7009). */
export async function revokeGrant(desk: Desk, own: PublicClient, refreshToken: string, http: Http): Promise<void> {
  if (desk.server.revocation_endpoint === undefined) return;
  const { client, authentication } = optionsOf(desk, own, http);
  await oauth.processRevocationResponse(await oauth.revocationRequest(desk.server, client, authentication, refreshToken, over(desk.server.issuer, http)));
}

function need(value: string | undefined, why: string): string {
  if (value === undefined) throw refusal(`the issuer has ${why}`);
  return value;
}

function asRecord(value: unknown): Readonly<Record<string, unknown>> {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- an object's members, each of which is looked at before it is used
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function refusal(why: string, cause?: unknown): SallyportError {
  return new SallyportError('ERR_SIGN_IN', `the sign-in failed: ${why}`, { remedy: GIVEN_UP, cause });
}

/** The issuer's own code and nothing of what was sent: a body may hold a token. */
function faultOf(fault: unknown): SallyportError {
  if (fault instanceof SallyportError) return fault;
  if (fault instanceof oauth.ResponseBodyError || fault instanceof oauth.AuthorizationResponseError) {
    const remedy = fault.error === 'invalid_grant' ? 'Sign in again: `sallyport sign-in URL`.' : GIVEN_UP;
    return new SallyportError('ERR_SIGN_IN', `the issuer refused: ${fault.error}`, { remedy, cause: fault });
  }
  return refusal(fault instanceof Error ? fault.message : 'unknown', fault);
}
