import type { z } from 'zod';
import type { AdvisoriesFor } from '../../knowledge/advisories.ts';
import { SallyportError } from '../../domain/errors.ts';
import type { JsonObject } from '../../domain/json.ts';
import { LIMITS } from '../../domain/limits.ts';
import { digestOfServer } from '../../registry/catalogs/catalog.ts';
import type { Rows } from '../../store/store.ts';
import { whoOf } from '../change.ts';
import type { By, Control } from '../control.ts';
import { needOther } from '../requests/separation.ts';
import { findStored, listStored, putStored } from '../stored.ts';
import { advisoriesIn, holdsOf, WHY_HELD } from './holds.ts';
import type { Sanctioned } from './holds.ts';
import type { CATALOG_BATCH, CatalogEntryRow, Hold } from './schema.ts';
import { registryInForce } from './settings.ts';

/** Whether an entry can be had: `held`: a person must look; `cooling`: nobody had time to find what is wrong with it. */
export type EntryState = { readonly state: 'available' | 'released' } | { readonly state: 'held'; readonly holds: readonly Hold[] }
  | { readonly state: 'cooling'; readonly until: number };

/** What its standing hangs on besides itself. */
export interface Standing {
  readonly coolingOffMs: number;
  readonly advisoriesFor: AdvisoriesFor;
  readonly now: number;
}

export async function standingNow({ store, knowledge, now }: Pick<Control, 'store' | 'knowledge' | 'now'>): Promise<Standing> {
  return { coolingOffMs: (await registryInForce(store)).coolingOffMs, advisoriesFor: knowledge.lately.advisoriesFor, now: now() };
}

/**
 * A release counts for what its releaser saw: another content, or one reason more, and it is held again. The time starts when the
 * entry's own registry published it, where that says so, else when it was seen here first.
 */
export function stateOf(entry: CatalogEntryRow, { coolingOffMs, advisoriesFor, now }: Standing): EntryState {
  const holds = holdsNow(entry, advisoriesFor);
  const { released, digest } = entry;
  if (released !== undefined && released.digest === digest && holds.every((hold) => released.holds.includes(hold))) return { state: 'released' };
  if (holds.length > 0) return { state: 'held', holds };
  const until = Math.min(entry.publishedAt ?? entry.firstSeenAt, entry.firstSeenAt) + coolingOffMs;
  return until > now ? { state: 'cooling', until } : { state: 'available' };
}

function holdsNow({ holds, server }: CatalogEntryRow, advisoriesFor: AdvisoriesFor): readonly Hold[] {
  const affected = advisoriesIn(server, advisoriesFor).some(({ certainty }) => certainty === 'affected');
  return affected ? [...holds, 'advisory'] : holds;
}

/** Throws `ERR_CATALOG_HELD` for an entry that is not to be had yet. */
export function needAvailable(id: string, entry: CatalogEntryRow, standing: Standing): void {
  const state = stateOf(entry, standing);
  const why = whyNot(state);
  if (why === undefined) return;
  throw new SallyportError('ERR_CATALOG_HELD', `${id} cannot be taken yet: ${why}`, {
    remedy: `Wait, or have an approver look at it: sallyport registry release ${id} --reason WHY`,
  });
}

function whyNot(state: EntryState): string | undefined {
  if (state.state === 'held') return state.holds.map((hold) => WHY_HELD[hold]).join('; ');
  return state.state === 'cooling' ? `it cools off until ${new Date(state.until).toISOString()}` : undefined;
}

/** Keeps what a catalogue has, and what was seen first of each version for ever. */
export async function importEntries(by: By, { source, entries }: z.infer<typeof CATALOG_BATCH>, control: Control): Promise<JsonObject> {
  const { space, admin } = by;
  const at = control.now();
  const sanctioned = await sanctionedIn(control.store, space);
  const { kit } = control.knowledge.detecting;
  // Looked at before anything is locked: it takes a while.
  const looked = entries.map((entry) => ({ ...entry, digest: digestOfServer(entry.server), holds: [...holdsOf(entry, sanctioned, kit)] }));
  const counts = { added: 0, known: 0, changed: 0, held: 0 };
  await control.store.transaction(async (rows) => {
    let total = (await rows.list('catalog-entry', space)).length;
    for (const entry of looked) {
      const id = idOf(entry);
      const before = (await findStored(rows, 'catalog-entry', space, id))?.body;
      const next = before === undefined ? { ...entry, source, firstSeenAt: at, lastSeenAt: at }
        : seenAgain(before, entry, { at, isSame: before.source === source });
      if (before === undefined) total += 1;
      if (total > LIMITS.catalogEntriesMax) throw full();
      counts[before === undefined ? 'added' : before.digest === entry.digest ? 'known' : 'changed'] += 1;
      counts.held += next.holds.length > 0 ? 1 : 0;
      await putStored(rows, 'catalog-entry', space, id, next, admin.id);
    }
    await control.record({ event: 'registry.imported', space, ...whoOf(admin), action: 'catalog.import',
      detail: { resource: 'catalog', id: source, ...counts } });
  });
  return counts;
}

type Looked = Pick<CatalogEntryRow, 'server' | 'digest' | 'status' | 'holds'>;

/**
 * What was seen first stays: a version that says something else today than yesterday is the very thing to look at. What its registry said
 * against it (`isSame`: this one does) no other catalogue takes back.
 */
function seenAgain(
  before: CatalogEntryRow, { digest, status, holds }: Looked, { at, isSame }: { readonly at: number; readonly isSame: boolean },
): CatalogEntryRow {
  const isChanged = before.digest !== digest;
  const kept: readonly Hold[] = before.holds.filter((hold) => hold === 'changed' || (hold.startsWith('upstream-') ? !isSame : isChanged));
  const found = isChanged ? holds.filter((hold) => hold.startsWith('upstream-')) : holds;
  // Somebody may have taken it in spite of another change, but not of this one.
  const { released, ...rest } = before;
  const stays = released !== undefined && (!isChanged || before.changedTo === digest);
  return {
    ...rest, ...(stays ? { released } : {}), status: isSame ? status : before.status, lastSeenAt: at,
    holds: [...new Set([...kept, ...found, ...(isChanged ? (['changed'] as const) : [])])],
    ...(isChanged ? { changedTo: digest } : {}),
  };
}

/** A person looked at an entry and takes it as it is; not who asked for it. */
export async function releaseEntry(by: By, id: string, reason: string, control: Control): Promise<JsonObject> {
  const { space, admin } = by;
  const standing = await standingNow(control);
  return control.store.transaction(async (rows) => {
    const entry = await needEntry(rows, space, id);
    const asking = (await listStored(rows, 'registry-request', space)).filter(({ body }) => body.wanted.kind === 'entry' && body.wanted.entry === id);
    await needOther(rows, by, 'releases', asking.map(({ body }) => ({ who: body.requester.id, did: 'asked for' })));
    const holds = [...holdsNow(entry, standing.advisoriesFor)];
    const released = { by: admin.id, at: control.now(), reason, digest: entry.digest, holds };
    await control.record({
      event: 'registry.released', space, ...whoOf(admin), action: 'catalog.release', reason, digest: entry.digest,
        detail: { resource: 'catalog-entry', id, holds },
    });
    await putStored(rows, 'catalog-entry', space, id, { ...entry, released }, admin.id);
    return { id, state: 'released' };
  });
}

/** Throws `ERR_NOT_FOUND`. */
export async function needEntry(rows: Rows, space: string, id: string): Promise<CatalogEntryRow> {
  const found = (await findStored(rows, 'catalog-entry', space, id))?.body;
  if (found !== undefined) return found;
  throw new SallyportError('ERR_NOT_FOUND', `no catalogue here has ${id}`, { remedy: 'See `sallyport registry catalog`; name it NAME@VERSION.' });
}

function idOf({ server: { name, version } }: Pick<CatalogEntryRow, 'server'>): string {
  return `${name}@${version}`;
}

async function sanctionedIn(rows: Rows, space: string): Promise<Sanctioned> {
  const endpoints = (await listStored(rows, 'server', space)).filter(({ body }) => body.status === 'approved').map(({ body }) => body.endpoint);
  return {
    packages: endpoints.flatMap((endpoint) => (endpoint.transport === 'stdio' && endpoint.launch.package !== undefined ? [endpoint.launch.package.name] : [])),
    hosts: endpoints.flatMap((endpoint) => (endpoint.transport === 'stdio' ? [] : [new URL(endpoint.url).hostname])),
  };
}

function full(): SallyportError {
  return new SallyportError('ERR_CONFLICT', `catalogues of a space hold ${LIMITS.catalogEntriesMax} versions`, {
    remedy: 'Forget a catalogue first: sallyport registry forget NAME',
  });
}
