import { readApprove } from '../../policy/obligations.ts';
import type { Rows } from '../../store/store.ts';
import { readApprovals } from '../approvals/settings.ts';
import { groupsOfPeople } from '../people/groups.ts';
import { foldName } from '../people/people.ts';
import { listStored } from '../stored.ts';

/** Who may say yes to calls, and who may not because they are theirs, at one moment. */
export interface Approving {
  /** Who of the people here may answer, by which name of theirs: a new member of a group that approves is a new approver. */
  readonly people: ReadonlySet<string>;
  /** Of servers and agents: an owner approves calls of the one, and none of the other. */
  readonly owners: ReadonlyMap<string, string>;
}

/** `forbids`: annotations of all policies that forbid. */
export async function readApproving(rows: Rows, forbids: readonly Readonly<Record<string, string>>[]): Promise<Approving> {
  const { deputies = {}, onCall, escalateTo } = await readApprovals(rows);
  const servers = (await listStored(rows, 'server')).filter(({ body }) => body.status === 'approved');
  const owners = new Map([
    ...servers.map(({ space, id, body }) => [`server ${space}/${id}`, body.owner] as const),
    ...(await listStored(rows, 'agent')).map(({ space, id, body }) => [`agent ${space}/${id}`, body.owner] as const),
  ]);
  const named = forbids.flatMap(({ approve, stage }) => [approve, stage].flatMap((value) => readApprove(value ?? '')?.of ?? []));
  const ofServers = [...owners].flatMap(([of, owner]) => (of.startsWith('server ') ? [owner] : []));
  const names = new Set([...named, ...ofServers, ...Object.values(deputies), onCall ?? '', escalateTo ?? '']);
  const people = (await groupsOfPeople(rows)).filter(({ person }) => person.active).flatMap(({ id, person, groups }) => {
    const called = new Set([person.userName, person.email ?? ''].map(foldName));
    return [...names].filter((name) => name !== '' && (groups.includes(name) || called.has(foldName(name)))).map((name) => `${id} ${name}`);
  });
  return { people: new Set(people), owners };
}

/** Whether somebody gains a yes: somebody new may answer, or a server or an agent that there was before is another one's now. */
export function gainsApproval(before: Approving, after: Approving): boolean {
  return [...after.people].some((one) => !before.people.has(one))
    || [...before.owners].some(([of, owner]) => after.owners.has(of) && after.owners.get(of) !== owner);
}
