import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, RequestListener } from 'node:http';
import { Provider } from 'oidc-provider';
import { configurationOf } from './configuration.ts';
import { EXCHANGE_PARAMETERS, exchangeToken } from './exchange.ts';
import { GRANT_EXCHANGE, GRANT_JWT_BEARER } from './grant-types.ts';
import { acceptAssertion, JWT_BEARER_PARAMETERS } from './id-jag.ts';
import type { Interactions } from './interaction.ts';
import { createInteractions } from './interactions.ts';
import type { IssuerParts, SigningKeys } from './parts.ts';
import { makeRegistrationToken } from './registration.ts';
import { watchProvider } from './watch.ts';

/** The embedded authorization server: protocol only. Who signs in, what exists and what is kept are its parts' business. */
export interface AuthorizationServer {
  readonly listener: RequestListener;
  readonly interactions: Interactions;
  /** A token for one dynamic registration, good for an hour. Only where registration is open. */
  readonly makeRegistrationToken: () => Promise<string>;
  /** Signs with other keys from the next request on; what is under way ends with those it began with. */
  readonly useKeys: (keys: SigningKeys) => void;
}

const POLICY = "default-src 'none'; script-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'";

/** `addressOf`: the caller's address, as the door knows it. */
export function createAuthorizationServer(parts: IssuerParts, addressOf: (incoming: IncomingMessage) => string): AuthorizationServer {
  let current = open(parts, addressOf);
  return {
    listener: (incoming, outgoing) => {
      // There is no CORS here: without an origin the provider offers none.
      delete incoming.headers.origin;
      // The provider adds the digest of its own script (a form that sends itself, to a client too) where it finds this directive.
      outgoing.setHeader('content-security-policy', POLICY);
      return void current.callback(incoming, outgoing);
    },
    interactions: createInteractions(() => current.provider, parts),
    makeRegistrationToken: () => makeRegistrationToken(current.provider),
    useKeys: (keys) => {
      current = open({ ...parts, keys }, addressOf);
    },
  };
}

interface Open {
  readonly provider: Provider;
  readonly callback: (incoming: IncomingMessage, outgoing: Parameters<RequestListener>[1]) => unknown;
}

function open(parts: IssuerParts, addressOf: (incoming: IncomingMessage) => string): Open {
  const provider = new Provider(parts.origin, configurationOf(parts, addressOf));
  const repeatable = new Set<string>();
  provider.registerGrantType(GRANT_EXCHANGE, exchangeToken(provider, parts), EXCHANGE_PARAMETERS, repeatable);
  provider.registerGrantType(GRANT_JWT_BEARER, acceptAssertion(provider, parts), JWT_BEARER_PARAMETERS, repeatable);
  // Secrets are kept as digests: what is stored opens nothing.
  Object.defineProperty(provider.Client.prototype, 'compareClientSecret', {
    value(this: { readonly clientSecret?: string }, given: string): boolean {
      const wanted = Buffer.from(this.clientSecret ?? '', 'hex');
      const digest = createHash('sha256').update(given).digest();
      return wanted.length === digest.length && timingSafeEqual(wanted, digest);
    },
  });
  watchProvider(provider, parts, ({ req }) => addressOf(req));
  return { provider, callback: provider.callback() };
}
