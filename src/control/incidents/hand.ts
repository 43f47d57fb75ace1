import { createHash } from 'node:crypto';
import { SallyportError } from '../../domain/errors.ts';
import { LIMITS } from '../../domain/limits.ts';
import type { Incident } from '../../incident/incident.ts';
import type { Rows } from '../../store/store.ts';
import { findStored, listStored, putStored } from '../stored.ts';

/** An incident in hand: as it was read, and as it is to be. */
export interface InHand {
  readonly id: string;
  readonly space: string;
  readonly before: Incident | undefined;
  now: Incident;
}

/** What is read of the incidents in one transaction, each once. */
export interface Hand {
  /** Epoch ms. */
  readonly at: number;
  readonly byId: (space: string, id: string) => Promise<InHand | undefined>;
  /** The incident of a key that was opened last. */
  readonly byKey: (space: string, key: string) => Promise<InHand | undefined>;
  /** All that signals opened in a space and that are not closed. */
  readonly open: (space: string) => Promise<readonly InHand[]>;
  readonly add: (space: string, incident: Incident) => void;
  /** How many signals opened in a space within an hour. */
  readonly openedLately: (space: string) => Promise<number>;
  readonly held: () => readonly InHand[];
  /** Writes what has changed. */
  readonly put: () => Promise<void>;
}

export const KEEPER = 'sallyport|control';
const HOUR_MS = 60 * 60_000;

export function createHand(rows: Rows, at: number): Hand {
  const held = new Map<string, InHand>();
  const added: InHand[] = [];
  const listed = new Map<string, Promise<readonly InHand[]>>();
  const byId = async (space: string, id: string): Promise<InHand | undefined> => {
    const known = held.get(`${space}/${id}`);
    if (known !== undefined) return known;
    const body = (await findStored(rows, 'incident', space, id))?.body;
    if (body === undefined) return undefined;
    const one: InHand = { id, space, before: body, now: body };
    held.set(`${space}/${id}`, one);
    return one;
  };
  const addedTo = (space: string): readonly InHand[] => added.filter((one) => one.space === space);
  const stored = (space: string): Promise<readonly InHand[]> => {
    const reading = listed.get(space) ?? readOpen(rows, space, { at, byId });
    listed.set(space, reading);
    return reading;
  };
  return {
    at, byId,
    async byKey(space, key) {
      const mine = addedTo(space).findLast(({ now }) => now.key === key);
      if (mine !== undefined) return mine;
      const row = await findStored(rows, 'incident-key', space, idOfKey(key));
      return row === undefined ? undefined : byId(space, row.body.incident);
    },
    open: async (space) => [...(await stored(space)).filter(({ now }) => now.status !== 'closed'), ...addedTo(space)],
    add(space, incident) {
      const one: InHand = { id: Bun.randomUUIDv7(), space, before: undefined, now: incident };
      held.set(`${space}/${one.id}`, one);
      added.push(one);
    },
    openedLately: async (space) => (await stored(space)).filter(({ now }) => at - now.openedAt < HOUR_MS).length + addedTo(space).length,
    held: () => [...held.values()],
    async put() {
      for (const { id, space, before, now } of held.values()) {
        if (now === before) continue;
        await putIncident(rows, space, id, now, KEEPER);
        if (before === undefined) await putStored(rows, 'incident-key', space, idOfKey(now.key), { incident: id }, KEEPER);
      }
    },
  };
}

/** Of each key the last. What has been closed for an hour is no longer looked at. */
async function readOpen(rows: Rows, space: string, { at, byId }: Pick<Hand, 'at' | 'byId'>): Promise<readonly InHand[]> {
  const found: InHand[] = [];
  for (const { id, body } of await listStored(rows, 'incident-key', space)) {
    const one = await byId(space, body.incident);
    if (one !== undefined && (one.now.closedAt === undefined || at - one.now.closedAt < HOUR_MS)) found.push(one);
    else await rows.delete('incident-key', space, id, { by: KEEPER });
  }
  return found;
}

/** Subjects are as long as names are; an id of a row is not. */
function idOfKey(key: string): string {
  return createHash('sha256').update(key).digest('hex');
}

export async function putIncident(rows: Rows, space: string, id: string, incident: Incident, by: string): Promise<void> {
  // A copy: what is stored has lists that may be written to.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the same but for `readonly`
  await putStored(rows, 'incident', space, id, structuredClone(incident) as Parameters<typeof putStored<'incident'>>[4], by);
}

/** Of very many the closed ones that were opened first leave; what they were is on record. */
export async function forgetClosed(rows: Rows, space: string): Promise<void> {
  const all = await rows.list('incident', space);
  if (all.length <= LIMITS.incidentsKeptMax) return;
  const closed = (await listStored(rows, 'incident', space)).filter(({ body }) => body.status === 'closed')
    .toSorted((one, other) => one.body.openedAt - other.body.openedAt);
  for (const { id } of closed.slice(0, all.length - LIMITS.incidentsKeptMax)) await rows.delete('incident', space, id, { by: KEEPER });
}

/** Throws `ERR_NOT_FOUND`. */
export async function needIncident(rows: Rows, space: string, id: string): Promise<Incident> {
  const found = await findStored(rows, 'incident', space, id);
  if (found === undefined) throw new SallyportError('ERR_NOT_FOUND', 'there is no such incident in this space', { remedy: 'See `sallyport incident list`.' });
  return found.body;
}
