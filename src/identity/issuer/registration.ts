import { errors, type Configuration, type KoaContextWithOIDC, type Provider } from 'oidc-provider';
import { LIMITS } from '../../domain/limits.ts';
import type { IssuerParts } from './parts.ts';
import { digestOf } from '../credential.ts';
import { GRANT_DEVICE } from './grant-types.ts';
import { isSafeRedirect } from './redirect.ts';

type Registration = NonNullable<NonNullable<Configuration['features']>['registration']>;

const GRANTS: ReadonlySet<string> = new Set(['authorization_code', 'refresh_token', GRANT_DEVICE]);
const POLICY = 'ours';

/** Dynamic registration (RFC 7591): off, or for who has a token that an administrator made for one registration. */
export function registrationOf({ registration, state }: Pick<IssuerParts, 'registration' | 'state'>): Registration {
  if (!registration) return { enabled: false };
  return {
    enabled: true, initialAccessToken: true, issueRegistrationAccessToken: false,
    policies: { [POLICY]: (context, properties) => registerOnce(context, properties, state) },
  };
}

/** A registered client is public or brings its keys, and does what people agree to: nothing in its own name, nothing for others. */
async function registerOnce(context: KoaContextWithOIDC, properties: Record<string, unknown>, state: IssuerParts['state']): Promise<void> {
  properties['token_endpoint_auth_method'] ??= 'none';
  const { token_endpoint_auth_method: method, redirect_uris: uris = [], grant_types: grants = ['authorization_code', 'refresh_token'] } = properties;
  if (method !== 'none' && method !== 'private_key_jwt') throw new errors.InvalidClientMetadata('a client is public here, or has private_key_jwt');
  delete properties['client_secret'];
  delete properties['client_secret_expires_at'];
  if (!Array.isArray(uris) || !uris.every((uri) => typeof uri === 'string' && isSafeRedirect(uri))) throw new errors.InvalidRedirectUri();
  if (!Array.isArray(grants) || !grants.every((grant) => GRANTS.has(String(grant)))) throw new errors.InvalidClientMetadata('that grant is not to be had here');
  if (properties['application_type'] === undefined && uris.some((uri) => String(uri).startsWith('http:'))) properties['application_type'] = 'native';
  const { InitialAccessToken: token } = context.oidc.entities;
  if (token === undefined) throw new errors.InvalidToken('no token');
  // Looking and then removing would let two of the same moment through.
  if (!(await state.setIfAbsent(`oauth/invited/${digestOf(token.jti)}`, '1', LIMITS.registrationTokenMs))) throw new errors.InvalidToken('used before');
  await token.destroy();
}

/** A token for one registration. */
export async function makeRegistrationToken(provider: Provider): Promise<string> {
  const token = new provider.InitialAccessToken({ policies: [POLICY], expiresIn: LIMITS.registrationTokenMs / 1000 });
  return token.save();
}
