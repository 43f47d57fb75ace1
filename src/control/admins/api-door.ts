import { SallyportError } from '../../domain/errors.ts';
import type { ErrorCode } from '../../domain/errors.ts';
import { DEFAULT_SPACE } from '../../domain/principal.ts';
import { fingerprintOf } from '../../identity/credential.ts';
import { PROOF_ALGORITHMS } from '../../identity/proof.ts';
import type { Control } from '../control.ts';
import { answerApi } from '../listen.ts';
import { refuse } from '../refuse.ts';
import type { WebRoute } from '../web.ts';
import { API_SCOPES, apiUri } from './api-uri.ts';
import type { AuthenticateAdmin } from './authenticate.ts';

/** How the API is entered at control's door. */
export interface ApiEntry {
  readonly authenticate: AuthenticateAdmin;
  /** What the next proof of possession shall have. */
  readonly nonce: () => string;
}

/** One request at control's door. */
export interface Asking {
  readonly request: Request;
  readonly origin: string;
  readonly address: string;
  readonly signal: AbortSignal;
}

/** One request to the API at the door: whoever is refused is told how to ask (RFC 9449 section 7.1), and it is recorded. */
export async function answerApiAtDoor(asking: Asking, entry: ApiEntry, control: Control): Promise<Response> {
  const { request, origin, signal } = asking;
  const response = await answerApi(request, entry.authenticate, control, signal).catch(async (error: unknown) => {
    const refusal = refuse(error, control.report);
    if (error instanceof SallyportError) {
      await recordRefusal(error.code, asking, control);
      const challenge = challengeOf(error, origin, request.headers.has('authorization'));
      if (challenge !== undefined) refusal.headers.set('www-authenticate', challenge);
    }
    return refusal;
  });
  if (response.status === 401 || request.headers.has('dpop')) response.headers.set('dpop-nonce', entry.nonce());
  return response;
}

const ERRORS: Partial<Readonly<Record<ErrorCode, string>>> = {
  ERR_ADMIN_TOKEN: 'invalid_token', ERR_PROOF_INVALID: 'invalid_dpop_proof', ERR_PROOF_NONCE: 'use_dpop_nonce',
  // RFC 9470 section 3.
  ERR_SIGN_IN_OLD: 'insufficient_user_authentication',
};

/** How to ask instead (`WWW-Authenticate`); undefined: that would not help. `showed`: a credential came with the request. */
export function challengeOf({ code, data }: SallyportError, origin: string, showed: boolean): string | undefined {
  const { scope, maxAgeS } = data ?? {};
  const error = typeof scope === 'string' ? 'insufficient_scope' : ERRORS[code];
  if (error === undefined) return undefined;
  const parts = {
    realm: 'control',
    ...(showed ? { error } : {}), ...(typeof maxAgeS === 'number' ? { max_age: String(maxAgeS) } : {}),
    scope: typeof scope === 'string' ? scope : API_SCOPES.join(' '),
    resource_metadata: `${origin}/.well-known/oauth-protected-resource/api/v1`, algs: PROOF_ALGORITHMS.join(' '),
  };
  return `DPoP ${Object.entries(parts).map(([name, value]) => `${name}="${value}"`).join(', ')}`;
}

/** To be sent for a nonce is how every sign-in begins; everything else is somebody with a credential that is not good. */
export async function recordRefusal(code: ErrorCode, { request, address }: Asking, control: Control): Promise<void> {
  const shown = request.headers.get('authorization');
  if (shown === null || (code !== 'ERR_ADMIN_TOKEN' && code !== 'ERR_PROOF_INVALID')) return;
  await control.refused({ event: 'admin.refused', space: DEFAULT_SPACE, address, action: 'api', code, reason: fingerprintOf(shown) });
}

/** What the API says of itself as a resource (RFC 9728). */
export const apiMetadata: WebRoute = {
  method: 'GET', path: '/.well-known/oauth-protected-resource/api/v1',
  run: async ({ url: { origin } }) => Response.json({
    resource: apiUri(origin), resource_name: 'Sallyport control', authorization_servers: [origin], scopes_supported: API_SCOPES,
    bearer_methods_supported: ['header'], dpop_signing_alg_values_supported: PROOF_ALGORITHMS, dpop_bound_access_tokens_required: true,
  }),
};
