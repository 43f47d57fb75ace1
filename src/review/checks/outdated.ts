import { day, daysBetween } from '../days.ts';
import type { CompanyFacts } from '../facts.ts';
import type { Check, Found } from '../item.ts';

/** Packages of servers of which another registry has a newer version. */
export const outdatedServer: Check = {
  id: 'outdated-server', title: 'Servers behind their newest version',
  find: ({ servers }) => servers.flatMap(({ id, owner, parts: [own] }): readonly Found[] => (own?.newest === undefined ? [] : [{
    subject: { kind: 'server', id }, severity: 'low', title: `${id} runs ${own.name} ${own.version}; ${own.newest} is out`,
    evidence: { package: `${own.ecosystem}/${own.name}`, runs: own.version, newest: own.newest }, owner, revoke: { kind: 'quarantine-server', id },
    change: { kind: 'task', what: `declare ${id} with ${own.newest}, look at what changes, approve it` },
  }])),
};

/** SDKs below the lowest version without a known flaw that hits a gate. */
export const outdatedSdk: Check = {
  id: 'outdated-sdk', title: 'SDKs below the lowest good version',
  find: ({ servers }) => servers.flatMap(({ id, owner, parts }): readonly Found[] => {
    const below = parts.filter(({ floor }) => floor !== undefined);
    if (below.length === 0) return [];
    const told = below.map(({ name, version, floor = '' }) => `${name} ${version}, lowest good ${floor}`);
    return [{
      subject: { kind: 'server', id }, severity: 'medium', title: `${id} is built with an SDK that has known flaws: ${told.join('; ')}`,
      evidence: { sdks: told }, owner, revoke: { kind: 'quarantine-server', id }, change: { kind: 'task', what: `take a version of ${id} with a newer SDK` },
    }];
  }),
};

/** Revisions of the protocol that were superseded long ago. A revision is named by its day; it ends when the next one is out. */
export const outdatedRevision: Check = {
  id: 'outdated-revision', title: 'Revisions of the protocol that were superseded',
  find: (facts) => facts.servers.flatMap(({ id, owner, revision }): readonly Found[] => {
    const since = supersededAt(facts, revision);
    if (revision === undefined || since === undefined || daysBetween(since, facts.now) < facts.thresholds.supersededDays) return [];
    return [{
      subject: { kind: 'server', id }, severity: 'low', title: `${id} speaks the revision ${revision}, superseded on ${day(since)}`,
      evidence: { revision, superseded: day(since), days: daysBetween(since, facts.now) }, owner, revoke: { kind: 'quarantine-server', id },
      change: { kind: 'task', what: `have ${id} speak a newer revision` },
    }];
  }),
};

function supersededAt({ endOfLife }: CompanyFacts, revision: string | undefined): number | undefined {
  const later = endOfLife.revisions.map((one) => one.revision).filter((one) => revision !== undefined && one > revision).toSorted();
  return later[0] === undefined ? undefined : Date.parse(later[0]);
}

/** Transports and features of the protocol that were deprecated, with when they go, and clients that ended. */
export const retiringFeature: Check = {
  id: 'retiring-feature', title: 'Transports, features and clients that end',
  find: ({ servers, agents, endOfLife: { deprecated, clients } }) => [
    ...servers.flatMap(({ id, owner, transport, features }) => deprecated
      .filter(({ what }) => (what === 'http+sse' && transport === 'sse') || features.includes(what))
      .map(({ what, since, removedFrom, instead }): Found => ({
        subject: { kind: 'server', id }, part: what, severity: what === 'http+sse' ? 'medium' : 'low',
        title: `${id} uses ${what}, deprecated since ${since}${removedFrom === undefined ? '' : `, gone from ${removedFrom}`}`,
        evidence: { what, since, ...(removedFrom === undefined ? {} : { removedFrom }), instead }, owner, revoke: { kind: 'quarantine-server', id },
        change: { kind: 'task', what: `have ${id} use ${instead}` },
      }))),
    ...agents.flatMap(({ id, owner, clients: named }) => clients
      .filter(({ client }) => named.some((one) => one.toLowerCase().includes(client.toLowerCase())))
      .map(({ client, title, endedAt, successor }): Found => ({
        subject: { kind: 'agent', id }, part: client, severity: 'medium',
        title: `the agent ${id} is ${title}, which ended${endedAt === undefined ? '' : ` on ${endedAt}`}`,
        evidence: { client, ended: endedAt ?? 'yes', ...(successor === undefined ? {} : { successor }) }, owner, revoke: { kind: 'remove-agent', id },
        change: { kind: 'task', what: 'move its people to another client' },
      }))),
  ],
};
