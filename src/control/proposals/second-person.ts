import { z } from 'zod';
import { SallyportError } from '../../domain/errors.ts';
import { DEFAULT_SPACE } from '../../domain/principal.ts';
import type { Rows } from '../../store/store.ts';
import { isHeldBy, isSound } from '../admins/roles.ts';
import { differencesBetween } from '../configuration/differences.ts';
import { readState, type State } from '../configuration/state.ts';
import type { By } from '../control.ts';
import { MANIFEST_ADMIN } from '../manifest/follow.ts';
import { groupsOfPeople } from '../people/groups.ts';
import type { Admin } from '../route.ts';
import { listStored } from '../stored.ts';
import { compareWide, readWide } from './wide.ts';

const ID = 'administration';
/** How administration itself is run; a setting of the organisation. */
export const ADMINISTRATION = z.strictObject({
  /** Absent: as soon as two people can administer. */
  twoPersons: z.boolean().exactOptional(),
  /** Where two are wanted: also for all else that lets more happen in what is declared, permitted or approved. Absent: no. */
  everyWidening: z.boolean().exactOptional(),
});

export async function readAdministration(rows: Rows): Promise<z.infer<typeof ADMINISTRATION>> {
  const row = await rows.get('setting', DEFAULT_SPACE, ID);
  return row === undefined ? {} : ADMINISTRATION.parse(row.body);
}

export async function writeAdministration(rows: Rows, next: z.infer<typeof ADMINISTRATION>, by: string): Promise<void> {
  await rows.put('setting', DEFAULT_SPACE, ID, next, { by });
}

/** Whether wide actions take two people: as it is set, else as soon as two can administer. */
export async function takesTwo(rows: Rows): Promise<boolean> {
  const { twoPersons } = await readAdministration(rows);
  return twoPersons ?? (await peopleWhoAdminister(rows)) >= 2;
}

/**
 * How many different people can administer. A group counts those of it that we know; people whom only the provider knows
 * are known here once they signed in. The holder of this machine's token is no further person.
 */
async function peopleWhoAdminister(rows: Rows): Promise<number> {
  const grants = (await listStored(rows, 'admin')).filter((grant) => isSound(grant) && grant.body.role === 'admin');
  if (grants.length === 0) return 0;
  const named = grants.flatMap(({ body: { to } }) => ('principal' in to ? [to.principal] : []));
  const people = (await groupsOfPeople(rows)).filter(({ person }) => person.active);
  const members = people.filter(({ groups }) => grants.some((grant) => isHeldBy(grant, { id: '', groups })));
  // A person who is named by their principal and is in a group too is one.
  const names = new Set([...named.map((id) => id.slice(id.lastIndexOf('|') + 1)), ...members.map(({ id }) => id)]);
  return names.size;
}

/** How many people besides the proposer must approve: nobody knows which person holds the machine's token, so they are none of the two. */
export function approvalsNeeded(via: string): number {
  return via === 'root' ? 2 : 1;
}

/**
 * Makes a change within a transaction, unless it is wide and nobody else approved it: compared is what the store held before
 * with what it would hold after, so that no way of asking goes round it. Throws `ERR_SECOND_PERSON`.
 */
export async function needSecondPerson<T>(rows: Rows, { admin }: By, act: (rows: Rows) => Promise<T>): Promise<T> {
  if (isExempt(admin) || !(await takesTwo(rows))) return act(rows);
  const before = await readWide(rows);
  const declared = (await readAdministration(rows)).everyWidening === true ? await readState(rows) : undefined;
  const result = await act(rows);
  const reasons = [...compareWide(before, await readWide(rows)), ...(declared === undefined ? [] : widenings(declared, await readState(rows)))];
  if (reasons.length === 0) return result;
  throw new SallyportError('ERR_SECOND_PERSON', `this takes two people: ${reasons.join('; ')}`, {
    remedy: 'Another administrator must approve it.', data: { reasons },
  });
}

const REASONS_MAX = 20;
/** Credentials are issued within what is declared, and shown to who asks for them: no second person could. */
const ISSUED: readonly string[] = ['token', 'client'];

function widenings(before: State, after: State): readonly string[] {
  const more = differencesBetween(before, after).filter(({ weight, resource }) => weight === 'more' && !ISSUED.includes(resource));
  return more.slice(0, REASONS_MAX).map(({ verb, resource, id, parts }) => {
    const where = verb === 'change' ? ` (${parts.filter(({ weight }) => weight === 'more').map(({ path }) => path).slice(0, 5).join(', ')})` : '';
    return `it lets more happen: ${verb} ${resource} ${id}${where}`;
  });
}

/** The same for what is no change of the store. Throws `ERR_SECOND_PERSON` with the reason, so that it can become a proposal. */
export async function needSecondPersonFor(rows: Rows, { admin }: By, reason: string): Promise<void> {
  if (isExempt(admin) || !(await takesTwo(rows))) return;
  throw new SallyportError('ERR_SECOND_PERSON', `this takes two people: ${reason}`, {
    remedy: 'Another administrator must approve it.', data: { reasons: [reason] },
  });
}

/** Control itself, but for a file that anybody may have written; what two custodians opened; what others have approved already. */
function isExempt({ id, proof, approvals }: Admin): boolean {
  if (proof === undefined) return id !== MANIFEST_ADMIN;
  return proof.via === 'break-glass' || (approvals !== undefined && approvals.length >= approvalsNeeded(proof.via));
}
