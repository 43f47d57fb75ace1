import { SallyportError } from '../domain/errors.ts';
import type { Http } from './oauth.ts';

/** Verified, and never redirected: an answer comes from whom it was asked of. */
export function httpOver(ca: string | undefined): Http {
  return async (url, init) => {
    try {
      return await fetch(url, { ...init, redirect: 'error', ...(ca === undefined ? {} : { tls: { ca } }) });
    } catch (cause) {
      throw new SallyportError('ERR_SIGN_IN', `${new URL(url).host} can't be reached safely`, {
        remedy: 'Is the address right, and its certificate of a root that is trusted here (--ca FILE)?', cause,
      });
    }
  };
}
