import { createHash } from 'node:crypto';
import { SEVERITIES } from '../../domain/finding.ts';
import type { Severity } from '../../domain/finding.ts';
import type { Signal } from '../../domain/incident.ts';
import { LIMITS } from '../../domain/limits.ts';
import { groupOf } from '../../incident/group.ts';
import type { Grouped, Occurrence } from '../../incident/group.ts';
import type { Rows } from '../../store/store.ts';
import type { Control } from '../control.ts';
import { findStored, listStored, putStored } from '../stored.ts';
import { forgetOld, noteDays } from './days.ts';
import type { FindingGroup } from './schema.ts';
import { returned, withOccurrences } from './state.ts';

type Parts = Pick<Control, 'store' | 'record' | 'now' | 'retention'>;

/** What follows the ledger hands over its signals here: they are counted by group, and written with how far was read. */
export interface Collecting {
  readonly isEmpty: boolean;
  /** Whether its group is suppressed now. */
  isSilent(signal: Signal): boolean;
  /** Counts it. False: its group is suppressed, and no incident is made of it. */
  take(signal: Signal): boolean;
  /** Within the transaction that says how far the ledger was read: nothing is counted twice. */
  write(rows: Rows): Promise<void>;
  /** Reads again what is suppressed. */
  refresh(): Promise<void>;
}

export interface Counting {
  readonly space: string;
  readonly grouped: Grouped;
  readonly those: Counted[];
}

export interface Counted extends Occurrence {
  readonly silenced: boolean;
}

const BY = 'sallyport|control';

export async function collectFindings(parts: Parts): Promise<Collecting> {
  const { store, now, retention } = parts;
  let silences = await readSilences(store);
  const known = new Map((await store.list('finding')).entries().map(([, { space, id }]) => [`${space}/${id}`, space]));
  const kept = Map.groupBy(known.values(), (space) => space).entries().map(([space, those]) => [space, those.length] as const);
  const counts = new Map<string, number>(kept);
  let waiting = new Map<string, Counting>();
  const hide = (principal: string): string => retention.pseudonyms.of(principal);
  const isSilenced = (space: string, grouped: Grouped): boolean =>
    silences.size > 0 && (silences.get(`${space}/${idOfGroup(grouped)}`) ?? 0) > now();
  return {
    isSilent(signal) {
      const grouped = silences.size === 0 ? undefined : groupOf(signal, hide);
      return grouped !== undefined && isSilenced(signal.space, grouped);
    },
    get isEmpty() {
      return waiting.size === 0;
    },
    take(signal) {
      const grouped = groupOf(signal, hide);
      if (grouped === undefined) return true;
      const { space, at, severity, outcome, exchange } = signal;
      const key = JSON.stringify([space, grouped.detector, grouped.rule, grouped.kind, grouped.name]);
      const silenced = isSilenced(space, grouped);
      const counting = waiting.get(key) ?? { space, grouped, those: [] };
      waiting.set(key, counting);
      counting.those.push({ at, severity, outcome, silenced, ...(exchange === undefined ? {} : { exchange }) });
      return !silenced;
    },
    async write(rows) {
      const batch = waiting;
      waiting = new Map();
      for (const counting of merged(batch, known, counts)) await writeGroup(parts, rows, counting);
      for (const [space, all] of Map.groupBy(batch.values(), (one) => one.space)) {
        const begun = await noteDays(rows, space, all);
        const gone = begun.length === 0 ? [] : await forgetOld(rows, space, now());
        for (const id of gone) known.delete(`${space}/${id}`);
        counts.set(space, (counts.get(space) ?? 0) - gone.length);
      }
    },
    async refresh() {
      silences = await readSilences(store);
    },
  };
}

/** A digest: names can be long, and may say who somebody is. */
export function idOfGroup({ detector, rule, kind, name }: Grouped): string {
  return createHash('sha256').update(JSON.stringify([detector, rule, kind, name])).digest('hex').slice(0, 32);
}

/** Where a space has no room for more, what is new of a detector and rule is counted together: nobody can fill the store with names. */
function merged(batch: ReadonlyMap<string, Counting>, known: Map<string, string>, counts: Map<string, number>): readonly Counting[] {
  const all: Counting[] = [];
  const rest = new Map<string, Counting>();
  for (const counting of batch.values()) {
    const { space, grouped: { detector, rule } } = counting;
    const id = `${space}/${idOfGroup(counting.grouped)}`;
    if (known.has(id)) all.push(counting);
    else if ((counts.get(space) ?? 0) < LIMITS.findingGroupsMax) {
      known.set(id, space);
      counts.set(space, (counts.get(space) ?? 0) + 1);
      all.push(counting);
    } else {
      const grouped: Grouped = { detector, rule, kind: 'rest', name: '' };
      const key = JSON.stringify([space, detector, rule]);
      const together = rest.get(key) ?? { space, grouped, those: [] };
      rest.set(key, together);
      together.those.push(...counting.those);
    }
  }
  return [...all, ...rest.values()];
}

async function writeGroup({ record, now }: Parts, rows: Rows, { space, grouped, those }: Counting): Promise<void> {
  const id = idOfGroup(grouped);
  const before = (await findStored(rows, 'finding', space, id))?.body;
  const after = withOccurrences(before ?? blank(grouped, those[0]?.at ?? now()), those, now());
  const deed = returned(before, after);
  if (deed !== undefined) {
    const { detector, rule, about, severity } = after;
    await record({
      event: 'finding.triaged', space, principal: BY, principalKind: 'workload', action: `finding.${deed}`,
      detail: { id, detector, rule, about: { ...about }, severity, state: after.state },
    });
  }
  await putStored(rows, 'finding', space, id, after, BY);
}

function blank({ detector, rule, kind, name }: Grouped, at: number): FindingGroup {
  const [lowest]: readonly Severity[] = SEVERITIES;
  return {
    detector, rule, about: { kind, name }, severity: lowest ?? 'info', count: 0, silenced: 0, firstAt: at, lastAt: at,
    outcomes: { stopped: 0, passed: 0, seen: 0 }, exchanges: [], days: {}, state: 'open', deeds: [],
  };
}

async function readSilences(rows: Rows): Promise<ReadonlyMap<string, number>> {
  return new Map((await listStored(rows, 'finding-silence')).map(({ space, id, body }) => [`${space}/${id}`, body.until]));
}
