import * as oauth from 'oauth4webapi';
import { createAddressGuard } from '../../upstream/address.ts';
import { createGuardedFetch } from '../../upstream/guarded-fetch.ts';
import type { OAuthFetch } from '../../upstream/guarded-fetch.ts';
import type { Control } from '../control.ts';
import { DEFAULT_SPACE } from '../../domain/principal.ts';
import { readNetwork } from '../manifest/settings.ts';
import type { Sso } from './settings.ts';

/** The company's provider as it describes itself, and how it is asked. */
export interface Provider {
  readonly server: oauth.AuthorizationServer;
  readonly client: oauth.Client;
  readonly authentication: oauth.ClientAuth;
  readonly options: { readonly [oauth.customFetch]: OAuthFetch; readonly [oauth.allowInsecureRequests]: boolean };
}

const KEPT_MS = 10 * 60_000;
const ALGORITHMS = new Set(['ES256', 'ES384', 'EdDSA', 'Ed25519', 'PS256', 'RS256']);
const guard = createAddressGuard();
/** Of this process: strangers can start a sign-in, and must not make us ask the provider each time. */
let kept: { readonly issuer: string; readonly server: oauth.AuthorizationServer; readonly until: number } | undefined;

/**
 * Finds the provider by OpenID Connect Discovery; its issuer must be exactly the one that was declared. Every request goes
 * through the guard for addresses. Throws `ERR_UPSTREAM_*` and the library's errors.
 */
export async function openProvider(control: Control, sso: Sso): Promise<Provider> {
  const options = await optionsOf(control, sso);
  const issuer = new URL(sso.issuer);
  const now = control.now();
  if (kept?.issuer !== sso.issuer || kept.until <= now) {
    const response = await oauth.discoveryRequest(issuer, { ...options, algorithm: 'oidc' });
    kept = { issuer: sso.issuer, server: await oauth.processDiscoveryResponse(issuer, response), until: now + KEPT_MS };
  }
  const { server } = kept;
  const { value } = await control.vault.read(DEFAULT_SPACE, sso.secret);
  const isPost = server.token_endpoint_auth_methods_supported?.includes('client_secret_basic') === false;
  // What it signs with is its own choice, but never nothing and never our shared secret.
  const algorithm = (server.id_token_signing_alg_values_supported ?? []).find((one) => ALGORITHMS.has(one)) ?? 'RS256';
  const client = { client_id: sso.clientId, id_token_signed_response_alg: algorithm };
  return { server, options, client, authentication: isPost ? oauth.ClientSecretPost(value) : oauth.ClientSecretBasic(value) };
}

async function optionsOf(control: Control, { issuer, allowPrivate }: Sso): Promise<Provider['options']> {
  const url = new URL(issuer);
  const network = await readNetwork(control.store);
  const privateHosts = new Set(allowPrivate === true ? [url.hostname] : []);
  return {
    [oauth.customFetch]: createGuardedFetch({ guard, network, privateHosts, server: 'the sign-in provider' }),
    // Only where the manifest says http, which it may on loopback alone.
    [oauth.allowInsecureRequests]: url.protocol === 'http:',
  };
}
