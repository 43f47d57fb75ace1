import { SEVERITIES } from '../../domain/finding.ts';
import type { Severity } from '../../domain/finding.ts';
import { DEFAULT_SPACE } from '../../domain/principal.ts';
import { dueOf } from '../../vendor/attest.ts';
import type { Access } from '../access.ts';
import type { Control } from '../control.ts';
import { rank, stateAt } from '../findings/state.ts';
import { silentFindings } from '../inventory/sensors.ts';
import { listJobs } from '../schedule/keeper.ts';
import { readPeople } from '../reviews/facts.ts';
import { directoryOf } from '../../review/people.ts';
import { listStored } from '../stored.ts';
import type { Stored } from '../stored.ts';
import { readVendors } from '../vendors/facts.ts';
import type { Figure } from './answer.ts';

/** Numbers that one look at a resource gives. `part`: of control's API, whose access they take; of the organisation where `wide`. */
export interface Look {
  readonly part: string;
  readonly access: Access;
  readonly wide?: true;
  /** How long what was found is good enough. */
  readonly keptMs: number;
  readonly find: (control: Control, space: string) => Promise<readonly Figure[]>;
}

const NAMES_MAX = 5;
const SHORT_MS = 3_000;
const LONG_MS = 30_000;

export const LOOKS: readonly Look[] = [
  { part: 'servers', access: 'read', keptMs: SHORT_MS, find: servers },
  { part: 'servers', access: 'read', keptMs: LONG_MS, find: ownerless },
  {
    part: 'inventory', access: 'read', keptMs: LONG_MS,
    find: async ({ store }, space) => {
      const assets = (await listStored(store, 'asset', space)).filter(({ body }) => body.status !== undefined);
      const strange = assets.filter(({ body: { status } }) => status === 'rogue' || status === 'bypassing');
      return [figure('assets-unsanctioned', 'inventory', strange.map(({ body }) => body.name), assets.length)];
    },
  },
  {
    part: 'inventory', access: 'read', wide: true, keptMs: SHORT_MS,
    find: async ({ store, now }) => {
      const silent = await silentFindings(store, now());
      return [figure('sensors-silent', 'inventory', silent.map(({ name }) => name), (await store.list('sensor', DEFAULT_SPACE)).length)];
    },
  },
  {
    part: 'vendors', access: 'read', keptMs: LONG_MS,
    find: async ({ store, now }, space) => {
      const vendors = await readVendors(store, now(), { space });
      const due = vendors.filter(({ attested }) => (dueOf(attested).at ?? 0) <= now());
      return [figure('vendors-due', 'vendors', due.map(({ id }) => id), vendors.length)];
    },
  },
  {
    part: 'incidents', access: 'audit', keptMs: SHORT_MS,
    find: async ({ store }, space) => {
      const open = (await listStored(store, 'incident', space)).filter(({ body: { status } }) => status === 'open' || status === 'contained');
      return [{ ...figure('incidents-open', 'incidents', open.map(({ body }) => body.title)), ...worstOf(open) }];
    },
  },
  {
    part: 'findings', access: 'audit', keptMs: SHORT_MS,
    find: async ({ store, now }, space) => {
      const open = (await listStored(store, 'finding', space)).filter(({ body }) => stateAt(body, now()) === 'open');
      const gravest = open.toSorted((one, other) => rank(other.body.severity) - rank(one.body.severity));
      return [{ ...figure('findings-open', 'findings', gravest.map(({ body }) => `${body.detector}/${body.rule}`)), ...worstOf(open) }];
    },
  },
  {
    part: 'reviews', access: 'read', keptMs: SHORT_MS,
    find: async ({ store }, space) => {
      const reviews = (await listStored(store, 'review', space)).filter(({ body }) => body.state === 'open');
      return [figure('reviews-open', 'reviews', reviews.map(({ body }) => body.title))];
    },
  },
  {
    part: 'schedule', access: 'read', wide: true, keptMs: SHORT_MS,
    find: async (control) => {
      const jobs = await listJobs(control);
      return [figure('jobs-failed', 'settings', jobs.filter(({ row }) => row.last?.ok === false).map(({ kind }) => kind), jobs.length)];
    },
  },
];

async function servers({ store }: Control, space: string): Promise<readonly Figure[]> {
  const [all, drifting] = [await listStored(store, 'server', space), new Set((await listStored(store, 'drift', space)).map(({ id }) => id))];
  const named = (id: Figure['id'], which: (server: (typeof all)[number]) => boolean): Figure =>
    figure(id, 'servers', all.filter(which).map((server) => server.id), all.length);
  return [
    named('servers-drifted', ({ id }) => drifting.has(id)),
    named('servers-quarantined', ({ body }) => body.status === 'quarantined'),
    named('servers-unapproved', ({ body }) => body.status === 'declared' || body.status === 'scanned'),
  ];
}

/** Their owner left, or is a group that nobody is in any more. */
async function ownerless({ store }: Control, space: string): Promise<readonly Figure[]> {
  const all = await listStored(store, 'server', space);
  const { people } = await readPeople(store);
  const groups = [...(await listStored(store, 'group', DEFAULT_SPACE)).map(({ body }) => body.displayName), ...people.flatMap((person) => person.groups)];
  const { isGone } = directoryOf({ people, groups });
  return [figure('servers-ownerless', 'servers', all.filter(({ body }) => isGone(body.owner)).map(({ id }) => id), all.length)];
}

function figure(id: Figure['id'], screen: string, names: readonly string[], of?: number): Figure {
  return { id, count: names.length, names: names.slice(0, NAMES_MAX), place: { screen }, ...(of === undefined ? {} : { of }) };
}

function worstOf(those: readonly Pick<Stored<{ readonly severity: Severity }>, 'body'>[]): { readonly worst?: Severity } {
  const worst = SEVERITIES[Math.max(-1, ...those.map(({ body }) => SEVERITIES.indexOf(body.severity)))];
  return worst === undefined ? {} : { worst };
}
