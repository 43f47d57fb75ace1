import { isObject } from '../../domain/json.ts';
import { readApprove } from '../../policy/obligations.ts';
import type { Rows } from '../../store/store.ts';
import { isHeldBy, isSound } from '../admins/roles.ts';
import { groupsOfPeople, type PersonWithGroups } from '../people/groups.ts';
import { readNames, type NamesOf } from '../people/names.ts';
import { foldName } from '../people/people.ts';
import type { ApprovalsShape } from '../../registry/approval-shape.ts';
import { listStored } from '../stored.ts';
import { readApprovals } from './settings.ts';
import type { StoredApproval, Word } from './schema.ts';
import type { Approval } from './words.ts';

/**
 * Everybody here as approvals see them, at one moment: who is one person under several names, which groups they are in now,
 * what they own. What is asked of it is asked anew each time that it matters: when somebody approves, and when it is used.
 */
export interface Approvers {
  /** The person of a principal id; the id itself where no person is known by it. */
  readonly whoIs: (principal: string) => string;
  /** Whether this is the one who asks: in person, under another name, through an agent of theirs, or with a token that they made. */
  readonly isRequester: (asked: Asked, principal: string) => boolean;
  /** Whether they are named by this gate of the call. */
  readonly isNamed: (approval: Approval, principal: string, value: string) => boolean;
  /** Which of the gates lack somebody still, with how many. */
  readonly lacking: (approval: Approval) => readonly { readonly value: string; readonly count: number }[];
  /** Whether one person alone may approve their own agents' calls here. */
  readonly solo: boolean;
}

/** Who asks for something, as whom, and by which tokens. */
export interface Asked {
  readonly body: Pick<StoredApproval, 'principal' | 'behind' | 'credentials'>;
}

/** The holder of this machine's token. */
export const ROOT = 'sallyport|admin';

export async function readApprovers(rows: Rows, space: string): Promise<Approvers> {
  const people = (await groupsOfPeople(rows)).filter(({ person }) => person.active && person.deletedAt === undefined);
  const namesOf = await readNames(rows);
  const settings = await readApprovals(rows);
  const grants = (await listStored(rows, 'admin')).filter((grant) => isSound(grant) && (grant.body.space === '*' || grant.body.space === space));
  const owners = new Map((await listStored(rows, 'server', space)).map(({ id, body }) => [id, body.owner]));
  const agents = new Map((await listStored(rows, 'agent', space)).map(({ id, body }) => [id, body.owner]));
  // Whoever wrote it last may be who revoked it.
  const makers = new Map((await rows.list('token', space)).map(({ id, body, updatedBy }) => {
    const { madeBy } = isObject(body) ? body : {};
    return [id, typeof madeBy === 'string' ? madeBy : updatedBy] as const;
  }));
  const byName = new Map(people.flatMap((one) => [one.id, ...namesOf(one.id, one.person)].map((name) => [name, one] as const)));
  const find = (principal: string): PersonWithGroups | undefined => byName.get(principal) ?? byName.get(principal.slice(principal.lastIndexOf('|') + 1));
  const whoIs = (principal: string): string => find(principal)?.id ?? principal;
  const solo = settings.solo ?? (people.length === 0 && grants.length === 0);

  const isRequester = ({ body }: Asked, principal: string): boolean => {
    const { principal: caller, behind, credentials } = body;
    const who = whoIs(principal);
    const ids = [caller.id, behind.id, ...credentials.flatMap((id) => makers.get(id) ?? [])];
    if (ids.some((id) => whoIs(id) === who)) return true;
    const person = find(principal);
    const chain = [caller.agent, ...caller.actors, behind.agent, ...behind.actors];
    return person !== undefined && chain.some((agent) => isCalled(person, namesOf, agents.get(agent)));
  };
  const isNamed = ({ body }: Approval, principal: string, value: string): boolean => {
    // Who holds the machine is everybody there is, as long as there is nobody else.
    if (principal === ROOT) return solo && people.length === 0;
    const person = find(principal);
    const of = readApprove(value)?.of;
    if (person === undefined || of === undefined) return false;
    if (solo && people.length === 1) return true;
    if (of === 'owner') {
      const owner = owners.get(body.server) ?? '';
      return [owner, ...standInsOf(owner, body, settings)].some((name) => isOwner(person, namesOf, name));
    }
    if (of.startsWith('role:')) {
      const held = grants.filter((grant) => grant.body.role === of.slice('role:'.length));
      return namesOf(person.id, person.person).some((name) => held.some((grant) => isHeldBy(grant, { id: name, groups: person.groups })));
    }
    return person.groups.includes(of);
  };
  return {
    whoIs, isRequester, isNamed, solo,
    lacking: (approval) => approval.body.gates.flatMap(({ value }) => {
      const wanted = readApprove(value)?.count ?? Infinity;
      const good = approval.body.words.filter((word) => isNamed(approval, word.by, value) && mayHave(approval, word, { isRequester, solo }));
      const count = wanted - new Set(good.map(({ by }) => whoIs(by))).size;
      return count > 0 ? [{ value, count }] : [];
    }),
  };
}

/** A word for one's own agent's call counts only where that may be, and from somebody who was there. */
function mayHave(approval: Approval, word: Word, { isRequester, solo }: Pick<Approvers, 'isRequester' | 'solo'>): boolean {
  const isOwn = word.by === ROOT || isRequester(approval, word.by);
  return !isOwn || (solo && word.presence !== undefined);
}

/** Some text that names a person: their address, user name, or a principal id of theirs. */
function isCalled({ id, person }: PersonWithGroups, namesOf: NamesOf, text: string | undefined): boolean {
  if (text === undefined) return false;
  const names = [person.userName, person.email ?? '', ...namesOf(id, person)].filter((name) => name !== '');
  return names.some((name) => foldName(name) === foldName(text));
}

/** Who may answer for the owner: their deputy, who is on call, and once nobody answered whoever it goes to then. */
function standInsOf(owner: string, { escalatedAt }: StoredApproval, { deputies = {}, onCall, escalateTo }: ApprovalsShape): readonly string[] {
  return [deputies[owner], onCall, escalatedAt === undefined ? undefined : escalateTo].filter((name) => name !== undefined);
}

/** A server is owned by a person or by a group. */
function isOwner(person: PersonWithGroups, namesOf: NamesOf, owner: string): boolean {
  return owner !== '' && (isCalled(vouchedFor(person), namesOf, owner) || person.groups.includes(owner));
}

/** What anybody can say of themselves at their provider gives nobody a right; it is only held against them. */
function vouchedFor(one: PersonWithGroups): PersonWithGroups {
  const { email: _said, ...person } = one.person;
  return one.person.source !== 'sso' || one.person.emailVerified === true ? one : { ...one, person };
}
