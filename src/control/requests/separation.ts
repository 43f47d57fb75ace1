import { SallyportError } from '../../domain/errors.ts';
import type { Rows } from '../../store/store.ts';
import { readApprovers } from '../approvals/approvers.ts';
import type { By } from '../control.ts';
import { takesTwo } from '../proposals/second-person.ts';

/** Somebody who had a part in the same thing before. */
export interface Part {
  /** Principal id. */
  readonly who: string;
  /** What they did with it, in the past. */
  readonly did: string;
}

/**
 * Separation of duties: whoever does this step did none of the others, under whichever of their names. It holds as soon as two
 * people can administer; then the machine's token, of which nobody knows who holds it, does no step either. Throws
 * `ERR_SECOND_PERSON`.
 */
export async function needOther(rows: Rows, { admin, space }: By, does: string, parts: readonly Part[]): Promise<void> {
  if (!(await takesTwo(rows))) return;
  if (admin.proof?.kind !== 'person' || admin.proof.via === 'root') {
    throw new SallyportError('ERR_SECOND_PERSON', `only a person who signed in ${does} this`, {
      remedy: 'Sign in as yourself: sallyport sign-in --control URL.',
    });
  }
  const { whoIs } = await readApprovers(rows, space);
  const same = parts.find(({ who }) => whoIs(who) === whoIs(admin.id));
  if (same === undefined) return;
  throw new SallyportError('ERR_SECOND_PERSON', `nobody ${does} what they ${same.did} themselves`, { remedy: 'Ask another administrator.' });
}

/** Two parts that were done in whichever order: not both by one person. Throws `ERR_SECOND_PERSON`. */
export async function needTwo(rows: Rows, space: string, one: Part, other: Part): Promise<void> {
  if (!(await takesTwo(rows))) return;
  const { whoIs } = await readApprovers(rows, space);
  if (whoIs(one.who) !== whoIs(other.who)) return;
  throw new SallyportError('ERR_SECOND_PERSON', `who ${other.did} it ${one.did} it, too`, { remedy: 'Have somebody else do one of the two.' });
}
