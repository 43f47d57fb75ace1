import type { Severity } from '../../domain/finding.ts';
import { SEVERITIES } from '../../domain/finding.ts';
import type { JsonObject } from '../../domain/json.ts';
import { LIMITS } from '../../domain/limits.ts';
import type { Access } from '../access.ts';
import { viewFor } from '../audit/people.ts';
import type { By, Control } from '../control.ts';
import { listStored } from '../stored.ts';
import type { Begun, Figure, Need } from './answer.ts';
import { LOOKS } from './figures.ts';
import { keptBy } from './kept.ts';
import { WAITING } from './needs.ts';

const HOUR_MS = 60 * 60_000;
const DAY_MS = 24 * HOUR_MS;
const KEPT_MS = 3_000;
/** Somebody waits for the tick behind what they just did. */
const BEGUN_KEPT_MS = 500;
const EDGES_ASKED = 10;
const PERIODS = { '1h': HOUR_MS, '24h': DAY_MS, '7d': 7 * DAY_MS, '30d': 30 * DAY_MS } as const;
export type Period = keyof typeof PERIODS;

/** Parts that could not be found out are named in `missing`: an overview that shows nothing of them must not look calm. */
export interface Asking extends By {
  readonly missing: string[];
}

/** Whether whoever asks may read that part: exactly as if they asked for it. */
async function may(control: Control, { admin, space }: By, access: Access, part: string, wide = false): Promise<boolean> {
  return (await control.admins.decide(admin, { access, space: wide ? '*' : space, part })).outcome === 'allow';
}

export async function gatherFigures(control: Control, asking: Asking): Promise<readonly Figure[]> {
  const kept = keptBy(control);
  const found = await Promise.all(LOOKS.map(async ({ part, access, wide, keptMs, find }, index) => {
    if (!(await may(control, asking, access, part, wide))) return [];
    return kept(`figures/${index}/${wide === true ? '' : asking.space}`, keptMs, () => find(control, asking.space)).catch(() => lacking(asking, part));
  }));
  const view = await viewFor(control, asking.admin, asking.space, false);
  return found.flat().map((figure) => ({ ...figure, names: textsOf(view({ names: [...figure.names] })['names']) }));
}

/** The most urgent first: what ends within a day, the soonest first, then what is gravest, then what waits longest. */
export async function gatherNeeds(control: Control, asking: Asking): Promise<{ readonly needs: readonly Need[]; readonly needed: JsonObject }> {
  const kept = keptBy(control);
  const found = await Promise.all(WAITING.map(async ({ part, access, own, find }, index) => {
    if (!(await may(control, asking, access, part))) return [];
    const key = `needs/${index}/${asking.space}/${own === true ? asking.admin.id : ''}`;
    return kept(key, KEPT_MS, () => find(control, asking)).catch(() => lacking(asking, part));
  }));
  const all = found.flat().toSorted((one, other) => byUrgency(one, other, control.now()));
  const view = await viewFor(control, asking.admin, asking.space, false);
  const needed = Object.fromEntries(Map.groupBy(all, ({ kind }) => kind).entries().map(([kind, those]) => [kind, those.length]));
  return { needs: all.slice(0, LIMITS.overviewNeedsMax).map((need) => ({ ...need, what: textsOf(view({ what: [...need.what] })['what']) })), needed };
}

/** Who called which server, from the beginning of the hour or day in which the period begins. */
export async function gatherMap(control: Control, asking: Asking, period: Period, limit: number): Promise<JsonObject | undefined> {
  if (!(await may(control, asking, 'audit', 'audit'))) return undefined;
  const unit = PERIODS[period] <= DAY_MS ? 'hour' : 'day';
  const begins = control.now() - PERIODS[period];
  const since = begins - (begins % (unit === 'hour' ? HOUR_MS : DAY_MS));
  const { space, admin } = asking;
  try {
    const found = await keptBy(control)(`map/${space}/${period}/${limit}`, KEPT_MS, () => control.ledger.edges({ space, unit, since, limit }));
    const view = await viewFor(control, admin, space, false);
    return { since, ...found, edges: found.edges.map((edge) => view({ ...edge })) };
  } catch {
    asking.missing.push('map');
    return undefined;
  }
}

/** What is there of what a first call takes; nothing for who may not read all of it. */
export async function gatherBegun(control: Control, asking: Asking): Promise<Begun | undefined> {
  const { space } = asking;
  const parts = await Promise.all(['servers', 'agents', 'policies'].map((part) => may(control, asking, 'read', part)));
  if (parts.includes(false)) return undefined;
  const { store, ledger, now } = control;
  const since = now() - PERIODS['30d'];
  const called = async (): Promise<boolean> => {
    const { edges } = await ledger.edges({ space, unit: 'day', since: since - (since % DAY_MS), limit: EDGES_ASKED });
    // Reading a server is an edge too, and no call.
    return edges.some(({ calls }) => calls > 0);
  };
  try {
    const counted = await keptBy(control)(`begun/${space}`, BEGUN_KEPT_MS, async () => {
      const [servers, agents, policies, roles] = await Promise.all([
        listStored(store, 'server', space), listStored(store, 'agent', space), listStored(store, 'policy', space), listStored(store, 'role', space),
      ]);
      return {
        servers: servers.length, approved: servers.filter(({ body: { status } }) => status !== 'declared' && status !== 'scanned').length,
        agents: agents.length, policies: policies.length + roles.length,
      };
    });
    if (!(await may(control, asking, 'audit', 'audit'))) return counted;
    return { ...counted, called: await keptBy(control)(`called/${space}`, BEGUN_KEPT_MS, called) };
  } catch {
    asking.missing.push('servers');
    return undefined;
  }
}

export async function gatherForce(control: Control, asking: Asking): Promise<JsonObject | undefined> {
  if (!(await may(control, asking, 'read', 'status'))) return undefined;
  const { snapshots, lease, now } = control;
  const roles = await keptBy(control)('roles', KEPT_MS, () => control.roles());
  const wide = await may(control, asking, 'read', 'status', true);
  const { all = false, ...lists } = lease.current?.lease.killed ?? {};
  const start = wide ? '' : `${asking.space}/`;
  const stopped = Object.values(lists).flat().filter((name): name is string => typeof name === 'string' && name.startsWith(start));
  return {
    snapshot: snapshots.current === undefined ? null : { version: snapshots.current.version, ageMs: now() - snapshots.current.createdAt },
    leaseEndsInMs: lease.current === undefined ? null : lease.current.lease.expiresAt - now(), problems: [...snapshots.problems],
    stopped: [...(all ? ['*'] : []), ...stopped], roles: { control: true, ...roles },
  };
}

/** What ends in more than a day presses nobody yet. */
function endOf({ until = Number.MAX_SAFE_INTEGER }: Need, now: number): number {
  return until - now > DAY_MS ? Number.MAX_SAFE_INTEGER : until;
}

function byUrgency(one: Need, other: Need, now: number): number {
  const [mine, theirs] = [endOf(one, now), endOf(other, now)];
  return mine - theirs || rank(other.severity) - rank(one.severity) || one.at - other.at;
}

function lacking({ missing }: Asking, part: string): [] {
  missing.push(part);
  return [];
}

function rank(severity: Severity | undefined): number {
  return severity === undefined ? -1 : SEVERITIES.indexOf(severity);
}

function textsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [];
}
