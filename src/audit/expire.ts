import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { JournalRecord } from '../domain/record.ts';
import { STANDARD_CLASS, type LegalHold, type RetentionClass } from '../domain/retention.ts';
import type { BodyPlace } from './entry.ts';
import { bodiesFile, readBody } from './bodies.ts';
import { eraseBodies, eraseScanned, type ScannedRecord } from './erase.ts';
import { recordErasure, recordPayloadsErasure, type ErasureWitness } from './erasure-record.ts';
import { isHeld } from './holds.ts';
import { scanSegment, type Scanned } from './scan.ts';
import { listSegments, type Segment } from './segments.ts';

const DAY_MS = 24 * 60 * 60_000;
const BATCH = 1_000;
const BODIES = /^(\d{4}-\d{2}-\d{2})\.bodies$/;

/** By what is kept, as control configured it. */
export interface Kept {
  readonly classes: readonly RetentionClass[];
  readonly holds: readonly LegalHold[];
}

/** Records met by a scan of segments that are finished: which of them must go. */
export type Chosen = (record: JournalRecord) => boolean;

/**
 * Erases every record of finished segments that is chosen and past its time, where it lies, once that is on record; the log's proofs
 * stay. Gives how many. `forget`: takes them out of what was derived. Throws what the system says.
 */
export async function eraseChosen(
  dir: string, segments: readonly Segment[], chosen: Chosen, ledger: ErasureWitness, forget: (positions: readonly number[]) => Promise<void>,
): Promise<number> {
  let erased = 0;
  for (const segment of segments) {
    let batch: ScannedRecord[] = [];
    const flush = async (): Promise<void> => {
      await eraseOnRecord(dir, ledger, batch, 'retention');
      await forget(batch.map(({ position }) => position));
      erased += batch.length;
      batch = [];
    };
    for await (const items of scanSegment(segment)) {
      for (const item of items) if (item.kind === 'entry' && chosen(item.entry.record)) batch.push(foundIn(segment, item));
      if (batch.length >= BATCH) await flush();
    }
    if (batch.length > 0) await flush();
  }
  return erased;
}

/** Erases records that a scan met, for good, once that is on record and signed. Throws what the system says; nothing is erased where it can't be recorded. */
export async function eraseOnRecord(dir: string, ledger: ErasureWitness, records: readonly ScannedRecord[], why: 'request' | 'retention'): Promise<void> {
  await recordErasure(ledger, why === 'request' ? 'evidence.erased' : 'evidence.expired', records.map(({ position }) => position));
  eraseScanned(dir, records, { why });
}

export function foundIn({ file }: Segment, { entry, leaf, offset, end }: Extract<Scanned, { readonly kind: 'entry' }>): ScannedRecord {
  return { file, offset, end, leaf, position: entry.position, ...(entry.body === undefined ? {} : { body: entry.body }) };
}

/**
 * Whether a record is past its class's time and nothing holds it. A class that is no longer declared keeps as long as the longest.
 * What accounts for erased positions names nobody, and stays as long as they do.
 */
export function isPast({ classes, holds }: Kept, now: number): Chosen {
  const days = new Map(classes.map(({ name, recordDays }) => [name, recordDays]));
  const longest = Math.max(0, ...days.values());
  return (record) => {
    if (record.event === 'evidence.expired' || (record.event === 'evidence.erased' && record.node === 'ledger')) return false;
    const kept = days.get(record.retention ?? STANDARD_CLASS) ?? longest;
    return record.at + kept * DAY_MS < now && !isHeld(record, holds);
  };
}

/** Finished segments that may hold something past: those whose last record is older than the shortest time of all. */
export function pastSegments(dir: string, { classes }: Kept, now: number, createdAt: (segment: Segment) => number | undefined): readonly Segment[] {
  const shortest = Math.min(...classes.map(({ recordDays }) => recordDays));
  const segments = listSegments(dir);
  return segments.filter((_segment, index) => {
    const next = segments[index + 1];
    const ended = next === undefined ? undefined : createdAt(next);
    return ended !== undefined && ended + shortest * DAY_MS < now;
  });
}

/**
 * Deletes payloads past their class's time, a whole day's file at once, once that is on record; what a hold holds stays, and all else in its file
 * goes. Gives how many files.
 */
export async function expireBodies(dir: string, { classes, holds }: Kept, ledger: ErasureWitness, now: number): Promise<number> {
  const days = new Map(classes.map(({ name, bodyDays }) => [name, bodyDays]));
  const longest = Math.max(0, ...days.values());
  const past = listBodies(dir).filter(({ class: name, day }) => Date.parse(day) + DAY_MS + (days.get(name) ?? longest) * DAY_MS <= now);
  const due: Due[] = [];
  for (const of of past) {
    const { held, free } = holds.length === 0 ? { held: [], free: [] } : await placesIn(dir, of, holds);
    const left = free.filter((place) => readBody(dir, place) !== undefined);
    if (held.length === 0 || left.length > 0) due.push({ of, ...(held.length === 0 ? {} : { only: left }) });
  }
  await recordPayloadsErasure(ledger, due.map(({ of }) => `${of.class}/${of.region}/${of.day}`));
  for (const { of, only } of due) {
    if (only === undefined) rmSync(bodiesFile(dir, of));
    else eraseBodies(dir, only);
  }
  return due.length;
}

/** A file of payloads past its time; `only`: what of it goes, where a hold holds the rest. */
interface Due {
  readonly of: Pick<BodyPlace, 'class' | 'region' | 'day'>;
  readonly only?: readonly BodyPlace[];
}

function listBodies(dir: string): readonly Pick<BodyPlace, 'class' | 'region' | 'day'>[] {
  const root = join(dir, 'bodies');
  if (!existsSync(root)) return [];
  return readdirSync(root).flatMap((name) => readdirSync(join(root, name)).flatMap((region) =>
    readdirSync(join(root, name, region)).flatMap((file) => {
      const day = BODIES.exec(file)?.[1];
      return day === undefined ? [] : [{ class: name, region, day }];
    })));
}

async function placesIn(
  dir: string, of: Pick<BodyPlace, 'class' | 'region' | 'day'>, holds: readonly LegalHold[],
): Promise<{ readonly held: readonly BodyPlace[]; readonly free: readonly BodyPlace[] }> {
  const [held, free]: [BodyPlace[], BodyPlace[]] = [[], []];
  for (const segment of listSegments(dir)) {
    for await (const items of scanSegment(segment)) {
      for (const item of items) {
        const body = item.kind === 'entry' ? item.entry.body : undefined;
        if (item.kind !== 'entry' || body?.class !== of.class || body.region !== of.region || body.day !== of.day) continue;
        (isHeld(item.entry.record, holds) ? held : free).push(body);
      }
    }
  }
  return { held, free };
}
