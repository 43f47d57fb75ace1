import { z } from 'zod';
import { SallyportError } from '../../domain/errors.ts';
import { LIMITS } from '../../domain/limits.ts';
import { DEFAULT_SPACE } from '../../domain/principal.ts';
import type { Rows } from '../../store/store.ts';
import { checkPassword, hashPassword } from '../accounts/password.ts';
import type { Control } from '../control.ts';
import type { Admin } from '../route.ts';

const ID = 'presence';
const PRESENCE = z.strictObject({ hash: z.string() });
const TRIES = 'presence-tries';

/** Whether a passphrase says that somebody is there. */
export async function hasPresence(rows: Rows): Promise<boolean> {
  return (await rows.get('setting', DEFAULT_SPACE, ID)) !== undefined;
}

/**
 * Sets the passphrase by which whoever holds this machine shows that they are there: the shell of an agent has the same user,
 * the same token and the same socket, but does not know it. Another one takes the old one. Throws `ERR_PRESENCE`, `ERR_PASSWORD_WEAK`.
 */
export async function setPresence(control: Control, admin: Admin, passphrase: string, old: string | undefined): Promise<void> {
  if (await hasPresence(control.store)) await needPresence(control, old);
  const hash = await hashPassword(passphrase, []);
  await control.change({ admin, space: DEFAULT_SPACE }, { resource: 'presence', id: ID, verb: 'set' }, async (rows) => {
    await rows.put('setting', DEFAULT_SPACE, ID, { hash }, { by: admin.id });
  });
  control.report('the passphrase for approvals was set: if that was not you, somebody else uses this machine as you');
}

/** Throws `ERR_PRESENCE` unless it is the passphrase, and after too many that were not, whatever it is. */
export async function needPresence({ store, state, report }: Pick<Control, 'store' | 'state' | 'report'>, passphrase: string | undefined): Promise<void> {
  const row = await store.get('setting', DEFAULT_SPACE, ID);
  if (row === undefined) {
    throw new SallyportError('ERR_PRESENCE', 'no passphrase is set by which you could show that it is you',
      { remedy: 'Set one: sallyport approve passphrase' });
  }
  if (passphrase === undefined) {
    throw new SallyportError('ERR_PRESENCE', 'this takes the passphrase for approvals, typed by a person',
      { remedy: 'Run it on a terminal, and type it there.' });
  }
  // Counted before it is looked at: a hundred at once are a hundred, not one.
  if (await state.increment(TRIES, 1, LIMITS.presenceTriesMs) > LIMITS.presenceTriesMax) {
    report('ALARM: the passphrase for approvals is being guessed');
    throw new SallyportError('ERR_PRESENCE', 'too many wrong passphrases', { remedy: 'Wait a quarter of an hour.' });
  }
  if (!(await checkPassword(passphrase, PRESENCE.parse(row.body).hash))) {
    throw new SallyportError('ERR_PRESENCE', 'that is not the passphrase for approvals', { remedy: 'Type it again.' });
  }
  await state.delete(TRIES);
}
