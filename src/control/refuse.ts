import { SallyportError } from '../domain/errors.ts';
import type { ErrorCode } from '../domain/errors.ts';

const STATUS: Partial<Readonly<Record<ErrorCode, number>>> = {
  ERR_HOST_FORBIDDEN: 421, ERR_ORIGIN_FORBIDDEN: 403, ERR_LIMIT_OPEN_EXCHANGES: 503,
  ERR_ADMIN_TOKEN: 401, ERR_PROOF_INVALID: 401, ERR_PROOF_NONCE: 401, ERR_SIGN_IN_OLD: 401,
  ERR_ADMIN_FORBIDDEN: 403, ERR_ADMIN_CSRF: 403, ERR_SECOND_PERSON: 403, ERR_PROPOSAL_STORED: 409, ERR_BREAK_GLASS: 403,
  ERR_APPROVER: 403, ERR_PRESENCE: 403, ERR_NOT_SHOWN: 409,
  ERR_REQUEST_INVALID: 400, ERR_JSON_INVALID: 400, ERR_CONTENT_TYPE: 415, ERR_BODY_TOO_LARGE: 413,
  ERR_NOT_FOUND: 404, ERR_SERVER_UNKNOWN: 404, ERR_ROUTE_UNKNOWN: 404, ERR_METHOD_NOT_ALLOWED: 405,
  ERR_CONFLICT: 409, ERR_SERVER_NOT_APPROVED: 409,
  ERR_VAULT_LOCKED: 423, ERR_PROVIDER_FAILED: 502, ERR_RELEASE_RATE: 429,
  ERR_STORE_UNAVAILABLE: 503, ERR_JOURNAL_UNAVAILABLE: 503, ERR_LINK_UNAVAILABLE: 503, ERR_SNAPSHOT_NONE: 503,
  ERR_FORM_FORGED: 403, ERR_SIGN_IN_REFUSED: 403, ERR_SIGN_IN_EXPIRED: 403, ERR_BUSY: 503, ERR_CONSOLE_MISSING: 503,
  ERR_INTERNAL: 500,
};

/** What an error looks like over the API: `{code, message, remedy}`. What is not ours is `ERR_INTERNAL`, tells nothing, and is reported. */
export function refuse(error: unknown, report: (line: string) => void): Response {
  const known = error instanceof SallyportError ? error : new SallyportError(
    'ERR_INTERNAL', 'something broke inside control', { remedy: 'See control\'s own output for what happened.' },
  );
  if (known.code === 'ERR_INTERNAL') report(`the API failed: ${error instanceof Error ? (error.stack ?? error.message) : 'not an error object'}`);
  const { code, message, remedy } = known;
  return Response.json({ code, message, remedy: remedy ?? 'See the documentation of this error code.' }, { status: STATUS[code] ?? 422 });
}
