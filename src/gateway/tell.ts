import { ERROR_CODES, type ErrorCode } from '../domain/errors.ts';
import { isObject } from '../domain/json.ts';
import type { Message } from '../domain/message.ts';
import type { Snapshot } from '../domain/snapshot.ts';
import { challengeOf } from '../identity/challenge.ts';
import type { Caller } from './identify.ts';

/**
 * What the headers of an answer say of authorization: the challenge of a 401, of a 403 for want of a scope (RFC 6750 section 3), and
 * to a client that proves possession the nonce for its next proof (RFC 9449 section 8.2). A server's own 401 is none of these:
 * it never reaches a client as a status.
 */
export function tell(
  answer: Message | undefined, caller: Partial<Caller>, snapshot: Snapshot | undefined, nonce: () => string,
): Readonly<Record<string, string>> {
  const scheme = /^dpop /i.test(caller.headers?.get('authorization') ?? '') ? 'dpop' : 'bearer';
  const { code, scope } = answer === undefined ? {} : refusedWith(answer);
  const asked = scope === undefined ? {} : { scope };
  const refused = code === undefined ? {} : { 'www-authenticate': challengeOf({ code, scheme, ...asked }, caller.route, snapshot) };
  return scheme === 'dpop' ? { ...refused, 'dpop-nonce': nonce() } : refused;
}

function refusedWith(answer: Message): { readonly code?: ErrorCode; readonly scope?: string } {
  if (answer.kind !== 'error' || !isObject(answer.error.data)) return {};
  const { code: said, scope } = answer.error.data;
  const code = ERROR_CODES.find((one) => one === said);
  if (code === undefined || (answer.httpStatus !== 401 && code !== 'ERR_TOKEN_SCOPE')) return {};
  return { code, ...(typeof scope === 'string' ? { scope } : {}) };
}
