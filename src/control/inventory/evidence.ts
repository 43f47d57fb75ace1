import { createHash } from 'node:crypto';
import type { Evidence } from '../../discover/correlate/asset.ts';
import { publicRuns } from '../../discover/public-runs.ts';
import { SallyportError } from '../../domain/errors.ts';
import { LIMITS } from '../../domain/limits.ts';
import { redact } from '../../domain/redacted.ts';
import type { Rows } from '../../store/store.ts';
import type { Control } from '../control.ts';
import { findStored, listStored, putStored } from '../stored.ts';
import type { Report, Reported, StoredEvidence, StoredSource } from './schema.ts';

/** What one report changed. */
export interface Kept {
  readonly added: number;
  readonly seenAgain: number;
  readonly gone: number;
}

type Source = Pick<StoredSource, 'by' | 'sensor' | 'host'>;

/**
 * Keeps what somebody says they saw. What is the same thing at the same place, said by the same reporter, is one piece of
 * evidence, whose times move; nobody can move, or end, what another one said. All that one reporter's sensor sees on one host
 * is one row: a report reads and writes its own alone. Throws `ERR_REQUEST_INVALID`, and `ERR_BUSY` where there is no room.
 */
export async function keepReport(control: Pick<Control, 'store' | 'now'>, space: string, by: string, report: Report): Promise<Kept> {
  for (const observation of report.observations) checkKeys(observation);
  const now = control.now();
  return control.store.transaction(async (rows) => {
    const kept = { added: 0, seenAgain: 0, gone: 0 };
    for (const { source, observations, whole } of bySource(report, by)) {
      const id = sourceId(source);
      const before = (await findStored(rows, 'evidence', space, id))?.body.items ?? {};
      const items = new Map(Object.entries(before));
      for (const observation of observations) {
        const key = evidenceIdOf(observation);
        kept[items.has(key) ? 'seenAgain' : 'added'] += 1;
        items.set(key, toEvidence(observation, items.get(key), now));
      }
      kept.gone += endUnseen(items, whole, now);
      if (items.size > 0) await putStored(rows, 'evidence', space, id, { ...source, items: Object.fromEntries(items) }, by);
    }
    if (kept.added > 0) await checkRoom(rows, space, by);
    return kept;
  });
}

/** All evidence of a space, whoever brought it. */
export async function listEvidence(rows: Rows, space: string): Promise<readonly (Evidence & { readonly by: string })[]> {
  return (await listStored(rows, 'evidence', space)).flatMap(({ body: { items, ...source } }) => Object.values(items).map((item) => ({ ...item, ...source })));
}

/** What nobody has seen for long leaves, also of reporters that never came back: it says where people had what. */
export async function forgetOld(rows: Rows, now: number): Promise<void> {
  for (const { id, space, body } of await listStored(rows, 'evidence')) {
    const seenAt = Math.max(0, ...Object.values(body.items).map((item) => item.seenAt));
    if (now - seenAt > LIMITS.evidenceGoneMs) await rows.delete('evidence', space, id, { by: 'sallyport|control' });
  }
}

interface OfSource {
  readonly source: Source;
  readonly observations: readonly Reported[];
  readonly whole: readonly Report['whole'][number][];
}

function bySource({ observations, whole }: Report, by: string): readonly OfSource[] {
  const groups = new Map<string, OfSource>();
  const groupOf = (sensor: Reported['sensor'], host: string | undefined): OfSource => {
    const source = { by, sensor, ...(host === undefined ? {} : { host }) };
    return groups.get(sourceId(source)) ?? { source, observations: [], whole: [] };
  };
  for (const one of observations) {
    const group = groupOf(one.sensor, one.host);
    groups.set(sourceId(group.source), { ...group, observations: [...group.observations, one] });
  }
  for (const one of whole) {
    for (const sensor of one.sensors) {
      const group = groupOf(sensor, one.host);
      groups.set(sourceId(group.source), { ...group, whole: [...group.whole, one] });
    }
  }
  return [...groups.values()];
}

function sourceId({ by, sensor, host }: Source): string {
  return digestOf([by, sensor, host ?? '']);
}

/** Every text of a stranger's without what looks like a secret: a sensor should have seen to that, and is not believed. */
function toEvidence(said: Reported, before: StoredEvidence | undefined, now: number): StoredEvidence {
  const { sensor: _, host: __, place, name, runs, facts, ...rest } = said;
  const seenAt = Math.min(said.seenAt, now);
  const plainFacts = Object.entries(facts).map(([fact, value]) => [fact, typeof value === 'string' ? redact(value) : value] as const);
  return {
    ...rest, place: redact(place), facts: Object.fromEntries(plainFacts), seenAt: Math.max(seenAt, before?.seenAt ?? 0),
    firstSeenAt: Math.min(seenAt, before?.firstSeenAt ?? seenAt),
    ...(name === undefined ? {} : { name: redact(name) }), ...(runs === undefined ? {} : { runs: publicRuns(runs) }),
  };
}

/**
 * A key by which a thing is said to be a server of the gate stands beside none that says what it is elsewhere: with both,
 * anything would be said to be sanctioned. One thing is one package. Throws `ERR_REQUEST_INVALID`.
 */
function checkKeys({ keys }: Reported): void {
  const of = (...prefixes: readonly string[]): number => keys.filter((key) => prefixes.some((prefix) => key.startsWith(prefix))).length;
  if ((of('gate:') > 0 && of('url:', 'package:', 'host:', 'program:', 'container:') > 0) || of('gate:') > 1 || of('package:') > 1) {
    throw new SallyportError('ERR_REQUEST_INVALID', 'body.observations: one thing cannot have these keys together', {
      remedy: 'Report a server of the gate by its gate key alone, and of one package one observation.',
    });
  }
}

/** The number of a process, and of a line, is another every time; what is there is the same. */
function evidenceIdOf({ sensor, kind, keys, client, person, place }: Reported): string {
  const lasting = keys.filter((key) => !key.startsWith('process:'));
  const known = (lasting.length > 0 ? lasting : keys).toSorted();
  const at = sensor === 'client-file' || sensor === 'code' || sensor === 'manifest' ? place.replace(/:\d+$/, '') : '';
  return digestOf([kind, known, client ?? '', person ?? '', at]);
}

/** What a whole look did not see again is gone, how much; what has been gone for long leaves. */
function endUnseen(items: Map<string, StoredEvidence>, whole: OfSource['whole'], now: number): number {
  let gone = 0;
  for (const [id, one] of items) {
    if (one.goneAt !== undefined && now - one.goneAt > LIMITS.evidenceGoneMs) items.delete(id);
    const isOver = whole.some(({ since, except }) => one.seenAt < since && !except.some((place) => one.place.startsWith(redact(place))));
    if (one.goneAt !== undefined || !isOver) continue;
    gone += 1;
    items.set(id, { ...one, goneAt: now });
  }
  return gone;
}

/** Throws `ERR_BUSY`: nobody fills the inventory, and one reporter leaves room for the others. */
async function checkRoom(rows: Rows, space: string, by: string): Promise<void> {
  let [all, own] = [0, 0];
  for (const { body } of await listStored(rows, 'evidence', space)) {
    const count = Object.keys(body.items).length;
    all += count;
    if (body.by === by) own += count;
  }
  if (all <= LIMITS.evidenceMax && own <= LIMITS.evidenceByReporterMax) return;
  throw new SallyportError('ERR_BUSY', 'the inventory has no room for more evidence', { remedy: 'Report what is looked at less widely.' });
}

function digestOf(parts: readonly (string | readonly string[])[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64url');
}
