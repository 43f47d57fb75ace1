import { SallyportError } from '../../domain/errors.ts';
import type { PersonFact } from '../../review/facts.ts';
import { directoryOf } from '../../review/people.ts';
import type { Rows } from '../../store/store.ts';
import type { By, Control } from '../control.ts';
import { takesTwo } from '../proposals/second-person.ts';
import { findStored } from '../stored.ts';
import { readPeople } from './facts.ts';
import type { StoredItem } from './schema.ts';

/** Who answers, at the moment that they do. */
export interface Reviewing {
  /** Whether they may answer this item. Throws `ERR_ADMIN_FORBIDDEN` with why not. */
  readonly need: (item: StoredItem) => Promise<void>;
  /** Asked of them, or, as who administers, of nobody. */
  readonly isMine: (item: StoredItem) => boolean;
  /** The person here that a name stands for, who may answer this item. Throws `ERR_NOT_FOUND`, `ERR_ADMIN_FORBIDDEN`. */
  readonly delegate: (item: StoredItem, name: string) => Promise<string>;
}

/**
 * Reads who somebody is here, under all their names. A person answers what they are asked, or, as who administers, what nobody else is
 * asked; nobody ever about what they have themselves. Where one person alone administers, they answer everything.
 */
export async function reviewing(control: Control, rows: Rows, { admin, space }: By): Promise<Reviewing> {
  const { people, holdersOf, whoIs } = await readPeople(rows);
  const directory = directoryOf({ people, groups: [] });
  const me = whoIs(admin.id);
  const alone = !(await takesTwo(rows));
  const administers = (await control.admins.decide(admin, { access: 'change', space, part: 'reviews' })).outcome === 'allow';
  const has = async (item: StoredItem, who: string): Promise<boolean> => {
    const { kind, id } = item.subject;
    const row = kind === 'binding' || kind === 'admin' ? await findStored(rows, kind, space, id) : undefined;
    const isHeld = [item.to, row?.body.to].some((to) => to !== undefined && holdersOf(to).includes(who));
    return isHeld || (item.notBy ?? []).some((name) => directory.activeOf(name).some((one) => one.id === who));
  };
  return {
    isMine: ({ reviewers }) => (me !== undefined && reviewers.includes(me)) || (administers && reviewers.length === 0),
    need: async (item) => {
      if (alone && administers) return;
      if (me === undefined || admin.proof?.via === 'root') throw forbidden('only a person who signed in reviews this',
        'Sign in as yourself: sallyport sign-in --control URL.');
      if (await has(item, me)) throw forbidden('nobody reviews what they have themselves', 'Delegate it, or let its other reviewers answer.');
      if (item.reviewers.includes(me) || (administers && item.reviewers.length === 0)) return;
      throw forbidden('this item is not yours to review', 'See your own: sallyport review mine');
    },
    delegate: async (item, name) => {
      const [person, another] = directory.activeOf(name);
      if (person === undefined || another !== undefined) {
        throw new SallyportError('ERR_NOT_FOUND', 'that names nobody here, or several', { remedy: 'Name one person by their user name, address or id.' });
      }
      if (person.id === me) throw forbidden('it is yours already', 'Answer it.');
      if (await has(item, person.id)) throw forbidden('they have it themselves', 'Name somebody who does not.');
      return person.id;
    },
  };
}

function forbidden(why: string, remedy: string): SallyportError {
  return new SallyportError('ERR_ADMIN_FORBIDDEN', why, { remedy });
}

/** How people are shown: by their first name here that is no id. */
export function shownAs(people: readonly PersonFact[]): (id: string) => string {
  const names = new Map(people.map(({ id, names: [, userName] }) => [id, userName ?? id]));
  return (id) => names.get(id) ?? id;
}
