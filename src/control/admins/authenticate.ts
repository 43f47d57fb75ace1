import { SallyportError } from '../../domain/errors.ts';
import type { OpenAdminToken } from '../admin-token.ts';
import { findOpening } from '../break-glass/openings.ts';
import type { Control } from '../control.ts';
import type { Admin } from '../route.ts';
import { checkAccessToken } from './access-token.ts';
import { authenticateSession } from './session.ts';

/** Who asks, by what the request carries. Throws `ERR_ADMIN_TOKEN`, `ERR_ADMIN_CSRF`. */
export type AuthenticateAdmin = (request: Request, control: Control) => Promise<Admin>;

/** Whoever reaches the socket and shows nothing: good for what custodians do, who prove themselves in the request. */
const NOBODY: Admin = { id: 'sallyport|socket', may: ['seal'], proof: { via: 'socket', kind: 'workload', groups: [], proof: 'bearer', issuedAt: 0 } };

/** At the unix socket: the machine's own token, one that two custodians opened, or a person's own for this API. */
export function socketAuthenticator(isRoot: OpenAdminToken, origin: () => string | undefined): AuthenticateAdmin {
  return async (request, control) => {
    const token = bearerOf(request);
    if (token === undefined) return NOBODY;
    const known = isRoot(token) ?? await findOpening(control, token);
    const at = origin();
    const admin = known ?? (at === undefined ? undefined : await checkAccessToken(token, at, control));
    return admin ?? refused('Send `Authorization: Bearer` with the token of control/admin.token.');
  };
}

/** At control's own door: a person's session in a browser, or a token of the embedded issuer for this API. Never the machine's token. */
export function doorAuthenticator(origin: () => string): AuthenticateAdmin {
  return async (request, control) => {
    const token = bearerOf(request);
    const admin = token === undefined ? await authenticateSession(request, origin(), control) : await checkAccessToken(token, origin(), control);
    return admin ?? refused('Sign in again: /sign-in/console');
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
