import { SallyportError } from '../../domain/errors.ts';
import { LIMITS } from '../../domain/limits.ts';
import type { Access } from '../access.ts';
import type { Control } from '../control.ts';
import { asNow, isWithdrawn } from '../proposals/approve.ts';
import type { Admin } from '../route.ts';
import type { PlaybookRun } from './schema.ts';

type Actor = PlaybookRun['actor'];

const AUTOMATIC_ID = 'sallyport|playbook';
/** What runs by itself contains and reads; that something may run again is for people. */
export const AUTOMATIC_MAY: readonly Access[] = ['read', 'investigate', 'stop'];

export function automaticActor(at: number): Actor {
  return { id: AUTOMATIC_ID, via: 'root', kind: 'workload', groups: [], at };
}

/** Whether one more may be open in a space. What starts by itself leaves half to people: whoever can cause incidents must not keep them out. */
export function hasRoom(open: readonly Pick<PlaybookRun, 'startedBy'>[], who: string): boolean {
  const own = open.filter(({ startedBy }) => startedBy === AUTOMATIC_ID).length;
  return open.length < LIMITS.playbookRunsOpenMax && (who !== AUTOMATIC_ID || own < LIMITS.playbookRunsOpenMax / 2);
}

/** Who acts, with the rights of this moment. Throws `ERR_ADMIN_FORBIDDEN` for somebody who was deactivated, or signed out everywhere, since. */
export async function adminOf({ actor, may }: Pick<PlaybookRun, 'actor' | 'may'>, control: Control): Promise<Admin> {
  if (actor.id === AUTOMATIC_ID) {
    return { id: AUTOMATIC_ID, may, proof: { via: 'root', kind: 'workload', groups: [], proof: 'bearer', issuedAt: actor.at } };
  }
  if (await isWithdrawn(actor, control)) {
    throw new SallyportError(
      'ERR_ADMIN_FORBIDDEN', 'who drove this playbook was deactivated, or signed out everywhere, meanwhile',
      { remedy: 'Somebody else must drive it on: sallyport incident playbook step.' },
    );
  }
  return { ...(await asNow(actor, control)), may };
}
