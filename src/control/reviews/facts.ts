import { DEFAULT_SPACE } from '../../domain/principal.ts';
import type { AdminFact, CompanyFacts, EndingFact, ExceptionFact, GranteeFact, PersonFact, Thresholds } from '../../review/facts.ts';
import type { Rows } from '../../store/store.ts';
import type { Control } from '../control.ts';
import { isSound } from '../admins/roles.ts';
import type { StoredException } from '../exceptions/schema.ts';
import { foldName } from '../people/people.ts';
import { groupsOfPeople } from '../people/groups.ts';
import { readNames } from '../people/names.ts';
import { readServers } from '../snapshot/configuration.ts';
import { listStored } from '../stored.ts';
import { readGrants, readPermits } from './grants.ts';
import { readHosts, readSilent } from './hosts.ts';
import { readPractices, vendorFacts } from './practices.ts';
import { readServerFacts } from './servers.ts';
import { readUse } from './use.ts';
import type { Use } from './use.ts';

export type FactParts = Pick<Control, 'store' | 'ledger' | 'now' | 'knowledge' | 'packages'>;

/** Everything that a campaign of a space looks at, as it is now. Changes nothing. */
export async function readFacts(parts: FactParts, space: string, thresholds: Thresholds): Promise<CompanyFacts> {
  const { store, now } = parts;
  const { people, holdersOf } = await readPeople(store);
  const servers = (await readServers(store, now())).filter((server) => server.space === space);
  const use = await readUse(parts, space, servers.map(({ id }) => id));
  const { endOfLife } = parts.knowledge.lately;
  return {
    now: now(), space, thresholds, knowsUse: use.isKnown, recordsSince: use.since, people,
    groups: [...new Set([...(await listStored(store, 'group', DEFAULT_SPACE)).map(({ body }) => body.displayName), ...people.flatMap(({ groups }) => groups)])],
    servers: await readServerFacts({ rows: store, space, servers, use, knowledge: parts.knowledge.lately, folder: parts.packages.folder }),
    grants: await readGrants({ rows: store, space, servers, use, holdersOf }),
    permits: await readPermits(store, space, use),
    exceptions: await readExceptions(store, space, use),
    agents: (await listStored(store, 'agent', space)).map(({ id, body: { owner, clients, expiresAt, allow } }) =>
      ({ id, owner, clients, expiresAt, isUnlimited: allow === '*' })),
    admins: await readAdmins(store, space, holdersOf),
    ending: await readEnding(store, space, now()),
    hosts: await readHosts(parts, space), silent: await readSilent(parts, space),
    vendors: await vendorFacts(store, space, now()), practices: await readPractices(parts, space),
    registrations: space === DEFAULT_SPACE
      ? (await listStored(store, 'registration', DEFAULT_SPACE)).map(({ id, body: { issuer, registeredAt } }) => ({ id, issuer, registeredAt })) : [],
    endOfLife,
  };
}

/** Everybody here, who has what is given to somebody, and whose a principal id is: by its exact letters, as issuers tell people apart. */
export interface People {
  readonly people: readonly PersonFact[];
  readonly holdersOf: (to: GranteeFact) => readonly string[];
  readonly whoIs: (principal: string) => string | undefined;
}

/** People by all their names; what anybody can say of themselves at their provider names nobody. */
export async function readPeople(
  rows: Rows,
): Promise<People> {
  const namesOf = await readNames(rows);
  const known = await groupsOfPeople(rows);
  const people = known.map(({ id, person, groups }): PersonFact => {
    const email = person.source !== 'sso' || person.emailVerified === true ? person.email : undefined;
    const names = [id, person.userName, ...(email === undefined ? [] : [email]), ...namesOf(id, person)];
    return { id, names: names.map(foldName), groups, isActive: person.active && person.deletedAt === undefined };
  });
  const byGroup = new Map<string, string[]>();
  const byPrincipal = new Map<string, string>();
  for (const { id, person, groups } of known) {
    if (!person.active || person.deletedAt !== undefined) continue;
    for (const name of namesOf(id, person)) byPrincipal.set(name, id);
    for (const group of groups) {
      const members = byGroup.get(group);
      if (members === undefined) byGroup.set(group, [id]);
      else members.push(id);
    }
  }
  return {
    people, whoIs: (principal) => byPrincipal.get(principal),
    holdersOf: (to) => {
      if ('group' in to) return byGroup.get(to.group) ?? [];
      const id = 'principal' in to ? byPrincipal.get(to.principal) : undefined;
      return id === undefined ? [] : [id];
    },
  };
}

function aboutOf(scope: StoredException['scope']): string {
  if (scope.kind === 'package') return scope.package;
  return 'server' in scope ? `${scope.kind} at ${scope.server}` : `${scope.kind} ${scope.vendor}`;
}

async function readExceptions(rows: Rows, space: string, { decided }: Use): Promise<readonly ExceptionFact[]> {
  return (await listStored(rows, 'exception', space)).map(({ id, body: { scope, owner, approver, createdAt, expiresAt } }) => {
    const about = aboutOf(scope);
    const used = scope.kind === 'calls' ? usedBy(decided, id, space) : undefined;
    return {
      id, about, owner, approver, createdAt, expiresAt, ...('server' in scope ? { server: scope.server } : {}), ...(used === undefined ? {}
        : { decided: used }),
    };
  });
}

function usedBy(decided: Use['decided'], id: string, space: string): NonNullable<ExceptionFact['decided']> {
  const prefix = `${space === DEFAULT_SPACE ? '' : `${space}/`}exception:${id}`;
  const sum = { days30: 0, days60: 0, days90: 0 };
  for (const [policy, used] of decided) {
    if (policy !== prefix && !policy.startsWith(`${prefix}:`)) continue;
    for (const key of ['days30', 'days60', 'days90'] as const) sum[key] += used[key];
  }
  return sum;
}

async function readAdmins(rows: Rows, space: string, holdersOf: (to: GranteeFact) => readonly string[]): Promise<readonly AdminFact[]> {
  return (await listStored(rows, 'admin', space)).filter(isSound).map(({ id, body: { to, role, space: where } }) => {
    const holders = holdersOf(to);
    // Only of a group that is known here it is known that it is empty.
    return { id, role, space: where, to, holders, isEmpty: 'principal' in to && holders.length === 0 && to.principal.startsWith('sallyport|') };
  });
}

/** What ends on a day. Made anew by themselves are only certificates of roles. */
async function readEnding(rows: Rows, space: string, now: number): Promise<readonly EndingFact[]> {
  const secrets = (await listStored(rows, 'secret', space)).flatMap(({ id, body: { owner = '', expires, rotateBy } }): readonly EndingFact[] => {
    const at = Math.min(...[expires, rotateBy].map((one) => (one === undefined ? Infinity : Date.parse(one))));
    return at === Infinity ? [] : [{ kind: 'secret', id, name: `the secret ${id}`, owner, endsAt: at, isRenewed: false }];
  });
  const agents = (await listStored(rows, 'agent', space)).map(({ id, body }) => [id, body.owner] as const);
  const owners = new Map(agents);
  const tokens = (await listStored(rows, 'token', space)).filter(({ body }) => body.revokedAt === undefined && body.expiresAt > now
    && body.expiresAt - body.issuedAt > LASTING_MS).map(({ id, body: { agent, expiresAt } }): EndingFact => (
    { kind: 'token', id, name: `the token ${id} of the agent ${agent}`, owner: owners.get(agent) ?? '', endsAt: expiresAt, isRenewed: false }
  ));
  const nodes = space === DEFAULT_SPACE ? (await listStored(rows, 'link-node', DEFAULT_SPACE)).filter(({ body }) => body.revokedAt === undefined)
    .map(({ id, body: { role, node, expiresAt } }): EndingFact => (
      { kind: 'link-node', id, name: `the certificate of the ${role} on ${node}`, owner: '', endsAt: expiresAt, isRenewed: true }
    )) : [];
  return [...secrets, ...tokens, ...nodes];
}

/** A token for a day or two ends as it was meant to. */
const LASTING_MS = 60 * 24 * 60 * 60_000;
