import { SallyportError } from '../../domain/errors.ts';
import type { OpenAdminToken } from '../admin-token.ts';
import { findOpening } from '../break-glass/openings.ts';
import type { Control } from '../control.ts';
import type { Admin } from '../route.ts';
import { checkAccessToken } from './access-token.ts';
import type { ApiProofs } from './api-proofs.ts';
import { authenticateSession } from './session.ts';

/** Who asks, by what the request carries. Throws `ERR_ADMIN_TOKEN`, `ERR_ADMIN_CSRF`, `ERR_PROOF_INVALID`, `ERR_PROOF_NONCE`. */
export type AuthenticateAdmin = (request: Request, control: Control) => Promise<Admin>;

/** Whoever reaches the socket and shows nothing: good for what custodians do, who prove themselves in the request. */
const NOBODY: Admin = { id: 'sallyport|socket', may: ['seal'], proof: { via: 'socket', kind: 'workload', groups: [], proof: 'bearer', issuedAt: 0 } };

/** At the unix socket: the machine's own token, or one that two custodians opened. People come by the door. */
export function socketAuthenticator(isRoot: OpenAdminToken): AuthenticateAdmin {
  return async (request, control) => {
    const token = bearerOf(request);
    if (token === undefined) return NOBODY;
    return isRoot(token) ?? await findOpening(control, token) ?? refused('Send `Authorization: Bearer` with the token of control/admin.token.');
  };
}

/** At control's own door: a person's session in a browser, or their token of the command line with its proof. Never the machine's token. */
export function doorAuthenticator(origin: () => string, proofs: ApiProofs): AuthenticateAdmin {
  return async (request, control) => {
    if (request.headers.get('authorization') === null) {
      return await authenticateSession(request, origin(), control) ?? refused('Sign in: /sign-in/console, or sallyport sign-in --control URL');
    }
    return await checkAccessToken(request, origin(), control, proofs) ?? refused('Sign in again: sallyport sign-in --control URL');
  };
}

function refused(remedy: string): never {
  throw new SallyportError('ERR_ADMIN_TOKEN', 'the administrator\'s token or session is missing, wrong or over', { remedy });
}

function bearerOf(request: Request): string | undefined {
  const header = request.headers.get('authorization');
  if (header === null) return undefined;
  // A header of another form is a wrong token, not none.
  return /^Bearer ([\w.~+/-]{20,16384}=*)$/.exec(header)?.[1] ?? '';
}
