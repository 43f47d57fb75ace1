import { createHash, randomBytes } from 'node:crypto';
import { SallyportError } from '../../domain/errors.ts';
import { LIMITS } from '../../domain/limits.ts';
import type { Rows } from '../../store/store.ts';
import { findAccount } from './find.ts';
import type { FoundAccount } from './find.ts';
import type { Account } from './schema.ts';

const SECRET_BYTES = 32;

/** A link that opens one account once. */
export interface Enrolment {
  readonly secret: string;
  /** What the account keeps; the secret cannot be found from it. */
  readonly kept: NonNullable<Account['enrolment']>;
}

export function makeEnrolment(now: number): Enrolment {
  const secret = randomBytes(SECRET_BYTES).toString('base64url');
  return { secret, kept: { id: digest(secret), expiresAt: now + LIMITS.enrolmentMs } };
}

/** The path of an enrolment's page at control's door. */
export function enrolmentPath(id: string, secret: string): string {
  return `/sign-in/enrol/${encodeURIComponent(id)}/${secret}`;
}

/**
 * The account that a link opens. Throws `ERR_SIGN_IN_EXPIRED` for one that was used, is too old, was replaced or never
 * existed, all alike. Whoever uses the link takes `enrolment` off the account in the same transaction: that is what makes it single.
 */
export async function needEnrolled(rows: Rows, id: string, secret: string, now: number): Promise<FoundAccount> {
  const found = await findAccount(rows, id);
  const enrolment = found?.body.enrolment;
  if (found === undefined || enrolment === undefined || enrolment.id !== digest(secret) || enrolment.expiresAt <= now || found.body.disabledAt !== undefined) {
    throw new SallyportError('ERR_SIGN_IN_EXPIRED', 'This link is not good any more.', {
      remedy: 'A link opens once, within 15 minutes. Ask your administrator for a new one (sallyport account reset).',
    });
  }
  return found;
}

function digest(secret: string): string {
  return createHash('sha256').update(`enrolment\n${secret}`).digest('base64url');
}
