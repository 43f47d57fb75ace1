import { randomBytes } from 'node:crypto';
import { SallyportError } from '../../domain/errors.ts';
import { LIMITS } from '../../domain/limits.ts';
import type { Control } from '../control.ts';
import type { Browser } from './csrf.ts';

const NONCE_BYTES = 16;

/**
 * A challenge for a passkey: for this browser and purpose alone, good for a while, and once. Nothing is kept until it is
 * answered, so asking for many costs us nothing.
 */
export function makeChallenge(browser: Browser, purpose: string, now: number): string {
  const stem = `${now.toString(36)}.${randomBytes(NONCE_BYTES).toString('base64url')}`;
  return `${stem}.${browser.token(`challenge\n${purpose}\n${stem}`)}`;
}

/** Takes the challenge that an answer was made for. Throws `ERR_FORM_FORGED` when it is not this browser's, too old, or used already. */
export async function takeChallenge(control: Pick<Control, 'state' | 'now'>, browser: Browser, purpose: string, challenge: string): Promise<void> {
  const [madeAt = '', nonce = '', proof = ''] = challenge.split('.');
  const ageMs = control.now() - Number.parseInt(madeAt, 36);
  const ours = proof === browser.token(`challenge\n${purpose}\n${madeAt}.${nonce}`);
  if (!ours || !(ageMs >= 0 && ageMs <= LIMITS.ceremonyMs) || !(await control.state.setIfAbsent(`challenge/${nonce}`, '1', LIMITS.ceremonyMs * 2))) {
    throw new SallyportError('ERR_FORM_FORGED', 'This page is too old.', { remedy: 'Load it again and try once more.' });
  }
}
