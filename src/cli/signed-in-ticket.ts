import { createHash } from 'node:crypto';
import { exportJWK, SignJWT } from 'jose';
import { SallyportError } from '../domain/errors.ts';
import { findDesk, refreshGrant, type Http, type PublicClient } from './oauth.ts';
import { signInCommand, type SignIn, type SignIns } from './sign-ins.ts';
import type { Ticket } from './ticket.ts';

/** A token this close to its end might end on the way. */
const MARGIN_MS = 30_000;

/**
 * A ticket by sign-in: access tokens come from the issuer by refresh, are kept between commands, and each request carries a
 * fresh proof of the key that they are bound to (RFC 9449), so a client that knows nothing of DPoP has it all the same.
 */
export function createSignedInTicket(resource: string, signIns: SignIns, http: (ca: string | undefined) => Http, now: () => number = Date.now): Ticket {
  let held: SignIn | undefined;
  let nonce: string | undefined;

  /** Another command may have refreshed meanwhile: what it left is taken, and only a token that is spent for all is renewed. */
  const renew = (spent: (one: SignIn) => boolean): Promise<SignIn> => signIns.alone(resource, async () => {
    const kept = await signIns.read(resource);
    if (!spent(kept)) return kept;
    if (kept.refreshToken === undefined) {
      throw new SallyportError('ERR_SIGN_IN', 'the sign-in has ended', { remedy: `Sign in again with: ${signInCommand(resource)}` });
    }
    const ask = http(kept.ca);
    const granted = await refreshGrant(await findDesk(resource, ask), kept.client, kept.refreshToken, ask);
    const next = { ...kept, ...granted, refreshToken: granted.refreshToken ?? kept.refreshToken, scope: granted.scope ?? kept.scope };
    await signIns.write(next);
    return next;
  });
  const isRipe = (one: SignIn): boolean => one.expiresAt - now() < MARGIN_MS;

  return {
    async token() {
      held ??= await signIns.read(resource);
      if (isRipe(held)) held = await renew(isRipe);
      return held.accessToken;
    },
    async replace(refused) {
      held = await renew((one) => one.accessToken === refused);
    },
    isNew: () => false,
    async present(token, request) {
      held ??= await signIns.read(resource);
      return { authorization: `DPoP ${token}`, dpop: await prove(held.client, { ...request, token, nonce, now: now() }) };
    },
    heard(response) {
      const given = response.headers.get('dpop-nonce');
      if (given === null || given === nonce) return false;
      nonce = given;
      return response.status === 401 && /\berror="use_dpop_nonce"/.test(response.headers.get('www-authenticate') ?? '');
    },
    // A sign-in outlives the command: `sallyport sign-in --out` ends it.
    revoke: async () => undefined,
  };
}

interface ToProve {
  readonly method: string;
  readonly url: string;
  readonly token: string;
  readonly nonce: string | undefined;
  readonly now: number;
}

/** One proof for one request (RFC 9449 section 4.2). */
async function prove({ keys }: PublicClient, { method, url, token, nonce, now }: ToProve): Promise<string> {
  const { origin, pathname } = new URL(url);
  const claims = { htm: method, htu: `${origin}${pathname}`, ath: createHash('sha256').update(token).digest('base64url') };
  return new SignJWT({ ...claims, ...(nonce === undefined ? {} : { nonce }) })
    .setProtectedHeader({ alg: 'ES256', typ: 'dpop+jwt', jwk: await exportJWK(keys.publicKey) })
    .setJti(crypto.randomUUID())
    .setIssuedAt(Math.floor(now / 1000))
    .sign(keys.privateKey);
}

