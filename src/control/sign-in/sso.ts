import { randomBytes } from 'node:crypto';
import * as oauth from 'oauth4webapi';
import { z } from 'zod';
import { SallyportError } from '../../domain/errors.ts';
import { LIMITS } from '../../domain/limits.ts';
import type { Control } from '../control.ts';
import type { WebRequest } from '../web.ts';
import { readCookie, writeCookie } from './cookies.ts';
import { enter, refuseEntry } from './enter.ts';
import { localPath } from './form.ts';
import { destination, showLogin } from './login.ts';
import { readSignIn } from './settings.ts';
import type { Sso } from './settings.ts';
import { openProvider } from './sso-provider.ts';
import { admitPerson } from './sso-person.ts';
import { principalOf } from './who.ts';

const COOKIE = 'sso';
const CALLBACK = '/sign-in/sso/callback';
/** What a browser takes along to the provider and back: only this browser can end what it began, and only with this provider. */
const TRIP = z.strictObject({
  state: z.string().regex(/^[\w-]{32}$/), nonce: z.string(), verifier: z.string(), issuer: z.string(), to: z.string(), again: z.boolean(), at: z.number(),
});
type Trip = z.infer<typeof TRIP>;

/** Sends the browser to the company's provider. */
export async function startSso(web: WebRequest, control: Control): Promise<Response> {
  const sso = await needSso(control);
  const { server, client } = await openProvider(control, sso).catch((cause: unknown) => unreachable(web, control, cause));
  const trip: Trip = {
    state: random(), nonce: random(), verifier: oauth.generateRandomCodeVerifier(), issuer: sso.issuer, at: control.now(),
    to: destination(web, web.url.searchParams.get('to')), again: web.url.searchParams.get('again') === 'yes',
  };
  const url = new URL(server.authorization_endpoint ?? '');
  const parameters = {
    client_id: client.client_id, redirect_uri: web.url.origin + CALLBACK, response_type: 'code', scope: 'openid email profile',
    state: trip.state, nonce: trip.nonce, code_challenge: await oauth.calculatePKCECodeChallenge(trip.verifier), code_challenge_method: 'S256',
    ...(trip.again ? { prompt: 'login', max_age: '0' } : {}),
  };
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  const cookie = writeCookie(web, COOKIE, Buffer.from(JSON.stringify(trip)).toString('base64url'), LIMITS.ceremonyMs);
  return new Response(undefined, { status: 303, headers: { location: url.href, 'set-cookie': cookie, 'cache-control': 'no-store' } });
}

/** What the provider sent the browser back with. Whatever is wrong with it is told nobody but the record. */
export async function endSso(web: WebRequest, control: Control): Promise<Response> {
  const sso = await needSso(control);
  const trip = readTrip(web, control);
  const to = localPath(web, trip?.to) ?? destination(web, null);
  try {
    if (trip === undefined || trip.issuer !== sso.issuer) throw new Error('not begun in this browser');
    if (!(await control.state.setIfAbsent(`sso/${trip.state}`, '1', LIMITS.ceremonyMs * 2))) throw new Error('used already');
    const { claims, idToken } = await claimsOf(web, control, sso, trip);
    const person = await admitPerson(control, sso, claims);
    for (const principal of [principalOf(web, person), `${sso.issuer}|${claims.sub}`]) {
      await control.connections.keepIdentity({ principal, issuer: sso.issuer, idToken, expiresAt: claims.exp * 1000 });
    }
    const response = await enter(web, control, person, 'sso', to);
    response.headers.append('set-cookie', writeCookie(web, COOKIE, ''));
    return response;
  } catch (error) {
    if (error instanceof SallyportError && error.code === 'ERR_STORE_UNAVAILABLE') throw error;
    await refuseEntry(web, control, 'ERR_SIGN_IN_REFUSED', reasonOf(error));
    return showLogin(web, control, { to, problem: 'sso' });
  }
}

/** The ID token's claims, after everything that OpenID Connect Core 3.1.3.7, RFC 9207 and RFC 7636 want checked; its signature too. */
async function claimsOf(web: WebRequest, control: Control, sso: Sso, trip: Trip): Promise<{ readonly claims: oauth.IDToken; readonly idToken: string }> {
  const { server, client, authentication, options } = await openProvider(control, sso);
  const parameters = oauth.validateAuthResponse(server, client, web.url, trip.state);
  const response = await oauth.authorizationCodeGrantRequest(server, client, authentication, parameters, web.url.origin + CALLBACK, trip.verifier, options);
  const result = await oauth.processAuthorizationCodeResponse(server, client, response, {
    expectedNonce: trip.nonce, requireIdToken: true, ...(trip.again ? { maxAge: 60 } : {}),
  });
  await oauth.validateApplicationLevelSignature(server, response, options);
  const claims = oauth.getValidatedIdTokenClaims(result);
  if (claims === undefined || result.id_token === undefined) throw new Error('no ID token');
  return { claims, idToken: result.id_token };
}

function readTrip(web: WebRequest, control: Control): Trip | undefined {
  try {
    const trip = TRIP.parse(JSON.parse(Buffer.from(readCookie(web, COOKIE) ?? '', 'base64url').toString('utf8')));
    return control.now() - trip.at <= LIMITS.ceremonyMs ? trip : undefined;
  } catch {
    return undefined;
  }
}

async function needSso(control: Control): Promise<Sso> {
  const { sso } = await readSignIn(control.store);
  if (sso !== undefined) return sso;
  throw new SallyportError('ERR_NOT_FOUND', 'No company provider is set up here.', { remedy: 'Sign in with an account of this gate.' });
}

async function unreachable(web: WebRequest, control: Control, cause: unknown): Promise<never> {
  await refuseEntry(web, control, 'ERR_SIGN_IN_REFUSED', reasonOf(cause));
  throw new SallyportError('ERR_BUSY', 'Your company\'s sign-in cannot be reached.', { remedy: 'Try again in a while.', cause });
}

/** Our own words or the library's code; never what the provider or a browser wrote. */
function reasonOf(error: unknown): string {
  if (error instanceof SallyportError) return error.internal ?? error.code;
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return `provider: ${error.code}`;
  return error instanceof Error && error.constructor === Error ? error.message : 'provider';
}

function random(): string {
  return randomBytes(24).toString('base64url');
}
