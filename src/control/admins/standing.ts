import { SallyportError } from '../../domain/errors.ts';
import { LIMITS } from '../../domain/limits.ts';
import type { Access } from '../access.ts';
import type { Control } from '../control.ts';
import { isRevoked as isPersonRevoked } from '../people/revoked.ts';
import { isRevoked } from '../revocations/revocations.ts';
import type { Admin } from '../route.ts';
import { sessionNow } from './session.ts';
import { endedBefore } from '../sign-in/session.ts';

/** Whether what let somebody in has ended since: their person, their sign-in, or the token itself. */
export async function isOver({ id, proof }: Admin, { store, state }: Pick<Control, 'store' | 'state'>): Promise<boolean> {
  if (proof?.via !== 'token' && proof?.via !== 'session') return false;
  // An account that was disabled or opened anew, or somebody who signed out everywhere: what they administered with is over too.
  if (proof.via === 'token' && (proof.signedInAt ?? 0) <= await endedBefore(state, id.slice(id.lastIndexOf('|') + 1))) return true;
  return await isRevoked(store, proof.credentials ?? []) || isPersonRevoked(store, id, proof.issuedAt);
}

/** Who asked, as they are now: in the groups of this moment. Undefined: what let them in has ended. */
export async function asNow(admin: Admin, control: Pick<Control, 'store' | 'state' | 'now'>): Promise<Admin | undefined> {
  if (await isOver(admin, control)) return undefined;
  return admin.proof?.session === undefined ? admin : sessionNow(admin.proof.session, control);
}

/**
 * Aborts when the client leaves, or when who asked may ask no more, then with the error that says why: a stream must not outlive
 * the right to it by more than a second.
 */
export function whileStanding(admin: Admin, check: () => Promise<boolean>, signal: AbortSignal): AbortSignal {
  if (admin.proof?.via !== 'token' && admin.proof?.via !== 'session') return signal;
  const over = new AbortController();
  const timer = setInterval(() => {
    check().then((stands) => stands || over.abort(ended()), (error: unknown) => over.abort(error));
  }, LIMITS.standingStreamMs / 2);
  const both = AbortSignal.any([signal, over.signal]);
  both.addEventListener('abort', () => clearInterval(timer), { once: true });
  return both;
}

function ended(): SallyportError {
  return new SallyportError('ERR_ADMIN_TOKEN', 'the session or sign-in is over', { remedy: 'Sign in again.' });
}

const TAKES_RECENT: readonly Access[] = ['govern', 'seal'];

/**
 * What changes who has power takes a person who signed in lately: tokens are renewed for weeks, a laptop is lost in a minute.
 * Sessions of the console end by themselves before that. Throws `ERR_SIGN_IN_OLD`.
 */
export function needRecentSignIn({ proof, approvals }: Admin, access: Access, now: number): void {
  // A proposal is carried out by its approver's hand, who was asked.
  if (proof?.via !== 'token' || approvals !== undefined || !TAKES_RECENT.includes(access)) return;
  if (proof.signedInAt !== undefined && now - proof.signedInAt <= LIMITS.wideSignInMs) return;
  throw new SallyportError('ERR_SIGN_IN_OLD', 'you signed in too long ago for this', {
    remedy: 'Sign in again: sallyport sign-in --control URL', data: { maxAgeS: LIMITS.wideSignInMs / 1000 },
  });
}
