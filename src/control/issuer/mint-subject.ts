import { importJWK, SignJWT } from 'jose';
import { TOKEN_TYPES } from '../../upstream/credentials/token-exchange.ts';
import type { MintSubject } from '../servers/obtain.ts';
import type { KeyRing } from './keys.ts';

const LIFE_S = 120;

/**
 * Makes subject tokens for exchanges at other providers (RFC 8693): who calls and through which agents, for that one
 * provider and two minutes. No access token (`typ` is not `at+jwt`), so that it opens nothing at a gate.
 */
export function createMint(origin: string, ring: () => KeyRing): MintSubject {
  return async ({ space, principal, agent, actors }, audience) => {
    const { kid, jwk } = ring().active;
    const own = `${origin}|`;
    const chain = [agent, ...actors.filter((one) => one !== agent)];
    const token = await new SignJWT({
      // One of our own people is named as in our own tokens; somebody else's with the issuer in front, so that no two are one.
      sub: principal.startsWith(own) ? principal.slice(own.length) : principal, act: actOf(chain), 'io.sallyport/space': space,
    }).setProtectedHeader({ alg: 'ES256', kid, typ: 'subject+jwt' }).setIssuer(origin).setAudience(audience)
      .setIssuedAt().setExpirationTime(`${LIFE_S}s`).setJti(crypto.randomUUID()).sign(await importJWK(jwk, 'ES256'));
    return { subject: { token, type: TOKEN_TYPES.jwt } };
  };
}

/** The caller outside, who called it inside. */
function actOf([first = '', ...rest]: readonly string[]): { readonly sub: string; readonly act?: object } {
  return { sub: first, ...(rest.length === 0 ? {} : { act: actOf(rest) }) };
}
